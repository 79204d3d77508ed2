import { enable, onPress } from "../dom/buttons.ts";
import { forms } from "../dom/characters.ts";
import { box, element, hide, uniqueId, write } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { Frame } from "../dom/frame.ts";
import { showHeat } from "../dom/heat.ts";
import { percent, shortNumber } from "../dom/words.ts";
import { type Distribution, distribution } from "../local/sampling.ts";
import type { Vocabulary } from "./choice-words.ts";
import { meaningOf } from "./help.ts";

/** Letters that have a row of their own, at most. */
const MOST = 11;

/** What may come next. */
export interface Next {
  /** Null as long as they are not known. */
  logits: Float32Array | null;
  vocabulary: Vocabulary;
  temperature: number;
  topK: number | null;
  topP: number | null;
  /** The id that is there, if one is. */
  chosen: number | null;
  title: string;
  /** Letters that have a row of their own. */
  rows: number;
}

/** The most likely next letters: a bar for what the settings make of each, a tick for what the model expects. */
export class Bars {
  readonly root: HTMLElement;
  /** What stands below, at the left. */
  readonly foot = box("lstm-bars-foot");
  readonly #title = element("span", { className: "lstm-bars-title", id: uniqueId() });
  readonly #at = element("span");
  readonly #one = element("span", { textContent: "at 1" });
  readonly #key: HTMLElement;
  readonly #list: HTMLElement;
  readonly #buttons = Array.from({ length: MOST }, () => element("button", { type: "button" }));
  readonly #rows: Row[] = [];
  readonly #rest = new Row();
  readonly #entropy = element("span", { title: meaningOf("Bits of choice") });
  readonly #frame: Frame;
  #next: Next | null = null;
  #isChoosable: boolean | null = null;

