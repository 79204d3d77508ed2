// How characters were chosen, and what their dice would choose at another temperature.
import {
  COLDEST,
  entropyOf,
  type Ids,
  lay,
  MOST_IDS,
  pickOf,
  rankInto,
  sharesOf,
} from "./sampling.ts";

/** Bytes of the logits that are kept, at most: of the latest characters, and of one that was asked for. */
const MOST_BYTES = 32_000_000;

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

/** How one character was chosen. Those of the seed count as chosen at temperature 1 without limits. */
export interface Choice {
  id: number;
  /** In [0, 1); null for a character of the seed. */
  die: number | null;
  /** Null for a character of the seed. */
  temperature: number | null;
  /** Place among all ids by falling logit; 0 is the most likely. */
  rank: number;
  /** With which it is chosen at its temperature, among those that top-k and top-p keep. */
  probability: number;
  /** Of the same choice, in bits. */
  entropy: number;
  /** In bits: -log2 of the probability at temperature 1 without limits. */
  surprise: number;
  /** Whether it was put there by hand, so that its die chose nothing. */
  placed: boolean;
}

/**
 * The characters of one text, those of the seed first; an index counts from the first one of the seed. All that
 * needs the logits is known of the latest characters only, of a whole text if it is not very long: `has`.
 */
export class Replay {
  #length = 0;
  /** The first of the characters whose logits are kept, and one before it, or none. */
  #first = 0;
  #extra = Number.NaN;
  /** V; 0 as long as nothing is known. */
  #width = 0;
  #topK: number | null = null;
  #topP: number | null = null;
  /** How many rows are kept: each character has the one of its index, modulo this; the extra one the last. */
  #rows = 1;
  /** The ids and their logits by falling logit, [rows + 1, V]. */
  #order: Ids = new Uint16Array(0);
  #ranked = new Float32Array(0);
  #ids = new Uint32Array(0);
  #dice = new Float64Array(0);
  #temperatures = new Float64Array(0);
  #placed = new Uint8Array(0);
  #ranks = new Uint32Array(0);
  #probabilities = new Float64Array(0);
  #surprise = new Float64Array(0);
  /** Room for one bar, and for the keys that are sorted. */
  #edges = new Float64Array(0);
  #keys = new Float64Array(0);

  /** @param most bytes of the logits that are kept */
  constructor(private readonly most = MOST_BYTES) {}

  /** The first of the latest characters of which all is known. */
  get first(): number {
    return this.#first;
  }

  /** Whether all is known of a character. */
  has(index: number): boolean {
    return index < this.#length && (index >= this.#first || index === this.#extra);
  }

