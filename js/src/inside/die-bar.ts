import { buttonMaker, enable } from "../dom/buttons.ts";
import {
  box,
  describe,
  element,
  labelFor,
  numberInput,
  paragraph,
  write,
} from "../dom/elements.ts";
import { on, onResize } from "../dom/events.ts";
import { Frame } from "../dom/frame.ts";
import { count, shortNumber } from "../dom/words.ts";
import type { Bounds } from "../kernel/protocol.ts";
import {
  factsOf,
  type Looked,
  lookAt,
  outcomeOf,
  type Pointed,
  summaryOf,
  titleOf,
  verdictOf,
} from "./choice-words.ts";
import { DieSegments } from "./die-segments.ts";

const HINT = "Point at a character of the text, or move the caret to it, to see how it was chosen.";

/** How one character was chosen: the bar, the die on it, and what it would be at another temperature. */
export class DieBar {
  readonly root: HTMLElement;
  readonly #title = paragraph("lstm-die-title");
  readonly #bar = new DieSegments();
  readonly #facts = element("dl", { className: "lstm-die-facts" });
  readonly #verdict = paragraph("lstm-die-verdict");
  readonly #slider: HTMLInputElement;
  // The slider says it, too.
  readonly #seen = element("span", { className: "lstm-value", "aria-hidden": "true" });
  readonly #reset: HTMLButtonElement;
  readonly #changed = element("p", { className: "lstm-die-changed", hidden: true });
  readonly #frame: Frame;
  #pointed: Pointed | null = null;
  #whatIf: number | null = null;
  #own = 1;

  /** @param set takes the temperature of the what-if; null: that of the text again */
  constructor(set: (temperature: number | null) => void, range: Bounds, signal: AbortSignal) {
    const change = (temperature: number | null) => {
      this.whatIf = temperature;
      set(temperature);
    };
    const { least, most, slider_most, step } = range;
    this.#slider = numberInput("range", least, slider_most ?? most, step);
    describe(this.#slider, this.#changed);
    on(this.#slider, "input", signal, () => change(this.#slider.valueAsNumber));
    this.#reset = buttonMaker(signal)("Reset", () => this.#whatIf !== null && change(null));
    this.#reset.setAttribute("aria-label", "Reset to the temperature of the text");
    const label = labelFor(this.#slider, "What if the temperature were");
    const whatIf = box("lstm-number lstm-die-if", label, this.#slider, this.#seen, this.#reset);
    const parts = [this.#title, this.#bar.root, this.#facts, whatIf, this.#verdict, this.#changed];
    this.root = box("lstm-die", ...parts);
    this.#frame = new Frame(() => this.#draw(), signal);
    onResize([this.#bar.root], signal, () => this.#frame.ask()); // what has room changes
    this.#draw();
  }

  /** At the next animation frame; null if no character is pointed at. */
  show(pointed: Pointed | null): void {
    this.#pointed = pointed;
    this.#frame.ask();
  }

  /** The temperature of the what-if; null: the one that each character was chosen with. */
  set whatIf(temperature: number | null) {
    this.#whatIf = temperature;
    this.#frame.ask();
  }

  /** The temperature of the text, for as long as no character is pointed at. */
  set own(temperature: number) {
    this.#own = temperature;
    this.#frame.ask();
  }

  /**
   * How many generated characters would be others at the temperature of the what-if, of all or of the last ones;
   * null if there is none.
   */
  set changed(found: { count: number; of: number; isLast?: boolean } | null) {
    this.#changed.hidden = found === null;
    if (found === null) return;
    const number = found.count.toLocaleString("en");
    const all = `${found.isLast ? "the last " : ""}${count(found.of, "character")}`;
    write(
      this.#changed,
      `At this temperature ${number} of ${all} would have come out differently.`,
    );
  }

  /** What is shown, to be read out; empty if nothing is. */
  get summary(): string {
    const looked = lookAt(this.#pointed, this.#whatIf);
    return looked === null ? "" : summaryOf(looked);
  }

  #draw(): void {
    const looked = lookAt(this.#pointed, this.#whatIf);
    for (const part of [this.#bar.root, this.#facts, this.#verdict]) part.hidden = looked === null;
    this.#drawSlider(looked);
    write(this.#title, looked === null ? HINT : titleOf(looked));
    if (looked === null) return;
    this.#drawFacts(Object.entries(factsOf(looked)));
    write(this.#verdict, verdictOf(looked));
    this.#bar.draw(looked);
  }

  #drawFacts(facts: [name: string, value: string][]): void {
    if (facts.flat().join("") === this.#facts.textContent) return; // somebody may be copying it
    const entries = facts.map(([name, value]) =>
      box("", element("dt", { textContent: name }), element("dd", { textContent: value })),
    );
    this.#facts.replaceChildren(...entries);
  }

  #drawSlider(looked: Looked | null): void {
    const own = looked === null ? this.#own : (looked.choice.temperature ?? 1);
    const temperature = this.#whatIf ?? own;
    // Not while it is dragged: a browser may round what it is set to.
    if (this.#slider.valueAsNumber !== temperature) this.#slider.value = String(temperature);
    const number = shortNumber(temperature);
    const isOwn = this.#whatIf === null;
    write(this.#seen, isOwn ? `${number}, as it was` : number);
    const hasDie = looked !== null && looked.die !== null;
    const result = isOwn ? "as it was" : hasDie ? outcomeOf(looked) : "";
    this.#slider.setAttribute("aria-valuetext", [number, result].filter(Boolean).join(", "));
    enable(this.#reset, !isOwn);
  }
}
