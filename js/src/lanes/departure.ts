import { paragraph, write } from "../dom/elements.ts";
import { count } from "../dom/words.ts";
import { Layer } from "../sheet/highlights.ts";
import type { TextArea } from "../sheet/text-area.ts";
import { DepartureMark } from "./departure-mark.ts";

/** Where a lane departs from its left neighbour: what is the same is faint, then comes a mark; in words below. */
export class Departure {
  readonly line = paragraph("lstm-lane-departure");
  readonly #mark: DepartureMark;
  readonly #same = new Layer("lstm-same");
  /** The position that is marked. */
  #marked: number | null = null;

  constructor(
    private readonly page: TextArea,
    signal: AbortSignal,
  ) {
    this.#mark = new DepartureMark(page, signal);
    signal.addEventListener("abort", () => this.#same.clear());
  }

  /** The text is replaced by another one. */
  forget(): void {
    this.#mark.hide();
    this.#same.clear();
    this.#marked = null;
  }

  /**
   * @param number of the lane, counted from 1
   * @param position of the first character that differs; null if there is none, undefined without a neighbour
   */
  show(number: number, position: number | null | undefined): void {
    const lane = `Lane ${number}`;
    const neighbour = `lane ${number - 1}`;
    const hasMark = typeof position === "number" && position < this.page.length;
    if (hasMark) {
      const after =
        position === 0 ? "from the first letter on" : `after ${count(position, "letter")}`;
      write(this.line, `${lane} · ≠ ${neighbour} ${after}`);
      this.#mark.name = `Departs from ${neighbour} here, ${after}`;
      if (this.#marked !== position) this.#mark.show(position);
    } else {
      const isSame = position === null && this.page.length > 0;
      write(this.line, isSame ? `${lane} · the same as ${neighbour} so far` : lane);
      this.#mark.hide();
    }
    if (position === undefined) this.#fade(0);
    else if (!hasMark) this.#fade(this.page.total);
    else if (this.#marked !== position) this.#fade(this.page.seedLength + position);
    this.#marked = hasMark ? position : null;
  }

  /** Show what is before an index as what is the same. */
  #fade(end: number): void {
    this.#same.clear();
    if (end > 0) this.#same.add(this.page.range(0, end));
  }
}