  /** Bytes that it takes. */
  get bytes(): number {
    const arrays = [this.#order, this.#ranked, this.#ids, this.#dice, this.#temperatures];
    const all = [...arrays, this.#placed, this.#ranks, this.#probabilities, this.#surprise];
    return all.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Number of characters that are known, from the first one on. */
  get length(): number {
    return this.#length;
  }

  /** Of the run: how many of the most likely characters its dice had to choose from. */
  get topK(): number | null {
    return this.#topK;
  }

  set topK(value: number | null) {
    if (this.#topK === value) return;
    this.#topK = value;
    this.#weighAll();
  }

  /** Of the run: the probability that was kept of those. */
  get topP(): number | null {
    return this.#topP;
  }

  set topP(value: number | null) {
    if (this.#topP === value) return;
    this.#topP = value;
    this.#weighAll();
  }

  /** Forget the text, for one of any model. */
  clear(): void {
    this.#length = this.#width = this.#first = 0;
    this.#extra = Number.NaN;
  }

  /** Forget the characters from an index on. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, Math.max(0, length));
    this.#first = Math.min(this.#first, this.#length);
    if (this.#extra >= this.#length) this.#extra = Number.NaN;
  }

  /**
   * Take what is new of what was told, or what was told again of one character.
   * @returns false if characters between it and the known ones are missing, or if it does not fit to them
   */
  add(position: number, arrived: Arrived): boolean {
    const { logits, ids, dice, temperatures, placed } = arrived;
    const count = ids.length;
    if (position > this.#length) return false;
    const from = this.#length;
    const end = position + count;
    if (end <= from && (count !== 1 || this.has(position))) return true;
    const width = logits.length / count;
    if (!Number.isInteger(width) || width < 1 || width > MOST_IDS) return false;
    if (this.#width > 0 && this.#width !== width) return false;
    if (dice.length !== count || temperatures.length !== count) return false;
    if (ids.some((id) => id < 0 || id >= width)) return false;
    this.#reserve(Math.max(end, from), width);
    if (end <= from) this.#extra = position;
    for (let n = end > from ? from - position : 0; n < count; n += 1) {
      const index = position + n;
      this.#length = Math.max(this.#length, index + 1);
      this.#first = Math.max(this.#first, this.#length - this.#rows);
      const row = this.#row(index);
      const start = row * width;
      const order = this.#order.subarray(start, start + width);
      const own = logits.subarray(n * width, (n + 1) * width);
      rankInto(order, own, this.#keys);
      for (let rank = 0; rank < width; rank += 1) {
        this.#ranked[start + rank] = own[order[rank] as number] as number;
      }
      const id = ids[n] as number;
      this.#ids[row] = id;
      this.#dice[row] = dice[n] as number;
      this.#temperatures[row] = temperatures[n] as number;
      this.#placed[row] = placed.includes(index) ? 1 : 0;
      this.#ranks[index] = order.indexOf(id);
      this.#surprise[index] = this.#bits(index);
      this.#weigh(index);
    }
    return true;
  }

  at(index: number): Choice {
    this.#check(index);
    const isSeed = this.#isSeed(index);
    const shares = this.#shares(index, this.#own(index));
    return {
      id: this.#ids[this.#row(index)] as number,
      die: isSeed ? null : (this.#dice[this.#row(index)] as number),
      temperature: isSeed ? null : this.#own(index),
      rank: this.rank(index),
      probability: this.probability(index),
      entropy: entropyOf(shares),
      surprise: this.surprise(index),
      placed: this.#placed[this.#row(index)] === 1,
    };
  }

  /** As in `Choice`, but at once, as the next two. */
  surprise(index: number): number {
    this.#check(index);
    return this.#surprise[index] as number;
  }

  probability(index: number): number {
    this.#check(index);
    return this.#probabilities[index] as number;
  }

  rank(index: number): number {
    this.#check(index);
    return this.#ranks[index] as number;
  }

  /** The logits of all ids before this character, as they came. */
  logits(index: number): Float32Array {
    const start = this.#start(index);
    const logits = new Float32Array(this.#width);
    for (let rank = 0; rank < this.#width; rank += 1) {
      const place = start + rank;
      logits[this.#order[place] as number] = this.#ranked[place] as number;
    }
    return logits;
  }

  /** The characters on the bar from 0 to 1: the ids that are kept, and where each ends. */
  bar(index: number, temperature: number): { ids: Ids; edges: Float64Array } {
    const start = this.#start(index);
    const kept = this.#lay(index, temperature);
    const end = this.#edges[kept - 1] as number;
    return {
      ids: this.#order.slice(start, start + kept),
      edges: this.#edges.slice(0, kept).map((edge) => edge / end),
    };
  }

  /** The id that the same die would choose; of the seed, which has no dice, the id that is there. */
  wouldBe(index: number, temperature: number): number {
    const start = this.#start(index);
    if (this.#isSeed(index)) return this.#ids[this.#row(index)] as number;
    return this.#order[start + this.#pick(index, temperature)] as number;
  }

  /**
   * The indices of the characters that would be others at this temperature, with the same characters before
   * each and the same die; not of those that no die has chosen, nor of those before `first`.
   */
  changed(temperature: number): number[] {
    const found: number[] = [];
    for (let index = this.#first; index < this.#length; index += 1) {
      if (this.#placed[this.#row(index)] === 1 || this.#isSeed(index)) continue;
      if (this.#pick(index, temperature) !== this.#ranks[index]) found.push(index);
    }
    return found;
  }

  #check(index: number): void {
    if (index >= 0 && index < this.#length) return;
    throw new RangeError(`Nothing is known of the character ${index}.`);
  }

  #row(index: number): number {
    return index < this.#first ? this.#rows : index % this.#rows;
  }

  /** Where the logits of a character begin. */
  #start(index: number): number {
    if (!this.has(index))
      throw new RangeError(`The logits of the character ${index} are not kept.`);
    return this.#row(index) * this.#width;
  }

  #isSeed(index: number): boolean {
    return Number.isNaN(this.#dice[this.#row(index)]);
  }

  #own(index: number): number {
    const temperature = this.#temperatures[this.#row(index)] as number;
    return Number.isNaN(temperature) ? 1 : temperature;
  }

  /** Make room; what is there is kept. */
  #reserve(length: number, width: number): void {
    if (this.#width !== width) {
      this.#width = width;
      this.#order = width <= 2 ** 16 ? new Uint16Array(0) : new Uint32Array(0);
      const bytes = width * (this.#order.BYTES_PER_ELEMENT + this.#ranked.BYTES_PER_ELEMENT);
      this.#rows = Math.max(1, Math.floor(this.most / bytes) - 1);
      this.#edges = new Float64Array(width);
      this.#keys = new Float64Array(width);
    }
    // The row behind the last one is that of the extra character, once there is more than is kept.
    const rows = length <= this.#rows ? length : this.#rows + 1;
    const most = this.#rows + 1;
    this.#order = grown(this.#order, rows * width, most * width);
    this.#ranked = grown(this.#ranked, rows * width, most * width);
    this.#ids = grown(this.#ids, rows, most);
    this.#dice = grown(this.#dice, rows, most);
    this.#temperatures = grown(this.#temperatures, rows, most);
    this.#placed = grown(this.#placed, rows, most);
    this.#ranks = grown(this.#ranks, length);
    this.#probabilities = grown(this.#probabilities, length);
    this.#surprise = grown(this.#surprise, length);
  }

  /** Lay out the bar of a character in the room for it; return how many are kept. */
  #lay(index: number, temperature: number): number {
    const isFree = this.#isSeed(index); // it was read, whatever the limits
    const width = this.#width;
    const count = isFree || this.#topK === null ? width : Math.min(this.#topK, width);
    const topP = isFree ? null : this.#topP;
    return lay(this.#edges, this.#ranked, this.#row(index) * width, count, temperature, topP);
  }

  #pick(index: number, temperature: number): number {
    const kept = this.#lay(index, temperature);
    return pickOf(this.#edges, kept, this.#dice[this.#row(index)] as number);
  }

  #shares(index: number, temperature: number): Float64Array {
    const isFree = this.#isSeed(index);
    const start = this.#start(index);
    const ranked = this.#ranked.subarray(start, start + this.#width);
    return sharesOf(ranked, temperature, isFree ? null : this.#topK, isFree ? null : this.#topP);
  }

  /** Find the probability of a character. */
  #weigh(index: number): void {
    const kept = this.#lay(index, this.#own(index));
    const rank = this.#ranks[index] as number;
    const width = rank < kept ? this.#share(index, rank, this.#own(index)) : 0;
    this.#probabilities[index] = width / (this.#edges[kept - 1] as number);
  }

  #weighAll(): void {
    for (let index = this.#first; index < this.#length; index += 1) this.#weigh(index);
  }

  /** What a rank takes of a bar that is not normalised. */
  #share(index: number, rank: number, temperature: number): number {
    if (temperature < COLDEST) return rank === 0 ? 1 : 0;
    const start = this.#start(index);
    const below = (this.#ranked[start + rank] as number) - (this.#ranked[start] as number);
    return Math.exp(below / temperature);
  }

  #bits(index: number): number {
    const start = this.#start(index);
    lay(this.#edges, this.#ranked, start, this.#width, 1, null);
    const rank = this.#ranks[index] as number;
    const below = (this.#ranked[start + rank] as number) - (this.#ranked[start] as number);
    return (Math.log(this.#edges[this.#width - 1] as number) - below) / Math.LN2;
  }
}

/** The same array, or a longer copy; it doubles, up to a limit, so that one by one is not slower. */
function grown<A extends Ids | Uint8Array | Float32Array | Float64Array>(
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
