// What the session sends of a run; see lstm_widget/widgets/session.py.
import type { Begin, Failure, Status } from "../../kernel/protocol.ts";
import { MAX_NAME, type Message } from "./checks.ts";
import type { Texts } from "./texts.ts";

/** Messages after which the run that they name goes on, whatever becomes of them. */
const ONLY_LOOKS = ["show", "remove", "branch", "expect", "inspect", "activate", "find"];

/** The status of a run that is over. */
export function statusOf({ ending }: Texts): Status {
  return ending?.type === "end" ? ending.reason : "failed";
}

/** The message that a run begins, or goes on; it may answer a question. */
export function beginMessage(texts: Texts, position: number, question?: string): Begin {
  const { name: run, only, given } = texts;
  const { seed } = only.run.settings;
  const begin: Begin = { type: "begin", run, seed, rng: given.rng, position };
  return question === undefined ? begin : { ...begin, id: question };
}

/** The refusal of a message: it names the run that cannot go on, or the question. */
export function failureOf({ type, run, id }: Message, sentence: string): Failure {
  const isMeant = typeof run === "string" && !ONLY_LOOKS.includes(type as string);
  const failure: Failure = { type: "error", run: isMeant ? short(run) : "", message: sentence };
  return typeof id === "string" ? { ...failure, id: short(id) } : failure;
}

function short(name: string): string {
  return Array.from(name).slice(0, MAX_NAME).join("");
}
