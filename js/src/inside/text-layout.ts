import type { TextArea } from "../sheet/text-area.ts";

/** Characters that a line counts for where nothing is laid out. */
const USUAL_LINE = 20;

/** Where the characters of a text are on the screen. */
export class TextLayout {
  constructor(private readonly page: TextArea) {}

  /** The character under a point of the window. */
  under(x: number, y: number): number | null {
    const place = placeAt(x, y, this.page.root);
    if (place === null || !this.page.root.contains(place.node)) return null;
    // That is the nearest gap between two characters, and the one on either side may be meant.
    const after = this.page.indexAt(place.node, place.offset) ?? this.page.total;
    const isBehind = (rect: DOMRect | null) =>
      rect !== null && Math.abs(y - middle(rect)) <= rect.height && x >= rect.left;
    for (const index of [after, after - 1]) {
      const rect = this.rectOf(index);
      if (rect !== null && isBehind(rect) && x <= rect.right) return index;
    }
    // A line end has no width: it is what comes behind its line.
    return this.#isLineEnd(after) && isBehind(this.rectOf(after)) ? after : null;
  }

  /**
   * The character below or above; in the last and first line, the same one.
   * @param column where it is to be in its line, in pixels from the left
   */
  nextLine(index: number, step: 1 | -1, column: number): number {
    const start = this.rectOf(index);
    if (start === null) {
      return Math.min(Math.max(index + step * USUAL_LINE, 0), this.page.total - 1);
    }
    let line: DOMRect | null = null;
    let nearest = index;
    let shortest = Number.POSITIVE_INFINITY;
    for (let next = index + step; next >= 0 && next < this.page.total; next += step) {
      const rect = this.rectOf(next);
      if (rect === null || (line === null && inLine(rect, start))) continue;
      line ??= rect;
      if (!inLine(rect, line)) break;
      const distance = Math.abs(centre(rect) - column);
      if (distance < shortest) [nearest, shortest] = [next, distance];
    }
    return nearest;
  }

  /** The first or last character of the line. */
  lineEdge(index: number, step: 1 | -1): number {
    const start = this.rectOf(index);
    let edge = index;
    for (let next = index + step; next >= 0 && next < this.page.total; next += step) {
      const rect = start && this.rectOf(next);
      if (start && rect ? !inLine(rect, start) : this.#isLineEnd(step < 0 ? next : edge)) break;
      edge = next;
    }
    return edge;
  }

  #isLineEnd(index: number): boolean {
    return this.page.range(index, index + 1).toString() === "\n";
  }

  /** Where a character is on the screen; null if there is none, or nothing is laid out. */
  rectOf(index: number): DOMRect | null {
    if (this.page.root.clientWidth === 0 || index < 0 || index >= this.page.total) return null;
    const rects = Array.from(this.page.range(index, index + 1).getClientRects());
    // At the beginning of a line, a browser may add the end of the line before, without a width.
    return rects.find(({ width }) => width > 0) ?? rects.at(-1) ?? null;
  }

  /** The middle of a character, in pixels from the left; null if nothing is laid out. */
  columnOf(index: number): number | null {
    const rect = this.rectOf(index);
    return rect && centre(rect);
  }

  /** Scroll a character into sight, and the line beside it. */
  reveal(index: number): void {
    const rect = this.rectOf(index);
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

/** Whether two characters are in one line, which may be of different heights. */
function inLine(one: DOMRect, other: DOMRect): boolean {
  return Math.abs(middle(one) - middle(other)) < Math.max(one.height, other.height) / 2;
}
