import { box, describe, element, labelFor, paragraph } from "../dom/elements.ts";
import { on } from "../dom/events.ts";

/** Layer and unit, counted from 0 here as in Python. */
export type Place = readonly [layer: number, unit: number];

export function isSame(one: Place | null, other: Place | null): boolean {
  return one?.[0] === other?.[0] && one?.[1] === other?.[1];
}

/** Any cell, by the number of its layer and its own. */
export class AnyCell {
  readonly root: HTMLElement;
  readonly #layer = numberField();
  readonly #unit = numberField();
  readonly #hint = paragraph("lstm-small");
  readonly #problem = paragraph("lstm-problem");
  #units: readonly number[] = [];

  /** @param choose takes the cell that was typed; null if both fields were emptied */
  constructor(choose: (cell: Place | null) => void, signal: AbortSignal) {
    for (const input of [this.#layer, this.#unit]) {
      describe(input, this.#problem, this.#hint);
      on(input, "input", signal, () => this.#check());
      // Not at every digit: on the way to 118 somebody would look at 1 and at 11.
      on(input, "change", signal, () => {
        if (this.#typed !== null || this.#isEmpty) choose(this.#typed);
      });
    }
    const name = element("span", { textContent: "Any other:" });
    const layer = [labelFor(this.#layer, "Layer"), this.#layer];
    const unit = [labelFor(this.#unit, "Cell"), this.#unit];
    const numbers = box("lstm-cells-numbers", name, ...layer, ...unit);
    const group = { role: "group", "aria-label": "Any other cell", className: "lstm-cells-any" };
    this.root = element("div", group, numbers, this.#problem, this.#hint);
  }

  /** Units of each layer, from the first; empty if that is unknown. */
  set layers(units: readonly number[]) {
    this.#units = units;
    this.#layer.max = units.length ? String(units.length - 1) : "";
    this.#hint.textContent = sizes(units);
    this.#check();
  }

  set chosen(cell: Place | null) {
    // Do not disturb somebody who is typing it.
    if (isSame(this.#typed, cell)) return;
    this.#layer.value = cell ? String(cell[0]) : "";
    this.#unit.value = cell ? String(cell[1]) : "";
    this.#check();
  }

  /** What the fields say; null if that is no cell. */
  get #typed(): Place | null {
    if (this.#isEmpty || this.#wrong !== null) return null;
    return [this.#layer.valueAsNumber, this.#unit.valueAsNumber];
  }

  get #isEmpty(): boolean {
    return isEmpty(this.#layer) && isEmpty(this.#unit);
  }

  /** The field that is empty or wrong, unless both are empty. */
  get #wrong(): HTMLInputElement | null {
    if (this.#isEmpty) return null;
    if (!isWithin(this.#layer, this.#units.length)) return this.#layer;
    return isWithin(this.#unit, this.#unitsOfLayer) ? null : this.#unit;
  }

  /** The number of cells of the layer that is typed; 0 if that is unknown. */
  get #unitsOfLayer(): number {
    return this.#units[this.#layer.valueAsNumber] ?? 0;
  }

  /** Show what may be typed and, if it is not empty, what is wrong with it. */
  #check(): void {
    const most = this.#unitsOfLayer;
    this.#unit.max = most ? String(most - 1) : "";
    const found = this.#wrong;
    const wrong = found !== null && isEmpty(found) ? null : found; // somebody is on the way there
    for (const input of [this.#layer, this.#unit]) input.ariaInvalid = String(input === wrong);
    const from = "must be a whole number from 0";
    const layers = `The layer ${from}${upTo(this.#units.length)}.`;
    const units = `The cell ${from}${upTo(most)} in layer ${this.#layer.value}.`;
    this.#problem.textContent = wrong === null ? "" : wrong === this.#layer ? layers : units;
  }
}

function numberField(): HTMLInputElement {
  return element("input", { type: "number", className: "lstm-field", min: "0", step: "1" });
}

/** Whether nothing is typed. The value of what is no number is empty, too. */
function isEmpty(input: HTMLInputElement): boolean {
  return input.value === "" && !input.validity.badInput;
}

/** @param most the number of layers or cells; 0 if that is unknown */
function isWithin(input: HTMLInputElement, most: number): boolean {
  const value = input.valueAsNumber;
  return Number.isInteger(value) && value >= 0 && (!most || value < most);
}

function upTo(most: number): string {
  return most ? ` to ${(most - 1).toLocaleString("en")}` : "";
}

/** The number of cells, as one sentence. */
function sizes(units: readonly number[]): string {
  const [first] = units;
  if (first === undefined) return "";
  const number = (count: number) => count.toLocaleString("en");
  if (units.length === 1) return `The model has one layer of ${number(first)} cells.`;
  if (units.every((count) => count === first)) {
    return `The model has ${units.length} layers of ${number(first)} cells each.`;
  }
  return `The model has ${units.length} layers, of ${units.map(number).join(", ")} cells.`;
}
