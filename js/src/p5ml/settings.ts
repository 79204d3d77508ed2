// The settings of a text, as JavaScript spells them, and their checks.

import { Dice } from "../local/dice.ts";
import { EMPTY_SEED, refuseSetting } from "../local/errors.ts";
import { asReal, asWhole, checkNames, withCommas } from "../local/writing/settings.ts";
import { BOUNDS } from "./bounds.ts";
import { shown } from "./shown.ts";

/** What to write; what is not given is taken from `LSTMGenerator.defaults`. */
export interface Options {
  /** The text to continue, at least one character. */
  seed?: string;
  /** Number of characters, 1 to 1,000,000. */
  length?: number;
  /** 0 to 100; 0 always takes the most likely character. */
  temperature?: number;
  /** Choose only among this many of the most likely characters. */
  topK?: number | null;
  /** Choose only among the fewest whose probability reaches this; above 0, at most 1. */
  topP?: number | null;
  /** A whole number from 0 gives the same dice every time, as in Python; without one they are new. */
  rng?: number | bigint | null;
}

export interface Settings {
  readonly seed: string;
  readonly length: number;
  readonly temperature: number;
  readonly topK: number | null;
  readonly topP: number | null;
  readonly dice: Dice;
}

const NAMES = ["seed", "length", "temperature", "topK", "topP", "rng"];

/** What is said of the options: a copy, which nobody changes later. */
export function optionsOf(given: unknown): Options {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object" || Array.isArray(given)) {
    refuseSetting(
      `The options must be an object such as { seed: "a", length: 20 }, not ${shown(given)}.`,
    );
  }
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said);
}

export function checkSettings(given: Options): Settings {
  for (const name of Object.keys(given)) {
    const spelled = name.replace(/_([kp])$/, (_, letter: string) => letter.toUpperCase());
    if (name !== spelled && NAMES.includes(spelled)) {
      refuseSetting(`There is no setting '${name}'; did you mean '${spelled}'?`);
    }
  }
  checkNames(given, NAMES);
  return {
    seed: checkSeed(given.seed),
    length: whole("length", "The length", given.length),
    temperature: checkTemperature(given.temperature),
    topK: optional(given.topK, (value) => whole("top_k", "topK", value)),
    topP: optional(given.topP, (value) => real("top_p", "topP", value)),
    dice: diceOf(given.rng),
  };
}

export function checkTemperature(temperature: unknown): number {
  return real("temperature", "The temperature", temperature);
}

/** The dice of a number, or new ones. */
export function diceOf(rng: unknown): Dice {
  if (rng === undefined || rng === null) return new Dice(anyNumber());
  if (typeof rng === "number" || typeof rng === "bigint") return new Dice(rng);
  refuseSetting(`rng must be a whole number from 0, not ${shown(rng)}.`);
}

/** Refuse what was given in the place of a function. */
export function checkCallback(callback: unknown, takes: string): void {
  if (callback === undefined || callback === null || typeof callback === "function") return;
  refuseSetting(`The callback must be a function${takes}, not ${shown(callback)}.`);
}

function checkSeed(seed: unknown): string {
  if (typeof seed !== "string") refuseSetting(`The seed must be text, not ${shown(seed)}.`);
  if (seed === "") refuseSetting(EMPTY_SEED);
  return seed;
}

function optional<T>(value: unknown, check: (value: unknown) => T): T | null {
  return value === undefined || value === null ? null : check(value);
}

function whole(name: keyof typeof BOUNDS, called: string, value: unknown): number {
  return inRange(name, `${called} must be a whole number`, value, asWhole(value));
}

function real(name: keyof typeof BOUNDS, called: string, value: unknown): number {
  return inRange(name, `${called} must be a number`, value, asReal(value));
}

function inRange(
  name: keyof typeof BOUNDS,
  words: string,
  value: unknown,
  number: number | null,
): number {
  const { least, most, above } = BOUNDS[name];
  if (number === null || number < least || number > most || (above && number === least)) {
    const range = above ? `above ${least} and at most` : `from ${least} to`;
    refuseSetting(`${words} ${range} ${withCommas(most)}, not ${shown(value)}.`);
  }
  return number;
}

/** A number of 128 bits that nobody knows beforehand. */
function anyNumber(): bigint {
  return crypto
    .getRandomValues(new Uint32Array(4))
    .reduce((number, word) => (number << 32n) | BigInt(word), 0n);
}
