import { element, uniqueId } from "../dom/elements.ts";

/** Characters per second to choose from; null: as fast as possible. */
const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, null];

/** From a slow typewriter to as fast as possible. */
export class SpeedSlider {
  readonly root: HTMLElement;
  readonly #slider: HTMLInputElement;
  readonly #told = element("span", { className: "lstm-told" });

  constructor(changed: (speed: number | null) => void, signal: AbortSignal) {
    const label = element("label", { textContent: "Speed", htmlFor: uniqueId() });
    this.#slider = element("input", { type: "range", id: label.htmlFor });
    this.#slider.min = "0";
    this.#slider.max = String(SPEEDS.length - 1);
    this.#told.ariaHidden = "true"; // the slider says it
    this.#slider.addEventListener(
      "input",
      () => {
        const speed = SPEEDS[this.#slider.valueAsNumber] ?? null;
        this.#tell(speed);
        changed(speed);
      },
      { signal },
    );
    this.root = element("div", { className: "lstm-number" }, label, this.#slider, this.#told);
  }

  /** Any speed; the slider then shows the nearest one of its own. */
  set value(speed: number | null) {
    const far = (one: number | null) =>
      one === speed ? 0 : one === null || speed === null ? 100 : Math.abs(Math.log(one / speed));
    const nearest = Math.min(...SPEEDS.map(far));
    this.#slider.value = String(SPEEDS.findIndex((one) => far(one) === nearest));
    this.#tell(speed);
  }

  #tell(speed: number | null): void {
    const number = speed?.toLocaleString("en", { maximumFractionDigits: 1 });
    const unit = number === "1" ? "character" : "characters";
    this.#told.textContent = number ? `${number} per second` : "as fast as possible";
    this.#slider.setAttribute(
      "aria-valuetext",
      number ? `${number} ${unit} per second` : "as fast as possible",
    );
  }
}
