import { randomName } from "./follower.ts";
import type {
  Activate,
  Activated,
  Expect,
  Expected,
  Find,
  Finding,
  FromKernel,
  Inspect,
  Inspected,
  ToKernel,
} from "./protocol.ts";

/** Milliseconds without an answer after which a question counts as lost; doubled each time. */
const PATIENCE = 5000;
const LONGEST_PATIENCE = 60_000;

type Question = Expect | Inspect | Activate | Find;
type Answer = Expected | Inspected | Activated | Finding;
interface Answers {
  expect: Expected;
  inspect: Inspected;
  activate: Activated;
  find: Finding;
}
/** As it is asked; the id is given here. */
type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, "id"> : never) : never;

interface Open {
  id: string;
  timer: ReturnType<typeof setTimeout>;
  answered: (answer: Answer, buffers: readonly DataView[]) => void;
  failed: (sentence: string | null) => void;
}

/** Questions to the kernel, one of a kind at a time. Each is answered, refused or lost, and never forgotten. */
export class Questions {
  readonly #open = new Map<Question["type"], Open>();
  readonly #name = randomName();
  #asked = 0;
  #patience = PATIENCE;

  constructor(
    private readonly send: (message: ToKernel) => void,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.rest(), { once: true });
  }

  /** Whether one of this kind is under way. */
  isOpen(kind: Question["type"]): boolean {
    return this.#open.has(kind);
  }

  /** @param failed told the sentence of the kernel, or null if there was no answer */
  ask<Q extends Asked>(
    question: Q,
    answered: (answer: Answers[Q["type"]], buffers: readonly DataView[]) => void,
    failed: (sentence: string | null) => void,
  ): void {
    this.drop(question.type);
    this.#asked += 1;
    const id = `${this.#name}:${this.#asked}`;
    const lost = () => {
      this.#open.delete(question.type);
      this.#patience = Math.min(2 * this.#patience, LONGEST_PATIENCE);
      failed(null);
    };
    const timer = setTimeout(lost, this.#patience);
    this.#open.set(question.type, { id, timer, answered: answered as Open["answered"], failed });
    this.send({ ...question, id } as Question);
  }

  /** Want no answer any more. */
  drop(kind: Question["type"]): void {
    clearTimeout(this.#open.get(kind)?.timer);
    this.#open.delete(kind);
  }

  /** Want no answers any more. */
  rest(): void {
    for (const kind of [...this.#open.keys()]) this.drop(kind);
  }

  receive(message: FromKernel, buffers: readonly DataView[]): void {
    if (!("id" in message)) return;
    for (const [kind, { id, answered, failed }] of this.#open) {
      if (id !== message.id) continue;
      this.drop(kind);
      this.#patience = PATIENCE;
      if (message.type === "error") failed(message.message);
      else answered(message as Answer, buffers);
      return;
    }
  }
}
