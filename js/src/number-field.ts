import { element, uniqueId } from "./dom.ts";
import type { Bounds } from "./messages.ts";

/** A number with a slider for the usual range and a field for any allowed value; both have its name. */
export class NumberField {
  readonly root: HTMLElement;
  readonly #slider: HTMLInputElement;
  readonly #field: HTMLInputElement;
  readonly #problem: HTMLElement;

  constructor(
    private readonly name: string,
    private readonly bounds: Bounds,
    private readonly whole: boolean,
    changed: (value: number) => void,
    signal: AbortSignal,
  ) {
    const label = element("label", { textContent: name, htmlFor: uniqueId() });
    this.#slider = element("input", { type: "range", id: label.htmlFor });
    this.#field = element("input", { type: "number" });
    this.#field.setAttribute("aria-label", name);
    this.#problem = element("p", { className: "lstm-problem", id: uniqueId() });
    this.#field.setAttribute("aria-describedby", this.#problem.id);
    for (const [input, most] of [
      [this.#slider, bounds.slider_most],
      [this.#field, bounds.most],
    ] as const) {
      input.min = String(bounds.least);
      input.max = String(most);
      input.step = String(bounds.step);
    }
    // The number field takes more decimals than the slider's steps have.
    if (!whole) this.#field.step = "any";
    this.#slider.addEventListener(
      "input",
      () => {
        this.#field.value = this.#slider.value;
        this.#tell();
        changed(this.#slider.valueAsNumber);
      },
      { signal },
    );
    this.#field.addEventListener(
      "input",
      () => {
        if (this.#tell()) return;
        this.#slider.value = this.#field.value;
        changed(this.#field.valueAsNumber);
      },
      { signal },
    );
    this.root = element(
      "div",
      { className: "lstm-number" },
      label,
      this.#slider,
      this.#field,
      this.#problem,
    );
  }

  /** What is wrong with what was typed, as one sentence; empty if nothing is. */
  get problem(): string {
    const { least, most } = this.bounds;
    const value = this.#field.valueAsNumber;
    const fits = value >= least && value <= most && (!this.whole || Number.isInteger(value));
    const kind = this.whole ? "a whole number" : "a number";
    return fits
      ? ""
      : `${this.name} must be ${kind} from ${least} to ${most.toLocaleString("en")}.`;
  }

  set value(value: number) {
    if (this.#field.valueAsNumber === value) return; // do not disturb somebody who is typing it
    this.#field.value = String(value);
    this.#slider.value = String(value);
    this.#tell();
  }

  focus(): void {
    this.#field.focus();
  }

  /** Show the problem, if there is one; return it. */
  #tell(): string {
    const { problem } = this;
    this.#field.setAttribute("aria-invalid", String(problem !== ""));
    this.#problem.textContent = problem;
    return problem;
  }
}
