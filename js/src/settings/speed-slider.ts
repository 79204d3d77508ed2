import { box, element, labelFor, numberInput } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { showShare } from "../dom/slider.ts";

/** Characters per second to choose from; null: as fast as it goes. */
const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, null];

/** From a slow typewriter to as fast as it goes. */
export class SpeedSlider {
  readonly root: HTMLElement;
  readonly #slider = numberInput("range", 0, SPEEDS.length - 1, 1);
  // The slider says it, too.
  readonly #seen = element("span", { className: "lstm-value", "aria-hidden": "true" });

  constructor(changed: (speed: number | null) => void, signal: AbortSignal) {
    on(this.#slider, "input", signal, () => {
      const speed = SPEEDS[this.#slider.valueAsNumber] ?? null;
      this.#say(speed);
      changed(speed);
    });
    this.root = box("lstm-knob", labelFor(this.#slider, "Speed"), this.#slider, this.#seen);
  }

  /** Any speed; the slider then shows the nearest one of its own. */
  set value(speed: number | null) {
    const far = (one: number | null) =>
      one === speed ? 0 : one === null || speed === null ? 100 : Math.abs(Math.log(one / speed));
    const nearest = Math.min(...SPEEDS.map(far));
    this.#slider.value = String(SPEEDS.findIndex((one) => far(one) === nearest));
    this.#say(speed);
  }

  #say(speed: number | null): void {
    showShare(this.#slider);
    const number = speed?.toLocaleString("en", { maximumFractionDigits: 1 });
    const unit = number === "1" ? "character" : "characters";
    const fastest = "as fast as it goes";
    const long = element("span", { className: "lstm-roomy" }, number ? " per second" : fastest);
    const short = element("span", { className: "lstm-terse" }, number ? " /s" : "fastest");
    this.#seen.replaceChildren(number ?? "", long, short);
    const spoken = number ? `${number} ${unit} per second` : fastest;
    this.#slider.setAttribute("aria-valuetext", spoken);
  }
}
