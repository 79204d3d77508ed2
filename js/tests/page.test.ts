import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Change } from "../src/kernel/protocol.ts";
import { REPLACED, TextArea } from "../src/sheet/text-area.ts";

/** Heights in pixels: jsdom lays nothing out, so one line per character is assumed here. */
const LINE = 20;
const VISIBLE = 100;
/** Characters in a line, as far as a text is asked where it stands. */
const WIDE = 40;

let controller: AbortController;
let page: TextArea;
let width: number;
let top: number;

beforeEach(() => {
  vi.useFakeTimers();
  layOut();
  controller = new AbortController();
  page = pageOf(controller.signal);
  document.body.append(page.root);
});

afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A page that scrolls. */
function pageOf(signal: AbortSignal): TextArea {
  const made = new TextArea(signal);
  width = 400;
  top = 0;
  Object.defineProperties(made.root, {
    clientWidth: { get: () => width },
    clientHeight: { get: () => VISIBLE },
    scrollHeight: { get: () => Math.max(VISIBLE, LINE * made.whole.length) },
    scrollTop: {
      get: () => top,
      set: (value: number) => {
        top = Math.max(0, Math.min(value, made.root.scrollHeight - VISIBLE));
      },
    },
  });
  return made;
}

function layOut(): void {
  const getBoundingClientRect = function (this: Range) {
    const before = document.createRange();
    before.setStart(page.root, 0);
    before.setEnd(this.startContainer, this.startOffset);
    const characters = Array.from(before.toString().replace(/[\ud800-\udbff]$/, ""));
    return { bottom: LINE * (1 + Math.floor(characters.length / WIDE)) };
  };
  Object.assign(Range.prototype, { getBoundingClientRect });
}

/** Numbers below a bound, the same at each run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A text in pieces of a few code points. */
function* pieces(text: string, longest: number, seed = 1): Generator<string> {
  const characters = Array.from(text);
  const below = random(seed);
  while (characters.length) yield characters.splice(0, below(longest) + 1).join("");
}

function words(length: number, separators: string, seed = 2): string {
  const below = random(seed);
  const letters = [..."etaoin", "😀", "é", ...separators];
  return Array.from({ length }, () => letters[below(letters.length)]).join("");
}

function fromTheEnd(): number {
  return page.root.scrollHeight - page.root.scrollTop - VISIBLE;
}

function allBlocks(): NodeListOf<Element> {
  return page.root.querySelectorAll(".lstm-text-block");
}

/** The text nodes, with the text before each. */
function* texts(): Generator<Text> {
  const walker = document.createTreeWalker(page.root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) yield walker.currentNode as Text;
}

/** Select from one character of the whole text to another, in UTF-16 units. */
function select(from: number, to: number): Range {
  const range = document.createRange();
  let before = 0;
  for (const node of texts()) {
    const within = (offset: number) => offset >= before && offset <= before + node.length;
    if (within(from)) range.setStart(node, from - before);
    if (within(to)) range.setEnd(node, to - before);
    before += node.length;
  }
  getSelection()?.removeAllRanges();
  getSelection()?.addRange(range);
  return range;
}

interface Mark {
  position: number;
  shown: string;
  passing: boolean;
}

/** The marks as they stand, by the generated characters before them. */
function marks(): Mark[] {
  const found: Mark[] = [];
  let position = 0;
  for (const node of page.root.querySelectorAll(".lstm-text-block, .lstm-text-block *")) {
    if (node.matches(".lstm-mark")) {
      const shown = node.getAttribute("data-temperature") ?? "";
      expect(node.getAttribute("role")).toBe("img");
      expect(node.getAttribute("aria-label")).toBe(`Temperature ${shown} from here`);
      expect(node.getAttribute("title")).toBe(`Temperature ${shown} from here`);
      expect(node.childNodes.length).toBe(0);
      const passing = node.matches(".lstm-mark-passing");
      found.push({ position: position + charactersBefore(node), shown, passing });
    } else if (node.matches(".lstm-text-block")) {
      const previous = node.previousElementSibling;
      if (previous) position += charactersBefore(null, previous);
    }
  }
  return found;
}

/** Code points of generated text in a block, before an element in it if there is one. */
function charactersBefore(
  element: Element | null,
  block: Element | null | undefined = element?.closest(".lstm-text-block"),
): number {
  let count = 0;
  if (!block) return count;
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_ALL);
  for (let node = walker.nextNode(); node !== null && node !== element; node = walker.nextNode()) {
    const isSeed = node.parentElement?.matches(".lstm-text-seed");
    if (node instanceof Text && !isSeed) count += Array.from(node.data).length;
  }
  return count;
}

