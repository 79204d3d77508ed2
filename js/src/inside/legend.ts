import { element, uniqueId } from "../dom/elements.ts";
import type { Scale } from "./colour-scales.ts";

/** Says what the colours over the text mean. */
export class Legend {
  readonly root: HTMLElement;
  readonly #title = element("p", { className: "lstm-legend-title", id: uniqueId() });
  // A list without bullets is none to some screen readers.
  readonly #list = element("ul", { role: "list", "aria-labelledby": this.#title.id });

  constructor() {
    this.root = element("div", { className: "lstm-legend", hidden: true }, this.#title, this.#list);
  }

  show(scale: Scale | null): void {
    this.root.hidden = scale === null;
    this.#title.textContent = scale?.title ?? "";
    const entries = scale?.labels.map((label, n) => {
      const className = `lstm-legend-sample ${scale.looks[n]}`;
      const hidden = { "aria-hidden": "true" }; // the label says it
      const sample = element("span", { className, textContent: "abc", ...hidden });
      return element("li", {}, sample, element("span", { textContent: label }));
    });
    this.#list.replaceChildren(...(entries ?? []));
  }
}
