/** Does something at the next animation frame, once for all that ask before. */
export class Frame {
  #asked: number | null = null;

  /** @param act takes the time of the frame in milliseconds */
  constructor(
    private readonly act: (now: number) => void,
    private readonly signal?: AbortSignal,
  ) {
    signal?.addEventListener("abort", () => this.cancel());
  }

  ask(): void {
    if (this.#asked !== null || this.signal?.aborted) return;
    this.#asked = requestAnimationFrame((now) => {
      this.#asked = null;
      this.act(now);
    });
  }

  /** Not at the next frame: it is done already. */
  cancel(): void {
    if (this.#asked !== null) cancelAnimationFrame(this.#asked);
    this.#asked = null;
  }
}
