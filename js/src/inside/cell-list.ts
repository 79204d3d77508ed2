import { buttonMaker } from "../dom/buttons.ts";
import { box, describe, element, labelFor, paragraph, uniqueId, write } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { count } from "../dom/words.ts";
import type { Cell } from "../kernel/protocol.ts";
import { AnyCell, isSame, type Place } from "./any-cell.ts";
import { Sparkline } from "./sparkline.ts";

interface CellActions {
  /** Look for cells worth looking at. */
  find(): void;
  /** Look no further. */
  cancel(): void;
  /** Follow this cell; null: none. */
  choose(cell: Place | null): void;
}

const FIND = "Find cells worth looking at";
const INTRO =
  "A cell is one neuron. Some follow something you can name, such as being inside quotes.";
const HINT = "Correlation: 1 follows it exactly, −1 the opposite.";
const LINES = "The lines show 180 letters: up is 1, down −1.";

/** Cells worth looking at, one of which is chosen, and any other by its number. */
export class CellList {
  readonly root: HTMLElement;
  readonly #find: HTMLButtonElement;
  readonly #progress = element("progress", { max: 1 });
  readonly #searching: HTMLElement;
  /** What a search has found, politely. */
  readonly #result = element("p", { className: "lstm-cells-result", "aria-live": "polite" });
  readonly #intro = paragraph("lstm-about", INTRO);
  readonly #hint = paragraph("lstm-small", HINT);
  readonly #lines = paragraph("lstm-small", LINES);
  readonly #options = box("lstm-cells-options");
  readonly #any: AnyCell;
  readonly #group = uniqueId();
  #cells: readonly Cell[] = [];
  #cards: Card[] = [];
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
    this.#options.setAttribute("role", "radiogroup");
    this.#options.setAttribute("aria-label", "Cells that follow something");
    describe(this.#options, this.#hint);
    on(this.#options, "change", signal, () => {
      const cell = this.#cells[this.#radios.findIndex(({ checked }) => checked)];
      if (cell) this.#choose([cell.layer, cell.unit]);
    });
    this.#any = new AnyCell((cell) => this.#choose(cell), signal);

    const search = box("lstm-cells-find", this.#find, this.#searching);
    const head = box("lstm-cells-head", this.#result, this.#hint);
    const parts = [this.#intro, search, head, this.#options, this.#lines, this.#any.root];
    this.root = box("lstm-cells", ...parts);
    this.layers = units;
    this.showProgress(null);
    this.showCells([]);
  }

  showCells(cells: readonly Cell[]): void {
    const hadFocus = this.#options.contains(document.activeElement);
    this.#cells = cells;
    this.#searched = false;
    for (const part of [this.#options, this.#hint, this.#lines]) part.hidden = cells.length === 0;
    this.#cards = cells.map((cell) => new Card(cell, this.#group));
    this.#options.replaceChildren(...this.#cards.map(({ root }) => root));
    this.#mark();
    this.#report();
    // Somebody who was in the old list is not thrown out of the page.
    if (!hadFocus) return;
    const radios = this.#radios;
    (radios.find(({ checked }) => checked) ?? radios[0] ?? this.#find).focus();
  }

  /**
   * Draw what each cell did.
   * @param span number of letters that have room
   * @param at the letter that is looked at; null: none
   */
  showSparks(valuesOf: (cell: Cell) => ArrayLike<number>, span: number, at: number | null): void {
    this.#cells.forEach((cell, n) => {
      this.#cards[n]?.spark.draw(valuesOf(cell), span, at);
    });
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
    return this.#cards.map(({ radio }) => radio);
  }

  #choose(cell: Place | null): void {
    if (cell === null && this.#chosen === null) return;
    this.chosen = cell;
    this.actions.choose(cell);
  }

  /** Check the card of the chosen cell, if it has one. */
  #mark(): void {
    this.#cards.forEach(({ radio }, n) => {
      const { layer, unit } = this.#cells[n] as Cell;
      radio.checked = isSame([layer, unit], this.#chosen);
    });
  }

  /** Say politely what a search has found. */
  #report(): void {
    const { length } = this.#cells;
    const found = `${count(length, "cell follows", "cells follow")} something`;
    const none = this.#searched ? "No cell was found that follows something." : "";
    const isFound = length > 0 && this.#searching.hidden;
    const hadFocus = document.activeElement === this.#find;
    this.#intro.hidden = this.#find.hidden = isFound && !this.#refusal;
    if (hadFocus && this.#find.hidden) this.#radios[0]?.focus();
    write(this.#result, this.#refusal || (length > 0 ? found : none));
  }
}

/** One cell: what it follows, how well, what it did, and where it is. */
class Card {
  readonly root: HTMLElement;
  readonly radio: HTMLInputElement;
  readonly spark = new Sparkline();

  constructor({ layer, unit, follows, correlation }: Cell, group: string) {
    this.radio = element("input", { type: "radio", name: group });
    const number = Math.abs(correlation).toFixed(2);
    const fit = `${correlation < 0 ? "−" : ""}${number}`;
    const parts = [
      element("b", { textContent: follows }),
      element("span", { className: "lstm-unseen", textContent: ", correlation " }),
      element("span", { className: "lstm-fit", textContent: fit }),
      element("span", { className: "lstm-unseen", textContent: ", " }),
      element("span", { className: "lstm-where", textContent: `layer ${layer}, cell ${unit}` }),
    ];
    this.root = element("label", { className: "lstm-cell-card" }, this.radio, ...parts.slice(0, 3));
    this.root.append(this.spark.root, ...parts.slice(3));
  }
}
