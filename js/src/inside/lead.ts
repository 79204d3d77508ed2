import { element, hide } from "../dom/elements.ts";
import { on, onResize } from "../dom/events.ts";
import { Frame } from "../dom/frame.ts";
import type { TextArea } from "../sheet/text-area.ts";
import { TextLayout } from "./text-layout.ts";

/** Pixels between a line and what hangs under it, and above the line that is explained there. */
const GAP = 9;
const ABOVE = 66;

/** Ties a letter to its explanation: a dotted line to the margin or, where that hangs under the line, its nose. */
export class Lead {
  readonly #line = element("span", { className: "lstm-lead", "aria-hidden": "true" });
  readonly #nose = element("span", { className: "lstm-nose", "aria-hidden": "true" });
  readonly #layout: TextLayout;
  #index: number | null = null;
  #isSlip = false;

  constructor(
    private readonly margin: HTMLElement,
    private readonly page: TextArea,
    signal: AbortSignal,
  ) {
    this.#layout = new TextLayout(page);
    margin.append(this.#line, this.#nose);
    const frame = new Frame(() => this.#place(), signal);
    on(page.root, "scroll", signal, () => frame.ask());
    onResize([page.root, margin], signal, () => frame.ask());
    this.#place();
  }

  /** @param isSlip whether the explanation hangs under the line */
  show(index: number | null, isSlip: boolean): void {
    const isNew = index !== this.#index || isSlip !== this.#isSlip;
    this.#index = index;
    this.#isSlip = isSlip;
    this.page.root.classList.toggle("lstm-slipped", isSlip && index !== null);
    if (isNew && isSlip && index !== null) this.#scroll(index);
    this.#place();
  }

  /** Bring the line to the third place, with room below. */
  #scroll(index: number): void {
    const rect = this.#layout.rectOf(index);
    const { root } = this.page;
    if (rect !== null) root.scrollTop += rect.top - root.getBoundingClientRect().top - ABOVE;
  }

  #place(): void {
    const rect = this.#index === null ? null : this.#layout.rectOf(this.#index);
    const isSeen = rect !== null && this.#isInSight(rect);
    hide(this.#nose, !isSeen);
    hide(this.#line, !isSeen || this.#isSlip);
    if (rect === null || this.#index === null || !isSeen) return;
    const ground = (this.#nose.offsetParent ?? this.margin).getBoundingClientRect();
    const middle = (rect.left + rect.right) / 2;
    if (this.#isSlip) {
      const under = rect.bottom - ground.top + GAP;
      this.margin.style.setProperty("--lstm-under", `${under}px`);
      Object.assign(this.#nose.style, {
        left: `${middle - ground.left - 6}px`,
        top: `${under - 5.5}px`,
      });
      return;
    }
    const y = (rect.top + rect.bottom) / 2 - ground.top;
    const last = this.#layout.rectOf(this.#layout.lineEdge(this.#index, 1)) ?? rect;
    const length = Math.max(0, ground.left - last.right - 18);
    Object.assign(this.#nose.style, { left: "-6px", top: `${y - 6}px` });
    Object.assign(this.#line.style, { width: `${length}px`, top: `${y}px` });
  }

  #isInSight({ top, bottom }: DOMRect): boolean {
    const seen = this.page.root.getBoundingClientRect();
    return bottom > seen.top && top < seen.bottom;
  }
}
