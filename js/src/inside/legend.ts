import { element, uniqueId } from "../dom/elements.ts";
import type { Scale } from "./colours.ts";

/** Says what the colours over the text mean. */
export class Legend {
  readonly root: HTMLElement;
  readonly #title = element("p", { className: "lstm-legend-title", id: uniqueId() });
  readonly #list = element("ul");

  constructor() {
    this.#list.setAttribute("role", "list"); // a list without bullets is none to some screen readers
    this.#list.setAttribute("aria-labelledby", this.#title.id);
    this.root = element("div", { className: "lstm-legend", hidden: true }, this.#title, this.#list);
  }

  show(scale: Scale | null): void {
    this.root.hidden = scale === null;
    this.#title.textContent = scale?.title ?? "";
    const entries = scale?.labels.map((label, n) => {
      const sample = element("span", {
        className: `lstm-legend-sample ${scale.looks[n]}`,
        textContent: "abc",
      });
      sample.setAttribute("aria-hidden", "true"); // the label says it
      return element("li", {}, sample, element("span", { textContent: label }));
    });
    this.#list.replaceChildren(...(entries ?? []));
  }
}