function copied(): string | null {
  let data: string | null = null;
  const event = new Event("copy", { bubbles: true, cancelable: true });
  const clipboardData = {
    setData: (type: string, text: string) => {
      if (type === "text/plain") data = text;
    },
  };
  Object.assign(event, { clipboardData });
  page.root.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(data !== null);
  return data;
}

test("follows the end while the text grows, unless the reader scrolled up", () => {
  page.show("", "");
  for (const character of "abcdefghijkl") {
    page.append(character);
    expect(fromTheEnd()).toBe(0);
  }
  page.root.scrollTop = 60;
  page.append("mno");
  expect(page.root.scrollTop).toBe(60);
  vi.advanceTimersByTime(2000);
  page.root.scrollTop = 80; // down, but not to the end
  page.append("p");
  expect(page.root.scrollTop).toBe(80);
  page.root.scrollTop = page.root.scrollHeight - VISIBLE - 3; // back, give or take a few pixels
  page.append("q");
  expect(fromTheEnd()).toBe(0);
});

test("stays where it is while it is to be still, and follows again from its end", () => {
  page.show("", "abcdefghijkl");
  page.still = true;
  const there = page.root.scrollTop;
  for (const character of "mno") page.append(character);
  expect(page.root.scrollTop).toBe(there);
  page.still = false;
  page.append("p");
  expect(fromTheEnd()).toBe(0);
  page.still = true;
  page.root.scrollTop = 60; // what is looked at is brought into sight
  page.append("q");
  page.still = false;
  page.append("r");
  expect(page.root.scrollTop).toBe(60);
});

test("a reader who scrolls up slowly gets away from the end", () => {
  page.show("", "abcdefghijkl");
  page.root.scrollTop -= 2;
  const there = page.root.scrollTop;
  page.append("m");
  expect(page.root.scrollTop).toBe(there);
});

test("an end that runs away is reached where it was a moment ago", () => {
  const grow = () => {
    vi.advanceTimersByTime(100);
    page.append("x");
  };
  page.show("", "x".repeat(30));
  for (let count = 0; count < 30; count += 1) grow();
  page.root.scrollTop -= 3 * LINE;
  for (let count = 0; count < 30; count += 1) grow();
  page.root.scrollTop += 21 * LINE; // more than a second behind
  grow();
  expect(fromTheEnd()).toBe(13 * LINE);
  page.root.scrollTop += 5 * LINE;
  grow();
  expect(fromTheEnd()).toBe(0);
});

test("another width is not taken for the reader's scrolling", () => {
  page.show("", "abcdefghijkl");
  page.append("m");
  width = 300;
  page.root.scrollTop -= 50; // as the browser does
  page.append("n");
  expect(fromTheEnd()).toBe(0);
});

test("what somebody begins to select stays where it is, until he scrolls back to the end", () => {
  page.show("", "abcdefghijkl");
  page.append("m");
  select(8, 10);
  const there = page.root.scrollTop;
  page.append("nop");
  page.append("qr");
  expect(page.root.scrollTop).toBe(there);
  vi.advanceTimersByTime(2000);
  page.root.scrollTop = page.root.scrollHeight;
  page.append("st");
  page.append("uv");
  expect(fromTheEnd()).toBe(0);
});

test("another text is shown from its end", () => {
  vi.advanceTimersByTime(2000);
  page.show("", "abcdefghijkl");
  page.root.scrollTop = 0;
  page.append("m");
  page.show("", "abcdefgh");
  expect(fromTheEnd()).toBe(0);
  page.append("i");
  expect(fromTheEnd()).toBe(0);
  page.root.scrollTop -= 50;
  page.append("j");
  page.root.scrollTop += 100; // to its end, not to that of the longer text before
  page.append("k");
  expect(fromTheEnd()).toBe(0);
});

test("counts the characters without the seed", () => {
  expect(page.length).toBe(0);
  page.show("seed", "😀ab");
  expect(page.length).toBe(3);
  page.append("c😀");
  expect(page.length).toBe(5);
  page.append("");
  expect(page.length).toBe(5);
  page.show("seed", "");
  expect(page.length).toBe(0);
});

