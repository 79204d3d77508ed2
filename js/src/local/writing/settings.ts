// The settings of a text and their checks: lstm_widget/writing/settings.py, in the same words.
import type { Settings as Asked, Bounds, CommonBounds } from "../../kernel/protocol.ts";
import { EMPTY_SEED, SettingError } from "../errors.ts";
import { shortRepr } from "../python-repr.ts";
import { nearest } from "./nearest.ts";

/** What to write; the checks make it of what a person gives. */
export interface Settings {
  readonly seed: string;
  readonly length: number;
  readonly temperature: number;
  readonly top_k: number | null;
  readonly top_p: number | null;
}

/** The values of the settings that a page gives, by their names. */
export interface Checked extends Asked {
  temperature: number;
  speed: number | null;
}

/** How each setting is checked: it comes back as a plain value, or a `SettingError` is thrown. */
export type Checks = { readonly [Name in keyof Checked]: (value: unknown) => Checked[Name] };

const RNG = "The rng of a widget must be a whole number below 2**53, or None.";

/** The checks for these ranges, which Python declares. */
export function checksOf(bounds: CommonBounds): Checks {
  const whole = (name: keyof CommonBounds, words: string) => (value: unknown) =>
    inRange(bounds[name], asWhole(value), value, words);
  const real = (name: keyof CommonBounds, words: string) => (value: unknown) =>
    inRange(bounds[name], asReal(value), value, words);
  return {
    seed: checkSeed,
    length: whole("length", "The length must be a whole number {range}"),
    temperature: real("temperature", "The temperature must be a number {range}"),
    top_k: optional(whole("top_k", "top_k must be a whole number {range}, or None")),
    top_p: optional(real("top_p", "top_p must be a number {range}, or None")),
    speed: optional(
      real(
        "speed",
        "The speed must be a number of characters per second {range}, or None for as fast as it goes",
      ),
    ),
    rng: optional((value) => checkRng(value, bounds.rng)),
  };
}

/** Return the seed, or throw `SettingError`. */
export function checkSeed(seed: unknown): string {
  if (typeof seed !== "string") {
    throw new SettingError(`The seed must be text, not ${shortRepr(seed)}.`);
  }
  if (seed === "") {
    throw new SettingError(EMPTY_SEED);
  }
  return seed;
}

/** Throw `SettingError` for the first name that is not a known one. */
export function checkNames(given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      const near = nearest(shortRepr(name).replace(/^'+|'+$/g, ""), known);
      const there = `there are ${[...known].sort().join(", ")}.`;
      const hint = near === null ? there : `did you mean '${near}'?`;
      throw new SettingError(`There is no setting ${shortRepr(name)}; ${hint}`);
    }
  }
}

/** Return a whole number; null for anything else. */
export function asWhole(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) ? value : null;
}

/** Return a finite number; null for anything else. */
export function asReal(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Return a number with commas between its thousands, as Python's format does it. */
export function withCommas(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 20 });
}

function optional<T>(check: (value: unknown) => T): (value: unknown) => T | null {
  return (value) => (value === null || value === undefined ? null : check(value));
}

function inRange(bounds: Bounds, number: number | null, value: unknown, words: string): number {
  const { least, most, above = false } = bounds;
  if (number === null || number < least || number > most || (above && number === least)) {
    const end = most === Number.MAX_SAFE_INTEGER ? "2**53 - 1" : withCommas(most);
    const span = above ? `above ${least} and at most ${end}` : `from ${least} to ${end}`;
    throw new SettingError(`${words.replace("{range}", span)}, not ${shortRepr(value)}.`);
  }
  return number;
}

function checkRng(value: unknown, { least, most }: Bounds): number {
  const number = asWhole(value);
  if (number === null || number < least) {
    throw new SettingError(
      `rng must be a whole number from 0, a numpy.random.Generator or None, not ${shortRepr(value)}.`,
    );
  }
  if (number > most) throw new SettingError(RNG);
  return number;
}
