// Where the marks of a seed lie, and what becomes of them, and of its line ends, while it is edited.
import type { Replacement } from "../kernel/protocol.ts";

/** A line end that a textarea shows as "\n". */
const END = /\r\n?/g;

/** A marked place of the text in the box, in UTF-16 units. */
export interface Mark {
  start: number;
  end: number;
  /** What is read there; empty if it is skipped. */
  used: string;
}

/** A seed as a textarea shows it. */
export function inBox(seed: string): string {
  return seed.replace(END, "\n");
}

/** The places whose character is there. A place counts code points of the seed; a mark, UTF-16 units of the box. */
export function located(places: readonly Replacement[], seed: string): Mark[] {
  const points = Array.from(seed);
  const offsets = [0];
  points.forEach((point, i) => {
    const dropped = point === "\r" && points[i + 1] === "\n";
    offsets.push((offsets[i] ?? 0) + (dropped ? 0 : point.length));
  });
  return places.flatMap(({ position, character, used }) => {
    const last = position + Array.from(character).length;
    const [start, end] = [offsets[position], offsets[last]];
    if (start === undefined || end === undefined) return [];
    return points.slice(position, last).join("") === character ? [{ start, end, used }] : [];
  });
}

/** A seed after its text in the box was edited in one place: line ends that are still there are those of the seed. */
export function edited(seed: string, text: string, caret: number): string {
  const units = seed.match(/\r\n|./gs) ?? []; // one for each of the box
  const [head, tail] = unchanged(inBox(seed), text, caret);
  return [
    ...units.slice(0, head),
    ...text.slice(head, text.length - tail).split(""),
    ...units.slice(units.length - tail),
  ]
    .map((unit, i, all) => (unit === "\r" && all[i + 1] === "\n" ? "\n" : unit)) // they remain two
    .join("");
}

/** The marks of the text that is the same before and after a change in one place. */
export function moved(marks: readonly Mark[], before: string, after: string): Mark[] {
  const [head, tail] = unchanged(before, after, after.length);
  const by = after.length - before.length;
  return marks.flatMap((mark) => {
    if (mark.end <= head) return [mark];
    if (mark.start < before.length - tail) return [];
    return [{ ...mark, start: mark.start + by, end: mark.end + by }];
  });
}

/** One mark for neighbours that are all skipped: the parts of one sign, a text in another script. */
export function joined(marks: readonly Mark[]): Mark[] {
  const all: Mark[] = [];
  for (const mark of marks) {
    const last = all.at(-1);
    if (last && last.end === mark.start && !last.used && !mark.used) last.end = mark.end;
    else all.push({ ...mark });
  }
  return all;
}

/** How much is the same at both ends of a text after a change in one place, which ended at the caret if it may have. */
export function unchanged(
  before: string,
  after: string,
  caret: number,
): [head: number, tail: number] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  tail = Math.min(tail, Math.max(after.length - caret, shorter - head));
  return [Math.min(head, shorter - tail), tail];
}
