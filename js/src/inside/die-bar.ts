import { buttonMaker } from "../dom/buttons.ts";
import { forms } from "../dom/characters.ts";
import { box, describe, element, hide, numberInput, paragraph, write } from "../dom/elements.ts";
import { on, onResize } from "../dom/events.ts";
import { Frame } from "../dom/frame.ts";
import { showHeat } from "../dom/heat.ts";
import { icon } from "../dom/icons.ts";
import { shortNumber } from "../dom/words.ts";
import type { Bounds } from "../kernel/protocol.ts";
import {
  dieText,
  type Looked,
  lookAt,
  outcomeOf,
  type Pointed,
  summaryOf,
  verdictOf,
} from "./choice-words.ts";
import { DieSegments } from "./die-segments.ts";

/** How many generated letters would be others at the temperature of the what-if, of all or of the last ones. */
interface Found {
  count: number;
  of: number;
  isLast?: boolean;
}

/** How one letter was chosen: the throw, the bar it fell on, and what it would be at another temperature. */
export class DieBar {
  readonly root: HTMLElement;
  readonly #bar = new DieSegments();
  // The bar says it, too.
  readonly #throw = element("span", { className: "lstm-throw", "aria-hidden": "true" });
  readonly #number = element("span");
  readonly #letter = element("bdi");
  readonly #die: HTMLElement;
  readonly #asking: HTMLElement;
  readonly #slider: HTMLInputElement;
  readonly #seen = element("span", { className: "lstm-value", "aria-hidden": "true" });
  readonly #reset: HTMLButtonElement;
  readonly #verdict = paragraph("lstm-verdict");
  readonly #frame: Frame;
  #pointed: Pointed | null = null;
  #isLive = false;
  #whatIf: number | null = null;
  #found: Found | null = null;

  /** @param set takes the temperature of the what-if; null: that of the text again */
  constructor(set: (temperature: number | null) => void, range: Bounds, signal: AbortSignal) {
    const change = (temperature: number | null) => {
      this.whatIf = temperature;
      set(temperature);
    };
    this.#throw.append(icon("die"), this.#number, this.#letter);
    const axis = box("lstm-die-axis", element("span", {}, "0"), element("span", {}, "1"));
    this.#die = box("lstm-die", box("lstm-die-top", this.#throw), this.#bar.root, axis);
    const { least, most, slider_most, step } = range;
    this.#slider = numberInput("range", least, slider_most ?? most, step);
    this.#slider.setAttribute("aria-label", "What if the temperature were");
    describe(this.#slider, this.#verdict);
    on(this.#slider, "input", signal, () => change(this.#slider.valueAsNumber));
    this.#reset = buttonMaker(signal)("as it was", () => change(null), "lstm-link");
    const name = element("span", { textContent: "What if", "aria-hidden": "true" });
    this.#asking = box("lstm-what-if", name, this.#slider, this.#seen, this.#reset);
    this.root = box("lstm-die-part", this.#die, this.#asking, this.#verdict);
    this.#frame = new Frame(() => this.#draw(), signal);
    onResize([this.#bar.root], signal, () => this.#frame.ask()); // what has room changes
    this.#draw();
  }

  /**
   * At the next animation frame; null: nothing.
   * @param isLive whether the next letter takes its place at once, so that there is nothing to ask
   */
  show(pointed: Pointed | null, isLive = false): void {
    this.#pointed = pointed;
    this.#isLive = isLive;
    this.#frame.ask();
  }

  /** The temperature of the what-if; null: the one that each letter was chosen with. */
  set whatIf(temperature: number | null) {
    this.#whatIf = temperature;
    this.#frame.ask();
  }

  set changed(found: Found | null) {
    this.#found = found;
    this.#frame.ask();
  }

  /** Frame the part of a letter; null: of none. */
  set framed(id: number | null) {
    this.#bar.framed = id;
  }

  /** What is shown, to be read out; empty if nothing is. */
  get summary(): string {
    const looked = this.#looked;
    return looked === null ? "" : summaryOf(looked);
  }

  get #looked(): Looked | null {
    return lookAt(this.#pointed, this.#isLive ? null : this.#whatIf);
  }

  #draw(): void {
    const looked = this.#looked;
    hide(this.root, looked === null || looked.choice.die === null);
    if (looked === null) return;
    const { choice, die, temperature, vocabulary, wouldBe } = looked;
    showHeat(this.root, temperature);
    hide(this.#throw, die === null);
    if (die !== null) {
      this.#throw.style.left = `${100 * die}%`;
      this.#throw.dataset.side = die > 0.8 ? "right" : die < 0.2 ? "left" : "";
      write(this.#number, `${dieText(die, 3)} →`);
      write(this.#letter, forms(vocabulary[wouldBe]).sign);
    }
    this.#bar.draw(looked);
    hide(this.#asking, this.#isLive || choice.die === null);
    this.#drawSlider(looked);
    write(this.#verdict, [verdictOf(looked), this.#told].filter(Boolean).join(" "));
  }

  /** What another temperature does to the text. */
  get #told(): string {
    if (this.#isLive || this.#whatIf === null || this.#found === null) return "";
    const { count, of, isLast } = this.#found;
    const all = `${count.toLocaleString("en")} of ${of.toLocaleString("en")} letters would differ`;
    return isLast ? `At the end of the text ${all}.` : `In the whole text ${all}.`;
  }

  #drawSlider(looked: Looked): void {
    const { temperature } = looked;
    // Not while it is dragged: a browser may round what it is set to.
    if (this.#slider.valueAsNumber !== temperature) this.#slider.value = String(temperature);
    const number = shortNumber(temperature);
    write(this.#seen, number);
    const isOwn = this.#whatIf === null;
    const result = isOwn ? "as it was" : looked.die === null ? "" : outcomeOf(looked);
    this.#slider.setAttribute("aria-valuetext", [number, result].filter(Boolean).join(", "));
    this.#reset.classList.toggle("lstm-off", isOwn);
  }
}
