import { buttonMaker } from "../dom/buttons.ts";
import { box, describe, element, labelFor, paragraph, uniqueId, write } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { count } from "../dom/words.ts";
import type { Cell } from "../kernel/protocol.ts";
import { AnyCell, isSame, type Place } from "./any-cell.ts";

interface CellActions {
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
  readonly #progress = element("progress", { max: 1 });
  readonly #searching: HTMLElement;
  /** What a search has found, politely. */
  readonly #result = element("p", { className: "lstm-hint", "aria-live": "polite" });
  readonly #found: HTMLElement;
  readonly #options = box("lstm-cells-options");
  readonly #any: AnyCell;
  readonly #group = uniqueId();
  #cells: readonly Cell[] = [];
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
    const press = () => (this.#searching.hidden ? actions.find() : actions.cancel());
    this.#find = buttonMaker(signal)(FIND, press);
    const label = labelFor(this.#progress, "Searching for cells");
    this.#searching = box("lstm-cells-searching", label, this.#progress);

    const hint = paragraph("lstm-hint", HINT);
    const legend = element("legend", { textContent: "Interpretable cells" });
    const found = { className: "lstm-cells-found" };
    this.#found = element("fieldset", found, legend, this.#options, hint);
    describe(this.#found, hint);
    on(this.#options, "change", signal, () => {
      const cell = this.#cells[this.#radios.findIndex(({ checked }) => checked) - 1];
      this.#choose(cell ? [cell.layer, cell.unit] : null);
    });
    this.#any = new AnyCell((cell) => this.#choose(cell), signal);

    const search = box("lstm-cells-find", this.#find, this.#searching);
    this.root = box("lstm-cells", search, this.#result, this.#found, this.#any.root);
    this.layers = units;
    this.showProgress(null);
    this.showCells([]);
  }

  showCells(cells: readonly Cell[]): void {
    const hadFocus = this.#options.contains(document.activeElement);
    this.#cells = cells;
    this.#searched = false;
    this.#found.hidden = cells.length === 0;
    const texts = cells.length > 0 ? ["No cell", ...cells.map(described)] : [];
    const option = (text: string) =>
      element("label", {}, element("input", { type: "radio", name: this.#group }), text);
    this.#options.replaceChildren(...texts.map(option));
    this.#mark();
    this.#report();
    // Somebody who was in the old list is not thrown out of the page.
    if (!hadFocus) return;
    const radios = this.#radios;
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
    this.#report();
  }

  /** The cell that is followed, counted from 0; null if there is none. */
  set chosen(cell: Place | null) {
    this.#chosen = cell;
    this.#mark();
    this.#any.chosen = cell;
  }

  /** Units of each layer, from the first; empty if that is unknown. */
  set layers(units: readonly number[]) {
    this.#searched = false;
    this.#any.layers = units;
    this.#report();
  }

  get #radios(): HTMLInputElement[] {
    return Array.from(this.#options.querySelectorAll("input"));
  }

  #choose(cell: Place | null): void {
    if (cell === null && this.#chosen === null) return;
    this.chosen = cell;
    this.actions.choose(cell);
  }

  /** Check the entry of the chosen cell, if it has one. */
  #mark(): void {
    const places = this.#cells.map(({ layer, unit }): Place => [layer, unit]);
    this.#radios.forEach((radio, n) => {
      radio.checked = isSame(places[n - 1] ?? null, this.#chosen); // the first one is none
    });
  }

  /** Say politely what a search has found. */
  #report(): void {
    const { length } = this.#cells;
    const found = `${count(length, "cell")} found: choose one to see what it does.`;
    const none = this.#searched ? "No interpretable cells were found." : "";
    write(this.#result, this.#refusal || (length > 0 ? found : none));
  }
}

function described({ layer, unit, follows, correlation }: Cell): string {
  const number = Math.abs(correlation).toFixed(2);
  return `${follows} — layer ${layer}, cell ${unit} (${correlation < 0 ? "−" : ""}${number})`;
}
