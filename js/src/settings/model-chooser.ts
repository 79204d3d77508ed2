import { buttonMaker } from "../dom/buttons.ts";
import { box, element } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { icon } from "../dom/icons.ts";
import { Popover } from "../dom/popover.ts";
import type { Traits } from "../kernel/protocol.ts";
import { modelCard } from "./model-card.ts";

/** The models to choose from, and the card of the one that is chosen. */
export class ModelChooser {
  readonly root: HTMLElement;
  /** The card. */
  readonly about: Popover;
  readonly #select = element("select", { "aria-label": "Model" });

  constructor(changed: (name: string) => void, signal: AbortSignal) {
    on(this.#select, "change", signal, () => changed(this.#select.value));
    const about = buttonMaker(signal)("", () => undefined, "lstm-icon");
    about.append(icon("about"));
    about.title = "About this model";
    about.setAttribute("aria-label", about.title);
    this.about = new Popover(about, about.title, "lstm-card", signal);
    this.root = box("lstm-chip", this.#select, about, this.about.root);
  }

  /** What there is to choose from, and which is chosen. */
  show(models: Traits["models"], chosen: string): void {
    this.#select.replaceChildren(
      ...models.map(({ name, title }) => element("option", { value: name, textContent: title })),
    );
    this.#select.value = chosen;
  }

  set card(card: Traits["card"]) {
    this.about.root.replaceChildren(...modelCard(card));
  }
}
