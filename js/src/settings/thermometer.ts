import { box, element } from "../dom/elements.ts";
import { showHeat } from "../dom/heat.ts";
import { shortNumber } from "../dom/words.ts";
import type { Bounds, Change } from "../kernel/protocol.ts";
import { NumberField } from "./number-field.ts";

/** What the scale says at some temperatures, and in little room. */
const WORDS: readonly [temperature: number, words: string, short?: string][] = [
  [0, "always the likeliest", "likeliest"],
  [0.5, "careful"],
  [1, "as learnt"],
  [1.5, "wild"],
  [2, ""],
];
/** Changes that have a pin and an arrow: the last ones. */
const SHOWN = 3;
const SVG = "http://www.w3.org/2000/svg";

/** The temperature on a wide scale, with pins where the one of the text was before, and arrows from one to the next. */
export class Thermometer {
  readonly field: NumberField;
  readonly #pins = box("lstm-pins");
  readonly #arrows = document.createElementNS(SVG, "svg");
  readonly #most: number;

  constructor(range: Bounds, changed: (temperature: number) => void, signal: AbortSignal) {
    this.#most = range.slider_most ?? range.most;
    const set = (temperature: number) => {
      this.#show(temperature);
      changed(temperature);
    };
    this.field = new NumberField("Temperature", range, { whole: false }, set, signal);
    // Both are boxes of 200 x 17, as wide as the scale.
    this.#arrows.setAttribute("viewBox", "0 0 200 17");
    this.#arrows.setAttribute("preserveAspectRatio", "none");
    const mercury = box("lstm-mercury");
    const parts = [box("lstm-tube"), mercury, box("lstm-ruler"), this.#pins];
    const scale = box("lstm-scale", ...parts, ...WORDS.map((words) => this.#tick(...words)));
    scale.prepend(this.#arrows);
    scale.setAttribute("aria-hidden", "true"); // the slider says it
    this.root.classList.add("lstm-thermometer");
    this.root.prepend(scale);
  }

  get root(): HTMLElement {
    return this.field.root;
  }

  set value(temperature: number) {
    this.field.value = temperature;
    this.#show(temperature);
  }

  /** The temperatures that the text was written at, and where each began. */
  set changes(changes: readonly Change[]) {
    const last = changes.slice(-SHOWN);
    const pins = last.slice(0, -1).map(([position, temperature]) => {
      const pin = element("i", { className: "lstm-pin" });
      pin.title = `${shortNumber(temperature)} from character ${position + 1} on`;
      pin.style.left = this.#at(temperature);
      return pin;
    });
    const heads: HTMLElement[] = [];
    const paths = last.slice(1).map(([, to], n) => {
      const [, from] = last[n] as Change;
      const [a, b] = [from, to].map((one) => (200 * Math.min(one, this.#most)) / this.#most) as [
        number,
        number,
      ];
      const head = element("i", { className: `lstm-head ${b < a ? "lstm-cooler" : ""}` });
      head.style.left = this.#at(to);
      heads.push(head);
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", `M${a} 14Q${(a + b) / 2} 0 ${b} 11`);
      return path;
    });
    this.#pins.replaceChildren(...pins, ...heads);
    this.#arrows.replaceChildren(...paths);
  }

  #show(temperature: number): void {
    showHeat(this.root, temperature);
    this.root.style.setProperty(
      "--lstm-at",
      String(Math.min(temperature, this.#most) / this.#most),
    );
  }

  #at(temperature: number): string {
    return `${(100 * Math.min(temperature, this.#most)) / this.#most}%`;
  }

  #tick(temperature: number, words: string, short = words): HTMLElement {
    const number = element("strong", { textContent: String(temperature) });
    const long = element("span", { className: "lstm-long", textContent: words });
    const less = element("span", { className: "lstm-short", textContent: short });
    const edge = temperature === 0 ? " lstm-first" : temperature === this.#most ? " lstm-last" : "";
    const tick = box(`lstm-tick${edge}`, number, " ", long, less);
    tick.style.left = this.#at(temperature);
    return tick;
  }
}
