// JSON from elsewhere, in which no key may occur twice.

import { refuse } from "../local/errors.ts";
import { shortRepr } from "../local/python-repr.ts";

/** Far above any real file of this kind, far below what hurts. */
export const MAX_JSON_BYTES = 16 * 2 ** 20;

export type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parse what a file holds. */
export function parseJson(data: Uint8Array, name: string): unknown {
  checkContent(data, name);
  const text = utf8(data, name);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.split(/\s+/).join(" ");
    refuse(`${name} is not valid JSON: ${reason}.`);
  }
  checkKeys(text, name);
  return parsed;
}

/** Refuse what takes the place of a file: a pointer of Git LFS, or a web page. */
export function checkContent(data: Uint8Array, name: string): void {
  const start = new TextDecoder().decode(data.subarray(0, 100));
  if (start.startsWith("version https://git-lfs")) {
    refuse(
      `${shortRepr(name)} is a pointer of Git LFS, not the file itself: run  git lfs pull  first.`,
    );
  }
  if (/^\s*<(!doctype|html)/i.test(start)) {
    refuse(
      `${shortRepr(name)} is a web page: download the file itself (on GitHub, the Raw button).`,
    );
  }
}

function utf8(data: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    refuse(`${name} is not UTF-8 text: save it as UTF-8.`);
  }
}

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g;

/** Refuse an object with a key that it has already: nobody knows which one is meant. */
function checkKeys(text: string, name: string): void {
  const open: Set<string>[] = []; // the keys of each object, or list, around this place
  let last = "";
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") addKey(open[open.length - 1] as Set<string>, JSON.parse(last), name);
    else last = token;
  }
}

function addKey(keys: Set<string>, key: string, name: string): void {
  if (keys.has(key)) refuse(`${name} has the key ${shortRepr(key)} twice.`);
  keys.add(key);
}
