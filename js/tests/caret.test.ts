import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Caret } from "../src/inside/caret.ts";
import { TextArea } from "../src/sheet/text-area.ts";
import { covered, stubHighlights } from "./highlighting.ts";

/** Pixels: jsdom lays nothing out, so a grid of characters is assumed here. */
const LINE = 20;
const WIDTH = 10;
/** Characters in a line. */
const WIDE = 10;
const VISIBLE = 100;

let controller: AbortController;
let page: TextArea;
let caret: Caret;
let chosen: (number | null)[];
let width: number;
let scrolled: number;

beforeEach(() => {
  vi.useFakeTimers();
  stubHighlights();
  controller = new AbortController();
  page = new TextArea(controller.signal);
  document.body.append(page.root);
  chosen = [];
  caret = new Caret(page, (index) => chosen.push(index), controller.signal);
  caret.active = true;
  layOut();
});

afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
  getSelection()?.removeAllRanges();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  Reflect.deleteProperty(document, "caretPositionFromPoint");
  Reflect.deleteProperty(document, "caretRangeFromPoint");
});

interface Cell {
  node: Text;
  offset: number;
  column: number;
  line: number;
}

/** The characters, each with its place in the grid. */
function grid(): Cell[] {
  const cells: Cell[] = [];
  const walker = document.createTreeWalker(page.root, NodeFilter.SHOW_TEXT);
  let [column, line] = [0, 0];
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    let offset = 0;
    for (const character of node.data) {
      if (column === WIDE && character !== "\n") [column, line] = [0, line + 1];
      cells.push({ node, offset, column, line });
      offset += character.length;
      column += 1;
      if (character === "\n") [column, line] = [0, line + 1];
    }
  }
  return cells;
}

/** A window in which the text is laid out as a grid; the page is at its top left. */
function layOut(): void {
  [width, scrolled] = [WIDE * WIDTH, 0];
  Object.defineProperties(page.root, {
    clientWidth: { get: () => width },
    clientHeight: { get: () => VISIBLE },
    scrollTop: { get: () => scrolled, set: (value: number) => (scrolled = Math.max(0, value)) },
  });
  const getClientRects = function (this: Range) {
    const found = grid().find(({ node, offset }) => {
      return node === this.startContainer && offset === this.startOffset;
    });
    if (found === undefined) return [];
    const { node, offset, column, line } = found;
    const isLineEnd = node.data[offset] === "\n";
    const y = line * LINE - scrolled + 2; // the letters are not as high as the line
    const rect = new DOMRect(column * WIDTH, y, isLineEnd ? 0 : WIDTH, LINE - 4);
    // As browsers do at the beginning of a line.
    return column === 0 && line > 0
      ? [new DOMRect(WIDE * WIDTH, y - LINE, 0, LINE - 4), rect]
      : [rect];
  };
  Object.assign(Range.prototype, { getClientRects });
  Object.assign(document, {
    caretPositionFromPoint: (x: number, y: number) => {
      const place = gap(x, y);
      return place && { offsetNode: place.node, offset: place.offset };
    },
  });
}

/** The gap between two characters that is nearest to a point; outside of the page, one of its parent. */
function gap(x: number, y: number): { node: Node; offset: number } {
  if (x < 0 || y < 0 || y > VISIBLE) return { node: document.body, offset: 0 };
  const cells = grid();
  const last = cells.at(-1);
  if (last === undefined) return { node: page.root, offset: 0 };
  const line = Math.min(Math.floor((y + scrolled) / LINE), last.line);
  const inLine = cells.filter((cell) => cell.line === line);
  const before = inLine.find((cell) => x < (cell.column + 0.5) * WIDTH);
  if (before) return before;
  const end = inLine.at(-1) ?? last;
  if (end.node.data[end.offset] === "\n") return end;
  const [character = ""] = end.node.data.slice(end.offset);
  return { node: end.node, offset: end.offset + character.length };
}

function pointer(type: string, x: number, y: number, init: PointerEventInit = {}): void {
  const event = new PointerEvent(type, {
    bubbles: true,
    cancelable: true,
    pointerType: "mouse",
    clientX: x,
    clientY: y,
    ...init,
  });
  page.root.dispatchEvent(event);
}

/** Point at a character of the grid, somewhere on it, and wait for a frame. */
function point(column: number, line: number, part = 0.5): void {
  pointer("pointermove", (column + part) * WIDTH, (line + 0.5) * LINE);
  vi.advanceTimersToNextFrame();
}

function click(column: number, line: number, part = 0.5): void {
  pointer("click", (column + part) * WIDTH, (line + 0.5) * LINE);
}

