// Characters and their places: a position counts code points, the DOM counts UTF-16 units.
import { firstThat } from "../dom/search.ts";

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/g;

export function countCharacters(text: string): number {
  return text.length - (text.match(PAIR)?.length ?? 0);
}

/** UTF-16 units of the character at an offset. */
export function unitsAt({ data }: Text, offset: number): number {
  return (data.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
}

export function at<T>(list: readonly T[], index: number): T {
  const entry = list[index];
  if (entry === undefined) throw new RangeError(`There is no entry ${index}.`);
  return entry;
}

/** The index of the last entry up to a position in a list that is in order; -1 if there is none. */
export function lastUpTo(list: readonly { readonly position: number }[], position: number): number {
  return firstThat(0, list.length, (n) => at(list, n).position > position) - 1;
}