test("halves of a pair that come one by one count as two, and marks find their places behind them", () => {
  page.show("\ud83d", "\ude00ab\ud83d");
  page.append("\ude00\ud83d");
  page.append("\ud83d\ude00");
  page.append("\ude00cd\n");
  expect(page.whole).toBe("\ud83d\ude00ab\ud83d\ude00\ud83d\ud83d\ude00\ude00cd\n");
  expect(page.length).toBe(4 + 2 + 1 + 4);
  page.change(9, 0.5);
  expect(marks()).toEqual([{ position: 9, shown: "0.5", passing: false }]);
  expect(page.root.querySelector(".lstm-mark")?.nextSibling?.textContent).toBe("d");
});

test("the seed is set apart", () => {
  page.show("The seed\n", "and the text");
  page.append(" and more");
  expect(page.root.querySelector(".lstm-text-seed")?.textContent).toBe("The seed\n");
  expect(page.whole).toBe("The seed\nand the text and more");
});

test("the page has a name and can be scrolled by keys", () => {
  expect(page.root.getAttribute("role")).toBe("region");
  expect(page.root.getAttribute("aria-label")).toBe("Generated text");
  expect(page.root.tabIndex).toBe(0);
});

test("text is text, whatever is in it", () => {
  const odd = "<img src=x onerror=alert(1)>&amp;\0\ud800\u202e\u200f😀\r\n\t</div>\u2028";
  page.show(odd, odd.repeat(100), [[3, 0.5]]);
  for (const piece of pieces(odd.repeat(100), 9)) page.append(piece);
  expect(page.root.textContent).toBe(odd.repeat(201));
  expect(page.root.querySelectorAll(":not(div, span)").length).toBe(0);
});

test.each([
  ["lines", "    \n"],
  ["empty lines", "\n\n"],
  ["line ends of two characters", "  \r\n"],
  ["no line ends", "   "],
])("text in pieces is the text: %s", (_name, separators) => {
  const text = words(20_000, separators);
  page.show("seed\n", "");
  let shown = "";
  for (const piece of pieces(text, 700)) {
    page.append(piece);
    shown += piece;
    expect(page.length).toBe(Array.from(shown).length);
  }
  expect(page.whole).toBe(`seed\n${text}`);
});

test("blocks of a bounded size end with line ends, so that a browser has little to lay out again", () => {
  const text = words(50_000, "    \n");
  page.show("seed", text.slice(0, 10_000));
  for (const piece of pieces(text.slice(10_000), 300)) page.append(piece);
  const blocks = Array.from(allBlocks(), (block) => block.textContent ?? "");
  expect(blocks.join("")).toBe(`seed${text}`);
  for (const block of blocks.slice(0, -1)) expect(block.endsWith("\n")).toBe(true);
  for (const block of blocks) expect(block.length).toBeLessThan(1200);
  expect(blocks.length).toBeLessThan(100);
  page.show("x".repeat(5000), "\n\n");
  expect(allBlocks().length).toBe(2);
});

test("a growing text is few pieces of text, not thousands", () => {
  page.show("seed", "");
  for (let count = 0; count < 500; count += 1) page.append("x");
  expect(page.whole).toBe(`seed${"x".repeat(500)}`);
  expect([...texts()].length).toBeLessThan(5);
});

test("what is selected stays selected while the text grows", () => {
  page.show("seed", words(3000, "    \n"));
  const range = select(2800, 3004);
  const [selected, start, end] = [range.toString(), range.startContainer, range.endContainer];
  let position = 3000;
  for (const piece of pieces(words(5000, "    \n", 5), 50)) {
    page.change(position, position / 10_000);
    page.append(piece);
    position = page.length;
  }
  expect(range.toString()).toBe(selected);
  expect([range.startContainer, range.endContainer]).toEqual([start, end]);
});

test("what is copied is what is selected, without line ends between blocks, and without marks", () => {
  const text = words(6000, "    \n");
  page.show("seed", text, [
    [30, 0.5],
    [2000, 0.7],
  ]);
  expect(allBlocks().length).toBeGreaterThan(3);
  select(2, 5000);
  expect(copied()).toBe(`seed${text}`.slice(2, 5000));
});

test("a click alone neither stops the text nor is copied", () => {
  page.show("", "abcdefghijkl");
  select(8, 8);
  page.append("m");
  expect(fromTheEnd()).toBe(0);
  expect(copied()).toBeNull();
});

