import type { AnyModel } from "@anywidget/types";

/** What a model has that needs no kernel, as its session lives in the page. */
export const IN_PAGE = Symbol.for("lstm-widget in the page"); // the same in all bundles

/** Milliseconds that a kernel has to answer a greeting. */
const PATIENCE = 3000;

/** Milliseconds that an answer may take once the kernel is done with the greeting. */
const LAST_WORD = 1000;

/** "silent": no answer yet; "deaf": nor will there be one; "gone": it did answer once. */
export type State = "here" | "silent" | "deaf" | "gone";

/** What a host reports of a message to its kernel, as far as it is needed here. */
interface Status {
  content: { execution_state?: string };
}

/**
 * Finds out whether there is a kernel behind the widget: in a saved or exported notebook there is none,
 * and one that dies or is restarted says nothing. It asks when the view appears and when the host tells
 * that something happened to the connection, and not in between: an idle kernel is left in peace.
 */
export class Presence {
  #timers: ReturnType<typeof setTimeout>[] = [];
  #answered = false;

  constructor(
    private readonly model: Pick<AnyModel, "send">,
    private readonly tell: (state: State) => void,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.#rest());
    this.ask();
  }

  ask(): void {
    this.#rest();
    this.#timers.push(setTimeout(() => this.tell(this.#answered ? "gone" : "silent"), PATIENCE));
    try {
      // A function, as marimo calls it; Jupyter looks for what is in it.
      const status = (status: Status) => this.#done(status);
      this.model.send(
        { type: "hello" },
        Object.assign(() => {}, { iopub: { status } }),
      );
    } catch {
      this.#rest(); // the connection is closed
      this.tell("gone");
    }
  }

  /** A message of the kernel came. */
  heard(): void {
    this.#answered = true;
    this.#rest();
    this.tell("here");
  }

  /** The kernel has begun or ended its work on a greeting: if nothing comes of it, this widget is deaf. */
  #done({ content }: Status): void {
    const { execution_state } = content;
    if (this.#answered || this.signal.aborted || execution_state !== "idle") return;
    const tellIt = () => {
      this.#rest();
      this.tell("deaf");
    };
    this.#timers.push(setTimeout(tellIt, LAST_WORD));
  }

  #rest(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }
}
