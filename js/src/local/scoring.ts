// How likely a text is to a model, as lstm_widget/network/scoring.py computes it.

import { type Engine, type Lane, rowOf, type State } from "./engine.ts";
import { tooLarge } from "./errors.ts";

/** Characters that are read at a time. */
export const BLOCK = 256;

/** How surprising a character is in bits: -log2 of its probability at temperature 1, without top-k and top-p. */
export function surpriseOf(logits: Float32Array, id: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > highest) highest = logit;
  let sum = 0; // no exponential can overflow
  for (const logit of logits) sum += Math.exp(logit - highest);
  const found = (Math.log(sum) - ((logits[id] as number) - highest)) / Math.LN2;
  if (!(found < Number.POSITIVE_INFINITY)) throw tooLarge(); // infinite, or not a number
  return Math.max(0, found); // 0 and not -0 for certainty
}

/** Reads a text, piece by piece, and predicts each character. */
export class Reader {
  readonly lane: Lane;
  /** Logits of the next character, [V]. */
  expected: Float32Array;

  /**
   * @param position number of characters that were read before
   * @param state the state then; without one the zero state
   */
  constructor(
    readonly engine: Engine,
    public position = 0,
    state: State | null = null,
  ) {
    this.lane = engine.lane();
    if (state) this.lane.state = state;
    this.expected = checked(this.lane.logits().slice());
  }

  /**
   * Read n characters on, at least one.
   * @param cells [n, sum of all units], takes the cell state of all layers after each character
   * @returns logits [n, V] before each of them
   */
  read(ids: ArrayLike<number>, cells?: Float32Array): Float32Array {
    const { vocabSize } = this.engine;
    const after = checked(this.lane.read(ids, cells));
    const before = new Float32Array(after.length);
    before.set(this.expected);
    before.set(after.subarray(0, after.length - vocabSize), vocabSize);
    this.expected = rowOf(after, ids.length - 1, vocabSize).slice();
    this.position += ids.length;
    return before;
  }
}

function checked(logits: Float32Array): Float32Array {
  for (const logit of logits) if (!(logit < Number.POSITIVE_INFINITY)) throw tooLarge();
  return logits;
}
