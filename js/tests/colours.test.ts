import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SCALES, type Scale } from "../src/inside/colour-scales.ts";
import { Changed, Colours } from "../src/inside/colours.ts";
import { Legend } from "../src/inside/legend.ts";
import { TextArea } from "../src/sheet/text-area.ts";
import { covered, stubHighlights } from "./highlighting.ts";

const { surprise: SURPRISE, probability: PROBABILITY, rank: RANK, cell: CELL } = SCALES;

let controller: AbortController;
let page: TextArea;

beforeEach(() => {
  stubHighlights();
  controller = new AbortController();
  page = new TextArea(controller.signal);
  document.body.append(page.root);
});

afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

/** Numbers from 0 to 1, the same at each run. */
function numbers(count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  });
}

const LETTERS = [..."etaoin   ", "😀", "é", "\n"];

function words(count: number, seed = 2): string[] {
  return numbers(count, seed).map((x) => LETTERS[Math.floor(x * LETTERS.length)] ?? "");
}

/** What each look of a scale covers, found character by character. */
function expected(characters: string[], values: (number | null)[], scale: Scale): string[][] {
  const stretches: string[][] = scale.looks.map(() => []);
  characters.forEach((character, index) => {
    const value = values[index] ?? null;
    if (value === null) return;
    const bucket = scale.bucket(value);
    if (bucket === scale.plain) return;
    const before = values[index - 1] ?? null;
    const list = stretches[bucket] ?? [];
    if (before !== null && scale.bucket(before) === bucket) {
      list.push(`${list.pop()}${character}`);
    } else list.push(character);
  });
  return stretches;
}

function shownBy(scale: Scale): string[][] {
  return scale.looks.map(covered);
}

describe("a scale", () => {
  test.each<[Scale, [value: number, label: string][]]>([
    [
      SURPRISE,
      [
        [0, "< 1"],
        [0.999, "< 1"],
        [1, "1"],
        [3.9, "2"],
        [4, "4"],
        [7.5, "6"],
        [8, "8 bits +"],
        [Number.POSITIVE_INFINITY, "8 bits +"],
      ],
    ],
    [
      PROBABILITY,
      [
        [1, "90 %"],
        [0.9, "90 %"],
        [0.89, "50"],
        [0.3, "20"],
        [0.05, "5"],
        [0.049, "1"],
        [0.0099, "less"],
        [0, "less"],
      ],
    ],
    [
      RANK,
      [
        [0, "1st"],
        [1, "2nd"],
        [2, "3rd"],
        [3, "5th"],
        [4, "5th"],
        [5, "10th"],
        [9, "10th"],
        [10, "more"],
        [200, "more"],
      ],
    ],
    [
      CELL,
      [
        [-1, "−1"],
        [-0.7, "−1"],
        [-0.69, "−.7"],
        [-0.15, "−.4"],
        [-0.14, "0"],
        [-0, "0"],
        [0, "0"],
        [0.14, "0"],
        [0.15, ".4"],
        [0.5, ".7"],
        [0.7, "1"],
        [1, "1"],
      ],
    ],
  ])("puts values into buckets with labels: $name", (scale, cases) => {
    for (const [value, label] of cases) expect(scale.labels[scale.bucket(value)]).toBe(label);
  });

  test("has one look for each label, and no look of another", () => {
    const looks = Object.values(SCALES).flatMap((scale) => {
      expect(scale.looks.length).toBe(scale.labels.length);
      return scale.looks;
    });
    expect(new Set(looks).size).toBe(6 + 6 + 6 + 7);
    for (const [name, scale] of Object.entries(SCALES)) expect(scale.name).toBe(name);
  });
});