/** Press a key in the text; whether it is kept from the notebook, and from the browser. */
function press(key: string, init: KeyboardEventInit = {}): boolean {
  let isKept = true;
  const notebook = () => (isKept = false);
  document.body.addEventListener("keydown", notebook);
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  page.root.dispatchEvent(event);
  document.body.removeEventListener("keydown", notebook);
  expect(event.defaultPrevented).toBe(isKept);
  return isKept;
}

/** What is drawn, which must be what is chosen. */
function drawn(): string | null {
  const [text, ...more] = covered("lstm-caret");
  expect(more).toEqual([]);
  expect(text === undefined).toBe(caret.index === null);
  return text ?? null;
}

// Lines of the grid: "Seed 😀 the", " first lin", "e↵", "↵", "and a last".
const SEED = "Seed 😀";
const TEXT = " the first line\n\nand a last";
const CHARACTERS = [...Array.from(SEED), ...Array.from(TEXT)];

describe("the pointer", () => {
  beforeEach(() => page.show(SEED, TEXT));

  test.each([0.1, 0.5, 0.9])("chooses what it points at, at %d of its width", (part) => {
    const cells = grid();
    cells.forEach(({ column, line }, index) => {
      if (CHARACTERS[index] === "\n") return;
      point(column, line, part);
      expect(caret.index).toBe(index);
      expect(drawn()).toBe(CHARACTERS[index]);
    });
    expect(chosen).toEqual([...CHARACTERS.keys()].filter((index) => CHARACTERS[index] !== "\n"));
  });

  test("chooses a line end behind its line, and nothing behind the last one", () => {
    point(5, 2);
    expect(drawn()).toBe("\n");
    expect(caret.index).toBe(CHARACTERS.indexOf("\n"));
    point(3, 3);
    expect(caret.index).toBe(CHARACTERS.indexOf("\n") + 1);
    point(WIDE + 1, 4);
    expect(caret.index).toBe(CHARACTERS.indexOf("\n") + 1);
  });

  test("is looked at once in a frame, where it is by then", () => {
    const asked = vi.spyOn(document, "caretPositionFromPoint");
    for (let column = 0; column < 9; column += 1) {
      pointer("pointermove", (column + 0.5) * WIDTH, LINE / 2);
    }
    expect(asked).not.toHaveBeenCalled();
    vi.advanceTimersToNextFrame();
    expect(asked).toHaveBeenCalledTimes(1);
    expect(chosen).toEqual([8]);
  });

  test("leaves the choice as it is elsewhere", () => {
    point(3, 0);
    pointer("pointermove", -5, 10);
    vi.advanceTimersToNextFrame();
    expect(chosen).toEqual([3]);
    expect(drawn()).toBe("d");
  });

  test("chooses nothing while it selects, nor with a finger that scrolls", () => {
    pointer("pointermove", 35, 10, { buttons: 1 });
    pointer("pointermove", 35, 10, { pointerType: "touch" });
    vi.advanceTimersToNextFrame();
    getSelection()?.setBaseAndExtent(page.root, 0, page.root, 1);
    click(3, 0);
    expect(chosen).toEqual([]);
  });

  test("pins by a click what it points at, until a click elsewhere", () => {
    click(3, 0);
    expect([caret.index, caret.pinned]).toEqual([3, true]);
    point(7, 0);
    expect(caret.index).toBe(3);
    click(3, 0); // the second one of two
    expect([caret.index, caret.pinned]).toEqual([3, true]);
    click(4, 1);
    expect([caret.index, caret.pinned]).toEqual([14, true]);
    click(WIDE + 1, 4);
    expect([caret.index, caret.pinned]).toEqual([14, false]);
    point(7, 0);
    expect(chosen).toEqual([3, 14, 7]);
  });

  test("tells once more when a click pins what it pointed at, and that it is pinned", () => {
    point(3, 0);
    expect([chosen, caret.pinned]).toEqual([[3], false]);
    click(3, 0);
    expect([chosen, caret.pinned]).toEqual([[3, 3], true]);
    click(3, 0);
    expect(chosen).toEqual([3, 3]);
  });

  test("has the text stay where it is as long as a character is pinned", () => {
    point(3, 0);
    expect(page.still).toBe(false);
    click(3, 0);
    expect(page.still).toBe(true);
    press("Escape");
    expect(page.still).toBe(false);
    press("ArrowRight");
    expect(page.still).toBe(true);
    caret.active = false;
    expect(page.still).toBe(false);
  });

  test("that pinned before the frame came changes nothing any more", () => {
    pointer("pointermove", 75, 10);
    click(3, 0);
    vi.advanceTimersToNextFrame();
    expect(chosen).toEqual([3]);
  });

  test("works in a browser that has ranges only", () => {
    Object.assign(document, {
      caretPositionFromPoint: undefined,
      caretRangeFromPoint: (x: number, y: number) => {
        const { node, offset } = gap(x, y);
        const range = document.createRange();
        range.setStart(node, offset);
        return range;
      },
    });
    point(6, 1, 0.9);
    expect(caret.index).toBe(16);
    Object.assign(document, { caretRangeFromPoint: undefined });
    point(7, 1);
    expect(caret.index).toBe(16);
  });

  test("works in a shadow root, which the browser has to be given", () => {
    const host = document.body.appendChild(document.createElement("div"));
    const shadow = host.attachShadow({ mode: "open" });
    shadow.append(page.root);
    const asked = vi.spyOn(document, "caretPositionFromPoint");
    point(3, 0);
    expect(asked).toHaveBeenCalledWith(35, 10, { shadowRoots: [shadow] });
    expect(caret.index).toBe(3);
  });
});

