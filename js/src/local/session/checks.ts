// What comes from a view is checked, and what is sent to it can be sent: lstm_widget/widgets/checks.py.
import type { FromKernel, LaneAsked, Settings } from "../../kernel/protocol.ts";
import { LSTMError, ModelError, SettingError } from "../errors.ts";
import { shortRepr, textRepr } from "../python-repr.ts";
import { asWhole, type Checks, checkNames } from "../writing/settings.ts";

/** The name of the only lane of a text. */
export const TEXT = "text";
/** Longest name of a run, of a pull or of a question. */
export const MAX_NAME = 100;

/** A message as it comes: nothing of it is known yet. */
export type Message = Readonly<Record<string, unknown>>;
export type Answers = Record<string, (message: Message) => void>;
export type Send = (message: FromKernel, buffers?: ArrayBufferView[]) => void;

const SETTINGS = ["seed", "length", "top_k", "top_p", "rng"] as const;
const HALF = /\p{Surrogate}/gu;

/** A value with a sign in the place of half characters, which no text outside this page can hold. */
export function sendable<T>(value: T): T {
  if (typeof value === "string") return value.replace(HALF, "\ufffd") as T;
  if (Array.isArray(value)) return value.map(sendable) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [sendable(name), sendable(one)]);
  return Object.fromEntries(entries) as T;
}

/**
 * Answer a message; whatever it is, nothing is thrown.
 * @param refuse takes a message that cannot be answered, a sentence, and whether what it is about cannot go on
 */
export function answer(
  message: unknown,
  answers: Answers,
  refuse: (message: Message, sentence: string, isFatal: boolean) => void,
): void {
  let content: Message = {};
  try {
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
      throw new SettingError("A message to the widget must be an object.");
    }
    content = sendable(message as Message);
    const { type, messages } = content;
    if (type === "several" && Array.isArray(messages)) {
      for (const one of messages) answer(one, answers, refuse);
      return;
    }
    const known = typeof type === "string" && Object.hasOwn(answers, type) ? answers[type] : null;
    if (!known) {
      const shown = typeof type === "string" ? textRepr(type) : shortRepr(type);
      throw new SettingError(`The widget does not know the message ${shown}.`);
    }
    known(content);
  } catch (error) {
    if (error instanceof LSTMError) {
      refuse(content, error.message, error instanceof ModelError);
      return;
    }
    console.error("A message of the page could not be answered", error);
    const name = error instanceof Error ? error.name : typeof error;
    const sentence = `The page met an unexpected error, ${name}; the console of the browser has the details.`;
    refuse(content, sentence, true);
  }
}

export function nameIn(message: Message, of: "run" | "pull" | "branch" | "id"): string {
  const name = message[of];
  if (typeof name !== "string" || !isName(name)) {
    throw new SettingError(`A message to the widget must name its ${of}.`);
  }
  return name;
}

export function wholeIn(message: Message, name: string, lowest: number): number {
  const value = asWhole(message[name]);
  if (value === null || value < lowest) {
    const kind = `a ${name} that is a whole number from ${lowest}`;
    throw new SettingError(`A message to the widget must bring ${kind}.`);
  }
  return value;
}

export function textIn(message: Message, name: "seed" | "character"): string {
  const value = message[name];
  if (typeof value !== "string") {
    throw new SettingError(`A message to the widget must bring a ${name} that is text.`);
  }
  return value;
}

/** Which characters of a run a question is about. */
export function spanIn(message: Message) {
  return {
    id: nameIn(message, "id"),
    run: nameIn(message, "run"),
    position: wholeIn(message, "position", 0),
    count: wholeIn(message, "count", 1),
  };
}

/** The budget of a pull, in milliseconds. */
export function budgetIn({ budget }: Message): number {
  if (typeof budget !== "number" || !(budget > 0)) {
    throw new SettingError("A pull message must bring a budget of milliseconds above 0.");
  }
  return budget;
}

export function settingsIn({ settings }: Message, checks: Checks): Settings {
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new SettingError("A start message must bring its settings.");
  }
  checkNames(settings, SETTINGS);
  const given = settings as Message;
  return {
    seed: checks.seed(given.seed),
    length: checks.length(given.length),
    top_k: checks.top_k(given.top_k),
    top_p: checks.top_p(given.top_p),
    rng: checks.rng(given.rng),
  };
}

/** The lanes of a message, each with all that is said of it. */
export function lanesIn(
  { lanes: contents }: Message,
  [least, most]: readonly [number, number],
  checks: Checks,
): { lane: LaneAsked; content: Message }[] {
  if (!Array.isArray(contents) || !contents.every(isObject)) {
    throw new SettingError("A message to the widget must bring a list of its lanes.");
  }
  const { length } = contents;
  if (length < least || length > most) {
    const number = most > 1 ? `${least} to ${most} lanes` : "1 lane";
    throw new SettingError(`A message to the widget must bring ${number}, not ${length}.`);
  }
  const temperatures = contents.map((one) => checks.temperature(one.temperature));
  const names = checkLaneNames(contents.map((one) => one.name));
  if (most === 1 && names[0] !== TEXT) {
    throw new SettingError(`The only lane of this widget has the name ${textRepr(TEXT)}.`);
  }
  return contents.map((content, n) => ({
    lane: { name: names[n] as string, temperature: temperatures[n] as number },
    content,
  }));
}

export function checkLaneNames(names: unknown): string[] {
  if (Array.isArray(names) && new Set(names).size === names.length && names.every(isName)) {
    return names;
  }
  throw new SettingError("The names of the lanes must be different texts.");
}

function isName(name: unknown): name is string {
  return typeof name === "string" && name !== "" && Array.from(name).length <= MAX_NAME;
}

function isObject(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
