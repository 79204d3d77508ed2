import { Frame } from "../dom/frame.ts";
import { Layer } from "../sheet/highlights.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";

/** Characters that Up and Down move by where nothing is laid out. */
const JUMP = 20;

/** Chooses a character of the text: by pointing at it, by a click, or by keys. */
export class Caret {
  #index: number | null = null;
  #isPinned = false;
  /** Where Up and Down go to in a line, in pixels. */
  #column: number | null = null;
  #pointer = { x: 0, y: 0 };
  /** Aborted when it rests. */
  #active: AbortController | null = null;
  readonly #layer = new Layer("lstm-caret", 2);

  /** @param chosen told of what the reader chooses, and of a choice that is lost with its text */
  constructor(
    private readonly page: TextArea,
    private readonly chosen: (index: number | null) => void,
    private readonly signal: AbortSignal,
  ) {
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
    const moved = (event: PointerEvent) => {
      // A finger scrolls; with a button held down, the pointer selects.
      if (this.#isPinned || event.pointerType === "touch" || event.buttons !== 0) return;
      this.#pointer = { x: event.clientX, y: event.clientY };
      frame.ask();
    };
    root.addEventListener("pointermove", moved, { signal });
    root.addEventListener("click", (event) => this.#click(event), { signal });
    root.addEventListener("keydown", (event) => this.#press(event), { signal });
    root.addEventListener(REPLACED, () => this.#check(), { signal });
  }

  /** The character that is chosen, counted from the first one of the seed. */
  get index(): number | null {
    return this.#index;
  }

  /** Choose a character as a click does, and bring it into sight; null beyond the text and at rest. */
  set index(index: number | null) {
    const isThere = index !== null && this.active && index >= 0 && index < this.#length;
    this.#column = null;
    this.#isPinned = isThere;
    this.#index = isThere ? index : null;
    this.#draw();
    this.#reveal();
  }

  /** Whether pointing at another character leaves the choice as it is. */
  get pinned(): boolean {
    return this.#isPinned;
  }

  /** Choose nothing. */
  clear(): void {
    this.index = null;
  }

  get #length(): number {
    return this.page.seedLength + this.page.length;
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
    if (this.#index === null || this.#index < this.#length) {
      this.#draw();
      return;
    }
    this.clear();
    this.chosen(null);
  }

  // By the pointer.

  #point(): void {
    if (this.#isPinned) return; // meanwhile
    const index = this.#under(this.#pointer.x, this.#pointer.y);
    if (index !== null) this.#choose(index); // elsewhere, the last one stays: the way to what shows it is long
  }

  #click(event: MouseEvent): void {
    const tree = this.page.root.getRootNode() as Partial<Document>;
    const selection = tree.getSelection?.() ?? document.getSelection();
    if (selection !== null && !selection.isCollapsed) return; // that was selecting
    const index = this.#under(event.clientX, event.clientY);
    this.#column = null;
    this.#isPinned = index !== null;
    if (index !== null) this.#choose(index);
  }

  /** The character under a point of the window. */
  #under(x: number, y: number): number | null {
    const place = placeAt(x, y, this.page.root);
    if (place === null || !this.page.root.contains(place.node)) return null;
    // That is the nearest gap between two characters, and the one on either side may be meant.
    const after = this.page.indexAt(place.node, place.offset) ?? this.#length;
    const isIn = (rect: DOMRect | null) =>
      rect !== null &&
      Math.abs(y - middle(rect)) <= rect.height &&
      x >= rect.left &&
      x <= rect.right;
    if (after < this.#length && isIn(this.#rect(after))) return after;
    if (after > 0 && isIn(this.#rect(after - 1))) return after - 1;
    // A line end has no width: it is what comes behind its line.
    const rect = after < this.#length && this.#isLineEnd(after) ? this.#rect(after) : null;
    return rect !== null && Math.abs(y - middle(rect)) <= rect.height && x >= rect.left
      ? after
      : null;
  }

  // By keys.

  #press(event: KeyboardEvent): void {
    if (event.isComposing || event.shiftKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") {
      if (!this.#isPinned) return;
      this.clear();
      this.chosen(null);
    } else {
      const index = this.#goal(event.key, event.ctrlKey);
      if (index === null) return;
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") this.#column = null;
      this.#isPinned = true;
      this.#choose(index);
      this.#reveal();
    }
    // Neither for the notebook, nor for what else is there in the widget.
    event.preventDefault();
    event.stopPropagation();
  }

  /** Where a key leads to; null if it is none of these keys, or there is no text. */
  #goal(key: string, control: boolean): number | null {
    const last = this.#length - 1;
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
        return index === null ? last : this.#nextLine(index, -1);
      case "ArrowDown":
        return index === null ? first : this.#nextLine(index, 1);
      case "Home":
        return index === null ? first : this.#lineEdge(index, -1);
      case "End":
        return index === null ? last : this.#lineEdge(index, 1);
      default:
        return null;
    }
  }

  /** The character below or above; in the last and first line, the same one. */
  #nextLine(index: number, step: 1 | -1): number {
    const start = this.#rect(index);
    if (start === null) return Math.min(Math.max(index + step * JUMP, 0), this.#length - 1);
    this.#column ??= centre(start);
    let line: DOMRect | null = null;
    let nearest = index;
    let shortest = Number.POSITIVE_INFINITY;
    for (let next = index + step; next >= 0 && next < this.#length; next += step) {
      const rect = this.#rect(next);
      if (rect === null || (line === null && inLine(rect, start))) continue;
      line ??= rect;
      if (!inLine(rect, line)) break;
      const distance = Math.abs(centre(rect) - this.#column);
      if (distance < shortest) [nearest, shortest] = [next, distance];
    }
    return nearest;
  }

  /** The first or last character of the line. */
  #lineEdge(index: number, step: 1 | -1): number {
    const start = this.#rect(index);
    let edge = index;
    for (let next = index + step; next >= 0 && next < this.#length; next += step) {
      const rect = start && this.#rect(next);
      if (start && rect ? !inLine(rect, start) : this.#isLineEnd(step < 0 ? next : edge)) break;
      edge = next;
    }
    return edge;
  }

  #isLineEnd(index: number): boolean {
    return this.page.range(index, index + 1).toString() === "\n";
  }

  // On the screen.

  /** Where a character is; null if nothing is laid out. */
  #rect(index: number): DOMRect | null {
    if (this.page.root.clientWidth === 0) return null;
    const rects = Array.from(this.page.range(index, index + 1).getClientRects());
    // At the beginning of a line, a browser may add the end of the line before, without a width.
    return rects.find(({ width }) => width > 0) ?? rects.at(-1) ?? null;
  }

  /** Scroll the choice into sight, and the line beside it. */
  #reveal(): void {
    const rect = this.#index === null ? null : this.#rect(this.#index);
    if (rect === null) return;
    const { root } = this.page;
    const top = root.getBoundingClientRect().top + root.clientTop;
    const above = rect.top - rect.height - top;
    const below = rect.bottom + rect.height - top - root.clientHeight;
    if (above < 0) root.scrollTop += above;
    else if (below > 0) root.scrollTop += below;
  }
}

/** The place in the text nearest to a point of the window. */
function placeAt(x: number, y: number, root: HTMLElement): { node: Node; offset: number } | null {
  const tree = root.getRootNode();
  const shadowRoots = tree instanceof ShadowRoot ? [tree] : [];
  const older: Partial<Pick<Document, "caretPositionFromPoint" | "caretRangeFromPoint">> = document;
  if (older.caretPositionFromPoint) {
    const position = document.caretPositionFromPoint(x, y, { shadowRoots });
    return position && { node: position.offsetNode, offset: position.offset };
  }
  const range = older.caretRangeFromPoint ? document.caretRangeFromPoint(x, y) : null;
  return range && { node: range.startContainer, offset: range.startOffset };
}

function centre({ left, right }: DOMRect): number {
  return (left + right) / 2;
}

function middle({ top, bottom }: DOMRect): number {
  return (top + bottom) / 2;
}

/** Whether two characters stand in one line, which may be of different heights. */
function inLine(one: DOMRect, other: DOMRect): boolean {
  return Math.abs(middle(one) - middle(other)) < Math.max(one.height, other.height) / 2;
}
