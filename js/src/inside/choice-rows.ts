import { type Ids, MOST_IDS, rankInto } from "../local/sampling.ts";

/** What the kernel sends about n consecutive characters: `Inspected` in protocol.ts. */
export interface Arrived {
  /** Before each of them, [n, V]; minus infinity for an id without a character. */
  logits: Float32Array;
  ids: Int32Array;
  /** NaN for the characters of the seed, as the temperatures. */
  dice: Float64Array;
  temperatures: Float64Array;
  /** Positions of characters that were put there by hand; others than these n may be among them. */
  placed: readonly number[];
}

/** The number of ids of what came; null if it is malformed. */
export function widthOf({ logits, ids, dice, temperatures }: Arrived): number | null {
  const count = ids.length;
  const width = logits.length / count;
  if (!Number.isInteger(width) || width < 1 || width > MOST_IDS) return null;
  if (dice.length !== count || temperatures.length !== count) return null;
  return ids.some((id) => id < 0 || id >= width) ? null : width;
}

/** Rows for the latest characters, in turn. */
export class ChoiceRows {
  /** The ids and their logits by falling logit, [rows, width]. */
  order: Ids = new Uint16Array(0);
  ranked = new Float32Array(0);
  ids = new Uint32Array(0);
  dice = new Float64Array(0);
  temperatures = new Float64Array(0);
  placed = new Uint8Array(0);
  /** Number of rows, at most. */
  count = 1;
  /** Room for the keys that are sorted. */
  #keys = new Float64Array(0);

  /**
   * @param width number of ids
   * @param most bytes of the logits that are kept
   */
  constructor(
    readonly width: number,
    most: number,
  ) {
    this.order = width <= 2 ** 16 ? new Uint16Array(0) : new Uint32Array(0);
    const bytes = width * (this.order.BYTES_PER_ELEMENT + this.ranked.BYTES_PER_ELEMENT);
    if (width > 0) this.count = Math.max(1, Math.floor(most / bytes));
    this.#keys = new Float64Array(width);
  }

  get bytes(): number {
    const arrays = [this.order, this.ranked, this.ids, this.dice, this.temperatures, this.placed];
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Make room for a text of some length; what is there is kept. */
  reserve(length: number): void {
    const most = this.count;
    const rows = Math.min(length, most);
    this.order = grown(this.order, rows * this.width, most * this.width);
    this.ranked = grown(this.ranked, rows * this.width, most * this.width);
    this.ids = grown(this.ids, rows, most);
    this.dice = grown(this.dice, rows, most);
    this.temperatures = grown(this.temperatures, rows, most);
    this.placed = grown(this.placed, rows, most);
  }

  /** Fill a row with the character number n of what came; returns the rank of its id. */
  fill(row: number, { logits, ids, dice, temperatures }: Arrived, n: number, placed: boolean) {
    const start = row * this.width;
    const own = logits.subarray(n * this.width, (n + 1) * this.width);
    const order = this.order.subarray(start, start + this.width);
    rankInto(order, own, this.#keys);
    order.forEach((id, rank) => {
      this.ranked[start + rank] = own[id] as number;
    });
    this.ids[row] = ids[n] as number;
    this.dice[row] = dice[n] as number;
    this.temperatures[row] = temperatures[n] as number;
    this.placed[row] = placed ? 1 : 0;
    return order.indexOf(ids[n] as number);
  }
}

/** The same array, or a longer copy; it doubles, up to a limit, so that one by one is not slower. */
export function grown<A extends Ids | Uint8Array | Float32Array | Float64Array>(
  array: A,
  length: number,
  most = Number.POSITIVE_INFINITY,
): A {
  if (array.length >= length) return array;
  const longer = new (array.constructor as new (length: number) => A)(
    Math.min(Math.max(length, 2 * array.length), most),
  );
  longer.set(array);
  return longer;
}
