import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Replacement } from "../src/kernel/protocol.ts";
import { SeedBox } from "../src/settings/seed-box.ts";
import { description, seedBox, type } from "./reader.ts";

const WIDTH = 1000; // of all that has a size here
const HEIGHT = 100;
const SIZE = 10; // of a character, in both directions

let controller: AbortController;
let changes: string[];
let box: SeedBox;

beforeEach(() => {
  controller = new AbortController();
  changes = [];
  box = new SeedBox((seed) => changes.push(seed), controller.signal);
  document.body.replaceChildren(box.alone());
});

afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(Range.prototype, "getClientRects");
  Reflect.deleteProperty(Range.prototype, "getBoundingClientRect");
});

/** Lay out, as jsdom does not: every UTF-16 unit is a square, and only a line end ends a line. */
function layOut(): void {
  vi.spyOn(HTMLElement.prototype, "offsetWidth", "get").mockReturnValue(WIDTH);
  const everything = new DOMRect(0, 0, WIDTH, HEIGHT);
  vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockReturnValue(everything);
  function place(this: Range): DOMRect {
    const lines = (this.startContainer.textContent ?? "").slice(0, this.startOffset).split("\n");
    const [x, y] = [lines.at(-1)?.length ?? 0, lines.length - 1];
    const top = SIZE * y - scroller().scrollTop;
    const width = this.toString() === "\n" ? 0 : SIZE * this.toString().length;
    return new DOMRect(SIZE * x, top, width, SIZE);
  }
  Object.assign(Range.prototype, {
    getBoundingClientRect: place,
    getClientRects(this: Range) {
      return [place.call(this)];
    },
  });
}

/** Where the seed is scrolled. */
function scroller(): HTMLElement {
  const element = seedBox().closest<HTMLElement>(".lstm-seed");
  if (element === null) throw new Error("The seed stands nowhere.");
  return element;
}

/** What is marked and how: the text under each mark, and the small print over it. */
function marks(): [string, string][] {
  const lines = seedBox().value.split("\n");
  return Array.from(document.querySelectorAll("mark"), (mark) => {
    const [left, top, width] = (["left", "top", "width"] as const).map((side) =>
      Math.round((Number.parseFloat(mark.style[side]) * (side === "top" ? HEIGHT : WIDTH)) / 1000),
    ) as [number, number, number];
    const line = lines[top + scroller().scrollTop / SIZE] ?? "";
    return [width ? line.slice(left, left + width) : "\n", mark.dataset.read ?? ""];
  });
}

/** The replacements of some characters, wherever they stand. */
function replaced(seed: string, used: Record<string, string>): Replacement[] {
  return Array.from(seed).flatMap((character, position) => {
    const instead = used[character];
    return instead === undefined ? [] : [{ position, character, used: instead }];
  });
}

const QUOTES = { "“": '"', "”": '"', 北: "", 京: "" };

describe("the box", () => {
  test("is for a text as it is", () => {
    expect(seedBox().spellcheck).toBe(false);
    for (const name of ["autocomplete", "autocapitalize", "autocorrect"]) {
      expect(seedBox().getAttribute(name)).toBe("off");
    }
  });

  test("reports what is typed, until the signal", () => {
    type(seedBox(), "A dog\n");
    expect(box.value).toBe("A dog\n");
    type(seedBox(), "A cat");
    controller.abort();
    type(seedBox(), "A cow");
    expect(changes).toEqual(["A dog\n", "A cat"]);
  });

  test("shows what is set, and reports nothing", () => {
    box.value = "Once\nupon";
    expect(seedBox().value).toBe("Once\nupon");
    expect(box.value).toBe("Once\nupon");
    expect(changes).toEqual([]);
  });

  test.each(["a\nb\nc", "a\r\nb\rc"])("stays as it is if %j is in it already", (same) => {
    type(seedBox(), "a\nb\nc");
    const set = vi.spyOn(HTMLTextAreaElement.prototype, "value", "set");
    box.value = same;
    expect(set).not.toHaveBeenCalled();
    expect(box.value).toBe(same);
    expect(seedBox().value).toBe("a\nb\nc");
    box.value = "d";
    expect(seedBox().value).toBe("d");
  });

  test.each([
    ["a letter at the end", "One\r\ntwo\r\n", "One\ntwo\n3", 9, "One\r\ntwo\r\n3"],
    ["a letter at the beginning", "One\r\ntwo\r", " One\ntwo\n", 1, " One\r\ntwo\r"],
    ["a line end", "One\r\ntwo", "One\n\ntwo", 5, "One\r\n\ntwo"],
    ["a line end before one", "One\r\ntwo", "One\n\ntwo", 4, "One\n\r\ntwo"],
    ["a line end behind half of one", "One\rtwo", "One\n\ntwo", 5, "One\n\ntwo"],
    ["nothing between two halves of one", "One\rx\ntwo", "One\n\ntwo", 4, "One\n\ntwo"],
    ["other words", "a\r\nOne\r\ntwo\r\nb", "a\n1\n2\nb", 5, "a\r\n1\n2\r\nb"],
    ["nothing for the first of two", "One\n\r\ntwo", "One\ntwo", 3, "One\r\ntwo"],
    ["nothing for the second of two", "One\n\r\ntwo", "One\ntwo", 4, "One\ntwo"],
    ["a letter beside half of a sign", "😀\r\n😀", "😁\n😀", 2, "😁\r\n😀"],
    ["nothing at all", "One\r\ntwo", "", 0, ""],
  ])("keeps line ends when somebody types %s", (_, seed, text, caret, edited) => {
    box.value = seed;
    seedBox().value = text;
    seedBox().setSelectionRange(caret, caret);
    seedBox().dispatchEvent(new Event("input", { bubbles: true }));
    expect([box.value, changes, seedBox().value]).toEqual([edited, [edited], text]);
  });

  test("can have the focus", () => {
    seedBox().focus();
    expect(document.activeElement).toBe(seedBox());
  });
});