  /**
   * @param choose takes the id of a row that is pressed
   * @param point takes the id of the row that is pointed at, and null
   */
  constructor(
    choose: (id: number) => void,
    point: (id: number | null) => void,
    signal: AbortSignal,
  ) {
    for (const button of this.#buttons) {
      const row = new Row(button);
      onPress(button, () => row.id !== null && choose(row.id), signal);
      for (const type of ["pointerenter", "focusin"] as const) {
        on(row.root, type, signal, () => point(row.id));
      }
      for (const type of ["pointerleave", "focusout"] as const) {
        on(row.root, type, signal, () => point(null));
      }
      this.#rows.push(row);
    }
    // A list without numbers is none to some screen readers.
    const named = { role: "list", "aria-labelledby": this.#title.id };
    const rows = [...this.#rows, this.#rest].map((row) => row.root);
    this.#list = element("ol", { className: "lstm-bars-list", ...named }, ...rows);
    this.#rest.root.classList.add("lstm-rest");
    this.#key = element("span", { className: "lstm-key" }, this.#at, this.#one);
    this.foot.append(this.#entropy);
    const head = box("lstm-bars-head", this.#title, this.#key);
    this.root = box("lstm-bars", head, this.#list, this.foot);
    this.#frame = new Frame(() => this.#draw(), signal);
    this.#draw();
  }

  /** Whether a letter can be chosen. */
  set choosable(is: boolean) {
    if (is === this.#isChoosable) return;
    this.#isChoosable = is;
    for (const button of this.#buttons) button.tabIndex = is ? 0 : -1;
    this.#enable();
  }

  /** The letter that is there is no other one. */
  #enable(): void {
    for (const [n, button] of this.#buttons.entries()) {
      enable(button, this.#isChoosable !== false && this.#rows[n]?.id !== this.#next?.chosen);
    }
  }

  /** At the next animation frame; so it may be called at every move of a slider. */
  show(next: Next): void {
    this.#next = next;
    this.#frame.ask();
  }

  #draw(): void {
    const next = this.#next;
    write(this.#title, next?.title ?? "");
    const isKnown = next !== null && next.logits !== null;
    for (const part of [this.#key, this.#list, this.#entropy]) hide(part, !isKnown);
    if (next === null || next.logits === null) return;
    const { logits, vocabulary, temperature, topK, topP, chosen } = next;
    showHeat(this.root, temperature);
    const plain = distribution(logits, 1);
    const warm = distribution(logits, temperature, topK, topP);
    // At temperature 1 without limits, there is one number and not two.
    const at = temperature === 1 && topK === null && topP === null ? null : settled(next);
    write(this.#at, `at ${at ?? "1"}`);
    hide(this.#one, at === null);
    this.#list.classList.toggle("lstm-bars-alike", at === null);
    const also = chosen === null && at !== null ? `; ${plain.entropy.toFixed(2)} at 1` : "";
    write(this.#entropy, `${warm.entropy.toFixed(2)} bits of choice${also}`);

    const named = Array.from(plain.ids.keys()).filter(
      (rank) => typeof vocabulary[plain.ids[rank] as number] === "string",
    );
    const shown = named.slice(0, next.rows);
    // The letter that is there has a row, wherever it stands.
    const own = named.findIndex((rank) => plain.ids[rank] === chosen);
    if (own >= next.rows) shown[next.rows - 1] = named[own] as number;
    this.#rows.forEach((row, n) => {
      const rank = shown[n];
      hide(row.root, rank === undefined);
      row.id = rank === undefined ? null : (plain.ids[rank] as number);
      if (rank === undefined || row.id === null) return;
      const { words } = forms(vocabulary[row.id]);
      const name = quotable(vocabulary[row.id] as string);
      row.draw(name, words, shares(plain, warm, [rank]), at, row.id === chosen);
    });
    this.#enable();
    const others = named.filter((rank) => !shown.includes(rank));
    const name = `${others.length.toLocaleString("en")} more`;
    hide(this.#rest.root, others.length === 0);
    this.#rest.draw(name, name, shares(plain, warm, others), at, false);
  }
}

/** A letter as it is seen: itself or, if it cannot be seen, its name. */
function quotable(character: string): string {
  const { seen, words } = forms(character);
  return seen === character ? seen : words;
}

/** Probabilities at temperature 1, and with the settings. */
interface Both {
  plain: number;
  warm: number;
}

function shares(plain: Distribution, warm: Distribution, ranks: readonly number[]): Both {
  const sum = ({ probabilities }: Distribution) =>
    ranks.reduce((all, rank) => all + (probabilities[rank] as number), 0);
  return { plain: sum(plain), warm: sum(warm) }; // temperature does not change the order
}

function spoken({ plain, warm }: Both, at: string | null): string {
  const first = `${percent(plain)} at temperature 1`;
  return at === null ? first : `${first}, ${percent(warm)} at ${at}`;
}

/** The temperature, and what else there is. */
function settled({ temperature, topK, topP }: Next): string {
  const limits = [];
  if (topK !== null) limits.push(`top-k ${topK}`);
  if (topP !== null) limits.push(`top-p ${shortNumber(topP)}`);
  return shortNumber(temperature) + (limits.length ? ` with ${limits.join(" and ")}` : "");
}

/** One letter, or the rest of them: its name, a bar with a tick, and a number. */
class Row {
  readonly root: HTMLElement;
  id: number | null = null;
  readonly #name = element("bdi", { className: "lstm-bars-name" });
  readonly #bar = element("span", { className: "lstm-bars-bar" });
  readonly #tick = element("span", { className: "lstm-bars-tick" });
  readonly #number = element("span", { className: "lstm-bars-number" });
  /** All of it, to be heard. */
  readonly #spoken = element("span", { className: "lstm-unseen" });

  /** @param button lies behind the row and has its name */
  constructor(button?: HTMLButtonElement) {
    const track = element("span", { className: "lstm-bars-track" }, this.#bar, this.#tick);
    const parts = [this.#name, track, this.#number];
    for (const part of parts) part.setAttribute("aria-hidden", "true");
    button?.append(this.#spoken);
    this.root = element("li", { className: "lstm-bars-row" }, button ?? this.#spoken, ...parts);
  }

  draw(name: string, words: string, both: Both, at: string | null, isChosen: boolean): void {
    const { plain, warm } = both;
    write(this.#name, name);
    this.#name.classList.toggle("lstm-word", Array.from(name).length > 1);
    this.#bar.style.width = `${100 * warm}%`;
    this.#tick.style.left = `${100 * plain}%`;
    write(this.#number, percent(warm));
    write(this.#spoken, `${words}, ${spoken(both, at)}${isChosen ? ", chosen" : ""}`);
    this.root.classList.toggle("lstm-bars-chosen", isChosen);
  }
}
