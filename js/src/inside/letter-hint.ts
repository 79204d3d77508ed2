import { Layer } from "../sheet/highlights.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";
import type { Room } from "./choice-panel.ts";
import { LetterLabel } from "./letter-label.ts";

/** What there is to do with a text; where a letter is explained under its line, pointing would have all of it jump. */
export function hintFor(room: Room): string {
  return `${room === "wide" ? "Point at" : "Click"} a letter to see why it came`;
}

/** Letters from the end, about: the last line is in sight, and its label has room. */
const FROM_THE_END = 24;

/** Points at a letter near the end of a text, until somebody has looked at one. */
export class LetterHint {
  readonly #label: LetterLabel;
  readonly #layer = new Layer("lstm-hinted");
  #said: string | null = null;

  constructor(
    private readonly page: TextArea,
    signal: AbortSignal,
  ) {
    this.#label = new LetterLabel(page, "lstm-letter-hint", signal);
    this.#label.root.setAttribute("aria-hidden", "true"); // it is said above the text, too
    page.root.addEventListener(REPLACED, () => this.#hide(), { signal });
    signal.addEventListener("abort", () => this.#hide());
  }

  /** @param hint what is said; null while it is not due */
  show(hint: string | null): void {
    if (hint === this.#said) return;
    this.#hide();
    const index = hint === null ? null : this.#letter();
    if (hint === null || index === null) return;
    this.#said = hint;
    this.#layer.add(this.page.range(index, index + 1));
    this.#label.show(index, hint);
  }

  #hide(): void {
    this.#said = null;
    this.#layer.clear();
    this.#label.hide();
  }

  /** The first letter of the end of the text; null if it has none. */
  #letter(): number | null {
    const { seedLength, total } = this.page;
    const from = Math.max(seedLength, total - FROM_THE_END);
    const end = Array.from(this.page.range(from, total).toString());
    const n = end.findIndex((character) => /\p{L}/u.test(character));
    return n < 0 ? null : from + n;
  }
}
