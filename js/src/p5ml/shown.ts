// What a person gave, as an error quotes it.

import { shortRepr } from "../local/errors.ts";

/** Any value: elements of a page, functions and what contains itself are only named. */
export function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  try {
    const isPlain = !(value instanceof Object) || Array.isArray(value) || isRecord(value);
    return isPlain ? shortRepr(value) : `a ${value.constructor.name}`;
  } catch {
    return "an object";
  }
}

function isRecord(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}
