import { element } from "../dom/elements.ts";
import { onResize } from "../dom/events.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";
import { TextLayout } from "./text-layout.ts";

/** A label over a letter of a text, which stays as it is; near the end of a line the label begins further to the left. */
export class LetterLabel {
  readonly root: HTMLElement;
  readonly #layout: TextLayout;
  #index: number | null = null;

  constructor(
    private readonly page: TextArea,
    className: string,
    signal: AbortSignal,
  ) {
    this.root = element("span", {
      className: `lstm-letter-label ${className}`,
      "aria-hidden": "true",
    });
    this.#layout = new TextLayout(page);
    onResize([page.root], signal, () => this.#place()); // other lines
    page.root.addEventListener(REPLACED, () => this.hide(), { signal });
    signal.addEventListener("abort", () => this.hide());
  }

  /** @param index of the letter, counted from the first one of the seed */
  show(index: number, label: string): void {
    this.#index = index;
    this.root.dataset.label = label; // no text of the page, which can be copied
    this.page.flow.prepend(this.root); // first, as the end is where the text grows
    this.#place();
  }

  hide(): void {
    this.#index = null;
    this.root.remove();
  }

  #place(): void {
    const rect = this.#index === null ? null : this.#layout.rectOf(this.#index);
    if (rect === null) return;
    const { flow } = this.page;
    const frame = flow.getBoundingClientRect();
    const scale = frame.width / flow.offsetWidth || 1; // of a page that is shown larger or smaller
    const width = this.root.scrollWidth; // of the label: the root itself takes no room
    const left = Math.min((rect.left - frame.left) / scale, flow.offsetWidth - width);
    this.root.style.left = `${Math.max(left, 0)}px`;
    this.root.style.top = `${(rect.top - frame.top) / scale}px`;
  }
}
