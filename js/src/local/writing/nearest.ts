// Which name a misspelled one may stand for, as Python's difflib finds it.

/** How alike two texts must be, 0 to 1. */
const LEAST = 0.6;

/** The name that is most like a word, if there is one that is like it. */
export function nearest(word: string, names: readonly string[]): string | null {
  const found = names
    .map((name) => ({ name, ratio: ratio(name, word) }))
    .filter((one) => one.ratio >= LEAST)
    .sort((one, other) => other.ratio - one.ratio || (other.name > one.name ? 1 : -1));
  return found[0]?.name ?? null;
}

/** The share of the characters that two texts have in common, in the same order. */
function ratio(one: string, other: string): number {
  const all = one.length + other.length;
  return all === 0 ? 1 : (2 * common(one, other)) / all;
}

/** The length of the longest part that both have, and of what is common before and behind it. */
function common(one: string, other: string): number {
  let best = { length: 0, at: 0, there: 0 };
  for (let at = 0; at < one.length; at += 1) {
    for (let there = 0; there < other.length; there += 1) {
      let length = 0;
      while (at + length < one.length && one[at + length] === other[there + length]) length += 1;
      if (length > best.length) best = { length, at, there };
    }
  }
  const { length, at, there } = best;
  if (length === 0) return 0;
  const before = common(one.slice(0, at), other.slice(0, there));
  return length + before + common(one.slice(at + length), other.slice(there + length));
}
