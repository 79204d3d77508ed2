import type { Colour } from "../kernel/protocol.ts";
import { Layer } from "../sheet/highlights.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";
import { VisibleRange } from "./visible-range.ts";

/** A way to colour a text: the values fall into buckets, each with a look of its own in colours.css. */
export interface Scale {
  readonly name: Exclude<Colour, "none">;
  /** What a value says, for the legend. */
  readonly title: string;
  /** Of the buckets, in their order. */
  readonly labels: readonly string[];
  /** The names of their highlights, and of the CSS classes that look the same. */
  readonly looks: readonly string[];
  /** The bucket of what is usual, which looks as the text does anyway: that is half of the highlights saved. */
  readonly plain: number;
  /** The bucket of a value. */
  bucket(value: number): number;
}

function scale(
  name: Scale["name"],
  title: string,
  labels: readonly string[],
  bucket: (value: number) => number,
  plain = 0,
): Scale {
  return { name, title, labels, looks: labels.map((_, n) => `lstm-${name}-${n}`), plain, bucket };
}

/** How many of some edges a value has reached. */
function reached(edges: readonly number[], value: number): number {
  let count = 0;
  for (const edge of edges) if (value >= edge) count += 1;
  return count;
}

/** In bits. */
export const SURPRISE = scale(
  "surprise",
  "Surprise",
  ["under 1 bit", "1 to 2", "2 to 4", "4 to 6", "6 to 8", "8 bits or more"],
  (bits) => reached([1, 2, 4, 6, 8], bits),
);

/** Of the character that was chosen, 0 to 1. */
export const PROBABILITY = scale(
  "probability",
  "Probability of the choice",
  ["90 % or more", "50 to 90 %", "20 to 50 %", "5 to 20 %", "1 to 5 %", "under 1 %"],
  (probability) => 5 - reached([0.01, 0.05, 0.2, 0.5, 0.9], probability),
);

/** Of the character that was chosen; 0 is the most likely one, as in the kernel. */
export const RANK = scale(
  "rank",
  "Rank of the choice",
  ["1st", "2nd", "3rd", "4th or 5th", "6th to 10th", "after the 10th"],
  (rank) => reached([1, 2, 3, 5, 10], rank),
);

/** What a cell does, -1 to 1. */
export const CELL = scale(
  "cell",
  "Activation of the cell",
  [
    "−1 to −0.7",
    "−0.7 to −0.4",
    "−0.4 to −0.15",
    "about 0",
    "0.15 to 0.4",
    "0.4 to 0.7",
    "0.7 to 1",
  ],
  (value) => 3 + Math.sign(value) * reached([0.15, 0.4, 0.7], Math.abs(value)),
  3,
);

export const SCALES: Readonly<Record<Scale["name"], Scale>> = {
  surprise: SURPRISE,
  probability: PROBABILITY,
  rank: RANK,
  cell: CELL,
};

/** Neighbours in one bucket, and their range; null if they have no value, or there are none. */
interface Stretch {
  readonly from: number;
  readonly bucket: number | null;
  readonly range: Range | null;
}

/** Colours over the text. */
export class Colours {
  #scale: Scale | null = null;
  #values: (index: number) => number | null = () => null;
  #layers: Layer[] = [];
  #last: Stretch = { from: 0, bucket: null, range: null };
  readonly #sight: VisibleRange;

  constructor(
    private readonly page: TextArea,
    private readonly signal: AbortSignal,
  ) {
    const paint = (from: number, to: number) => this.#paint(from, to);
    this.#sight = new VisibleRange(page, paint, () => this.#wipe(), signal);
    page.root.addEventListener(REPLACED, () => this.clear(), { signal });
    signal.addEventListener("abort", () => this.clear());
  }

  /**
   * Colour the first characters. Another text takes the colours away.
   * @param values the value of the character at an index; null if it has none
   */
  show(values: (index: number) => number | null, count: number, scale: Scale): void {
    this.clear();
    if (this.signal.aborted) return;
    this.#scale = scale;
    this.#values = values;
    this.#layers = scale.looks.map((look) => new Layer(look));
    this.page.root.classList.add("lstm-text-coloured");
    this.update(count);
  }

  /** The values of this many characters are known now: colour the new ones. */
  update(count: number): void {
    if (this.#scale !== null) this.#sight.update(count);
  }

  clear(): void {
    this.#sight.clear();
    this.page.root.classList.remove("lstm-text-coloured");
    this.#scale = null;
    this.#values = () => null;
    this.#layers = [];
  }

  #wipe(): void {
    for (const layer of this.#layers) layer.clear();
    this.#last = { from: 0, bucket: null, range: null };
  }

  #paint(start: number, end: number): void {
    if (this.#scale === null) return;
    let { from, bucket } = this.#last;
    // It may go on. A range that only gets longer is not always drawn again.
    if (bucket !== null && this.#last.range !== null) {
      this.#layers[bucket]?.delete(this.#last.range);
    }
    for (let index = start; index < end; index += 1) {
      const value = this.#values(index);
      const next = value === null || Number.isNaN(value) ? null : this.#scale.bucket(value);
      if (next === bucket) continue;
      this.#draw(from, index, bucket);
      from = index;
      bucket = next;
    }
    this.#last = { from, bucket, range: this.#draw(from, end, bucket) };
  }

  #draw(from: number, to: number, bucket: number | null): Range | null {
    if (bucket === null || bucket === this.#scale?.plain || from === to) return null;
    const range = this.page.range(from, to);
    this.#layers[bucket]?.add(range);
    return range;
  }
}

/** Marks characters that would be others. */
export class Changed {
  readonly #layer = new Layer("lstm-changed", 1);
  #indices: readonly number[] = [];
  readonly #sight: VisibleRange;

  constructor(
    private readonly page: TextArea,
    private readonly signal: AbortSignal,
  ) {
    const paint = (from: number, to: number) => this.#paint(from, to);
    this.#sight = new VisibleRange(page, paint, () => this.#layer.clear(), signal);
  }

  /** @param indices in rising order */
  show(indices: readonly number[]): void {
    this.clear();
    if (this.signal.aborted) return;
    this.#indices = indices;
    this.#sight.update((indices.at(-1) ?? -1) + 1);
  }

  clear(): void {
    this.#indices = [];
    this.#sight.clear();
  }

  #paint(start: number, end: number): void {
    const indices = this.#indices;
    for (let n = reachedAt(indices, start); n < indices.length; ) {
      const from = indices[n] as number;
      if (from >= end) return;
      let to = from + 1;
      for (n += 1; indices[n] === to && to < end; n += 1) to += 1;
      this.#layer.add(this.page.range(from, to));
    }
  }
}

/** The place in a rising list of the first number that is not below another. */
function reachedAt(numbers: readonly number[], least: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
