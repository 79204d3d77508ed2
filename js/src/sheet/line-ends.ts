import { element } from "../dom/elements.ts";

/** Lines that are looked at, the last ones; and how many there must be before anything is said of them. */
const [MOST, LEAST] = [40, 4];
/** Characters of the longest line of prose that was broken into lines by a typesetter. */
const WIDTHS = [50, 100];

/**
 * The line ends of a text. A single one gets an element of its own, so that a narrow page can have the line go on
 * behind it: not in verse, but in prose whose lines somebody has broken at a width.
 */
export class LineEnds {
  #lengths: number[] = [];
  #last: HTMLElement | null = null;

  /** Whether it is prose whose lines all reach to nearly the same width. */
  get isProse(): boolean {
    const longest = Math.max(0, ...this.#lengths);
    const [least = 0, most = 0] = WIDTHS;
    const full = this.#lengths.filter((length) => length > 0.7 * longest).length;
    const isKnown = this.#lengths.length >= LEAST && longest >= least && longest <= most;
    return isKnown && full >= 0.6 * this.#lengths.length;
  }

  /** An element with a line end, after a line of this length. */
  add(node: Text, length: number): HTMLElement {
    this.#last = element("span", { className: "lstm-line-end" }, node);
    this.#lengths.push(length);
    if (this.#lengths.length > MOST) this.#lengths.shift();
    return this.#last;
  }

  /** What follows the last line end is another one: both stand for an empty line. */
  double(): void {
    if (this.#last !== null) this.#last.className = "lstm-line-ends";
  }
}
