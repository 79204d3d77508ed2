// The dice of `numpy.random.default_rng(rng).random()`, exactly: SeedSequence, PCG64 (XSL-RR) and 53 bits of each.

import { refuseSetting } from "./errors.ts";
import { shortRepr } from "./python-repr.ts";
import { seedWords } from "./seed-sequence.ts";

const MASK = (1n << 128n) - 1n;
const MASK64 = (1n << 64n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

/** Where the dice are, by value. */
export interface DiceState {
  readonly state: bigint;
  readonly increment: bigint;
}

export class Dice {
  /** To be read and set. */
  position: DiceState;

  /** @param rng a whole number from 0, as large as it likes as a bigint */
  constructor(rng: number | bigint) {
    if (typeof rng === "bigint" ? rng < 0n : !Number.isSafeInteger(rng) || rng < 0) {
      refuseSetting(`rng must be a whole number from 0, not ${shortRepr(rng)}.`);
    }
    const [a, b, c, d] = seedWords(BigInt(rng)) as [bigint, bigint, bigint, bigint];
    const increment = ((((c << 64n) | d) << 1n) & MASK) | 1n;
    const state = (increment + ((a << 64n) | b)) & MASK;
    this.position = { state: (state * MULTIPLIER + increment) & MASK, increment };
  }

  /** The next die, in [0, 1). */
  roll(): number {
    const { increment } = this.position;
    const state = (this.position.state * MULTIPLIER + increment) & MASK;
    this.position = { state, increment };
    const folded = ((state >> 64n) ^ state) & MASK64;
    const turns = state >> 122n;
    const turned = ((folded >> turns) | (folded << (64n - turns))) & MASK64;
    return Number(turned >> 11n) * 2 ** -53;
  }
}