describe("keys", () => {
  beforeEach(() => page.show(SEED, TEXT));

  test("go from character to character, and stay in the text", () => {
    caret.index = 0;
    CHARACTERS.forEach((character, index) => {
      expect(caret.index).toBe(index);
      expect(drawn()).toBe(character);
      expect(press("ArrowRight")).toBe(true);
    });
    expect(caret.index).toBe(CHARACTERS.length - 1);
    for (let index = CHARACTERS.length - 2; index >= 0; index -= 1) {
      press("ArrowLeft");
      expect(caret.index).toBe(index);
    }
    expect(press("ArrowLeft")).toBe(true);
    expect(caret.index).toBe(0);
  });

  test.each([
    ["ArrowRight", 6],
    ["ArrowDown", 6],
    ["Home", 6],
    ["ArrowLeft", CHARACTERS.length - 1],
    ["ArrowUp", CHARACTERS.length - 1],
    ["End", CHARACTERS.length - 1],
  ])("begin with what was written: %s", (key, index) => {
    expect(press(key)).toBe(true);
    expect(caret.index).toBe(index);
    expect(caret.pinned).toBe(true);
  });

  test("begin in the seed if nothing was written", () => {
    page.show("seed", "");
    press("ArrowRight");
    expect(caret.index).toBe(3);
  });

  test("go up and down to the same column, through shorter lines", () => {
    const cells = grid();
    const at = () => {
      const { column = -1, line = -1 } = cells[caret.index ?? -1] ?? {};
      return [column, line];
    };
    caret.index = 8; // column 8 of line 0
    expect(at()).toEqual([8, 0]);
    const way = ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"].map((key) => {
      press(key);
      return at();
    });
    expect(way).toEqual([
      [8, 1],
      [1, 2],
      [0, 3],
      [8, 4],
      [8, 4], // there is no other line
    ]);
    for (const place of [
      [0, 3],
      [1, 2],
      [8, 1],
      [8, 0],
      [8, 0],
    ]) {
      press("ArrowUp");
      expect(at()).toEqual(place);
    }
    press("ArrowDown");
    press("ArrowDown");
    press("ArrowLeft"); // from here on another column
    press("ArrowUp");
    expect(at()).toEqual([0, 1]);
  });

  test("go to the ends of a line and of the text", () => {
    caret.index = 14;
    press("Home");
    expect(caret.index).toBe(10);
    press("Home");
    expect(caret.index).toBe(10);
    press("End");
    expect(caret.index).toBe(19);
    press("ArrowRight");
    press("End");
    expect(drawn()).toBe("\n");
    press("Home");
    expect(caret.index).toBe(20);
    press("Home", { ctrlKey: true });
    expect(caret.index).toBe(0);
    press("End", { ctrlKey: true });
    expect(caret.index).toBe(CHARACTERS.length - 1);
  });

  test("do without a layout: lines end with line ends, up and down are 20 characters", () => {
    width = 0;
    caret.index = 14;
    press("Home");
    expect(caret.index).toBe(0);
    press("End");
    expect(drawn()).toBe("\n");
    press("End");
    expect(caret.index).toBe(CHARACTERS.indexOf("\n"));
    press("ArrowUp");
    expect(caret.index).toBe(CHARACTERS.indexOf("\n") - 20);
    press("ArrowDown");
    press("ArrowDown");
    expect(caret.index).toBe(CHARACTERS.length - 1);
    press("Home");
    expect(caret.index).toBe(CHARACTERS.indexOf("\n") + 2);
    press("ArrowUp");
    press("ArrowUp");
    expect(caret.index).toBe(0);
  });

  test("are the browser's and the notebook's if they mean something else", () => {
    caret.index = 3;
    for (const modifier of ["shiftKey", "altKey", "metaKey"]) {
      for (const key of ["ArrowLeft", "ArrowDown", "Home"]) {
        expect(press(key, { [modifier]: true })).toBe(false);
      }
    }
    for (const key of ["ArrowLeft", "ArrowUp"]) expect(press(key, { ctrlKey: true })).toBe(false);
    for (const key of ["a", "PageDown", "Tab", "Enter", " "]) expect(press(key)).toBe(false);
    expect(press("ArrowLeft", { isComposing: true })).toBe(false);
    page.show("", "");
    expect(press("ArrowLeft")).toBe(false);
    expect(chosen).toEqual([null]);
  });

  test("pin what they choose; Escape lets go of it, and only then is kept", () => {
    expect(press("Escape")).toBe(false);
    press("ArrowRight");
    point(0, 0);
    expect(caret.index).toBe(6);
    expect(press("Escape")).toBe(true);
    expect([caret.index, caret.pinned]).toEqual([null, false]);
    expect(press("Escape")).toBe(false);
    point(0, 0);
    expect(press("Escape")).toBe(false);
    expect(chosen).toEqual([6, null, 0]);
    expect(caret.index).toBe(0);
  });
});

