// The correlation of every cell with everything that is followed: lstm_widget/inspection/units.py.
import type { Cell } from "../../kernel/protocol.ts";

/** Of a cell that is listed, on either half, by magnitude. */
const LEAST_CORRELATION = 0.3;
/** Cells for one thing, at most. */
const BEST = 3;
/** The standard deviation of an activation; what moves less shows no colours. */
const LEAST_SPREAD = 0.05;

/** What is followed on one half of a text, and the sums of that for every cell. */
class Half {
  /** Of row * a, of a, and of a * a, where the row has a meaning, for each activation a. */
  readonly products: Float64Array;
  readonly totals: Float64Array;
  readonly squares: Float64Array;
  readonly #row: Float64Array;
  readonly #count: number;

  /** @param values NaN where it has no meaning */
  constructor(
    values: Float64Array,
    readonly start: number,
    readonly end: number,
    private readonly cells: number,
  ) {
    [this.products, this.totals, this.squares] = [1, 2, 3].map(() => new Float64Array(cells)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const defined = values.subarray(start, end).filter((value) => !Number.isNaN(value));
    this.#count = defined.length;
    const mean = defined.reduce((sum, value) => sum + value, 0) / this.#count;
    const norm = Math.sqrt(defined.reduce((sum, value) => sum + (value - mean) ** 2, 0));
    this.#row = values.subarray(start, end).map((value) => (value - mean) / norm);
  }

  /** Take in the activations of the character at a position. */
  add(position: number, activations: Float32Array): void {
    const value = this.#row[position - this.start] as number;
    if (Number.isNaN(value)) return;
    const { products, totals, squares, cells } = this;
    for (let cell = 0; cell < cells; cell += 1) {
      const a = activations[cell] as number;
      products[cell] = (products[cell] as number) + value * a;
      totals[cell] = (totals[cell] as number) + a;
      squares[cell] = (squares[cell] as number) + a * a;
    }
  }

  /** The correlation with a cell; 0 if that hardly moves. */
  correlation(cell: number): number {
    const total = this.totals[cell] as number;
    const scatter = (this.squares[cell] as number) - (total * total) / this.#count;
    if (!(scatter >= LEAST_SPREAD ** 2 * this.#count)) return 0;
    return (this.products[cell] as number) / Math.sqrt(scatter);
  }
}

/** The correlations with several things, on each half of a text, in one go over it. */
export class Correlations {
  readonly #halves: { first: Half; second: Half }[];

  /** @param values of each thing that is followed, for all characters of the text */
  constructor(
    private readonly names: readonly string[],
    values: readonly Float64Array[],
    private readonly units: readonly number[],
  ) {
    const cells = units.reduce((sum, one) => sum + one, 0);
    this.#halves = values.map((one) => {
      const middle = Math.floor(one.length / 2);
      return {
        first: new Half(one, 0, middle, cells),
        second: new Half(one, middle, one.length, cells),
      };
    });
  }

  /** Take in the activations of all cells at a position. */
  add(position: number, activations: Float32Array): void {
    for (const { first, second } of this.#halves) {
      (position < first.end ? first : second).add(position, activations);
    }
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
