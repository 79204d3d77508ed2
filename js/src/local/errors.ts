// What can go wrong, each in one sentence, as in lstm_widget/errors.py.

/** Base of every error that is raised on purpose; its message is one clear sentence. */
export class LSTMError extends Error {
  override name = "LSTMError";
}

/** A model cannot be used: it is damaged, or its parts do not fit together. */
export class ModelError extends LSTMError {
  override name = "ModelError";
}

/** A setting (seed, length, temperature, ...) is out of its range or of the wrong type. */
export class SettingError extends LSTMError {
  override name = "SettingError";
}

/** A text holds characters that are not in the model's vocabulary. */
export class UnknownCharactersError extends SettingError {
  override name = "UnknownCharactersError";

  /** @param characters each once, in the order of first appearance */
  constructor(readonly characters: readonly string[]) {
    const names = listed(characters.map(shortRepr));
    super(`The model does not know ${names}: leave them out of the text.`);
  }
}

export function refuse(message: string): never {
  throw new ModelError(message);
}

export function refuseSetting(message: string): never {
  throw new SettingError(message);
}

/** The error for finite weights whose sums are not. */
export function tooLarge(): ModelError {
  return new ModelError(
    "The model's weights are too large to compute with: use another copy of the model.",
  );
}

const LONGEST = 120;

/** A value as an error quotes it: on one line, not too long, and text as Python quotes it. */
export function shortRepr(value: unknown): string {
  const shown = shownAs(value);
  const line = shown.split(/\s+/).join(" ");
  if (line.length <= LONGEST) return line;
  const half = Math.floor((LONGEST - 3) / 2);
  return `${line.slice(0, half)}...${line.slice(line.length - (LONGEST - 3 - half))}`;
}

function shownAs(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  return typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? String(value));
}

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escapes: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };
  const inside = Array.from(text.slice(0, 2 * LONGEST), (character) => {
    if (character === mark) return `\\${character}`;
    return escapes[character] ?? (hidden.test(character) ? escaped(character) : character);
  });
  return mark + inside.join("") + mark;
}

// What prints nothing: control characters, lone surrogates, spaces other than the plain one.
const hidden = /[\p{C}\p{Z}]/u;

function escaped(character: string): string {
  if (character === " ") return character;
  const code = character.codePointAt(0) as number;
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}

/** The first few of many items as a sentence names them: `a, b and 5 more`. */
export function listed(items: readonly string[], atMost = 10): string {
  const more = items.length > atMost ? ` and ${items.length - atMost} more` : "";
  return items.slice(0, atMost).join(", ") + more;
}
