// What a person types, as a model reads it; and what a text begins with by default:
// lstm_widget/writing/typed.py.

import { choose } from "../choosing.ts";
import { ModelError } from "../errors.ts";
import type { CharLSTM } from "../model.ts";
import { type Normalized, normalize } from "../normalize.ts";
import { Rolled } from "./rolled.ts";
import type { Writer } from "./writer.ts";

type Network = Pick<Writer, "model" | "engine">;

const LINE_END = "\r\n";
const OTHER_LINE_END = /(?<!\r)\n|[\v\f\x85\u2028\u2029]/;
/** The most characters that the model writes until it has expected about half a line end. */
const ASKED = 256;
const ENOUGH = 0.5;
const TEMPERATURE = 0.5;
const SURE = 0.9;
/** Of a card from elsewhere. */
const LONGEST_SEED = 100;

const lineEnds = new WeakMap<object, typeof LINE_END | null>();

/**
 * Read what a person has typed, or any text that has the line ends of this machine: a lone line feed is two
 * characters to a model that was trained on that.
 */
export function asTyped(text: string, network: Network): Normalized {
  const lineEnd = OTHER_LINE_END.test(text) ? lineEndOf(network) : null;
  return normalize(text, network.model.vocab, lineEnd);
}

/** The seed without the characters that the model cannot read. */
export function knownOf(seed: string, { model }: Network): string {
  const points = Array.from(seed);
  for (const { position, character, used } of normalize(seed, model.vocab).replacements) {
    if (used === "") points.fill("", position, position + Array.from(character).length);
  }
  return points.join("");
}

/** The ids of characters that the model knows. */
export function idsOf(text: string, { vocab }: CharLSTM): number[] {
  return Array.from(text, (character) => vocab.get(character) as number);
}

/**
 * What a text begins with by default: the seed of the model's card, else that of the samples in it, else the
 * letter that the model most likely begins a line or a word with.
 */
export function defaultSeed({ model, engine }: Network): string {
  const { card, vocab } = model;
  const samples = card.samples as { settings?: unknown } | undefined;
  for (const place of [card, samples?.settings]) {
    const seed = (place as { seed?: unknown } | undefined)?.seed;
    if (typeof seed !== "string") continue;
    const start = Array.from(seed).slice(0, LONGEST_SEED).join("");
    const { text } = normalize(start, vocab);
    if (text !== "") return text;
  }
  const before = vocab.get("\n") ?? vocab.get(" ");
  const lane = engine.lane();
  const likely = before === undefined ? lane.logits() : lane.step([before]);
  const [best] = Array.from(vocab, ([character, id]) => ({
    character,
    oddity: oddity(character),
    logit: likely[id] as number,
  })).sort((one, other) => one.oddity - other.oddity || other.logit - one.logit);
  return best?.character ?? "";
}

/** How unfit a character is to begin a text: letters first, what cannot be seen last. */
function oddity(character: string): number {
  const kinds = [/\p{L}/u, /\p{N}/u, /\p{P}/u, /\p{S}/u, /\p{Z}/u, /\p{M}/u];
  const found = kinds.findIndex((kind) => kind.test(character));
  return found < 0 ? kinds.length : found;
}

/** Two characters if the model was trained on those; asked once. */
function lineEndOf(network: Network): typeof LINE_END | null {
  const { model, engine } = network;
  let known = lineEnds.get(engine);
  if (known === undefined) {
    known = null;
    try {
      const knowsBoth = model.vocab.has("\r") && model.vocab.has("\n");
      if (knowsBoth && endsLinesInTwo(network)) known = LINE_END;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error; // that is reported when a text is written
    }
    lineEnds.set(engine, known);
  }
  return known;
}

/** Have the model write: does it end lines with a carriage return, and then expect a line feed? */
function endsLinesInTwo(network: Network): boolean {
  const { model, engine } = network;
  const [first, second] = idsOf(LINE_END, model) as [number, number];
  const lane = engine.lane();
  const dice = new Rolled(0);
  let inTwo = 0;
  let alone = 0;
  let best = 0;
  let place = lane.state;
  const seed = idsOf(defaultSeed(network), model);
  let last = seed.pop() as number;
  for (const id of seed) lane.step([id]);
  for (let n = 0; n < ASKED; n += 1) {
    const logits = lane.step([last]);
    const share = shareOf(logits, first);
    inTwo += share;
    if (last !== first) alone += shareOf(logits, second);
    if (share > best) {
      best = share;
      place = lane.state;
    }
    if (inTwo + alone > ENOUGH) break;
    last = choose(logits, TEMPERATURE, dice.at(n));
  }
  lane.state = place;
  const sure = shareOf(lane.step([first]), second);
  return sure > SURE && inTwo * (1 - SURE) > alone * SURE;
}

/** The probability of an id at temperature 1. */
function shareOf(logits: Float32Array, id: number): number {
  const highest = logits.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const one of logits) sum += Math.exp(one - highest);
  return Math.exp((logits[id] as number) - highest) / sum;
}