test("a selection that is empty or reaches beyond the text is the browser's", () => {
  page.show("seed", "text");
  expect(copied()).toBeNull();
  const range = select(2, 4);
  expect(copied()).toBe("ed");
  range.setEndAfter(page.root);
  expect(copied()).toBeNull();
  page.append("more");
  expect(page.whole).toBe("seedtextmore");
});

test("a page that is gone copies nothing", () => {
  page.show("seed", "text");
  select(0, 4);
  controller.abort();
  expect(copied()).toBeNull();
});

test("writes in a shadow root, too, where a browser may not report a selection", () => {
  const host = document.body.appendChild(document.createElement("div"));
  host.attachShadow({ mode: "open" }).append(page.root);
  page.show("seed", "text");
  page.append("more");
  expect(page.whole).toBe("seedtextmore");
  expect(copied()).toBeNull();
});

test("a mark comes before the character from which a temperature counts", () => {
  page.show("seed", "ab😀cdefghijklmnop", [[3, 0.8]]);
  page.change(14, 1);
  expect(marks()).toEqual([
    { position: 3, shown: "0.8", passing: false },
    { position: 14, shown: "1", passing: false },
  ]);
  expect(page.root.querySelector(".lstm-mark")?.nextSibling?.textContent).toMatch(/^cde/);
  expect(page.whole).toBe("seedab😀cdefghijklmnop");
  page.show("", "abcdefghijklmnop");
  expect(marks()).toEqual([]);
});

test("a mark comes with its character", () => {
  page.show("", "abc");
  page.change(4, 0.8);
  page.change(3, 0.7);
  expect(marks()).toEqual([]);
  page.append("d");
  expect(marks()).toEqual([{ position: 3, shown: "0.7", passing: false }]);
  page.append("e");
  expect(marks()).toEqual([
    { position: 3, shown: "0.7", passing: true },
    { position: 4, shown: "0.8", passing: false },
  ]);
});

test("of several temperatures for one character the last one counts", () => {
  page.show("", "abcdefghijklmnop", [[0, 1]]);
  page.change(9, 0.8);
  page.change(9, 0.7);
  expect(marks().map(({ shown }) => shown)).toEqual(["1", "0.7"]);
  page.change(9, 1); // as before
  expect(marks().map(({ shown }) => shown)).toEqual(["1"]);
  page.change(0, 0.5);
  expect(marks().map(({ shown }) => shown)).toEqual(["0.5", "1"]);
});

test("only marks with room behind them show a number", () => {
  page.show("", "x".repeat(100));
  for (const position of [0, 7, 15, 22, 23]) page.change(position, position + 1);
  expect(marks().map(({ passing }) => passing)).toEqual([true, false, true, true, false]);
  page.change(23, 23); // as before: the one before it is alone again
  expect(marks().map(({ passing }) => passing)).toEqual([true, false, true, false]);
});

test.each([
  [0, "0"],
  [1, "1"],
  [0.8, "0.8"],
  [0.75, "0.75"],
  [1.2345, "1.23"],
  [0.30000000000000004, "0.3"],
  [0.05, "0.05"],
  [0.005, "0.005"],
  [0.01234, "0.012"],
  [9.999, "10"],
])("the temperature %d reads %s", (temperature, shown) => {
  page.show("", "ab", [[1, temperature]]);
  expect(marks()[0]?.shown).toBe(shown);
});

/** The marks that there should be after some changes. */
function expected(changes: readonly Change[], length: number): Mark[] {
  const last = [...new Map(changes)].sort(([one], [other]) => one - other);
  const marked = last.filter(
    ([position, temperature], index) => position < length && temperature !== last[index - 1]?.[1],
  );
  return marked.map(([position, temperature], index) => ({
    position,
    shown: String(temperature),
    passing: (marked[index + 1]?.[0] ?? Number.POSITIVE_INFINITY) - position < 8,
  }));
}

test.each(Array.from({ length: 40 }, (_, seed) => [seed + 1]))(
  "many changes in any order, %d",
  (seed) => {
    const below = random(seed);
    let changes: Change[] = [];
    let text = "";
    const show = () => {
      changes = Array.from({ length: below(20) }, () => [below(300), (below(4) + 1) / 10]);
      text = words(below(3000), "  \n", seed);
      page.show("seed", text, changes);
    };
    show();
    for (let step = 0; step < 60; step += 1) {
      const what = below(50);
      if (what === 0) show();
      else if (what < 20) {
        const piece = words(below(30), "  \n", step + 1);
        page.append(piece);
        text += piece;
      } else {
        const near = below(2) ? below(page.length + 1) : Math.max(0, page.length - 10 + below(30));
        const change: Change = [near, (below(4) + 1) / 10];
        page.change(...change);
        changes.push(change);
      }
      expect(marks()).toEqual(expected(changes, page.length));
    }
    expect(page.whole).toBe(`seed${text}`);
    expect(page.length).toBe(Array.from(text).length);
  },
);

