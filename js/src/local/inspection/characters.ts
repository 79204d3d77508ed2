// What Python says of single characters, for what is translated from it (followed.ts).

import { isMark } from "../unicode.ts";

/** A value for each character of a text. */
export type Values = Generator<number>;

/** Digits that are no decimal ones: superscripts, numbers in circles and so on. */
const OTHER_DIGITS =
  /[\xb2\xb3\xb9\u1369-\u1371\u19da\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}]/u;
export function isalpha(character: string): boolean {
  return /\p{L}/u.test(character);
}

export function isalnum(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character);
}

export function isdigit(character: string): boolean {
  return /\p{Nd}/u.test(character) || OTHER_DIGITS.test(character);
}

export function isupper(character: string): boolean {
  return /\p{Uppercase}/u.test(character);
}

/** Whether a character is a mark on the letter before it. */
export function combining(character: string): boolean {
  return isMark(character);
}

export function firstOf(text: string): string {
  const [first = ""] = text;
  return first;
}

/** Follow what a function says of each character. */
export function mapped(of: (character: string) => number | boolean): (text: string[]) => Values {
  return function* (text) {
    for (const character of text) yield Number(of(character));
  };
}

/** Two series of the same length side by side. */
export function* zip<A, B>(one: Iterable<A>, other: Iterable<B>): Generator<[A, B]> {
  const others = other[Symbol.iterator]();
  for (const value of one) {
    const next = others.next();
    if (next.done) return;
    yield [value, next.value];
  }
}
