// What a person gave, as an error quotes it.

import { shortRepr } from "../local/python-repr.ts";

/** Signs of a value that are quoted, at most. */
const LONGEST = 120;

/** Any value: elements of a page, functions and what contains itself are only named. */
export function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  try {
    const isPlain = !(value instanceof Object) || Array.isArray(value) || isRecord(value);
    return isPlain ? written(value) : `a ${value.constructor.name}`;
  } catch {
    return "an object";
  }
}

/** A value as a script writes it. */
function written(value: unknown): string {
  if (typeof value === "string") return shortRepr(value);
  const whole = typeof value === "bigint" ? String(value) : JSON.stringify(value);
  const text = whole ?? String(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 3)}...`;
}

function isRecord(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}