describe("colours", () => {
  const seed = "The 😀 seed\n";
  const text = words(3000);
  const characters = [...Array.from(seed), ...text];

  test.each([SURPRISE, CELL])("cover the text, neighbours in one range: $name", (scale) => {
    const spread = scale === CELL ? (x: number) => 2 * x - 1 : (x: number) => 10 * x;
    const values = numbers(characters.length, 3).map((x) => (x < 0.05 ? null : spread(x)));
    page.show(seed, text.join(""), [
      [5, 0.5],
      [6, 0.7],
      [1500, 0.8],
    ]);
    const colours = new Colours(page, controller.signal);
    colours.show((index) => values[index] ?? null, characters.length, scale);
    const all = expected(characters, values, scale);
    expect(shownBy(scale)).toEqual(all);
    expect(all.flat().some((stretch) => Array.from(stretch).length > 1)).toBe(true);
    for (const [bucket, stretches] of all.entries()) {
      expect(stretches.length > 5).toBe(bucket !== scale.plain);
    }
  });

  test("come with the text while it streams, as they would at once", () => {
    const values = numbers(characters.length, 4).map((x) => Math.floor(5 * x) * 3);
    page.show(seed, "");
    const colours = new Colours(page, controller.signal);
    colours.show((index) => values[index] ?? null, Array.from(seed).length, SURPRISE);
    const parts = numbers(1000, 5).map((x) => Math.floor(20 * x));
    let length = 0;
    let kept: Highlight | undefined;
    for (const part of parts) {
      if (part % 5 === 0) page.change(page.length, part / 10);
      page.append(text.slice(length, length + part).join(""));
      length = page.length;
      // What is known may be behind the text.
      colours.update(Array.from(seed).length + Math.max(0, length - (part % 3)));
      kept ??= CSS.highlights.get("lstm-surprise-2");
    }
    colours.update(characters.length);
    expect(page.length).toBe(text.length);
    expect(shownBy(SURPRISE)).toEqual(expected(characters, values, SURPRISE));
    expect(kept).toBeDefined();
    expect(CSS.highlights.get("lstm-surprise-2")).toBe(kept);
  });

  test("ask each value once, and only for what is there", () => {
    const asked: number[] = [];
    const colours = new Colours(page, controller.signal);
    page.show("ab", "c");
    const values = (index: number) => {
      asked.push(index);
      return 1;
    };
    colours.show(values, 100, RANK);
    page.append("de");
    colours.update(2);
    colours.update(4);
    colours.update(4);
    page.append("f");
    colours.update(100);
    expect(asked).toEqual([0, 1, 2, 3, 4, 5]);
    expect(covered("lstm-rank-1")).toEqual(["abcdef"]);
  });

  test("leave out what has no value", () => {
    page.show("", "abcdef");
    const values = [null, 0, Number.NaN, 0, 0, null];
    new Colours(page, controller.signal).show((index) => values[index] ?? null, 6, PROBABILITY);
    expect(covered("lstm-probability-5")).toEqual(["b", "de"]);
  });

  test("go with another scale, with another text, and when they are cleared", () => {
    const colours = new Colours(page, controller.signal);
    const one = () => 1;
    page.show("", "abc");
    colours.show(one, 3, SURPRISE);
    colours.show(one, 3, CELL);
    expect(covered("lstm-surprise-1")).toEqual([]);
    expect(covered("lstm-cell-6")).toEqual(["abc"]);
    expect(page.root.matches(".lstm-text-coloured")).toBe(true);
    page.show("", "def");
    colours.update(3);
    expect(covered("lstm-cell-6")).toEqual([]);
    expect(page.root.matches(".lstm-text-coloured")).toBe(false);
    colours.show(one, 3, CELL);
    expect(covered("lstm-cell-6")).toEqual(["def"]);
    colours.clear();
    colours.update(3);
    expect(covered("lstm-cell-6")).toEqual([]);
  });

  test("of several views share the highlights, and each takes away its own", () => {
    const gone = new AbortController();
    const other = new TextArea(gone.signal);
    document.body.append(other.root);
    page.show("", "abc");
    other.show("", "def");
    const late = new Colours(other, gone.signal);
    new Colours(page, controller.signal).show(() => 1, 3, SURPRISE);
    late.show(() => 1, 3, SURPRISE);
    const changed = new Changed(other, gone.signal);
    changed.show([0], 1.2);
    expect(covered("lstm-surprise-1")).toEqual(["abc", "def"]);
    gone.abort();
    expect(covered("lstm-surprise-1")).toEqual(["abc"]);
    expect(covered("lstm-changed")).toEqual([]);
    late.show(() => 1, 3, SURPRISE); // an answer of the kernel that comes late
    changed.show([0], 1.2);
    expect(covered("lstm-surprise-1")).toEqual(["abc"]);
    expect(covered("lstm-changed")).toEqual([]);
  });

  test("are missing where a browser has no highlights, and nothing else", () => {
    vi.unstubAllGlobals();
    page.show("seed", "abc");
    const colours = new Colours(page, controller.signal);
    colours.show(() => 0, 7, SURPRISE);
    page.append("d");
    colours.update(8);
    new Changed(page, controller.signal).show([0, 1], 1.2);
    controller.abort();
    expect(page.whole).toBe("seedabcd");
  });
});

