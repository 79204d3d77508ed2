// Reading a text with the characters that a model knows, as lstm_widget/network/normalize.py does it.

import { BEFORE_OPENING, GROUPS, LINE_ENDS, QUOTES } from "./lookalikes.ts";
import { forms, joins, otherCases } from "./unicode.ts";

/** One place of a text that is read as something else. */
export interface Replacement {
  /** Counted in characters (Unicode code points) of the text as it was given. */
  readonly position: number;
  /** One character, or several that make one sign (a letter and its accent, "\r\n"). */
  readonly character: string;
  /** The known characters that are read instead; empty if there are none. */
  readonly used: string;
}

export interface Normalized {
  /** Known characters only. */
  readonly text: string;
  /** Every place that differs from the text as it was given, in order. */
  readonly replacements: Replacement[];
  /** What has no replacement, each once, in order. */
  readonly unknown: string[];
}

interface Known {
  has(character: string): boolean;
}

const LINE_END = "\r\n";
const LONE_LINE_FEED = /(?<!\r)\n/;

/**
 * Read a text with known characters only.
 * @param lineEnd "\r\n", whose characters are then both known, has every lone "\n" read as that
 */
export function normalize(text: string, known: Known, lineEnd: string | null = null): Normalized {
  const pairs = lineEnd === LINE_END;
  const characters = Array.from(text);
  if (characters.every((one) => known.has(one)) && !(pairs && LONE_LINE_FEED.test(text))) {
    return { text, replacements: [], unknown: [] };
  }
  const pieces: string[] = [];
  const replacements: Replacement[] = [];
  const reading = new Reading(known, pairs ? LINE_END : "\n");
  const wholeLineEnd = pairs || !(known.has("\r") && known.has("\n"));
  for (const [position, sign] of signs(characters, wholeLineEnd)) {
    const parts = Array.from(sign);
    if (sign !== "\n" && parts.every((one) => known.has(one))) {
      pieces.push(sign);
      continue;
    }
    const before = characters[position - 1] ?? "";
    const whole = reading.of(sign, before);
    const read = whole
      ? [[sign, whole] as const]
      : parts.map((part, n) => [part, reading.of(part, parts[n - 1] ?? before)] as const);
    read.forEach(([character, used], offset) => {
      pieces.push(used);
      if (used !== character) replacements.push({ position: position + offset, character, used });
    });
  }
  const lost = replacements.filter(({ used }) => used === "").map(({ character }) => character);
  return { text: pieces.join(""), replacements, unknown: [...new Set(lost)] };
}

/** Cut a text into signs: a character with all that joins it in Unicode, or perhaps a whole "\r\n". */
function* signs(characters: readonly string[], wholeLineEnd: boolean): Generator<[number, string]> {
  let start = 0;
  while (start < characters.length) {
    let sign = characters[start] as string;
    let end = start + 1;
    if (wholeLineEnd && sign === "\r" && characters[end] === "\n") {
      sign = LINE_END;
      end += 1;
    } else if (sign !== "\r" && sign !== "\n") {
      for (; end < characters.length && joins(sign, characters[end] as string); end += 1) {
        sign += characters[end];
      }
    }
    yield [start, sign];
    start = end;
  }
}

type Step = (character: string, before: string) => string;

/** What is read for a sign, or for a part of one: known characters, or nothing. */
class Reading {
  private readonly found = new Map<string, string>(); // few differ in a text, and they come often

  /** @param lineFeed what a line feed is read as, if it is known */
  constructor(
    private readonly known: Known,
    private readonly lineFeed: string,
  ) {}

  /** What a quote is depends on the character before it. */
  of(sign: string, before: string): string {
    const key = `${before.length} ${before}${sign}`;
    let used = this.found.get(key);
    if (used === undefined) {
      const endsLine = sign === LINE_END || [...LINE_ENDS].includes(sign);
      used = endsLine ? this.lineEnd(sign) : this.down(sign, before);
      this.found.set(key, used);
    }
    return used;
  }

  private lineEnd(sign: string): string {
    if (sign !== "\n" && Array.from(sign).every((one) => this.known.has(one))) return sign;
    const used = this.firstKnown(["\n", "\r", " "]);
    return used === "\n" ? this.lineFeed : used;
  }

  /** Go down the ladder: the character itself, a look-alike, the other case. */
  private down(sign: string, before: string): string {
    const all = forms(sign);
    const steps: Step[] = [
      (one) => this.firstKnown([one]),
      (one, last) => this.lookalike(one, last),
      (one, last) => this.otherCase(one, last),
    ];
    for (const step of steps) {
      const used = spelled(all, before, step);
      if (used) return used;
    }
    return "";
  }

  private lookalike(character: string, before: string): string {
    return this.firstKnown([character, ...lookalikes(character, before)]);
  }

  private otherCase(character: string, before: string): string {
    const all = [character, ...otherCases(character).flatMap(forms)];
    return spelled(all, before, (one, last) => this.lookalike(one, last));
  }

  private firstKnown(characters: readonly string[]): string {
    return characters.find((one) => this.known.has(one)) ?? "";
  }
}

/** What a step makes of the first form of which it reads every character. */
function spelled(all: readonly string[], before: string, step: Step): string {
  for (const form of all) {
    const parts = Array.from(form);
    const pieces = parts.map((one, n) => step(one, parts[n - 1] ?? before));
    if (pieces.every((piece) => piece !== "")) return pieces.join("");
  }
  return "";
}

/** What looks like a character, the nearest first. */
function lookalikes(character: string, before: string): readonly string[] {
  for (const [straight, closing, opening] of QUOTES) {
    if (!(straight + closing + opening).includes(character)) continue;
    const opens =
      character === straight ? BEFORE_OPENING.includes(before) : opening.includes(character);
    return [straight, ...(opens ? opening + closing : closing + opening)];
  }
  return [...(GROUPS.find(([group]) => group.includes(character))?.[1] ?? "")];
}
