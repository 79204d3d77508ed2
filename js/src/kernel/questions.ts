import { randomName } from "./names.ts";
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
interface Answers {
  expect: Expected;
  inspect: Inspected;
  activate: Activated;
  find: Finding;
}
/** As it is asked; the id is given here. */
type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, "id"> : never) : never;

/** What became of a question: an answer, the sentence that refuses it, or nothing in time. */
export type Outcome<Answer> =
  | { is: "answered"; answer: Answer; buffers: readonly DataView[] }
  | { is: "refused"; sentence: string }
  | { is: "lost" };

interface Open {
  id: string;
  timer: ReturnType<typeof setTimeout>;
  settle: (outcome: Outcome<never>) => void;
}

/** Questions to the kernel, one of a kind at a time: each is answered, refused or lost, once. */
export class Questions {
  readonly #open = new Map<Question["type"], Open>();
  readonly #name = randomName();
  #asked = 0;
  #patience = PATIENCE;

  constructor(
    private readonly send: (message: ToKernel) => void,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.rest(), { once: true });
  }

  /** Whether one of this kind is under way. */
  isOpen(kind: Question["type"]): boolean {
    return this.#open.has(kind);
  }

  /** The promise of one that is dropped, or asked after the view has gone, is never kept. */
  ask<Q extends Asked>(question: Q): Promise<Outcome<Answers[Q["type"]]>> {
    this.drop(question.type);
    return new Promise((settle) => {
      if (this.signal.aborted) return;
      this.#asked += 1;
      const id = `${this.#name}:${this.#asked}`;
      const lost = () => {
        this.#open.delete(question.type);
        this.#patience = Math.min(2 * this.#patience, LONGEST_PATIENCE);
        settle({ is: "lost" });
      };
      this.#open.set(question.type, { id, timer: setTimeout(lost, this.#patience), settle });
      this.send({ ...question, id } as Question);
    });
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
    for (const [kind, { id, settle }] of this.#open) {
      if (id !== message.id) continue;
      this.drop(kind);
      this.#patience = PATIENCE;
      if (message.type === "error") settle({ is: "refused", sentence: message.message });
      else settle({ is: "answered", answer: message as never, buffers });
      return;
    }
  }
}
