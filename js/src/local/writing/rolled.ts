// The dice of all texts that have the same number: one for each character, rolled when it is first wanted.
import { Dice } from "../dice.ts";

export class Rolled {
  readonly #dice: Dice;
  readonly #rolled: number[] = [];

  /** @param rng what NumPy's `default_rng` is given */
  constructor(rng: number) {
    this.#dice = new Dice(rng);
  }

  /** The die of the character at a position. */
  at(position: number): number {
    while (this.#rolled.length <= position) this.#rolled.push(this.#dice.roll());
    return this.#rolled[position] as number;
  }
}
