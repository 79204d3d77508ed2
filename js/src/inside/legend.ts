import { element, write } from "../dom/elements.ts";
import type { Scale } from "./colour-scales.ts";

/** Says what the colours over the text mean; or, without them, what else there is to do. */
export class Legend {
  readonly #least = element("span", { className: "lstm-legend-end" });
  readonly #most = element("span", { className: "lstm-legend-end" });
  // A list without bullets is none to some screen readers.
  readonly #list = element("ul", { role: "list" });
  readonly root = element("div", { className: "lstm-legend" }, this.#least, this.#list, this.#most);
  #scale: Scale | null = null;

  constructor() {
    this.#list.hidden = true;
  }

  /** @param hint what is said without a scale */
  show(scale: Scale | null, hint = ""): void {
    const [least, most] = scale?.ends ?? [hint, ""];
    write(this.#least, least);
    write(this.#most, most);
    if (scale === this.#scale) return;
    this.#scale = scale;
    this.#list.hidden = scale === null;
    this.#list.setAttribute("aria-label", scale?.title ?? "");
    const entries = scale?.labels.map((textContent, n) =>
      element("li", { className: scale.looks[n] as string, textContent }),
    );
    this.#list.replaceChildren(...(entries ?? []));
  }
}
