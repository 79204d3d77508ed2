import { Frame } from "../dom/frame.ts";

/** Seconds in which a backlog of characters, which came faster than the pace, is worked off. */
const CATCH_UP = 1.5;
/** The longest time a frame may count for: a tab that was hidden does not make up for it at once. */
const LONGEST_FRAME = 0.25;

/** Shows text character by character, at a pace that one can follow. */
export class Typewriter {
  #waiting: string[] = [];
  #credit = 0;
  #last: number | null = null;
  readonly #frame = new Frame((now) => this.#tick(now / 1000));

  /**
   * @param pace characters per second, at least; infinite: all that came in a frame
   * @param show takes the next characters; called at most once per animation frame
   */
  constructor(
    private readonly pace: () => number,
    private readonly show: (text: string) => void,
  ) {}

  /** Number of characters that came but are not shown yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  push(text: string): void {
    for (const character of text) this.#waiting.push(character);
    if (text) this.#frame.ask();
  }

  /** Show all that came, now. */
  flush(): void {
    const text = this.#waiting.join("");
    this.clear();
    if (text) this.show(text);
  }

  /** Forget what is not shown yet. */
  clear(): void {
    this.#waiting = [];
    this.#credit = 0;
    this.#last = null;
    this.#frame.cancel();
  }

  #tick(now: number): void {
    const least = this.pace();
    if (least === Number.POSITIVE_INFINITY) {
      this.flush();
      return;
    }
    // After a pause the first character is due at once.
    const elapsed = this.#last === null ? 1 / least : Math.min(now - this.#last, LONGEST_FRAME);
    const pace = Math.max(least, this.#waiting.length / CATCH_UP);
    this.#credit += elapsed * pace;
    const count = Math.min(Math.floor(this.#credit), this.#waiting.length);
    this.#credit -= count;
    const emptied = count === this.#waiting.length;
    this.#last = emptied ? null : now;
    if (emptied) this.#credit = 0;
    if (count > 0) this.show(this.#waiting.splice(0, count).join(""));
    if (this.#waiting.length > 0) this.#frame.ask();
  }
}