// A text without line ends.

function blocks(): string[] {
  return Array.from(allBlocks(), (block) => block.textContent ?? "");
}

test("a text without line ends is cut where the browser begins a line, within what is new", () => {
  page.show("seed", "");
  let text = "";
  for (const piece of pieces(words(40_000, "   "), 60)) {
    const old = document.createRange(); // which would lose what moves
    const [last = document.createTextNode("")] = [...texts()].slice(-1);
    old.selectNodeContents(last);
    const before = old.toString();
    page.append(piece);
    expect(old.toString().startsWith(before)).toBe(true);
    text += piece;
  }
  expect(page.whole).toBe(`seed${text}`);
  expect(blocks().length).toBeGreaterThan(4);
  let before = 0;
  for (const block of blocks()) {
    expect(before % WIDE).toBe(0);
    expect(block.length).toBeLessThan(10_000);
    before += Array.from(block).length;
  }
  page.change(30_001, 0.5);
  expect(marks()).toEqual([{ position: 30_001, shown: "0.5", passing: false }]);
});

test("a text that may turn the direction of what follows is not cut", () => {
  page.show("", "\u202e");
  for (const piece of pieces(words(20_000, "   "), 250)) page.append(piece);
  expect(blocks().length).toBe(1);
  for (const node of texts()) expect(node.length).toBeLessThan(10_000);
});

test("a text without line ends is not cut where it has no width", () => {
  page.show("", "");
  width = 0;
  for (const piece of pieces(words(20_000, "   "), 250)) page.append(piece);
  expect(blocks().length).toBe(1);
});

test("at another width the cuts are gone", () => {
  let resized = () => {};
  const observed: Element[] = [];
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: () => void) {
        resized = callback;
      }
      observe(element: Element) {
        observed.push(element);
      }
      disconnect() {
        observed.pop();
      }
    },
  );
  page = pageOf(controller.signal);
  document.body.append(page.root);
  expect(observed).toEqual([page.root]);
  resized();
  page.show("", "");
  const grow = () => {
    for (const piece of pieces(words(20_000, "   "), 250)) page.append(piece);
  };
  const joined = () => Array.from(allBlocks(), (b) => b.matches(".lstm-text-joined"));
  grow();
  const before = allBlocks().length;
  expect(before).toBeGreaterThan(2);
  resized(); // another height only
  expect(joined()).not.toContain(true);
  width = 300;
  resized();
  expect(joined()).not.toContain(false);
  page.append(words(250, "   ")); // grows in a block of its own
  expect(joined().indexOf(false)).toBe(before);
  controller.abort();
  expect(observed).toEqual([]);
});

// Indices: characters counted from the first one of the seed.

const PAIRED = "😀a𝒳b";

/** The index at each place in a node, found by counting all that is before it; beyond the end, it is the total. */
function counted(): Map<Node, number[]> {
  const found = new Map<Node, number[]>();
  let index = 0;
  const count = (node: Node) => {
    const places: number[] = [];
    found.set(node, places);
    if (node instanceof Text) {
      for (const character of node.data) {
        for (const _ of character.split("")) places.push(index);
        index += 1;
      }
    }
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      places.push(index);
      count(child);
    }
    places.push(index);
  };
  count(page.root);
  return found;
}

test("counts the characters of the seed", () => {
  expect(page.seedLength).toBe(0);
  page.show(`${PAIRED}\n`, "abc");
  expect(page.seedLength).toBe(5);
  page.append("d");
  expect(page.seedLength).toBe(5);
  page.show("", "abc");
  expect(page.seedLength).toBe(0);
});

