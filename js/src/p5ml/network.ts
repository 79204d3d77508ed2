// A model that is ready to write: what it computes, a slice at a time.

import { engineOf } from "../local/backend.ts";
import { choose } from "../local/choosing.ts";
import type { Engine, Lane } from "../local/engine.ts";
import { UnknownCharactersError } from "../local/errors.ts";
import type { CharLSTM } from "../local/model.ts";
import { type Normalized, normalize } from "../local/normalize.ts";
import { asTyped, defaultSeed, idsOf } from "../local/writing/typed.ts";
import { DEFAULTS } from "./bounds.ts";
import { Pacer } from "./pacer.ts";
import type { Settings } from "./settings.ts";

export class Network {
  readonly engine: Engine;
  /** p5ML's own if the model knows it, else what a text of this model begins with. */
  readonly seed: string;

  constructor(readonly model: CharLSTM) {
    this.engine = engineOf(model);
    const isKnown = normalize(DEFAULTS.seed, model.vocab).unknown.length === 0;
    this.seed = isKnown ? DEFAULTS.seed : defaultSeed(this);
  }

  /** Write a text in a lane of its own, so that any number of them are written at once. */
  async write(settings: Settings): Promise<string> {
    const { length, temperature, topK, topP, dice } = settings;
    const lane = this.engine.lane();
    const seed = this.#known(asTyped(settings.seed, this));
    const pacer = new Pacer();
    const written: number[] = [];
    let last = seed.pop() as number;
    await read(lane, seed, pacer);
    while (written.length < length) {
      last = choose(lane.step([last]), temperature, dice.roll(), topK, topP);
      written.push(last);
      if (pacer.isDue) await pacer.rest();
    }
    return this.model.decode(written);
  }

  /** Read a text as it stands, each character once. */
  async read(lane: Lane, text: string): Promise<void> {
    await read(lane, this.#known(normalize(text, this.model.vocab)), new Pacer());
  }

  #known({ text, unknown }: Normalized): number[] {
    if (unknown.length > 0) throw new UnknownCharactersError(unknown);
    return idsOf(text, this.model);
  }
}

async function read(lane: Lane, ids: readonly number[], pacer: Pacer): Promise<void> {
  for (const id of ids) {
    lane.step([id]);
    if (pacer.isDue) await pacer.rest();
  }
}
