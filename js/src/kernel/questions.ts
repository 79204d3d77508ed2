import { randomName } from "./names.ts";
import type {
  Activate,
  Activated,
  Begin,
  BranchOff,
  Expect,
  Expected,
  Find,
  Finding,
  FromKernel,
  Inspect,
  Inspected,
  Lend,
  Lent,
  ToKernel,
} from "./protocol.ts";

/** Milliseconds without an answer after which a question counts as lost; doubled each time. */
const PATIENCE = 5000;
const LONGEST_PATIENCE = 60_000;

type Question = Expect | Inspect | Activate | Find | Lend | BranchOff;
interface Answers {
  expect: Expected;
  inspect: Inspected;
  activate: Activated;
  find: Finding;
  lend: Lent;
  branch: Begin;
}
/** As it is asked; the id is given here, unless it has one. */
type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, "id"> : never) : never;

/** What became of a question: an answer, the sentence that refuses it, nothing in time, or nothing wanted. */
export type Outcome<Answer> =
  | { is: "answered"; answer: Answer; buffers: readonly DataView[] }
  | { is: "refused"; sentence: string }
  | { is: "lost" }
  | { is: "dropped" };

interface Open {
  id: string;
  timer: ReturnType<typeof setTimeout>;
  settle: (outcome: Outcome<never>) => void;
}

/** Questions to the kernel, one of a kind at a time: each is answered, refused, lost or dropped, once. */
export class Questions {
  readonly #open = new Map<Question["type"], Open>();
  readonly #name = randomName();
  #asked = 0;
  #patience = PATIENCE;

  constructor(
    private readonly send: (message: ToKernel) => void,
    private readonly signal?: AbortSignal,
  ) {
    signal?.addEventListener("abort", () => this.rest(), { once: true });
  }

  /** Whether one of this kind is under way. */
  isOpen(kind: Question["type"]): boolean {
    return this.#open.has(kind);
  }

  ask<Q extends Asked>(question: Q, id?: string): Promise<Outcome<Answers[Q["type"]]>> {
    const { type } = question;
    this.drop(type);
    if (this.signal?.aborted) return Promise.resolve({ is: "dropped" });
    return new Promise((settle) => {
      this.#asked += 1;
      const named = id ?? `${this.#name}:${this.#asked}`;
      const lost = () => {
        this.#patience = Math.min(2 * this.#patience, LONGEST_PATIENCE);
        this.#settle(type, { is: "lost" });
      };
      this.#open.set(type, { id: named, timer: setTimeout(lost, this.#patience), settle });
      this.send({ ...question, id: named } as Question);
    });
  }

  /** Want no answer any more. */
  drop(kind: Question["type"]): void {
    this.#settle(kind, { is: "dropped" });
  }

  /** Want no answers any more. */
  rest(): void {
    for (const kind of [...this.#open.keys()]) this.drop(kind);
  }

  receive(message: FromKernel, buffers: readonly DataView[]): void {
    if (!("id" in message)) return;
    for (const [kind, { id }] of this.#open) {
      if (id !== message.id) continue;
      this.#patience = PATIENCE;
      const isRefused = message.type === "error";
      if (isRefused) this.#settle(kind, { is: "refused", sentence: message.message });
      else this.#settle(kind, { is: "answered", answer: message as never, buffers });
      return;
    }
  }

  #settle(kind: Question["type"], outcome: Outcome<never>): void {
    const open = this.#open.get(kind);
    if (open === undefined) return;
    clearTimeout(open.timer);
    this.#open.delete(kind);
    open.settle(outcome);
  }
}