describe("what would be changed", () => {
  test("is marked, neighbours in one range, until something else is", () => {
    const text = ["a", "😀", "b", "c", "d"];
    page.show("S😀", text.join(""));
    const changed = new Changed(page, controller.signal);
    changed.show([0, 3, 4, 6, 7, 40], 1.2);
    expect(covered("lstm-changed")).toEqual(["S", "😀b", "d"]);
    changed.show([2], 1.2);
    expect(covered("lstm-changed")).toEqual(["a"]);
    changed.show([], 1.2);
    expect(covered("lstm-changed")).toEqual([]);
    changed.show([1], 1.2);
    page.show("", "other");
    expect(covered("lstm-changed")).toEqual([]);
  });

  test("lies over the colours", () => {
    page.show("", "abc");
    new Changed(page, controller.signal).show([0], 1.2);
    new Colours(page, controller.signal).show(() => 1, 3, RANK);
    const priority = (name: string) => CSS.highlights.get(name)?.priority ?? Number.NaN;
    expect(priority("lstm-changed")).toBeGreaterThan(priority("lstm-rank-1"));
  });
});

describe("the legend", () => {
  test.each(Object.values(SCALES))(
    "names each look of a scale, in that look, between its two ends: $name",
    (scale) => {
      const legend = new Legend();
      legend.show(scale);
      const list = legend.root.querySelector("ul");
      expect(list?.hidden).toBe(false);
      expect(list?.getAttribute("aria-label")).toBe(scale.title);
      const entries = Array.from(legend.root.querySelectorAll("li"));
      expect(entries.map(({ textContent }) => textContent)).toEqual(scale.labels);
      expect(entries.map(({ className }) => className)).toEqual(scale.looks);
      const whole = [scale.ends[0], ...scale.labels, scale.ends[1]].join("");
      expect(legend.root.textContent).toBe(whole);
    },
  );

  test("says what else there is to do without a scale, and has nothing of the one before", () => {
    const legend = new Legend();
    expect(legend.root.textContent).toBe("");
    legend.show(CELL);
    legend.show(RANK);
    expect(legend.root.querySelectorAll("li").length).toBe(6);
    legend.show(null, "Nothing to colour yet");
    expect(legend.root.querySelector("ul")?.hidden).toBe(true);
    expect(legend.root.textContent).toBe("Nothing to colour yet");
  });

  test("has no faults that axe finds", async () => {
    const legend = new Legend();
    legend.show(SURPRISE);
    document.body.append(legend.root);
    const { violations } = await axe.run(legend.root, {
      rules: { "color-contrast": { enabled: false } }, // nothing is drawn here
    });
    expect(violations).toEqual([]);
  });
});

// The style sheet: what each look is there.

interface Look {
  /** Red, green, blue, and how much there is of them. */
  tint: [number, number, number, number];
  lines: string;
}

type Colour = readonly [number, number, number];

async function looks(): Promise<Map<string, Look>> {
  const { readFileSync } = await import("node:fs" as string); // vitest would make the sheet empty
  const sheet: string = readFileSync("src/inside/colours.css", "utf8");
  const found = new Map<string, Look>();
  for (const [, selectors = "", body = ""] of sheet.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    const tint = /background-color: rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)/.exec(body)?.slice(1);
    const of = (name: string) => new RegExp(`text-decoration-${name}: ([^;]+);`).exec(body)?.[1];
    const names = Array.from(
      selectors.matchAll(/::highlight\(([\w-]+)\)/g),
      ([, name = ""]) => name,
    );
    for (const name of names) {
      if (tint === undefined) continue; // of the system's colours
      const [red = 0, green = 0, blue = 0, percent = 0] = tint.map(Number);
      found.set(name, {
        tint: [red, green, blue, percent / 100],
        lines: `${of("line")} ${of("style")} ${of("thickness")}`,
      });
      expect(selectors.includes(`.${name},`)).toBe(true); // the legend looks the same
    }
  }
  return found;
}

function over(tint: Look["tint"], ground: Colour): Colour {
  const mix = (n: 0 | 1 | 2) => tint[n] * tint[3] + ground[n] * (1 - tint[3]);
  return [mix(0), mix(1), mix(2)];
}

