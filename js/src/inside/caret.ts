import { on } from "../dom/events.ts";
import { Frame } from "../dom/frame.ts";
import { Layer } from "../sheet/highlights.ts";
import { isTyped } from "../sheet/selection.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";
import { TextLayout } from "./text-layout.ts";

/** Chooses a character of the text: by pointing at it, by a click, or by keys. */
export class Caret {
  /** Whether it follows the pointer without a click. */
  follows = true;
  #index: number | null = null;
  #isPinned = false;
  /** Where Up and Down go to in a line, in pixels. */
  #column: number | null = null;
  #pointer = { x: 0, y: 0 };
  /** Aborted when it rests. */
  #active: AbortController | null = null;
  readonly #layer = new Layer("lstm-caret", 2);
  readonly #layout: TextLayout;

  /** @param chosen takes what the reader chooses, and null when the choice is lost with its text */
  constructor(
    private readonly page: TextArea,
    private readonly chosen: (index: number | null) => void,
    private readonly signal: AbortSignal,
  ) {
    this.#layout = new TextLayout(page);
    signal.addEventListener("abort", () => (this.active = false));
  }

  get active(): boolean {
    return this.#active !== null;
  }

  /** At rest, it listens to nothing and has chosen nothing. */
  set active(is: boolean) {
    if (is === this.active || (is && this.signal.aborted)) return;
    if (!is) {
      this.clear();
      this.#active?.abort();
      this.#active = null;
      return;
    }
    this.#active = new AbortController();
    const { signal } = this.#active;
    const { root } = this.page;
    const frame = new Frame(() => this.#point(), signal);
    on(root, "pointermove", signal, (event) => {
      // A finger scrolls; with a button held down, the pointer selects.
      if (!this.follows || this.#isPinned) return;
      if (event.pointerType === "touch" || event.buttons !== 0) return;
      this.#pointer = { x: event.clientX, y: event.clientY };
      frame.ask();
    });
    on(root, "click", signal, (event) => this.#click(event));
    on(root, "keydown", signal, (event) => this.#press(event));
    root.addEventListener(REPLACED, () => this.#check(), { signal });
  }

  /** The character that is chosen, counted from the first one of the seed. */
  get index(): number | null {
    return this.#index;
  }

  /** Choose a character as a click does, and bring it into sight; null beyond the text and at rest. */
  set index(index: number | null) {
    const isThere = index !== null && this.active && index >= 0 && index < this.page.total;
    this.#column = null;
    this.#pin(isThere);
    this.#index = isThere ? index : null;
    this.#draw();
    if (this.#index !== null) this.#layout.reveal(this.#index);
  }

  /** Whether pointing at another character leaves the choice as it is. */
  get pinned(): boolean {
    return this.#isPinned;
  }

  /** Choose nothing. */
  clear(): void {
    this.index = null;
  }

  /** What is looked at stays where it is while the text grows. */
  #pin(is: boolean): void {
    this.#isPinned = is;
    this.page.still = is;
  }

  /** The reader chooses. */
  #choose(index: number | null): void {
    if (index === this.#index) return;
    this.#index = index;
    this.#draw();
    this.chosen(index);
  }

  #draw(): void {
    this.#layer.clear();
    if (this.#index !== null) this.#layer.add(this.page.range(this.#index, this.#index + 1));
  }

  /** Another text is there: the choice stays if there is such a character. */
  #check(): void {
    if (this.#index === null || this.#index < this.page.total) {
      this.#draw();
      return;
    }
    this.clear();
    this.chosen(null);
  }

  // By the pointer.

  #point(): void {
    if (this.#isPinned) return; // meanwhile
    const index = this.#layout.under(this.#pointer.x, this.#pointer.y);
    if (index !== null) this.#choose(index); // elsewhere, the last one stays: the way to what shows it is long
  }

  #click(event: MouseEvent): void {
    const tree = this.page.root.getRootNode() as Partial<Document>;
    const selection = tree.getSelection?.() ?? document.getSelection();
    if (selection !== null && !selection.isCollapsed) return; // that was selecting
    const index = this.#layout.under(event.clientX, event.clientY);
    const wasPinned = this.#isPinned;
    this.#column = null;
    this.#pin(index !== null);
    if (index === null) return;
    // Mostly the pointer has chosen it before: now the reader keeps it.
    if (index === this.#index && !wasPinned) this.chosen(index);
    else this.#choose(index);
  }

  // By keys.

  #press(event: KeyboardEvent): void {
    if (isTyped(event) || event.isComposing || event.shiftKey || event.altKey || event.metaKey)
      return;
    if (event.key === "Escape") {
      if (!this.#isPinned) return;
      this.clear();
      this.chosen(null);
    } else {
      const index = this.#goal(event.key, event.ctrlKey);
      if (index === null) return;
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") this.#column = null;
      this.#pin(true);
      this.#choose(index);
      this.#layout.reveal(index);
    }
    // Neither for the notebook, nor for what else is there in the widget.
    event.preventDefault();
    event.stopPropagation();
  }

  /** Where a key leads to; null if it is none of these keys, or there is no text. */
  #goal(key: string, control: boolean): number | null {
    const last = this.page.total - 1;
    if (last < 0) return null;
    if (control) return key === "Home" ? 0 : key === "End" ? last : null;
    const index = this.#index;
    const first = Math.min(this.page.seedLength, last);
    switch (key) {
      case "ArrowLeft":
        return index === null ? last : Math.max(index - 1, 0);
      case "ArrowRight":
        return index === null ? first : Math.min(index + 1, last);
      case "ArrowUp":
        return index === null ? last : this.#toLine(index, -1);
      case "ArrowDown":
        return index === null ? first : this.#toLine(index, 1);
      case "Home":
        return index === null ? first : this.#layout.lineEdge(index, -1);
      case "End":
        return index === null ? last : this.#layout.lineEdge(index, 1);
      default:
        return null;
    }
  }

  #toLine(index: number, step: 1 | -1): number {
    this.#column ??= this.#layout.columnOf(index);
    return this.#layout.nextLine(index, step, this.#column ?? 0);
  }
}
