import { box, element } from "../dom/elements.ts";
import { Frame } from "../dom/frame.ts";
import { ribbonWidth, showHeat } from "../dom/heat.ts";
import { shortNumber } from "../dom/words.ts";

/** A mark in the text, from which a temperature counts. */
export interface Marked {
  readonly mark: HTMLElement;
  readonly temperature: number;
}

/** A piece from the middle of one line to that of another, or to the end. */
interface Stretch {
  readonly top: number;
  readonly end: number | undefined;
  readonly temperature: number;
}

interface Piece extends Stretch {
  readonly root: HTMLElement;
}

/** Of two changes in one line only the later is seen in the gutter: pixels between two lines, at least. */
const LINE = 8;

/**
 * The ribbon in the gutter: beside each line the colour of the temperature that made it, the hotter the wider. The
 * last piece reaches to the end of the text, however it grows.
 */
export class Ribbon {
  readonly root = box("lstm-ribbon");
  /** Where marks stand, which stays as long as the text before them does. */
  #tops = new WeakMap<HTMLElement, number>();
  /** What is drawn. */
  #pieces: Piece[] = [];
  readonly #frame: Frame;

  constructor(
    private readonly marked: () => readonly Marked[],
    signal: AbortSignal,
  ) {
    this.root.setAttribute("aria-hidden", "true");
    this.#frame = new Frame(() => this.#draw(), signal);
  }

  /**
   * Draw it anew.
   * @param isMoved whether lines have moved, as at another width
   */
  update(isMoved = false): void {
    if (isMoved) this.#tops = new WeakMap();
    this.#frame.ask();
  }

  #draw(): void {
    if (this.root.parentElement?.offsetWidth === 0) return;
    const marks: { top: number; temperature: number }[] = [];
    for (const { mark, temperature } of this.marked()) {
      const top = this.#tops.get(mark) ?? mark.offsetTop + mark.offsetHeight / 2;
      this.#tops.set(mark, top);
      while (top - (marks.at(-1)?.top ?? Number.NEGATIVE_INFINITY) < LINE) marks.pop();
      marks.push({ top, temperature });
    }
    const drawn = this.#pieces;
    for (const { root } of drawn.splice(marks.length)) root.remove();
    marks.forEach(({ top, temperature }, n) => {
      const wanted = { top, temperature, end: marks[n + 1]?.top };
      const { root = this.root.appendChild(element("i")), ...had } = drawn[n] ?? {};
      drawn[n] = { root, ...wanted };
      showPiece(root, wanted, had);
    });
  }
}

/** Style a piece of which this was drawn before; setting a style costs time, also to what it is. */
function showPiece(root: HTMLElement, piece: Stretch, had: Partial<Stretch>): void {
  const { top, end, temperature } = piece;
  if (top !== had.top || end !== had.end) {
    root.style.top = `${top}px`;
    root.style.height = end === undefined ? "" : `${end - top - 4}px`;
    root.style.bottom = end === undefined ? "0.35em" : "";
  }
  if (temperature !== had.temperature) {
    root.dataset.temperature = shortNumber(temperature);
    root.style.setProperty("--lstm-width", `${ribbonWidth(temperature)}px`);
    showHeat(root, temperature);
  }
}
