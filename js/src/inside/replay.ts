// How characters were chosen, and what their dice would choose at another temperature.
import { firstThat } from "../dom/search.ts";
import {
  COLDEST,
  entropyOf,
  type Ids,
  lay,
  MOST_IDS,
  pickOf,
  sharesOf,
} from "../local/sampling.ts";
import { type Arrived, ChoiceRows, grown, widthOf } from "./choice-rows.ts";

/** Bytes of the logits that are kept, at most. */
const MOST_BYTES = 32_000_000;

/** Of a run: how many of the most likely characters its dice had to choose from, and the probability kept of those. */
export interface Limits {
  readonly topK: number | null;
  readonly topP: number | null;
}
const FREE: Limits = { topK: null, topP: null };

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

/** What would be changed by a temperature, as far as it is found. */
interface Asked {
  readonly temperature: number;
  readonly to: number;
  readonly found: number[];
}

/**
 * The characters of one text, those of the seed first; an index counts from the first one of the seed. All that
 * needs the logits is known of the latest characters only, of a whole text if it is not very long: `has`.
 */
export class Replay {
  #length = 0;
  /** The first of the characters whose logits are kept. */
  #first = 0;
  #limits = FREE;
  /** Each kept character has the row of its index, modulo their number. */
  #rows: ChoiceRows;
  #ranks = new Uint32Array(0);
  #probabilities = new Float64Array(0);
  #surprise = new Float64Array(0);
  #asked: Asked | null = null;
  /** Room for one bar. */
  #edges = new Float64Array(0);

  /** @param most bytes of the logits that are kept */
  constructor(private readonly most = MOST_BYTES) {
    this.#rows = new ChoiceRows(0, most);
  }

  /** The first of the latest characters of which all is known. */
  get first(): number {
    return this.#first;
  }

  /** Whether all is known of a character. */
  has(index: number): boolean {
    return index < this.#length && index >= this.#first;
  }

