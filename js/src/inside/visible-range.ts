import { Frame } from "../dom/frame.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";

/** What is painted may become this many times as long as what is in sight. */
const MOST = 1.5;

/**
 * Has the part of a text painted that is in sight: whenever a text changes, a browser goes through all of its
 * highlights, so that those of a long text would hold up every frame.
 */
export class VisibleRange {
  #from = 0;
  #to = 0;
  /** Characters that can be painted, from the first one on. */
  #count = 0;

  /**
   * @param paint paints the characters from one index to before another, which follow those that are painted
   * @param wipe takes all away
   */
  constructor(
    private readonly page: TextArea,
    private readonly paint: (from: number, to: number) => void,
    private readonly wipe: () => void,
    signal: AbortSignal,
  ) {
    const frame = new Frame(() => this.update(this.#count), signal);
    page.root.addEventListener("scroll", () => frame.ask(), { passive: true, signal });
    page.root.addEventListener(REPLACED, () => this.clear(), { signal });
    signal.addEventListener("abort", () => this.clear());
  }

  /** So many characters can be painted now. */
  update(count: number): void {
    this.#count = Math.min(count, this.page.seedLength + this.page.length);
    if (this.#count === 0) return;
    const [from, end] = this.page.sight;
    const to = Math.min(end, this.#count);
    if (to <= from) return;
    const isApart = from < this.#from || from > this.#to;
    const isLong = to > this.#to && to - this.#from > MOST * (to - from);
    if (isApart || isLong) {
      this.wipe();
      this.#from = this.#to = from;
    }
    if (to > this.#to) {
      this.paint(this.#to, to);
      this.#to = to;
    }
  }

  clear(): void {
    this.wipe();
    this.#from = this.#to = this.#count = 0;
  }
}
