import { element } from "../dom/elements.ts";
import { onResize } from "../dom/events.ts";
import type { TextArea } from "../sheet/text-area.ts";

/**
 * Marks where the text of a lane departs from that of its neighbour. It lies over the text, where the
 * browser has put the character: the text itself stays as it is, and so does what is selected.
 */
export class DepartureMark {
  readonly #mark = element("span", { className: "lstm-departure", role: "img" });
  #range: Range | null = null;

  constructor(
    private readonly page: TextArea,
    signal: AbortSignal,
  ) {
    onResize([page.root], signal, () => this.#draw()); // other lines
  }

  set name(name: string) {
    this.#mark.title = name;
    this.#mark.setAttribute("aria-label", name);
  }

  /** Mark a character that is shown, counted from the first that was generated. */
  show(position: number): void {
    const index = this.page.seedLength + position;
    this.#range = this.page.range(index, index + 1);
    this.page.root.prepend(this.#mark); // first, as the end is where the text grows
    this.#draw();
  }

  hide(): void {
    this.#range = null;
    this.#mark.remove();
  }

  #draw(): void {
    const { root } = this.page;
    if (this.#range === null || root.clientWidth === 0) return;
    const box = this.#range.getClientRects()[0];
    if (box === undefined) return;
    const frame = root.getBoundingClientRect();
    const scale = frame.width / root.offsetWidth || 1; // of a page that is shown larger or smaller
    const left = (box.left - frame.left) / scale - root.clientLeft + root.scrollLeft;
    const top = (box.top - frame.top) / scale - root.clientTop + root.scrollTop;
    this.#mark.style.left = `${left}px`;
    this.#mark.style.top = `${top}px`;
    this.#mark.style.height = `${box.height / scale}px`;
  }
}
