/** Whether the browser can draw highlights over a text. Where it cannot, nothing is drawn. */
function canHighlight(): boolean {
  return typeof Highlight !== "undefined" && typeof CSS !== "undefined" && "highlights" in CSS;
}

/**
 * The ranges of one view in a highlight, which belongs to the document: all views share the one of a name.
 * Each widget has a copy of this module, so that only the browser can keep it; and it is never replaced.
 */
export class Layer {
  readonly #ranges = new Set<Range>();

  /** @param priority where several highlights meet, the highest lies on top */
  constructor(
    private readonly name: string,
    private readonly priority = 0,
  ) {}

  add(range: Range): void {
    if (!canHighlight()) return;
    (CSS.highlights.get(this.name) ?? this.#register()).add(range);
    this.#ranges.add(range);
  }

  /** WebKit (2.50) crashes unless highlights were registered in the order of their priorities. */
  #register(): Highlight {
    const highlight = new Highlight();
    highlight.priority = this.priority;
    CSS.highlights.set(this.name, highlight);
    for (const [name, one] of [...CSS.highlights]) {
      if (one.priority <= this.priority) continue;
      CSS.highlights.delete(name);
      CSS.highlights.set(name, one); // now behind this one
    }
    return highlight;
  }

  delete(range: Range): void {
    if (this.#ranges.delete(range)) CSS.highlights.get(this.name)?.delete(range);
  }

  clear(): void {
    if (this.#ranges.size === 0) return;
    const highlight = CSS.highlights.get(this.name);
    if (highlight?.size === this.#ranges.size) highlight.clear();
    else for (const range of this.#ranges) highlight?.delete(range);
    this.#ranges.clear();
  }
}
