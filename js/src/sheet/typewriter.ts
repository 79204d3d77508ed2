import { Frame } from "../dom/frame.ts";

/** Seconds in which a backlog of characters, which came faster than the pace, is worked off. */
const CATCH_UP = 1.5;
/** The longest time a frame may count for: a tab that was hidden does not make up for it at once. */
const LONGEST_FRAME = 0.25;
/**
 * Shows text character by character, at a pace that one can follow. Where a host gives no animation frames, what
 * would be shown is counted only, and shown with the next frame: so the writing goes on.
 */
export class Typewriter {
  #waiting: string[] = [];
  /** What was counted and is not shown yet. */
  #counted = "";
  #count = 0;
  /** Characters that may be shown, by the time that has passed. */
  #credit = 0;
  /** When that was counted last, in seconds. */
  #last = Number.NEGATIVE_INFINITY;
  /** Whether all that came is shown. */
  #emptied = true;
  readonly #frame = new Frame(
    (now) => this.#draw(now / 1000),
    undefined,
    (now) => this.#late(now / 1000),
  );

  /**
   * @param pace characters per second, at least; infinite: all that came in a frame
   * @param show takes the next characters; called at most once per animation frame
   * @param counted called when some would be shown now, if they could be seen
   */
  constructor(
    private readonly pace: () => number,
    private readonly show: (text: string) => void,
    private readonly counted: () => void = () => undefined,
  ) {}

  /** Number of characters that came but are neither shown nor counted yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Number of characters that are counted and not shown yet. */
  get unseen(): number {
    return this.#count;
  }

  push(text: string): void {
    for (const character of text) this.#waiting.push(character);
    if (text) this.#frame.ask();
  }

  /** Show all that came, now. */
  flush(): void {
    const text = this.#counted + this.#waiting.join("");
    this.clear();
    if (text) this.show(text);
  }

  /** Forget what is not shown yet. */
  clear(): void {
    this.#waiting = [];
    this.#credit = 0;
    this.#last = Number.NEGATIVE_INFINITY;
    this.#emptied = true;
    this.#seen();
    this.#frame.cancel();
  }

  #draw(now: number): void {
    const counted = this.#counted;
    this.#seen();
    const text = counted + this.#due(now, LONGEST_FRAME);
    if (this.#waiting.length > 0) this.#frame.ask();
    if (text) this.show(text);
  }

  #late(now: number): void {
    const text = this.#due(now, 2 * LONGEST_FRAME);
    this.#counted += text;
    for (const _ of text) this.#count += 1;
    if (this.#waiting.length > 0) this.#frame.ask();
    if (text) this.counted();
  }

  #seen(): void {
    this.#counted = "";
    this.#count = 0;
  }

  /** Take what is due now. */
  #due(now: number, longest: number): string {
    const least = this.pace();
    if (least === Number.POSITIVE_INFINITY) return this.#waiting.splice(0).join("");
    const pace = Math.max(least, this.#waiting.length / CATCH_UP);
    const elapsed = now - this.#last;
    this.#credit += pace * (this.#emptied ? elapsed : Math.min(elapsed, longest));
    // After a pause one character is due at once, but no more than one, and none before its time.
    if (this.#emptied) this.#credit = Math.min(this.#credit, 1);
    const count = Math.min(Math.floor(this.#credit), this.#waiting.length);
    this.#credit -= count;
    this.#last = now;
    this.#emptied = count === this.#waiting.length;
    return this.#waiting.splice(0, count).join("");
  }
}
