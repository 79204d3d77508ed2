// The die chooses, and why, as lstm_widget/network/sampling.py does it.

import { tooLarge } from "./errors.ts";
import { barOf, COLDEST, distribution, pick, rankInto } from "./sampling.ts";

/**
 * The id that the die `u` in [0, 1) chooses; at temperature 0 the most likely one.
 * @param logits minus infinity for an id that must not be chosen; at least one is finite
 */
export function choose(
  logits: Float32Array,
  temperature: number,
  u: number,
  topK: number | null = null,
  topP: number | null = null,
): number {
  if (!logits.every((logit) => logit < Number.POSITIVE_INFINITY)) throw tooLarge(); // or not a number
  if (temperature < COLDEST) return mostLikely(logits);
  const order = new Uint32Array(logits.length);
  rankInto(order, logits, new Float64Array(logits.length));
  const ranked = Float32Array.from(order, (id) => logits[id] as number);
  return order[pick(barOf(ranked, temperature, topK, topP), u)] as number;
}

/** The first of the largest. */
function mostLikely(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id += 1) {
    if ((logits[id] as number) > (logits[best] as number)) best = id;
  }
  return best;
}

/** How a character was chosen. */
export interface Explained {
  /** Place among the characters by falling logit; 0 is the most likely. */
  rank: number;
  /** With which it is chosen among those that top-k and top-p keep; 0 if they do not keep it. */
  probability: number;
  /** Of that same choice, in bits: 0 where nothing is left to chance. */
  entropy: number;
}

/** Explain how a character was chosen, as `choose` does it. */
export function explain(
  logits: Float32Array,
  id: number,
  temperature: number,
  topK: number | null = null,
  topP: number | null = null,
): Explained {
  const { ids, probabilities, entropy } = distribution(logits, temperature, topK, topP);
  const rank = ids.indexOf(id);
  return { rank, probability: probabilities[rank] as number, entropy };
}
