import { box, element, write } from "../dom/elements.ts";
import { bits } from "../dom/words.ts";

/** What a full meter means, in all lanes: else they could not be compared. */
const FULL = 4; // bits

/** How many bits each character of a lane takes, on the average. */
export class LaneMeter {
  readonly #bar = element("i");
  readonly #figure = element("b");
  readonly root = box(
    "lstm-lane-meter",
    box("lstm-lane-track", this.#bar),
    element("span", {}, this.#figure, " bits per character"),
  );

  /** @param mean null as long as there is none */
  show(mean: number | null): void {
    this.root.classList.toggle("lstm-off", mean === null);
    write(this.#figure, mean === null ? "" : bits(mean));
    this.#bar.style.width = `${(100 * Math.min(mean ?? 0, FULL)) / FULL}%`;
  }
}
