import { buttonMaker } from "../dom/buttons.ts";
import { element, hide, write } from "../dom/elements.ts";
import { heat } from "../dom/heat.ts";
import { count, shortNumber } from "../dom/words.ts";

/** Says what the dots under letters mean, in the place of the hint, and takes them away. */
export class WhatIfLine {
  readonly #lead = element("span");
  readonly #many = element("span", { className: "lstm-changed" });
  readonly root: HTMLElement;

  constructor(asItWas: () => void, signal: AbortSignal) {
    const reset = buttonMaker(signal)("as it was", asItWas, "lstm-link");
    const parts = [this.#lead, this.#many, " differ ", reset];
    this.root = element("span", { className: "lstm-what-if-line" }, ...parts);
    this.root.hidden = true;
  }

  /** @param changed how many letters are marked; null: none is */
  show(temperature: number | null, changed: number | null): void {
    hide(this.root, temperature === null || changed === null);
    if (temperature === null || changed === null) return;
    write(this.#lead, `What if ${shortNumber(temperature)}: `);
    write(this.#many, count(changed, "letter"));
    this.root.style.setProperty("--lstm-asked", heat(temperature));
  }
}
