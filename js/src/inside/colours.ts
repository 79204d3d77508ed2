import { heat } from "../dom/heat.ts";
import { firstThat } from "../dom/search.ts";
import { Layer } from "../sheet/highlights.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";
import type { Scale } from "./colour-scales.ts";
import { Painter } from "./painter.ts";

const COLOURED = "lstm-text-coloured";

/** Colours over the text. */
export class Colours {
  readonly #painter: Painter;

  constructor(
    private readonly page: TextArea,
    private readonly signal: AbortSignal,
  ) {
    this.#painter = new Painter(page, signal);
    page.root.addEventListener(REPLACED, () => this.clear(), { signal });
    signal.addEventListener("abort", () => this.clear());
  }

  /**
   * Colour the first characters. Another text takes the colours away.
   * @param values the value of the character at an index; null if it has none
   */
  show(values: (index: number) => number | null, count: number, scale: Scale): void {
    const layers = scale.looks.map((look) => new Layer(look));
    const layerOf = (index: number) => {
      const value = values(index);
      if (value === null || Number.isNaN(value)) return null;
      const bucket = scale.bucket(value);
      return bucket === scale.plain ? null : (layers[bucket] ?? null);
    };
    this.#painter.show(layers, layerOf, count);
    this.page.root.classList.toggle(COLOURED, !this.signal.aborted);
  }

  /** The values of this many characters are known now: colour the new ones. */
  update(count: number): void {
    this.#painter.update(count);
  }

  clear(): void {
    this.#painter.clear();
    this.page.root.classList.remove(COLOURED);
  }
}

/** Marks characters that would be others, over their colours. */
export class Changed {
  readonly #painter: Painter;

  constructor(
    private readonly page: TextArea,
    signal: AbortSignal,
  ) {
    this.#painter = new Painter(page, signal);
  }

  /**
   * @param indices in rising order
   * @param temperature the one that would change them, whose colour the marks have
   */
  show(indices: readonly number[], temperature: number): void {
    this.page.root.style.setProperty("--lstm-asked", heat(temperature));
    const layer = new Layer("lstm-changed", 1);
    const isOne = (index: number) =>
      indices[firstThat(0, indices.length, (n) => (indices[n] ?? index) >= index)] === index;
    const layerOf = (index: number) => (isOne(index) ? layer : null);
    this.#painter.show([layer], layerOf, (indices.at(-1) ?? -1) + 1);
  }

  clear(): void {
    this.#painter.clear();
  }
}
