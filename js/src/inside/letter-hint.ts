import { Layer } from "../sheet/highlights.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";
import { LetterLabel } from "./letter-label.ts";

const HINT = "Point at a letter to see why it came";
/** Letters from the end, about: the last line is in sight, and its label has room. */
const FROM_THE_END = 24;

/** Points at a letter near the end of a text, until somebody has looked at one. */
export class LetterHint {
  readonly #label: LetterLabel;
  readonly #layer = new Layer("lstm-hinted");
  #index: number | null = null;

  constructor(
    private readonly page: TextArea,
    signal: AbortSignal,
  ) {
    this.#label = new LetterLabel(page, "lstm-letter-hint", signal);
    this.#label.root.setAttribute("aria-hidden", "true"); // it is said above the text, too
    page.root.addEventListener(REPLACED, () => this.#hide(), { signal });
    signal.addEventListener("abort", () => this.#hide());
  }

  /** Whether the hint is due. */
  set due(is: boolean) {
    if (is === (this.#index !== null)) return;
    if (!is) {
      this.#hide();
      return;
    }
    const index = this.#letter();
    if (index === null) return;
    this.#index = index;
    this.#layer.add(this.page.range(index, index + 1));
    this.#label.show(index, HINT);
  }

  #hide(): void {
    this.#index = null;
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