  /** Bytes that it takes. */
  get bytes(): number {
    const whole = [this.#ranks, this.#probabilities, this.#surprise];
    return whole.reduce((sum, { byteLength }) => sum + byteLength, this.#rows.bytes);
  }

  /** Number of characters that are known, from the first one on. */
  get length(): number {
    return this.#length;
  }

  get limits(): Limits {
    return this.#limits;
  }

  set limits(limits: Limits) {
    if (limits.topK === this.#limits.topK && limits.topP === this.#limits.topP) return;
    this.#limits = limits;
    this.#asked = null;
    for (let index = this.#first; index < this.#length; index += 1) this.#weigh(index);
  }

  /** Forget the characters from an index on; if that is all of them, the next ones may be of another model. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, Math.max(0, length));
    this.#first = Math.min(this.#first, this.#length);
    this.#asked = null;
  }

  /**
   * Take what is new of what came.
   * @returns false if characters between it and the known ones are missing, or if it does not fit to them
   */
  add(position: number, arrived: Arrived): boolean {
    const count = arrived.ids.length;
    if (position > this.#length) return false;
    const from = this.#length;
    const end = position + count;
    if (end <= from) return true;
    const width = widthOf(arrived);
    if (width === null || (from > 0 && this.#rows.width !== width)) return false;
    this.#reserve(end, width);
    for (let n = from - position; n < count; n += 1) {
      const index = position + n;
      this.#length = Math.max(this.#length, index + 1);
      this.#first = Math.max(this.#first, this.#length - this.#rows.count);
      const isPlaced = arrived.placed.includes(index);
      this.#ranks[index] = this.#rows.fill(this.#row(index), arrived, n, isPlaced);
      this.#surprise[index] = this.#bits(index);
      this.#weigh(index);
    }
    return true;
  }

  at(index: number): Choice {
    this.#check(index);
    const start = this.#start(index);
    const row = this.#row(index);
    const isSeed = this.#isSeed(index);
    const { topK, topP } = isSeed ? FREE : this.#limits;
    const ranked = this.#rows.ranked.subarray(start, start + this.#rows.width);
    return {
      id: this.#rows.ids[row] as number,
      die: isSeed ? null : (this.#rows.dice[row] as number),
      temperature: isSeed ? null : this.#own(index),
      rank: this.rank(index),
      probability: this.probability(index),
      entropy: entropyOf(sharesOf(ranked, this.#own(index), topK, topP)),
      surprise: this.surprise(index),
      placed: this.#rows.placed[row] === 1,
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
    const { order, ranked, width } = this.#rows;
    const logits = new Float32Array(width);
    for (let place = start; place < start + width; place += 1) {
      logits[order[place] as number] = ranked[place] as number;
    }
    return logits;
  }

  /** The characters on the bar from 0 to 1: the ids that are kept, and where each ends. */
  bar(index: number, temperature: number): { ids: Ids; edges: Float64Array } {
    const start = this.#start(index);
    const kept = this.#lay(index, temperature);
    const end = this.#edges[kept - 1] as number;
    return {
      ids: this.#rows.order.slice(start, start + kept),
      edges: this.#edges.slice(0, kept).map((edge) => edge / end),
    };
  }

  /** The id that the same die would choose; of the seed, which has no dice, the id that is there. */
  wouldBe(index: number, temperature: number): number {
    const start = this.#start(index);
    if (this.#isSeed(index)) return this.#rows.ids[this.#row(index)] as number;
    return this.#rows.order[start + this.#pick(index, temperature)] as number;
  }

  /**
   * The indices of the characters that would be others at this temperature, with the same characters before
   * each and the same die; not of those that no die has chosen, nor of those before `first`.
   */
  changed(temperature: number): readonly number[] {
    const asked = this.#asked;
    if (asked?.temperature !== temperature || asked.to > this.#length) {
      this.#asked = { temperature, to: this.#first, found: [] };
    }
    const { found, to } = this.#asked as Asked; // it is asked again and again while the text grows
    for (let index = Math.max(to, this.#first); index < this.#length; index += 1) {
      if (this.#rows.placed[this.#row(index)] === 1 || this.#isSeed(index)) continue;
      if (this.#pick(index, temperature) !== this.#ranks[index]) found.push(index);
    }
    this.#asked = { temperature, to: this.#length, found };
    const gone = firstThat(0, found.length, (n) => (found[n] as number) >= this.#first);
    found.splice(0, gone);
    return found;
  }

  #check(index: number): void {
    if (index >= 0 && index < this.#length) return;
    throw new RangeError(`Nothing is known of the character ${index}.`);
  }

  #row(index: number): number {
    return index % this.#rows.count;
  }

  /** Where the logits of a character begin. */
  #start(index: number): number {
    if (!this.has(index))
      throw new RangeError(`The logits of the character ${index} are not kept.`);
    return this.#row(index) * this.#rows.width;
  }

  #isSeed(index: number): boolean {
    return Number.isNaN(this.#rows.dice[this.#row(index)]);
  }

  #own(index: number): number {
    const temperature = this.#rows.temperatures[this.#row(index)] as number;
    return Number.isNaN(temperature) ? 1 : temperature;
  }

  /** Make room; what is there is kept. */
  #reserve(length: number, width: number): void {
    if (this.#rows.width !== width) {
      this.#rows = new ChoiceRows(width, this.most);
      this.#edges = new Float64Array(width);
    }
    this.#rows.reserve(length);
    this.#ranks = grown(this.#ranks, length);
    this.#probabilities = grown(this.#probabilities, length);
    this.#surprise = grown(this.#surprise, length);
  }

  /** Lay out the bar of a character in the room for it; return how many are kept. */
  #lay(index: number, temperature: number): number {
    const { topK, topP } = this.#isSeed(index) ? FREE : this.#limits; // a seed was read, whatever they are
    const count = Math.min(topK ?? MOST_IDS, this.#rows.width);
    return lay(this.#edges, this.#rows.ranked, this.#start(index), count, temperature, topP);
  }

  #pick(index: number, temperature: number): number {
    const kept = this.#lay(index, temperature);
    return pickOf(this.#edges, kept, this.#rows.dice[this.#row(index)] as number);
  }

  /** Find the probability of a character. */
  #weigh(index: number): void {
    const temperature = this.#own(index);
    const kept = this.#lay(index, temperature);
    const rank = this.#ranks[index] as number;
    const isCold = temperature < COLDEST;
    const share = isCold ? Number(rank === 0) : Math.exp(this.#below(index) / temperature);
    this.#probabilities[index] = rank < kept ? share / (this.#edges[kept - 1] as number) : 0;
  }

  #bits(index: number): number {
    const { ranked, width } = this.#rows;
    lay(this.#edges, ranked, this.#start(index), width, 1, null);
    return (Math.log(this.#edges[width - 1] as number) - this.#below(index)) / Math.LN2;
  }

  /** The logit of a character, less the highest. */
  #below(index: number): number {
    const { ranked } = this.#rows;
    const start = this.#start(index);
    const own = ranked[start + (this.#ranks[index] as number)] as number;
    return own - (ranked[start] as number);
  }
}
