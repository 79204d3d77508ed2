import type { AnyModel } from "@anywidget/types";

/** Milliseconds that a kernel has to answer a greeting. */
const PATIENCE = 3000;

/** "silent": no answer yet; "gone": it did answer once. */
export type State = "here" | "silent" | "gone";

/**
 * Finds out whether there is a kernel behind the widget: in a saved or exported notebook there is none,
 * and one that dies or is restarted says nothing. It asks when the view appears and when the host tells
 * that something happened to the connection, and not in between: an idle kernel is left in peace.
 */
export class Presence {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #answered = false;

  constructor(
    private readonly model: Pick<AnyModel, "send">,
    private readonly tell: (state: State) => void,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.#rest());
    this.ask();
  }

  ask(): void {
    this.#rest();
    this.#timer = setTimeout(() => this.tell(this.#answered ? "gone" : "silent"), PATIENCE);
    try {
      this.model.send({ type: "hello" });
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

  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
