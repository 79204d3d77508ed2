import { box, describe, labelFor, numberInput, paragraph } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { showShare } from "../dom/slider.ts";
import type { Bounds } from "../kernel/protocol.ts";

/** Milliseconds without a key after which what was typed counts, so that "0" on the way to "0.6" does not. */
const PAUSE = 600;

export interface Kind {
  whole: boolean;
  /** Whether nothing, `null`, is allowed as well. */
  optional?: boolean;
  /** What counts while it is empty. */
  empty?: string;
  /** What it is for, said below it. */
  meaning?: string;
}

/** A number in a field, for the usual range with a slider beside it; both have its name. */
export class NumberField<Value extends number | null = number> {
  readonly root: HTMLElement;
  readonly #slider: HTMLInputElement | null = null;
  readonly #field: HTMLInputElement;
  readonly #problem = paragraph("lstm-problem");
  readonly #meaning: HTMLElement;
  /** Set while something is typed that does not count yet. */
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly name: string,
    private readonly range: Bounds,
    private readonly kind: Kind,
    private readonly changed: (value: Value) => void,
    signal: AbortSignal,
  ) {
    const { least, most, step, slider_most } = range;
    // The number field takes more decimals than the slider's steps have.
    const field = numberInput("number", least, most, kind.whole ? step : "any");
    if (slider_most !== undefined) field.className = "lstm-field";
    if (kind.empty !== undefined) field.placeholder = kind.empty;
    this.#field = field;
    const inputs = [field];
    if (slider_most !== undefined) {
      const slider = numberInput("range", least, slider_most, step);
      this.#slider = slider;
      inputs.unshift(slider);
      field.setAttribute("aria-label", name);
      on(slider, "input", signal, () => {
        this.#wait(false);
        field.value = slider.value;
        showShare(slider);
        this.#check();
        changed(slider.valueAsNumber as Value);
      });
    }
    on(field, "beforeinput", signal, (event) => {
      // A browser may drop the decimal comma without a word: 0,7 would be 7.
      if (event.data !== "," || kind.whole) return;
      event.preventDefault();
      document.execCommand("insertText", false, ".");
    });
    on(field, "input", signal, (event) => {
      this.#wait(false);
      if (this.#check()) return;
      this.#show();
      // Arrow keys and spin buttons, which type nothing, have done with it.
      if ((event as InputEvent).inputType) this.#wait(true);
      else changed(this.#value as Value);
    });
    on(field, "change", signal, () => this.#take());
    // Before anything is generated: with Ctrl, too, for which a browser reports no change.
    on(field, "keydown", signal, ({ key }) => key === "Enter" && this.#take());
    signal.addEventListener("abort", () => this.#wait(false));
    const label = labelFor(this.#slider ?? field, name);
    this.#meaning = paragraph("lstm-hint", kind.meaning);
    this.root = box("lstm-knob", label, ...inputs, this.#problem);
    if (kind.meaning !== undefined) this.#problem.before(this.#meaning);
    this.#check();
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
    // Do not disturb somebody who is typing it, or will have typed another one.
    if (this.#value === value || this.#typing !== undefined) return;
    this.#field.value = value === null ? "" : String(value);
    this.#show();
    this.#check();
  }

  /** Have what is typed count in a while, or not. */
  #wait(is: boolean): void {
    clearTimeout(this.#typing);
    this.#typing = is ? setTimeout(() => this.#take(), PAUSE) : undefined;
  }

  /** What is typed counts now. */
  #take(): void {
    if (this.#typing === undefined) return;
    this.#wait(false);
    this.changed(this.#value as Value);
  }

  /** Have the slider where the field is. */
  #show(): void {
    if (this.#slider === null) return;
    if (this.#slider.value !== this.#field.value) this.#slider.value = this.#field.value;
    showShare(this.#slider);
  }

  get #value(): number | null {
    return this.#field.value === "" ? null : this.#field.valueAsNumber;
  }

  focus(): void {
    this.#field.focus();
  }

  /** Show the problem, if there is one; return it. */
  #check(): string {
    const { problem } = this;
    this.#field.setAttribute("aria-invalid", String(problem !== ""));
    this.#problem.textContent = problem;
    const hasMeaning = this.kind.meaning !== undefined && problem === "";
    describe(this.#field, hasMeaning ? this.#meaning : this.#problem);
    return problem;
  }
}
