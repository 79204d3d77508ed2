import { on } from "../dom/events.ts";
import { Frame } from "../dom/frame.ts";
import type { Layer } from "../sheet/highlights.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";

/** What is painted may become this many times as long as what is in sight. */
const MOST = 1.5;

/** Neighbours with one look, and their range; null if they have none. */
interface Stretch {
  readonly from: number;
  readonly layer: Layer | null;
  readonly range: Range | null;
}
const NONE: Stretch = { from: 0, layer: null, range: null };

/**
 * Paints the part of a text that is in sight: whenever a text changes, a browser goes through all of its
 * highlights, so that those of a long text would hold up every frame.
 */
export class Painter {
  #layers: readonly Layer[] = [];
  #layerOf: (index: number) => Layer | null = () => null;
  /** Characters that can be painted, from the first one on; and what is painted of them. */
  #count = 0;
  #from = 0;
  #to = 0;
  #last = NONE;

  constructor(
    private readonly page: TextArea,
    private readonly signal: AbortSignal,
  ) {
    const frame = new Frame(() => this.update(this.#count), signal);
    on(page.root, "scroll", signal, () => frame.ask());
    page.root.addEventListener(REPLACED, () => this.clear(), { signal });
    signal.addEventListener("abort", () => this.clear());
  }

  /**
   * Paint the first characters. Another text takes the paint away.
   * @param layerOf the one of the layers in which the character at an index is painted; null: in none
   */
  show(layers: readonly Layer[], layerOf: (index: number) => Layer | null, count: number): void {
    this.clear();
    if (this.signal.aborted) return;
    this.#layers = layers;
    this.#layerOf = layerOf;
    this.update(count);
  }

  /** This many characters can be painted now. */
  update(count: number): void {
    if (this.#layers.length === 0) return;
    this.#count = Math.min(count, this.page.total);
    if (this.#count === 0) return;
    const [from, end] = this.page.sight;
    const to = Math.min(end, this.#count);
    if (to <= from) return;
    const isApart = from < this.#from || from > this.#to;
    const isLong = to > this.#to && to - this.#from > MOST * (to - from);
    if (isApart || isLong) {
      this.#wipe();
      this.#from = this.#to = from;
    }
    if (to > this.#to) {
      this.#paint(this.#to, to);
      this.#to = to;
    }
  }

  clear(): void {
    this.#wipe();
    this.#layers = [];
    this.#from = this.#to = this.#count = 0;
  }

  #wipe(): void {
    for (const layer of this.#layers) layer.clear();
    this.#last = NONE;
  }

  #paint(start: number, end: number): void {
    let { from, layer } = this.#last;
    // It may go on. A range that only gets longer is not always drawn again.
    if (this.#last.range !== null) layer?.delete(this.#last.range);
    for (let index = start; index < end; index += 1) {
      const next = this.#layerOf(index);
      if (next === layer) continue;
      this.#draw(from, index, layer);
      from = index;
      layer = next;
    }
    this.#last = { from, layer, range: this.#draw(from, end, layer) };
  }

  #draw(from: number, to: number, layer: Layer | null): Range | null {
    if (layer === null || from === to) return null;
    const range = this.page.range(from, to);
    layer.add(range);
    return range;
  }
}
