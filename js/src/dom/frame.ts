/** Milliseconds after which no animation frame is expected any more: the host gives none to what is out of sight. */
const LATE = 250;

/**
 * Does something at the next animation frame, once for all that ask before. Where a host gives no frames, it can do
 * something else meanwhile.
 */
export class Frame {
  #asked: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param act takes the time of the frame in milliseconds
   * @param late what is done instead as long as no frame comes, which is still asked for; not in a hidden tab
   */
  constructor(
    private readonly act: (now: number) => void,
    private readonly signal?: AbortSignal,
    private readonly late?: (now: number) => void,
  ) {
    signal?.addEventListener("abort", () => this.cancel());
  }

  ask(): void {
    if (this.signal?.aborted) return;
    this.#wait();
    this.#asked ??= requestAnimationFrame((now) => {
      this.cancel();
      this.act(now);
    });
  }

  /** Not at the next frame: it is done already. */
  cancel(): void {
    if (this.#asked !== null) cancelAnimationFrame(this.#asked);
    clearTimeout(this.#timer);
    this.#asked = null;
    this.#timer = undefined;
  }

  #wait(): void {
    const { late } = this;
    if (late === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!document.hidden) late(performance.now());
    }, LATE);
  }
}
