/** Does something at the next animation frame, once for all that ask before. */
export class Frame {
  #asked: number | null = null;

  constructor(
    private readonly act: () => void,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.cancel());
  }

  /** Not at the next frame: it is done already. */
  cancel(): void {
    if (this.#asked !== null) cancelAnimationFrame(this.#asked);
    this.#asked = null;
  }

  ask(): void {
    if (this.#asked !== null || this.signal.aborted) return;
    this.#asked = requestAnimationFrame(() => {
      this.#asked = null;
      this.act();
    });
  }
}
