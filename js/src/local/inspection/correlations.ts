// The correlation of every cell with everything that is followed: lstm_widget/inspection/units.py.
import type { Cell } from "../../kernel/protocol.ts";

/** Of a cell that is listed, on either half, by magnitude. */
const LEAST_CORRELATION = 0.3;
/** Cells for one thing, at most. */
const BEST = 3;
/** The standard deviation of an activation; what moves less shows no colours. */
const LEAST_SPREAD = 0.05;

/** How the cells move, at those characters of a half at which something has a meaning. */
class Moves {
  readonly #totals: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  constructor(private readonly cells: number) {
    this.#totals = new Float64Array(cells);
    this.#squares = new Float64Array(cells);
  }

  add(activations: Float32Array): void {
    this.#count += 1;
    for (let cell = 0; cell < this.cells; cell += 1) {
      const a = activations[cell] as number;
      this.#totals[cell] = (this.#totals[cell] as number) + a;
      this.#squares[cell] = (this.#squares[cell] as number) + a * a;
    }
  }

  /** The sum of the squared differences from the mean; null for a cell that hardly moves. */
  scatter(cell: number): number | null {
    const total = this.#totals[cell] as number;
    const scatter = (this.#squares[cell] as number) - (total * total) / this.#count;
    return scatter >= LEAST_SPREAD ** 2 * this.#count ? scatter : null;
  }
}

/** What is followed on one half of a text, and the products of that with every cell. */
class Half {
  readonly #products: Float64Array;
  readonly #row: Float64Array;
  /** Where it has no meaning somewhere, how the cells move elsewhere; else that is the same for all. */
  readonly #own: Moves | null;

  /** @param values NaN where it has no meaning */
  constructor(
    values: Float64Array,
    private readonly cells: number,
    private readonly all: Moves,
  ) {
    this.#products = new Float64Array(cells);
    const defined = values.filter((value) => !Number.isNaN(value));
    const mean = defined.reduce((sum, value) => sum + value, 0) / defined.length;
    const norm = Math.sqrt(defined.reduce((sum, value) => sum + (value - mean) ** 2, 0));
    this.#row = values.map((value) => (value - mean) / norm);
    this.#own = defined.length < values.length ? new Moves(cells) : null;
  }

  /** Take in the activations of a character of this half. */
  add(position: number, activations: Float32Array): void {
    const value = this.#row[position] as number;
    if (Number.isNaN(value)) return;
    this.#own?.add(activations);
    const products = this.#products;
    for (let cell = 0; cell < this.cells; cell += 1) {
      products[cell] = (products[cell] as number) + value * (activations[cell] as number);
    }
  }

  /** The correlation with a cell; 0 if that hardly moves. */
  correlation(cell: number): number {
    const scatter = (this.#own ?? this.all).scatter(cell);
    return scatter === null ? 0 : (this.#products[cell] as number) / Math.sqrt(scatter);
  }
}

/** The correlations with several things, on each half of a text, in one go over it. */
export class Correlations {
  readonly #halves: { first: Half; second: Half }[];
  readonly #moves: readonly [Moves, Moves];
  /** Where the second half begins. */
  readonly #middle: number;

  /** @param values of each thing that is followed, for all characters of the text */
  constructor(
    private readonly names: readonly string[],
    values: readonly Float64Array[],
    private readonly units: readonly number[],
  ) {
    const cells = units.reduce((sum, one) => sum + one, 0);
    this.#moves = [new Moves(cells), new Moves(cells)];
    this.#middle = Math.floor((values[0]?.length ?? 0) / 2);
    this.#halves = values.map((one) => ({
      first: new Half(one.subarray(0, this.#middle), cells, this.#moves[0]),
      second: new Half(one.subarray(this.#middle), cells, this.#moves[1]),
    }));
  }

  /** Take in the activations of all cells at a position. */
  add(position: number, activations: Float32Array): void {
    const isFirst = position < this.#middle;
    const place = isFirst ? position : position - this.#middle;
    this.#moves[isFirst ? 0 : 1].add(activations);
    for (const { first, second } of this.#halves)
      (isFirst ? first : second).add(place, activations);
  }

  /** The best cells for each name; a cell is listed under what it follows best. */
  best(): Cell[] {
    const cells = this.units.flatMap((count, layer) =>
      Array.from({ length: count }, (_, unit) => ({ layer, unit })),
    );
    const owners = cells.map((_, cell) => {
      const strengths = this.#halves.map(({ first }) => Math.abs(first.correlation(cell)));
      const strength = Math.max(...strengths);
      return { owner: strengths.indexOf(strength), strength };
    });
    const found = this.names.flatMap((follows, number) => {
      const mine = owners.flatMap(({ owner, strength }, cell) =>
        owner === number ? [{ cell, strength }] : [],
      );
      mine.sort((one, other) => other.strength - one.strength || one.cell - other.cell);
      return mine.slice(0, BEST).flatMap(({ cell, strength }) => {
        const { first, second } = this.#halves[number] as { first: Half; second: Half };
        const correlation = second.correlation(cell);
        const agrees = correlation * first.correlation(cell) > 0; // both halves have the same sign
        const least = Math.min(strength, Math.abs(correlation));
        const place = cells[cell] as { layer: number; unit: number };
        return agrees && least >= LEAST_CORRELATION ? [{ ...place, follows, correlation }] : [];
      });
    });
    return found.sort((one, other) => Math.abs(other.correlation) - Math.abs(one.correlation));
  }
}
