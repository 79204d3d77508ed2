// How Python writes values, so that the page refuses them in the same words.

const LONGEST = 120;
const MOST = { levels: 6, items: 6, entries: 4 };
/** What Python escapes: what cannot be seen, and every space but the plain one. */
const ESCAPED = /[\p{C}\p{Z}\\]/u;
const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/** Write a text as Python's `repr` does. */
export function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const written = Array.from(text, (one) => {
    if (one === quote) return `\\${quote}`;
    return one !== " " && ESCAPED.test(one) ? escaped(one) : one;
  });
  return `${quote}${written.join("")}${quote}`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x100) return SHORT[character] ?? `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}

/** Write a value of JSON as an error quotes it: on one line and not too long. */
export function shortRepr(value: unknown): string {
  return reprOf(value, MOST.levels)
    .split(/\s+/)
    .filter((word) => word !== "")
    .join(" ");
}

function reprOf(value: unknown, levels: number): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return numberRepr(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") return shortText(value);
  if (Array.isArray(value)) return listRepr(value, levels);
  return entriesRepr(value as Record<string, unknown>, levels);
}

function listRepr(values: unknown[], levels: number): string {
  if (levels <= 0 && values.length > 0) return "[...]";
  const parts = values.slice(0, MOST.items).map((one) => reprOf(one, levels - 1));
  if (values.length > MOST.items) parts.push("...");
  return `[${parts.join(", ")}]`;
}

function entriesRepr(value: Record<string, unknown>, levels: number): string {
  const names = Object.keys(value).sort();
  if (names.length === 0) return "{}";
  if (levels <= 0) return "{...}";
  const parts = names
    .slice(0, MOST.entries)
    .map((name) => `${shortText(name)}: ${reprOf(value[name], levels - 1)}`);
  if (names.length > MOST.entries) parts.push("...");
  return `{${parts.join(", ")}}`;
}

function shortText(text: string): string {
  const characters = Array.from(text);
  const whole = textRepr(characters.slice(0, LONGEST).join(""));
  if (Array.from(whole).length <= LONGEST) return whole;
  const [before, behind] = [58, 59]; // three points between them
  const ends = [...characters.slice(0, before), ...characters.slice(-behind)].join("");
  const shown = Array.from(textRepr(ends));
  return [...shown.slice(0, before), "...", ...shown.slice(-behind)].join("");
}

/** Write a number: Python changes to powers of ten earlier than the page does. */
export function numberRepr(value: number): string {
  const size = Math.abs(value);
  // A page's JSON has whole numbers below this with all their digits.
  if (Number.isInteger(value) && size < 1e21) return BigInt(value).toString();
  const text = size > 0 && size < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