describe("the hint", () => {
  const hint = (places: [string, string][]) => {
    box.replacements = places.map(([character, used], position) => ({ position, character, used }));
    return description(seedBox());
  };

  test("names each character once", () => {
    expect(hint([])).toBe("");
    expect(hint([["北", ""]])).toBe('Unknown to the model and skipped: "北"');
    expect(hint([["‐", "-"]])).toBe('Read by the model: "‐" as "-"');
    const all: [string, string][] = [
      ["“", '"'],
      ["北", ""],
      ["“", '"'],
      ["京", ""],
      ["北", ""],
    ];
    const sentence = `Unknown to the model and skipped: "北", "京". Read by the model: "“" as '"'`;
    expect(hint(all)).toBe(sentence);
    expect(hint([])).toBe("");
  });

  test("counts those after the tenth", () => {
    const letters = Array.from("αβγδεζηθικλμ");
    const named = letters.slice(0, 10).map((letter) => JSON.stringify(letter));
    const skipped = letters.map((letter): [string, string] => [letter, ""]);
    const sentence = `Unknown to the model and skipped: ${named.join(", ")}`;
    expect(hint(skipped.slice(0, 10))).toBe(sentence);
    expect(hint([...skipped, ...skipped])).toBe(`${sentence} and 2 more`);
    expect(hint(letters.map((letter) => [letter, "a"]))).toMatch(/"κ" as "a" and 2 more$/);
  });

  test.each([
    ["\u200b", "U+200B"],
    ["\u00a0", "U+00A0"],
    ["\u0007", "U+0007"],
    ["\u202e", "U+202E"],
    ["\u2028", "U+2028"],
    ["\u0301", "U+0301"],
    ["\ufe0f", "U+FE0F"],
    ["\u3164", "U+3164"],
    ["\ud800", "U+D800"],
    ["\u{e0041}", "U+E0041"],
    ["\n", '"\\n"'],
    ["\r\n", '"\\r\\n"'],
    ["\t", '"\\t"'],
    ["e\u0301", '"e\u0301"'],
    ["😀", '"😀"'],
  ])("shows %j as %s", (character, name) => {
    expect(hint([[character, " "]])).toBe(`Read by the model: ${name} as " "`);
  });
});

