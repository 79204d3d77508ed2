// From logits to the die's choice: the arithmetic of lstm_widget/network/sampling.py, in the same order of
// operations; change both together.

/** Colder than this counts as 0, as in sampling.py. */
export const COLDEST = 1e-9;
/** Two to the power of the bits that an id may have: ids and logits are sorted as one number. */
export const MOST_IDS = 2 ** 20;

export type Logits = Float32Array | Float64Array;
export type Ids = Uint16Array | Uint32Array;

/**
 * Lay out the characters for the die.
 * @param ranked logits by falling logit
 * @returns the right edge of each one that is kept, not normalised: the bar is as long as the last edge
 */
export function barOf(
  ranked: Logits,
  temperature: number,
  topK: number | null = null,
  topP: number | null = null,
): Float64Array {
  const count = topK === null ? ranked.length : Math.min(topK, ranked.length);
  const edges = new Float64Array(count);
  return edges.slice(0, lay(edges, ranked, 0, count, temperature, topP));
}

/** The rank that the die `u` in [0, 1) points at. */
export function pick(edges: Float64Array, u: number): number {
  return pickOf(edges, edges.length, u);
}

export interface Distribution {
  /** All of them, by falling logit; of equal ones the lower id first. */
  ids: Ids;
  /** Of each, in that order; 0 of those that top-k or top-p leave out. */
  probabilities: Float64Array;
  /** In bits. */
  entropy: number;
}

/** How likely each character is to be the next one. */
export function distribution(
  logits: Float32Array,
  temperature: number,
  topK: number | null = null,
  topP: number | null = null,
): Distribution {
  const ids = new Uint32Array(logits.length);
  rankInto(ids, logits, new Float64Array(logits.length));
  const ranked = Float32Array.from(ids, (id) => logits[id] as number);
  const shares = sharesOf(ranked, temperature, topK, topP);
  const probabilities = new Float64Array(logits.length);
  probabilities.set(shares);
  return { ids, probabilities, entropy: entropyOf(shares) };
}

/** Write the edges of the first `count` into `edges`; return how many are kept. */
export function lay(
  edges: Float64Array,
  ranked: Logits,
  start: number,
  count: number,
  temperature: number,
  topP: number | null,
): number {
  if (temperature < COLDEST) {
    edges[0] = 1;
    return 1;
  }
  const highest = ranked[start] as number;
  let end = 0;
  let rank = 0;
  for (; rank < count; rank += 1) {
    const next = end + Math.exp(((ranked[start + rank] as number) - highest) / temperature);
    if (next === end) break; // so it goes on: the rest are no wider
    edges[rank] = end = next;
  }
  edges.fill(end, rank, count);
  if (topP === null) return count;
  const goal = topP * end;
  let last = 0;
  while ((edges[last] as number) < goal) last += 1;
  return last + 1;
}

/** The first of `kept` edges beyond the die. */
export function pickOf(edges: Float64Array, kept: number, u: number): number {
  // Below 1, u is so far below that the product is rounded to less than the last edge.
  const goal = u * (edges[kept - 1] as number);
  let rank = 0;
  while ((edges[rank] as number) <= goal) rank += 1;
  return rank;
}

/** The probabilities of those that are kept, by falling logit. */
export function sharesOf(
  ranked: Logits,
  temperature: number,
  topK: number | null,
  topP: number | null,
): Float64Array {
  const edges = barOf(ranked, temperature, topK, topP);
  if (temperature < COLDEST) return edges;
  const end = edges[edges.length - 1] as number;
  const highest = ranked[0] as number;
  return edges.map((_, rank) => Math.exp(((ranked[rank] as number) - highest) / temperature) / end);
}

export function entropyOf(shares: Float64Array): number {
  let sum = 0;
  for (const share of shares) if (share > 0) sum -= share * Math.log2(share);
  return Math.max(0, sum);
}

const asNumber = new Float32Array(1);
const asBits = new Uint32Array(asNumber.buffer);

/**
 * Write the ids into `order` by falling logit, of equal ones the lower id first. A comparing function would
 * take most of the time of a long text, so each logit becomes a whole number that falls as it rises: the
 * bits of a float32 are in order already, but for the sign.
 */
export function rankInto(order: Ids, logits: Float32Array, keys: Float64Array): void {
  for (let id = 0; id < logits.length; id += 1) {
    asNumber[0] = (logits[id] as number) + 0; // -0 equals 0
    const raw = asBits[0] as number;
    const falling = raw < 2 ** 31 ? 2 ** 31 - 1 - raw : raw;
    keys[id] = falling * MOST_IDS + id;
  }
  keys.sort();
  for (let rank = 0; rank < logits.length; rank += 1) {
    const key = keys[rank] as number;
    order[rank] = key - Math.floor(key / MOST_IDS) * MOST_IDS;
  }
}
