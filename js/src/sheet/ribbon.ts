import { box } from "../dom/elements.ts";
import { Frame } from "../dom/frame.ts";
import { ribbonWidth, showHeat } from "../dom/heat.ts";
import { shortNumber } from "../dom/words.ts";

/** A mark in the text, from which a temperature counts. */
export interface Marked {
  readonly mark: HTMLElement;
  readonly temperature: number;
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
    const pieces: (Marked & { top: number })[] = [];
    for (const one of this.marked()) {
      const { mark } = one;
      const top = this.#tops.get(mark) ?? mark.offsetTop + mark.offsetHeight / 2;
      this.#tops.set(mark, top);
      while (top - (pieces.at(-1)?.top ?? Number.NEGATIVE_INFINITY) < LINE) pieces.pop();
      pieces.push({ ...one, top });
    }
    const drawn = this.root.children;
    while (drawn.length > pieces.length) drawn[drawn.length - 1]?.remove();
    while (drawn.length < pieces.length) this.root.append(document.createElement("i"));
    pieces.forEach(({ top, temperature }, n) => {
      const piece = drawn[n] as HTMLElement;
      const next = pieces[n + 1]?.top;
      piece.dataset.temperature = shortNumber(temperature);
      piece.style.top = `${top}px`;
      piece.style.height = next === undefined ? "" : `${next - top - 4}px`;
      piece.style.bottom = next === undefined ? "0.35em" : "";
      piece.style.setProperty("--lstm-width", `${ribbonWidth(temperature)}px`);
      showHeat(piece, temperature);
    });
  }
}
