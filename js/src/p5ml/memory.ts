// Where the network is in what it was fed, by value: neither side sees what the other does with a state later.

import { choose } from "../local/choosing.ts";
import type { Dice } from "../local/dice.ts";
import type { Lane, State } from "../local/engine.ts";
import { refuseSetting } from "../local/errors.ts";
import { distribution } from "../local/sampling.ts";
import type { Network } from "./network.ts";
import { shown } from "./shown.ts";

/** What `LSTMGenerator.predict` finds. */
export interface Prediction {
  /** One character, chosen by a die. */
  sample: string;
  /** Of every character of the vocabulary, by id; they sum to 1. */
  probabilities: { char: string; probability: number }[];
}

export class Memory {
  #lane: Lane;

  constructor(readonly network: Network) {
    this.#lane = network.engine.lane();
  }

  get state(): State {
    return this.#lane.state;
  }

  set state(state: unknown) {
    const { c, h } = (state ?? {}) as Partial<State>;
    if (!Array.isArray(c) || !Array.isArray(h) || ![...c, ...h].every(isRow)) {
      refuseSetting(`The state must be one that getState returned, not ${shown(state)}.`);
    }
    this.#lane.state = { c: c.map(asNumbers), h: h.map(asNumbers) };
  }

  reset(): void {
    this.#lane = this.network.engine.lane();
  }

  /** Read a text on from where the network is; if it cannot be read, nothing is. */
  async feed(text: string): Promise<void> {
    const lane = this.network.engine.lane();
    lane.state = this.state;
    await this.network.read(lane, text);
    this.#lane = lane;
  }

  /** Predict the next character, and choose one; the state stays as it is. */
  predict(temperature: number, dice: Dice): Prediction {
    const { characters } = this.network.model;
    const logits = this.#lane.logits();
    const sample = characters[choose(logits, temperature, dice.roll())] ?? "";
    const { ids, probabilities } = distribution(logits, temperature);
    const byId = new Float64Array(characters.length);
    ids.forEach((id, rank) => {
      byId[id] = probabilities[rank] as number;
    });
    return {
      sample,
      probabilities: characters.flatMap((char, id) =>
        char === null ? [] : [{ char, probability: byId[id] as number }],
      ),
    };
  }
}

function isRow(row: unknown): boolean {
  return row instanceof Float32Array || Array.isArray(row);
}

function asNumbers(row: ArrayLike<number>): Float32Array {
  return Float32Array.from(row);
}