/** As in WCAG 2. */
function contrast(one: Colour, other: Colour): number {
  const luminance = (colour: Colour) => {
    const [red = 0, green = 0, blue = 0] = colour.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS: [string, ground: Colour, ink: Colour][] = [
  ["JupyterLab, light", [255, 255, 255], [33, 33, 33]],
  ["JupyterLab, dark", [17, 17, 17], [255, 255, 255]],
  ["Colab, dark", [56, 56, 56], [227, 227, 227]],
  ["an editor, light", [255, 255, 255], [59, 59, 59]],
  ["an editor, dark", [31, 31, 31], [204, 204, 204]],
];

describe("the style sheet", () => {
  test.each(Object.values(SCALES))(
    "distinguishes the looks of a scale by lines alone: $name",
    async (scale) => {
      const all = await looks();
      // What is usual has no look of its own.
      const lines = scale.looks.map((look) => all.get(look)?.lines ?? "none");
      expect(lines.indexOf("none")).toBe(scale.plain);
      expect(new Set(lines).size).toBe(scale.looks.length);
      expect(lines).not.toContain(all.get("lstm-changed")?.lines);
    },
  );

  test.each([SURPRISE, PROBABILITY, RANK])(
    "is stronger from look to look: $name",
    async (scale) => {
      const all = await looks();
      const strengths = scale.looks.map((look) => all.get(look)?.tint[3] ?? 0);
      expect(strengths).toEqual([...new Set(strengths)].sort((one, other) => one - other));
    },
  );

  test.each(GROUNDS)("leaves the letters readable: %s", async (_name, ground, ink) => {
    const all = await looks();
    const changed = { tint: [238, 43, 59, 0.15] as Look["tint"] }; // of the hottest
    expect(all.size).toBe(21);
    for (const { tint } of all.values()) {
      const below = over(tint, ground);
      expect(contrast(ink, below)).toBeGreaterThan(4.5);
      expect(contrast(ink, over(changed.tint, below))).toBeGreaterThan(4.5);
    }
  });
});

describe("of a long text", () => {
  test("only what is in sight is painted, wherever the reader goes", () => {
    const text = words(20_000);
    page.show("", text.join(""));
    layOut(page, 600);
    const values = numbers(text.length, 7).map((x) => 10 * x);
    const colours = new Colours(page, controller.signal);
    const changed = new Changed(page, controller.signal);
    const odd = values.flatMap((value, index) => (value > 5 ? [index] : []));
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal("requestAnimationFrame", (act: FrameRequestCallback) => frames.push(act));
    colours.show((index) => values[index] ?? null, text.length, SURPRISE);
    changed.show(odd, 1.2);
    const range = vi.spyOn(page, "range");
    for (const top of [0, 300, 5000, 5100, 2000, 0, 19_000]) {
      page.root.scrollTop = top;
      page.root.dispatchEvent(new Event("scroll"));
      range.mockClear();
      for (const act of frames.splice(0)) act(0);
      expect(range.mock.calls.length).toBeLessThan(4000);
      const [from, to] = page.sight;
      expect(from).toBeLessThanOrEqual(top);
      expect(to).toBeGreaterThanOrEqual(Math.min(top + 600, text.length));
      for (const [name, isPainted] of [
        ["lstm-surprise-5", (value: number) => value >= 8],
        ["lstm-changed", (value: number) => value > 5],
      ] as const) {
        const painted = places(name);
        expect(painted.size).toBeLessThan(6000);
        for (const place of painted) expect(isPainted(values[place] as number)).toBe(true);
        for (let place = from; place < to; place += 1) {
          expect(painted.has(place)).toBe(isPainted(values[place] as number));
        }
      }
    }
  });
});

/** A page in which each character takes one pixel of height, and as many are seen as fit into the height. */
function layOut(shown: TextArea, height: number): void {
  Object.defineProperty(shown.root, "clientHeight", { value: height });
  let top = 0;
  for (const block of shown.root.querySelectorAll(".lstm-text-block")) {
    const count = Array.from(block.textContent ?? "").length;
    Object.defineProperty(block, "offsetTop", { value: top });
    Object.defineProperty(block, "offsetHeight", { value: count });
    top += count;
  }
}

/** The places of the characters under a highlight. */
function places(name: string): Set<number> {
  const found = new Set<number>();
  for (const range of (CSS.highlights.get(name) ?? []) as Iterable<Range>) {
    const start = page.indexAt(range.startContainer, range.startOffset) ?? Number.NaN;
    for (const n of Array.from(range.toString()).keys()) found.add(start + n);
  }
  return found;
}
