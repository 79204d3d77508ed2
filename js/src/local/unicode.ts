// What Python knows of Unicode and JavaScript does not say outright.

/** A sign in each of its forms, the nearest first: itself, the normal forms, the compatibility forms. */
export function forms(sign: string): string[] {
  const normal = ["NFC", "NFD", "NFKC", "NFKD"].map((form) => sign.normalize(form));
  // An accent that stands alone, such as ´, is no space with an accent above.
  return [...new Set([sign, ...normal])].filter(
    (form) => form === " " || form === sign || !form.startsWith(" "),
  );
}

/** No character before this one joins another. */
const FIRST_MARK = 0x300;
const STARTERS_OF_MARKS = /[\u0f73\u0f75\u0f81]/; // which are made of marks, but are none
const LOWEST = "\u0334"; // a mark of the lowest class there is, 1
const HIGHER = "\u0301"; // and one of a higher class

/** Whether a character belongs to the sign before it: an accent, or a part of a syllable. */
export function joins(sign: string, character: string): boolean {
  if ((character.codePointAt(0) as number) < FIRST_MARK) return false;
  if (isMark(character)) return true;
  return lengthOf((sign + character).normalize("NFC")) <= lengthOf(sign.normalize("NFC"));
}

/** Whether its combining class is not 0: then a normal form moves it to its place among other marks. */
export function isMark(character: string): boolean {
  if (STARTERS_OF_MARKS.test(character)) return false;
  return (
    (character + LOWEST).normalize("NFD").startsWith(LOWEST) ||
    !(HIGHER + character).normalize("NFD").startsWith(HIGHER)
  );
}

/** Number of code points. */
export function lengthOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** In the other case: small, as Unicode compares without case, capital. */
export function otherCases(character: string): string[] {
  const small = character.toLowerCase();
  const capital = character.toUpperCase();
  return [...new Set([small, folded(character, small, capital), capital])];
}

const CHEROKEE = /[\u13a0-\u13ff\uab70-\uabbf]/; // its capitals were there first

function folded(character: string, small: string, capital: string): string {
  if (character === "ı") return small; // the capital of both i and ı is I
  if (character === "ẞ") return "ss";
  return CHEROKEE.test(character) ? capital : capital.toLowerCase();
}
