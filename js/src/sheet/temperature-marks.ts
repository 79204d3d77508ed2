import { element } from "../dom/elements.ts";
import { showHeat } from "../dom/heat.ts";
import { shortNumber } from "../dom/words.ts";
import { at, lastUpTo } from "./positions.ts";
import type { Marked } from "./ribbon.ts";

/** A change of temperature, and its mark while there is one in the text. */
interface Change {
  readonly position: number;
  temperature: number;
  mark: HTMLElement | null;
}

/** Characters between two marks, below which the first shows no number: a slider that is dragged sets many. */
const ROOM = 8;

/** The marks in a text where the temperature changes; of several changes before a character, the last one counts. */
export class TemperatureMarks {
  #changes: Change[] = [];

  /**
   * @param length of the text that is shown
   * @param nodeFrom the text node that begins with a character, which is shown
   * @param drawn called when other marks are there
   */
  constructor(
    private readonly length: () => number,
    private readonly nodeFrom: (position: number) => Text,
    private readonly drawn: () => void = () => undefined,
  ) {}

  /** The marks in the text, in order. */
  get marked(): Marked[] {
    return this.#changes.flatMap(({ mark, temperature }) => (mark ? [{ mark, temperature }] : []));
  }

  /** All changes, in order. */
  get all(): [position: number, temperature: number][] {
    return this.#changes.map(({ position, temperature }) => [position, temperature]);
  }

  /** The temperature that counts last. */
  get last(): number | null {
    return this.#changes.at(-1)?.temperature ?? null;
  }

  clear(): void {
    this.#changes = [];
  }

  /** Keep a change; returns its index. */
  note(position: number, temperature: number): number {
    const index = lastUpTo(this.#changes, position);
    const change = this.#changes[index];
    if (change?.position === position) {
      change.temperature = temperature;
      return index;
    }
    this.#changes.splice(index + 1, 0, { position, temperature, mark: null });
    return index + 1;
  }

  /** The text has grown from this length on. */
  grew(before: number): void {
    let index = lastUpTo(this.#changes, this.length() - 1);
    for (; (this.#changes[index]?.position ?? -1) >= before; index -= 1) this.draw(index);
  }

  /** Draw the mark of a change, or take it away; and those around it, which depend on it. */
  draw(index: number): void {
    this.drawn();
    let after = index + 2;
    while (this.#changes[after]?.mark === null) after += 1;
    let next = this.#changes[after]?.position ?? Number.POSITIVE_INFINITY;
    for (let drawn = Math.min(index + 1, this.#changes.length - 1); drawn >= 0; drawn -= 1) {
      const change = at(this.#changes, drawn);
      const { position, temperature } = change;
      if (position < this.length() && temperature !== this.#changes[drawn - 1]?.temperature) {
        change.mark ??= this.#add(position);
        const short = shortNumber(temperature);
        if (change.mark.dataset.temperature !== short) {
          change.mark.dataset.temperature = short;
          change.mark.title = `Temperature ${short} from here`;
          change.mark.setAttribute("aria-label", change.mark.title);
          showHeat(change.mark, temperature);
        }
        // What comes first has no flag: the ribbon, or the lane, says it.
        change.mark.classList.toggle("lstm-mark-first", position === 0);
        change.mark.classList.toggle("lstm-mark-passing", next - position < ROOM);
        if (drawn < index) return; // no mark before this one depends on it
        next = position;
      } else {
        change.mark?.remove();
        change.mark = null;
      }
    }
  }

  #add(position: number): HTMLElement {
    const mark = element("span", { className: "lstm-mark", role: "img" });
    this.nodeFrom(position).before(mark);
    return mark;
  }
}
