/** Marks on a logarithmic axis from 1 to `most`: powers of `factor`, which is one of two. */
interface Doublings {
  factor: number;
  marks: number[];
}

/** As many marks as there is room for. */
export function doublings(most: number, room: number): Doublings {
  const last = Math.floor(Math.log2(Math.max(1, most)));
  const step = Math.max(1, Math.ceil((last + 1) / Math.max(1, room)));
  const marks: number[] = [];
  for (let power = 0; power <= last; power += step) marks.push(2 ** power);
  return { factor: 2 ** step, marks };
}

/** Where an update lies on that axis, from 0 to 1; what is before the first one lies at its beginning. */
export function along(update: number, most: number): number {
  return Math.log2(Math.max(1, update)) / Math.log2(Math.max(2, most));
}

/** Whole bits that hold all losses. */
export function span(losses: readonly number[]): [least: number, most: number] {
  const known = losses.filter(Number.isFinite);
  if (known.length === 0) return [0, 8];
  const least = Math.max(0, Math.floor(Math.min(...known) - 0.1));
  return [least, Math.max(least + 1, Math.ceil(Math.max(...known)))];
}

/** Move places apart until they are `gap` from each other, in the same order and as far as there is room. */
export function spread(
  places: readonly number[],
  gap: number,
  least: number,
  most: number,
): number[] {
  const order = places.map((_, n) => n).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const found = [...places];
  let end = least - gap;
  for (const n of order) {
    found[n] = Math.max(places[n] ?? 0, end + gap);
    end = found[n];
  }
  let start = most + gap;
  for (const n of order.reverse()) {
    found[n] = Math.min(found[n] ?? 0, start - gap);
    start = found[n];
  }
  return found;
}