test.each([
  ["lines", "    \n"],
  ["no line ends, cut by the browser's lines", "   "],
])("ranges over characters by their index, in any order: %s", (_name, separators) => {
  const seed = `${words(300, separators, 7)}${PAIRED}`;
  const text = words(12_000, separators);
  const characters = [...Array.from(seed), ...Array.from(text)];
  page.show(seed, "");
  let shown = 0;
  const below = random(3);
  for (const piece of pieces(text, 900)) {
    if (below(3) === 0) page.change(page.length + below(4), below(10) / 10);
    page.append(piece);
    shown = Array.from(seed).length + page.length;
    for (let count = 0; count < 30; count += 1) {
      const from = below(shown);
      const to = from + below(count < 20 ? 4 : 3000);
      const expected = characters.slice(from, Math.min(to, shown)).join("");
      expect(page.range(from, to).toString()).toBe(expected);
    }
  }
  expect(shown).toBe(characters.length);
  if (separators === "   ") expect(blocks().length).toBeGreaterThan(1);
  characters.forEach((character, index) => {
    expect(page.range(index, index + 1).toString()).toBe(character); // in rising order
  });
});

test("halves of a pair that come one by one have ranges of their own", () => {
  page.show("s\ud83d", "\ude00a");
  page.append("\ud83d");
  page.append("\ude00😀");
  const characters = ["s", "\ud83d", "\ude00", "a", "\ud83d", "\ude00", "😀"];
  characters.forEach((character, index) => {
    const range = page.range(index, index + 1);
    expect(range.toString()).toBe(character);
    expect(page.indexAt(range.startContainer, range.startOffset)).toBe(index);
  });
});

test("a range keeps what is beyond the text out of it, and may be empty", () => {
  page.show("ab", "cd");
  expect(page.range(-3, 3).toString()).toBe("abc");
  expect(page.range(3, 99).toString()).toBe("d");
  for (const [from, to] of [
    [0, 0],
    [2, 2],
    [3, 1],
    [4, 9],
    [50, 60],
  ] as const) {
    const range = page.range(from, to);
    expect(range.collapsed).toBe(true);
    expect(page.indexAt(range.startContainer, range.startOffset)).toBe(from < 4 ? from : null);
  }
  page.show("", "");
  expect(page.range(0, 1).collapsed).toBe(true);
});

test("ranges stay over their characters while the text grows and gets marks", () => {
  const seed = "a seed 😀";
  const text = words(3000, "     \n", 4);
  const characters = [...Array.from(seed), ...Array.from(text)];
  page.show(seed, "");
  const kept: [from: number, to: number, range: Range][] = [];
  const below = random(5);
  for (const piece of pieces(text, 200)) {
    page.append(piece);
    const shown = page.seedLength + page.length;
    for (let count = 0; count < 5; count += 1) {
      const from = below(shown);
      const to = Math.min(from + 1 + below(40), shown);
      kept.push([from, to, page.range(from, to)]);
    }
    page.change(below(page.length + 1), below(10) / 10); // which cuts nodes in two
  }
  expect(marks().length).toBeGreaterThan(5);
  for (const [from, to, range] of kept) {
    expect(range.toString()).toBe(characters.slice(from, to).join(""));
  }
});

test("finds the index of the character at any place of the text", () => {
  page.show(PAIRED, words(400, "    \n", 9), [
    [0, 0.5],
    [20, 0.7],
    [21, 0.8],
    [300, 0.9],
  ]);
  page.append(`${words(1200, "   \n", 8)}😀`);
  const below = random(6);
  const places = counted();
  const { total } = page;
  const expected = (node: Node, offset: number) => {
    const index = places.get(node)?.[offset] ?? Number.NaN;
    return index < total ? index : null;
  };
  expect(places.get(page.root)?.at(-1)).toBe(total);
  for (const node of texts()) {
    for (let offset = 0; offset <= node.length; offset += 1 + below(3)) {
      expect(page.indexAt(node, offset)).toBe(expected(node, offset));
    }
    expect(page.indexAt(node, node.length)).toBe(expected(node, node.length));
  }
  for (const element of [page.root, ...page.root.querySelectorAll("*")]) {
    for (let offset = 0; offset <= element.childNodes.length; offset += 1) {
      expect(page.indexAt(element, offset)).toBe(expected(element, offset));
    }
  }
  expect(page.indexAt(document.body, 0)).toBeNull();
  expect(page.indexAt(new Text("abc"), 1)).toBeNull();
});

test("says that another text is there, once it is there", () => {
  const seen: string[] = [];
  page.root.addEventListener(REPLACED, () => seen.push(page.whole));
  page.show("seed", "abc");
  page.append("d");
  page.show("", "x");
  expect(seen).toEqual(["seedabc", "x"]);
});
