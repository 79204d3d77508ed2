/** Milliseconds between two savings while a slider moves. */
const INTERVAL = 150;

/** Saves at most every so often, and the last change always. */
export class Saver {
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly save: () => void,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.flush(), { once: true });
  }

  /** Save soon. */
  touch(): void {
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL);
  }

  /** Save now what was touched. */
  flush(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.save();
  }
}
