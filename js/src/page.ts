import { element, uniqueId } from "./dom.ts";

/** Pixels from the end within which a reader counts as reading the end. */
const NEAR = 8;

/** The text: the seed set apart, then what was generated; follows the end unless the reader scrolled up. */
export class Page {
  readonly root: HTMLElement;
  readonly #seed = document.createTextNode("");
  readonly #text = document.createTextNode("");
  #length = 0;

  constructor() {
    const seed = element("span", { className: "lstm-text-seed" }, this.#seed);
    const text = element("span", { className: "lstm-text-new" }, this.#text);
    this.root = element("div", { className: "lstm-text", id: uniqueId(), tabIndex: 0 }, seed, text);
    this.root.setAttribute("role", "region");
    this.root.setAttribute("aria-label", "Generated text");
  }

  /** Number of characters shown, without the seed. */
  get length(): number {
    return this.#length;
  }

  show(seed: string, text: string): void {
    this.#seed.data = seed;
    this.#text.data = text;
    this.#length = Array.from(text).length;
    this.root.scrollTop = this.root.scrollHeight;
  }

  append(text: string): void {
    const { root } = this;
    const follows = root.scrollHeight - root.scrollTop - root.clientHeight < NEAR;
    this.#text.appendData(text);
    this.#length += Array.from(text).length;
    if (follows) root.scrollTop = root.scrollHeight;
  }
}