describe("marks", () => {
  beforeEach(layOut);

  test.each<[string, string, Record<string, string>, [string, string][]]>([
    [
      "what is read instead",
      "a “b”",
      QUOTES,
      [
        ["“", '"'],
        ["”", '"'],
      ],
    ],
    [
      "one for neighbours that are skipped",
      "北京“京 北",
      QUOTES,
      [
        ["北京", "×"],
        ["“", '"'],
        ["京", "×"],
        ["北", "×"],
      ],
    ],
    [
      "visible signs for what is invisible",
      "a\tb\u00a0c\nd",
      { "\t": " ", "\u00a0": "\t", "\n": " " },
      [
        ["\t", "␣"],
        ["\u00a0", "⇥"],
        ["\n", "␣"],
      ],
    ],
    ["a line end for another", "a\u2028b", { "\u2028": "\n" }, [["\u2028", "↵"]]],
    ["one line end of two characters", "a\nb", { "\n": "\r\n" }, [["\n", "↵"]]],
    ["several for one", "a…", { "…": "..." }, [["…", "..."]]],
    [
      "after characters of two units",
      "😀😀“😀",
      { ...QUOTES, "😀": "" },
      [
        ["😀😀", "×"],
        ["“", '"'],
        ["😀", "×"],
      ],
    ],
    [
      "half of a pair",
      "😀\ud800a“",
      { ...QUOTES, "\ud800": "" },
      [
        ["\ud800", "×"],
        ["“", '"'],
      ],
    ],
    [
      "line ends of two characters",
      "a\r\n“b\r\n\r\r“",
      QUOTES,
      [
        ["“", '"'],
        ["“", '"'],
      ],
    ],
  ])("%s", (_what, seed, used, expected) => {
    box.value = seed;
    box.replacements = replaced(seed, used);
    expect(marks()).toEqual(expected);
    box.replacements = [];
    expect(marks()).toEqual([]);
  });

  test("a sign of several code points", () => {
    box.value = "e\u0301 e\r\n“";
    box.replacements = [
      { position: 0, character: "e\u0301", used: "é" },
      { position: 4, character: "\r\n", used: " " },
      { position: 6, character: "“", used: '"' },
    ];
    expect(marks()).toEqual([
      ["e\u0301", "é"],
      ["\n", "␣"],
      ["“", '"'],
    ]);
  });

  test("come in either order", () => {
    box.replacements = replaced("a“", QUOTES);
    expect(marks()).toEqual([]);
    box.value = "a“";
    expect(marks()).toEqual([["“", '"']]);
  });

  test("are text, and nothing for a screen reader", () => {
    const markup = "<img src=x onerror=alert(1)><b>";
    box.value = `“${markup}`;
    box.replacements = [{ position: 0, character: "“", used: markup }];
    expect(marks()).toEqual([["“", markup.replaceAll(" ", "␣")]]);
    expect(document.querySelectorAll("img, b")).toHaveLength(0);
    expect(document.querySelector("mark")?.closest("[aria-hidden=true]")).not.toBeNull();
    expect(seedBox().closest("[aria-hidden]")).toBeNull();
  });

  test("only those near to what is in sight are made", () => {
    const line = (i: number) => `${String.fromCharCode(0x4e00 + i)}\n`;
    const seed = Array.from({ length: 1000 }, (_, i) => line(i)).join("");
    const used = Object.fromEntries(
      Array.from(seed.replaceAll("\n", ""), (sign, i) => [sign, String(i)]),
    );
    box.value = seed;
    box.replacements = replaced(seed, used);
    const shown = () => marks().map(([, small]) => Number(small));
    expect(shown()).toEqual(Array.from({ length: 21 }, (_, i) => i));
    scroller().scrollTop = 500 * SIZE;
    scroller().dispatchEvent(new Event("scroll"));
    expect(shown()).toEqual(Array.from({ length: 32 }, (_, i) => 489 + i));
    for (const [under, small] of marks()) expect(used[under]).toBe(small);
  });
});

describe("while somebody types", () => {
  const A: [string, string] = ["“", '"'];
  const B: [string, string] = ["”", '"'];

  beforeEach(() => {
    layOut();
    box.value = "a “b” c";
    box.replacements = replaced("a “b” c", QUOTES);
  });

  test.each([
    ["before them", "xyza “b” c", [A, B]],
    ["between them", "a “bbb” c", [A, B]],
    ["behind them", "a “b” cc\n", [A, B]],
    ["right behind the last", "a “b”x c", [A, B]],
    ["right before the first", "a x“b” c", [A, B]],
    ["and takes one away", "a “b c", [A]],
    ["and takes the other away", "a b” c", [B]],
    ["over one", "a xyzb” c", [B]],
    ["something else", "😀", []],
    ["nothing", "", []],
  ])("%s, they stay with their characters", (_where, seed, expected) => {
    type(seedBox(), seed);
    expect(marks()).toEqual(expected);
    box.value = seed; // as the model has it now
    expect(marks()).toEqual(expected);
  });

  test("what came for an older text takes no mark away, and puts none elsewhere", () => {
    type(seedBox(), "xa “b” c");
    type(seedBox(), "xya “b” c");
    box.replacements = replaced("xa “b” c", QUOTES);
    expect(marks()).toEqual([A, B]);
    type(seedBox(), "xy");
    expect(marks()).toEqual([]);
  });

  test("one of two that are alike is taken away", () => {
    box.value = "““";
    box.replacements = replaced("““", QUOTES);
    type(seedBox(), "ab““");
    expect(marks()).toEqual([A, A]);
    type(seedBox(), "ab“");
    expect(marks()).toEqual([A]);
  });

  test("what came for this text is all that is marked", () => {
    type(seedBox(), "xa “b” c");
    box.replacements = replaced("xa “b” c", { "“": "'" });
    expect(marks()).toEqual([["“", "'"]]);
    box.replacements = [];
    expect(marks()).toEqual([]);
  });

  test("what fits of an older text is marked, in its place among the others", () => {
    type(seedBox(), "xa “b” c");
    box.replacements = [
      { position: 5, character: "”", used: "'" },
      { position: 20, character: "“", used: '"' },
    ];
    expect(marks()).toEqual([A, ["”", "'"]]);
    box.replacements = [];
    type(seedBox(), "a “b");
    box.replacements = replaced("a “b” c", QUOTES);
    expect(marks()).toEqual([A]);
  });
});
