// Characters in words and signs, where they could not be seen otherwise.

/** Nothing to see: of no width, a control, half of a pair, an accent without its letter. */
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]|^\p{M}/u;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;
const SIGNS = new Map<string, [sign: string, words: string]>([
  [" ", ["␣", "space"]],
  ["\n", ["↵", "line end"]],
  ["\t", ["⇥", "tab"]],
]);
/** What a screen reader would pass over. */
const WORDS = new Map([
  [".", "full stop"],
  [",", "comma"],
  [";", "semicolon"],
  [":", "colon"],
  ["!", "exclamation mark"],
  ["?", "question mark"],
  ["'", "apostrophe"],
  ["‘", "opening single quotation mark"],
  ["’", "closing single quotation mark"],
  ['"', "quotation mark"],
  ["“", "opening quotation mark"],
  ["”", "closing quotation mark"],
  ["«", "opening angle quotation mark"],
  ["»", "closing angle quotation mark"],
  ["-", "hyphen"],
  ["–", "en dash"],
  ["—", "em dash"],
  ["…", "ellipsis"],
  ["_", "underscore"],
  ["*", "asterisk"],
  ["/", "slash"],
  ["(", "opening parenthesis"],
  [")", "closing parenthesis"],
  ["[", "opening bracket"],
  ["]", "closing bracket"],
]);

/** A character as a short sign, as what is seen where there is room, and in words. */
export function forms(character: string | null | undefined): {
  sign: string;
  seen: string;
  words: string;
} {
  if (character === null || character === undefined) {
    return { sign: "?", seen: "no character", words: "no character" };
  }
  const special = SIGNS.get(character);
  if (special) {
    const [sign, words] = special;
    return { sign, seen: `${sign} ${words}`, words };
  }
  if (INVISIBLE.test(character)) {
    const code = codePoints(character);
    return { sign: code, seen: code, words: code };
  }
  const words =
    WORDS.get(character) ?? (/^\p{Lu}$/u.test(character) ? `capital ${character}` : character);
  return { sign: character, seen: character, words };
}

/** A character within a sentence. */
export function quoted(character: string | null | undefined): string {
  const { sign, seen, words } = forms(character);
  if (sign !== character || sign !== seen) return words;
  // A letter of a script from right to left is isolated, else it turns the numbers behind it around.
  return RIGHT_TO_LEFT.test(character) ? `“\u2068${character}\u2069”` : `“${character}”`;
}

/** "U+0301 U+200B" */
export function codePoints(text: string): string {
  const code = (point: string) => point.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  return Array.from(text, (point) => `U+${code(point)}`).join(" ");
}

/** A text on one line, with signs for what cannot be seen, but for plain spaces. */
export function oneLine(text: string): string {
  return text.replace(/\r\n|[\n\r]/g, "↵").replace(/\t/g, "⇥");
}
