import { element, uniqueId } from "../dom/elements.ts";
import type { Cell } from "../kernel/protocol.ts";

/** Layer and unit, counted from 0 here as in Python. */
type Place = readonly [layer: number, unit: number];

export interface CellActions {
  /** Look for cells worth looking at. */
  find(): void;
  /** Look no further. */
  cancel(): void;
  /** Follow this cell; null: none. */
  choose(cell: Place | null): void;
}

const FIND = "Find interpretable cells";
const HINT =
  "A cell is one neuron of a layer, also called a unit. The number is its correlation: 1 is a perfect match, −1 the exact opposite, 0 no match.";

/** Cells worth looking at, one of which is chosen, and any other by its number. */
export class CellList {
  readonly root: HTMLElement;
  readonly #find: HTMLButtonElement;
  readonly #progress: HTMLProgressElement;
  readonly #searching: HTMLElement;
  readonly #told: HTMLElement;
  readonly #choices: HTMLFieldSetElement;
  readonly #options = element("div", { className: "lstm-cells-options" });
  readonly #layer: HTMLInputElement;
  readonly #unit: HTMLInputElement;
  readonly #hint: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #group = uniqueId();
  #cells: readonly Cell[] = [];
  #units: readonly number[] = [];
  #chosen: Place | null = null;
  /** Whether a search has just come to its end. */
  #searched = false;
  /** Why it did not come to its end. */
  #refusal = "";

  /** @param units of each layer; empty if that is unknown */
  constructor(
    private readonly actions: CellActions,
    units: readonly number[],
    signal: AbortSignal,
  ) {
    this.#find = element("button", { type: "button", textContent: FIND });
    this.#find.addEventListener(
      "click",
      () => (this.#searching.hidden ? actions.find() : actions.cancel()),
      { signal },
    );
    const label = element("label", { textContent: "Searching for cells", htmlFor: uniqueId() });
    this.#progress = element("progress", { id: label.htmlFor, max: 1 });
    this.#searching = element("div", { className: "lstm-cells-searching" }, label, this.#progress);
    this.#told = element("p", { className: "lstm-hint" });
    this.#told.ariaLive = "polite";

    const hint = element("p", { className: "lstm-hint", id: uniqueId(), textContent: HINT });
    this.#choices = element(
      "fieldset",
      { className: "lstm-cells-found" },
      element("legend", { textContent: "Interpretable cells" }),
      this.#options,
      hint,
    );
    this.#choices.setAttribute("aria-describedby", hint.id);
    this.#options.addEventListener(
      "change",
      () => {
        const radios = Array.from(this.#options.querySelectorAll("input"));
        const cell = this.#cells[radios.findIndex(({ checked }) => checked) - 1];
        this.#choose(cell ? [cell.layer, cell.unit] : null);
      },
      { signal },
    );

