import { enable, onPress } from "../dom/buttons.ts";
import { forms, quoted } from "../dom/characters.ts";
import { box, element, paragraph, uniqueId, write } from "../dom/elements.ts";
import { Frame } from "../dom/frame.ts";
import { percent, shortNumber } from "../dom/words.ts";
import { type Distribution, distribution } from "./sampling.ts";

/** Characters that have a row of their own. */
const SHOWN = 10;

/** What may come next. */
export interface Next {
  /** Null as long as they are not known. */
  logits: Float32Array | null;
  /** The character of each id; null if it has none. */
  vocabulary: readonly (string | null)[];
  temperature: number;
  topK: number | null;
  topP: number | null;
  /** The id that is there, if one is. */
  chosen: number | null;
  title: string;
}

/** The most likely next characters, by what the model expects and by what the settings make of it. */
export class Bars {
  readonly root: HTMLElement;
  readonly #title = element("p", { className: "lstm-bars-title", id: uniqueId() });
  readonly #swatch = element("span", { className: "lstm-bars-swatch lstm-bars-warm" });
  readonly #key = element("span");
  readonly #legend: HTMLElement;
  readonly #list: HTMLElement;
  readonly #buttons = Array.from({ length: SHOWN }, () => element("button", { type: "button" }));
  readonly #rows: Row[] = [];
  readonly #rest = new Row();
  readonly #entropy = paragraph("lstm-bars-entropy");
  readonly #frame: Frame;
  #next: Next | null = null;

  /** @param choose takes the id of a row that is pressed */
  constructor(choose: (id: number) => void, signal: AbortSignal) {
    for (const button of this.#buttons) {
      const row = new Row(button);
      onPress(button, () => row.id !== null && choose(row.id), signal);
      this.#rows.push(row);
    }
    // A list without numbers is none to some screen readers.
    const named = { role: "list", "aria-labelledby": this.#title.id };
    const rows = [...this.#rows, this.#rest].map((row) => row.root);
    this.#list = element("ol", { className: "lstm-bars-list", ...named }, ...rows);
    const plain = element("span", { className: "lstm-bars-swatch lstm-bars-plain" });
    this.#legend = paragraph("lstm-bars-legend");
    this.#legend.append(plain, "at temperature 1 ", this.#swatch, this.#key);
    this.root = box("lstm-bars", this.#title, this.#legend, this.#list, this.#entropy);
    this.#frame = new Frame(() => this.#draw(), signal);
    this.#draw();
  }

  /** Whether a character can be chosen. */
  set choosable(is: boolean) {
    for (const button of this.#buttons) {
      enable(button, is);
      button.tabIndex = is ? 0 : -1;
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
    for (const part of [this.#legend, this.#list, this.#entropy]) part.hidden = !isKnown;
    if (next === null || next.logits === null) return;
    const { logits, vocabulary, temperature, topK, topP, chosen } = next;
    const plain = distribution(logits, 1);
    const warm = distribution(logits, temperature, topK, topP);
    // At temperature 1 without limits, there is one number and not two.
    const at = temperature === 1 && topK === null && topP === null ? null : settled(next);
    write(this.#key, at === null ? "" : `at ${at}`);
    this.#swatch.hidden = at === null;
    this.#list.classList.toggle("lstm-bars-alike", at === null);
    const second = at === null ? "" : `, ${warm.entropy.toFixed(2)} bits at ${at}`;
    write(this.#entropy, `Entropy: ${plain.entropy.toFixed(2)} bits at temperature 1${second}`);

    const named = Array.from(plain.ids.keys()).filter(
      (rank) => typeof vocabulary[plain.ids[rank] as number] === "string",
    );
    this.#rows.forEach((row, n) => {
      const rank = named[n];
      row.root.hidden = rank === undefined;
      row.id = rank === undefined ? null : (plain.ids[rank] as number);
      if (rank === undefined || row.id === null) return;
      const { seen, words } = forms(vocabulary[row.id]);
      row.draw(seen, words, shares(plain, warm, [rank]), at, row.id === chosen);
    });

    const others = named.slice(SHOWN);
    const isAmong = chosen !== null && others.some((rank) => plain.ids[rank] === chosen);
    const which = isAmong ? `, including ${quoted(vocabulary[chosen])}` : "";
    const name = `the other ${others.length.toLocaleString("en")}${which}`;
    this.#rest.root.hidden = others.length === 0;
    this.#rest.draw(name, name, shares(plain, warm, others), at, isAmong);
  }
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

/** One character, or the rest of them: its name, two bars and two numbers. */
class Row {
  readonly root: HTMLElement;
  id: number | null = null;
  readonly #name = element("bdi", { className: "lstm-bars-name" });
  readonly #plain = element("span", { className: "lstm-bars-plain" });
  readonly #warm = element("span", { className: "lstm-bars-warm" });
  readonly #numbers = element("span", { className: "lstm-bars-numbers" });
  /** All of it, to be heard. */
  readonly #spoken = element("span", { className: "lstm-unseen" });

  /** @param button lies behind the row and has its name */
  constructor(button?: HTMLButtonElement) {
    const track = element("span", { className: "lstm-bars-track" }, this.#plain, this.#warm);
    const parts = [this.#name, track, this.#numbers];
    for (const part of parts) part.setAttribute("aria-hidden", "true");
    button?.append(this.#spoken);
    this.root = element("li", { className: "lstm-bars-row" }, button ?? this.#spoken, ...parts);
  }

  draw(name: string, words: string, both: Both, at: string | null, isChosen: boolean): void {
    const { plain, warm } = both;
    write(this.#name, name);
    this.#plain.style.width = `${100 * plain}%`;
    this.#warm.style.width = `${100 * warm}%`;
    write(this.#numbers, at === null ? percent(plain) : `${percent(plain)} → ${percent(warm)}`);
    write(this.#spoken, `${words}, ${spoken(both, at)}${isChosen ? ", chosen" : ""}`);
    this.root.classList.toggle("lstm-bars-chosen", isChosen);
  }
}