describe("the choice", () => {
  test("is scrolled into sight, with the line beside it", () => {
    page.show("", "0123456789".repeat(20));
    caret.index = 95;
    expect(scrolled).toBe(9 * LINE + 2 + 2 * (LINE - 4) - VISIBLE);
    const there = scrolled;
    press("ArrowUp");
    expect(scrolled).toBe(there);
    caret.index = 12;
    expect(scrolled).toBe(LINE + 2 - (LINE - 4));
    press("End", { ctrlKey: true });
    expect(scrolled).toBe(19 * LINE + 2 + 2 * (LINE - 4) - VISIBLE);
  });

  test("can be set without telling, and is pinned then", () => {
    page.show("ab", "cd");
    caret.index = 2;
    expect([caret.index, caret.pinned, drawn()]).toEqual([2, true, "c"]);
    point(0, 0);
    expect(caret.index).toBe(2);
    caret.clear();
    expect([caret.index, caret.pinned, drawn()]).toEqual([null, false, null]);
    expect(chosen).toEqual([]);
    for (const index of [4, -1]) {
      caret.index = index;
      expect([caret.index, caret.pinned, drawn()]).toEqual([null, false, null]);
    }
  });

  test("stays on its character while the text grows and gets marks", () => {
    page.show("ab", "cdef");
    caret.index = 4;
    page.append("gh\n".repeat(1000));
    page.change(2, 0.7);
    page.change(3, 0.8);
    expect(drawn()).toBe("e");
    expect(chosen).toEqual([]);
  });

  test("is of the other text if another one is shown, unless that is shorter", () => {
    page.show("ab", "cdef");
    caret.index = 4;
    page.show("ab", "cdXYZ");
    expect(drawn()).toBe("X");
    expect(caret.pinned).toBe(true);
    page.show("ab", "cd");
    expect([caret.index, caret.pinned, drawn()]).toEqual([null, false, null]);
    expect(chosen).toEqual([null]);
  });

  test("is drawn over everything else", () => {
    page.show("", "ab");
    caret.index = 0;
    expect(CSS.highlights.get("lstm-caret")?.priority).toBe(2);
  });

  test("is not drawn where a browser has no highlights; the rest works", () => {
    vi.unstubAllGlobals();
    page.show("ab", "cd");
    press("ArrowRight");
    click(0, 0);
    expect(chosen).toEqual([2, 0]);
  });
});

describe("at rest", () => {
  test("it listens to nothing, and forgets", () => {
    page.show(SEED, TEXT);
    press("ArrowRight");
    pointer("pointermove", 5, 5);
    caret.active = false;
    vi.advanceTimersToNextFrame();
    expect([caret.active, caret.index, drawn()]).toEqual([false, null, null]);
    const asked = vi.spyOn(document, "caretPositionFromPoint");
    point(3, 0);
    click(3, 0);
    expect(press("ArrowRight")).toBe(false);
    expect(press("Escape")).toBe(false);
    caret.index = 3;
    page.show("", "other");
    expect(asked).not.toHaveBeenCalled();
    expect(caret.index).toBeNull();
    expect(chosen).toEqual([6]);
    caret.active = true;
    press("ArrowRight");
    expect(caret.index).toBe(0);
  });

  test("it is, as soon as its view is gone", () => {
    page.show(SEED, TEXT);
    press("ArrowRight");
    controller.abort();
    expect([caret.active, caret.index, drawn()]).toEqual([false, null, null]);
    caret.active = true;
    expect(caret.active).toBe(false);
    expect(press("ArrowRight")).toBe(false);
  });

  test("it listens with one set of listeners, however often it is woken", () => {
    page.show("", "abcdef");
    caret.active = true;
    caret.active = false;
    caret.active = true;
    caret.active = true;
    press("ArrowRight");
    press("ArrowRight");
    expect(chosen).toEqual([0, 1]);
  });
});
