import { element, uniqueId } from "../dom/elements.ts";
import type { Bounds } from "../kernel/protocol.ts";

export interface Kind {
  whole: boolean;
  /** Whether nothing, `null`, is allowed as well. */
  optional?: boolean;
}

/** A number in a field, for the usual range with a slider beside it; both have its name. */
export class NumberField<Value extends number | null = number> {
  readonly root: HTMLElement;
  readonly #slider: HTMLInputElement | null = null;
  readonly #field: HTMLInputElement;
  readonly #problem: HTMLElement;

  constructor(
    private readonly name: string,
    private readonly range: Bounds,
    private readonly kind: Kind,
    changed: (value: Value) => void,
    signal: AbortSignal,
  ) {
    const label = element("label", { textContent: name, htmlFor: uniqueId() });
    this.#field = element("input", { type: "number" });
    this.#problem = element("p", { className: "lstm-problem", id: uniqueId() });
    this.#field.setAttribute("aria-describedby", this.#problem.id);
    const { least, most, step, slider_most } = range;
    const inputs: [HTMLInputElement, number][] = [[this.#field, most]];
    if (slider_most !== undefined) {
      const slider = element("input", { type: "range", id: label.htmlFor });
      this.#field.setAttribute("aria-label", name);
      inputs.push([slider, slider_most]);
      slider.addEventListener(
        "input",
        () => {
          this.#field.value = slider.value;
          this.#tell();
          changed(slider.valueAsNumber as Value);
        },
        { signal },
      );
      this.#slider = slider;
    } else this.#field.id = label.htmlFor;
    for (const [input, end] of inputs) {
      input.min = String(least);
      input.max = String(end);
      input.step = String(step);
    }
    // The number field takes more decimals than the slider's steps have.
    if (!kind.whole) this.#field.step = "any";
    this.#field.addEventListener(
      "beforeinput",
      (event) => {
        // A browser may drop the decimal comma without a word: 0,7 would be 7.
        if (event.data !== "," || kind.whole) return;
        event.preventDefault();
        document.execCommand("insertText", false, ".");
      },
      { signal },
    );
    this.#field.addEventListener(
      "input",
      () => {
        if (this.#tell()) return;
        if (this.#slider) this.#slider.value = this.#field.value;
        changed(this.#value as Value);
      },
      { signal },
    );
    this.root = element(
      "div",
      { className: "lstm-number" },
      label,
      ...(this.#slider ? [this.#slider] : []),
      this.#field,
      this.#problem,
    );
  }

  /** What is wrong with what was typed, as one sentence; empty if nothing is. */
  get problem(): string {
    const { least, above = false, most } = this.range;
    const { whole, optional } = this.kind;
    const value = this.#value;
    // What is typed and is no number at all reads as nothing, too.
    const fits =
      value === null
        ? optional && !this.#field.validity.badInput
        : (above ? value > least : value >= least) &&
          value <= most &&
          (!whole || Number.isInteger(value));
    if (fits) return "";
    const kind = whole ? "a whole number" : "a number";
    const end = optional ? ", or empty." : ".";
    const from = above ? `above ${least} and at most` : `from ${least} to`;
    return `${this.name} must be ${kind} ${from} ${most.toLocaleString("en")}${end}`;
  }

  set value(value: Value) {
    if (this.#value === value) return; // do not disturb somebody who is typing it
    this.#field.value = value === null ? "" : String(value);
    if (this.#slider) this.#slider.value = this.#field.value;
    this.#tell();
  }

  get #value(): number | null {
    return this.#field.value === "" ? null : this.#field.valueAsNumber;
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
