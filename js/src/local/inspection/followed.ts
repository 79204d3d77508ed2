// Generated from lstm_widget/inspection/followed.py; do not edit. `make protocol` writes it.
import { combining, firstOf, isalnum, isalpha, isdigit, isupper } from "./characters.ts";
import { mapped, type Values, zip } from "./characters.ts";

export const LEAST_OUTSTANDING = 15;
export const LEAST_ENDS = 5;
const VOWELS = new Set("aeiouæœøıαεηιουωаеиоуыэюяієї");
const NEITHER = new Set("yъь");
const SHORT_I = "й";
const APOSTROPHES = "'’";
const BEFORE_OPENING = " \n\r\t ([{";
const DASHES = "-–—";
const CLOSING = new Map([["\"", "\""], ["“", "”\""], ["„", "“”\""], ["«", "»"], ["»", "«"]]);
function* positionInLine(text: string[]): Values {
  let position = 0;
  for (const character of text) {
    position = (character === "\n") ? 0 : (position + 1);
    yield position;
  }
}

function* blankLine(text: string[]): Values {
  for (const [before, character] of pairs(text)) {
    yield Number(character === before && before === "\n");
  }
}

function* firstLine(text: string[]): Values {
  let first = false;
  for (const [before, character] of pairs(text)) {
    if (character === "\n") {
      first = before === "\n";
    }
    yield Number(first);
  }
}

function* insideQuotes(text: string[]): Values {
  let closing = "";
  for (const [before, character] of pairs(text)) {
    if (character === before && before === "\n") {
      closing = "";
    } else {
      if (closing) {
        if ((closing.includes(character)) && !((character === "\"") && (BEFORE_OPENING.includes(before)))) {
          closing = "";
        }
      } else {
        if ((CLOSING.has(character)) && ((character !== "\"") || ((BEFORE_OPENING + DASHES).includes(before)))) {
          closing = CLOSING.get(character) ?? "";
        }
      }
    }
    yield Number(closing !== "");
  }
}

function* insideBrackets(text: string[]): Values {
  let depth = 0;
  for (const [before, character] of pairs(text)) {
    if (character === before && before === "\n") {
      depth = 0;
    }
    depth = Math.max(0, ((depth + Number("([{".includes(character))) - Number(")]}".includes(character))));
    yield Number(depth > 0);
  }
}

/** Count the letters of the word so far; an apostrophe does not end it. */
function* wordLength(text: string[]): Values {
  let length = 0;
  for (const character of text) {
    if (isalpha(character)) {
      length += 1;
    } else {
      if ((!APOSTROPHES.includes(character)) && !combining(character)) {
        length = 0;
      }
    }
    yield length;
  }
}

function* betweenWords(text: string[]): Values {
  for (const length of wordLength(text)) {
    yield Number(length === 0);
  }
}

function* afterCapital(text: string[]): Values {
  let capital = false;
  for (const [character, length] of zip(text, wordLength(text))) {
    if ((length === 1) && isalpha(character)) {
      capital = isupper(character);
    }
    yield Number(capital && (length > 0));
  }
}

/** Return 1 for a vowel, 0 for a consonant; NaN for anything else, and in scripts without capitals. */
function isVowel(character: string): number {
  let lower = character.toLowerCase();
  if (!isalpha(character) || (lower === character.toUpperCase())) {
    return Number.NaN;
  }
  let base = (lower === SHORT_I) ? lower : firstOf(lower.normalize("NFD"));
  return (NEITHER.has(base)) ? Number.NaN : Number((VOWELS.has(base)));
}

function* endOfSentence(text: string[]): Values {
  let ended = false;
  for (const character of text) {
    ended = (".!?…".includes(character)) || (ended && !isalnum(character));
    yield Number(ended);
  }
}

function* sinceComma(text: string[]): Values {
  let count = 0;
  for (const character of text) {
    count = (",.".includes(character)) ? 0 : (count + 1);
    yield count;
  }
}

/** Return each character with the one before it; nothing before a text is like a line end. */
function pairs(text: string[]): Iterable<[string, string]> {
  return zip(["\n", ...text.slice(0, -1)], text);
}

/** What a cell may follow, by its name. */
export const FOLLOWED: Record<string, (text: string[]) => Values> = {
  "position in the line": positionInLine,
  "line end just written": mapped((one) => one === "\n"),
  "blank line just written": blankLine,
  "first line after a blank line": firstLine,
  "inside quotes": insideQuotes,
  "inside brackets": insideBrackets,
  "length of the word so far": wordLength,
  "between words": betweenWords,
  "after a capital letter": afterCapital,
  "vowel or consonant": mapped(isVowel),
  "end of a sentence": endOfSentence,
  "characters since the last comma or full stop": sinceComma,
  "digit just written": mapped(isdigit),
};