    this.#hint = element("p", { className: "lstm-hint", id: uniqueId() });
    this.#problem = element("p", { className: "lstm-problem", id: uniqueId() });
    const field = (name: string) => {
      const input = element("input", { type: "number", id: uniqueId(), min: "0", step: "1" });
      input.setAttribute("aria-describedby", `${this.#problem.id} ${this.#hint.id}`);
      input.addEventListener("input", () => this.#check(), { signal });
      // Not at every digit: on the way to 118 somebody would look at 1 and at 11.
      input.addEventListener("change", () => this.#chooseTyped(), { signal });
      return [element("label", { textContent: name, htmlFor: input.id }), input] as const;
    };
    const [layerLabel, layer] = field("Layer");
    const [unitLabel, unit] = field("Cell");
    [this.#layer, this.#unit] = [layer, unit];
    const byHand = element(
      "fieldset",
      { className: "lstm-cells-any" },
      element("legend", { textContent: "Any cell" }),
      element(
        "div",
        { className: "lstm-cells-numbers" },
        element("span", {}, layerLabel, layer),
        element("span", {}, unitLabel, unit),
      ),
      this.#problem,
      this.#hint,
    );

    this.root = element(
      "div",
      { className: "lstm-cells" },
      element("div", { className: "lstm-cells-find" }, this.#find, this.#searching),
      this.#told,
      this.#choices,
      byHand,
    );
    this.layers = units;
    this.showProgress(null);
    this.showCells([]);
  }

  showCells(cells: readonly Cell[]): void {
    const inside = this.#options.contains(document.activeElement);
    this.#cells = cells;
    this.#searched = false;
    this.#choices.hidden = cells.length === 0;
    const texts = ["No cell", ...cells.map(described)];
    this.#options.replaceChildren(...(cells.length ? texts.map((text) => this.#option(text)) : []));
    this.#mark();
    this.#tell();
    // Somebody who was in the old list is not thrown out of the page.
    if (!inside) return;
    const radios = Array.from(this.#options.querySelectorAll("input"));
    (radios.find(({ checked }) => checked) ?? radios[0] ?? this.#find).focus();
  }

  /**
   * @param done how far a search has come, 0 to 1; null if there is none
   * @param problem why there is none
   */
  showProgress(done: number | null, problem = ""): void {
    this.#refusal = problem;
    const searching = done !== null && done < 1;
    this.#searched = done !== null && !searching;
    this.#progress.value = done ?? 0;
    this.#searching.hidden = !searching;
    this.#find.textContent = searching ? "Cancel" : FIND;
    this.#tell();
  }

  /** The cell that is followed, counted from 0; null if there is none. */
  set chosen(cell: Place | null) {
    this.#chosen = cell;
    this.#mark();
    const typed = this.#typed;
    // Do not disturb somebody who is typing it.
    if (typed?.[0] === cell?.[0] && typed?.[1] === cell?.[1]) return;
    this.#layer.value = cell ? String(cell[0]) : "";
    this.#unit.value = cell ? String(cell[1]) : "";
    this.#check();
  }

  /** Units of each layer, from the first; empty if that is unknown. */
  set layers(units: readonly number[]) {
    this.#units = units;
    this.#searched = false;
    this.#layer.max = units.length ? String(units.length - 1) : "";
    this.#check();
    this.#tell();
  }

  #choose(cell: Place | null): void {
    this.chosen = cell;
    this.actions.choose(cell);
  }

  #chooseTyped(): void {
    const cell = this.#typed;
    if (cell) this.#choose(cell);
    else if (this.#nothingTyped && this.#chosen) this.#choose(null);
  }

  #option(text: string): HTMLElement {
    const radio = element("input", { type: "radio", name: this.#group });
    return element("label", {}, radio, text);
  }

  /** Check the entry of the chosen cell, if it has one. */
  #mark(): void {
    const chosen = this.#chosen;
    const place = chosen
      ? this.#cells.findIndex(({ layer, unit }) => layer === chosen[0] && unit === chosen[1]) + 1 ||
        -1
      : 0;
    this.#options.querySelectorAll("input").forEach((radio, n) => {
      radio.checked = n === place;
    });
  }

  /** What the fields say, counted from 0; null if that is no cell. */
  get #typed(): Place | null {
    if (this.#nothingTyped || this.#wrong !== null) return null;
    return [this.#layer.valueAsNumber, this.#unit.valueAsNumber];
  }

  get #nothingTyped(): boolean {
    return [this.#layer, this.#unit].every((input) => input.value === "" && !isBad(input));
  }

  /** The field that is empty or wrong, unless both are empty. */
  get #wrong(): HTMLInputElement | null {
    if (this.#nothingTyped) return null;
    if (!within(this.#layer, this.#units.length)) return this.#layer;
    return within(this.#unit, this.#unitsTyped) ? null : this.#unit;
  }

  /** How many cells the layer has that is in its field; 0 if that is unknown. */
  get #unitsTyped(): number {
    return this.#units[this.#layer.valueAsNumber] ?? 0;
  }

  /** Tell what may be typed and, if it is not empty, what is wrong with it. */
  #check(): void {
    const most = this.#unitsTyped;
    this.#unit.max = most ? String(most - 1) : "";
    const wrong = this.#wrong;
    const empty = wrong?.value === "" && !isBad(wrong); // somebody is on the way there
    for (const input of [this.#layer, this.#unit]) {
      input.ariaInvalid = String(wrong === input && !empty);
    }
    this.#problem.textContent =
      wrong === null || empty
        ? ""
        : wrong === this.#layer
          ? `The layer must be a whole number from 0${upTo(this.#units.length)}.`
          : `The cell must be a whole number from 0${upTo(most)} in layer ${this.#layer.value}.`;
    this.#hint.textContent = sizes(this.#units);
  }

  /** Say politely what a search has found. */
  #tell(): void {
    const count = this.#cells.length;
    const found = `${count} ${count === 1 ? "cell" : "cells"} found: choose one to see what it does.`;
    const none = this.#searched ? "No interpretable cells were found." : "";
    const text = this.#refusal || (count ? found : none);
    if (this.#told.textContent !== text) this.#told.textContent = text;
  }
}

function described({ layer, unit, follows, correlation }: Cell): string {
  const number = Math.abs(correlation).toFixed(2);
  return `${follows} — layer ${layer}, cell ${unit} (${correlation < 0 ? "−" : ""}${number})`;
}

/** Whether something other than a number is typed; its value is empty then. */
function isBad(input: HTMLInputElement): boolean {
  return input.validity.badInput;
}

/** @param most how many there are; 0 if that is unknown */
function within(input: HTMLInputElement, most: number): boolean {
  const value = input.valueAsNumber;
  return Number.isInteger(value) && value >= 0 && (!most || value < most);
}

function upTo(most: number): string {
  return most ? ` to ${(most - 1).toLocaleString("en")}` : "";
}

/** How many cells there are, as one sentence. */
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
