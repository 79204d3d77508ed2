import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forms, quoted } from "../src/dom/characters.ts";
import { percent, shortNumber as short } from "../src/dom/words.ts";
import { Bars, type Next } from "../src/inside/bars.ts";
import { click, find } from "./reader.ts";

/** Probabilities at temperature 1 by character; those after the tenth are the rest. */
const SHARES: [string, number][] = [
  ["e", 0.3],
  [" ", 0.2],
  ["\n", 0.15],
  ["E", 0.1],
  [",", 0.08],
  ["a", 0.05],
  ["\u200b", 0.04],
  ["<b>", 0.03],
  ["t", 0.02],
  ["o", 0.01],
  ["i", 0.008],
  ["n", 0.007],
  ["s", 0.005],
];
/** Ids in another order than the probabilities, and two without a character. */
const VOCABULARY = [null, ...SHARES.map(([character]) => character).reverse(), null];
const NEXT: Next = {
  logits: logitsOf(SHARES),
  vocabulary: VOCABULARY,
  temperature: 0.5,
  topK: null,
  topP: null,
  chosen: null,
  title: "Next letter",
  rows: 10,
};

let controller: AbortController;
let chosen: number[];
let bars: Bars;
let pointed: (number | null)[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["requestAnimationFrame", "cancelAnimationFrame"] });
  controller = new AbortController();
  chosen = [];
  pointed = [];
  bars = new Bars(
    (id) => chosen.push(id),
    (id) => pointed.push(id),
    controller.signal,
  );
  document.body.replaceChildren(bars.root);
});

afterEach(() => {
  vi.useRealTimers();
});

function logitsOf(shares: [string, number][]): Float32Array {
  const logits = new Float32Array(VOCABULARY.length).fill(-Infinity);
  for (const [character, share] of shares) {
    logits[VOCABULARY.indexOf(character)] = Math.log(share) + 2;
  }
  return logits;
}

function show(next: Partial<Next> = {}): void {
  bars.show({ ...NEXT, ...next });
  vi.advanceTimersToNextFrame();
}

function shown(): HTMLElement[] {
  return Array.from(bars.root.querySelectorAll("li")).filter((row) => !row.hidden);
}

/** What is heard of each row. */
function names(): string[] {
  return shown().map((row) => row.querySelector(".lstm-unseen")?.textContent ?? "");
}

/** What is seen of each row: name and numbers. */
function seen(): string[][] {
  return shown().map((row) =>
    Array.from(row.querySelectorAll("bdi, .lstm-bars-number"), (part) => part.textContent ?? ""),
  );
}

function part(kind: string): CSSStyleDeclaration[] {
  return shown().map((row) => {
    const found = row.querySelector<HTMLElement>(`.lstm-bars-track > .lstm-bars-${kind}`);
    return (found as HTMLElement).style;
  });
}

/** Where the bars end, and where the ticks are, in percent. */
function ends(): [bars: number[], ticks: number[]] {
  return [
    part("bar").map(({ width }) => Number.parseFloat(width)),
    part("tick").map(({ left }) => Number.parseFloat(left)),
  ];
}

/** What the bars and the ticks stand for. */
function key(): string[] {
  const parts = [...bars.root.querySelectorAll<HTMLElement>(".lstm-key span")];
  return parts.filter(({ hidden }) => !hidden).map(({ textContent }) => textContent ?? "");
}

/** The shares at another temperature, in order, those after the tenth in one. */
function reshaped(temperature: number): number[] {
  const powers = SHARES.map(([, share]) => share ** (1 / temperature));
  const sum = powers.reduce((all, power) => all + power);
  const parts = powers.map((power) => power / sum);
  return [...parts.slice(0, 10), parts.slice(10).reduce((all, one) => all + one)];
}

describe("what comes next", () => {
  test("is described in words", () => {
    show();
    expect(names()).toEqual([
      "e, 30 % at temperature 1, 52 % at 0.5",
      "space, 20 % at temperature 1, 23 % at 0.5",
      "line end, 15 % at temperature 1, 13 % at 0.5",
      "capital E, 10 % at temperature 1, 5.7 % at 0.5",
      "comma, 8 % at temperature 1, 3.7 % at 0.5",
      "a, 5 % at temperature 1, 1.4 % at 0.5",
      "U+200B, 4 % at temperature 1, 0.9 % at 0.5",
      "<b>, 3 % at temperature 1, 0.5 % at 0.5",
      "t, 2 % at temperature 1, 0.2 % at 0.5",
      "o, 1 % at temperature 1, < 0.1 % at 0.5",
      "3 more, 2 % at temperature 1, < 0.1 % at 0.5",
    ]);
    const title = bars.root.querySelector(".lstm-bars-title");
    expect(find("list").getAttribute("aria-labelledby")).toBe(title?.id ?? "none");
    expect(title?.textContent).toBe("Next letter");
  });

  test("is seen, with signs for what has no look of its own, and as text", () => {
    show();
    expect(seen().slice(0, 8)).toEqual([
      ["e", "52 %"],
      ["space", "23 %"],
      ["line end", "13 %"],
      ["E", "5.7 %"],
      [",", "3.7 %"],
      ["a", "1.4 %"],
      ["U+200B", "0.9 %"],
      ["<b>", "0.5 %"],
    ]);
    expect(seen()[10]).toEqual(["3 more", "< 0.1 %"]);
    expect(bars.root.querySelector("b")).toBeNull();
  });

  test.each([0.3, 0.6, 1.7, 20])(
    "has a tick for each at 1 and a bar at %d, in one order",
    (temperature) => {
      show({ temperature });
      const [warm, plain] = ends();
      reshaped(1).forEach((share, n) => {
        expect(plain[n]).toBeCloseTo(100 * share, 4);
      });
      reshaped(temperature).forEach((share, n) => {
        expect(warm[n]).toBeCloseTo(100 * share, 3);
      });
      expect(seen().map(([name]) => name)).toEqual([
        ...["e", "space", "line end", "E", ",", "a", "U+200B", "<b>", "t", "o", "3 more"],
      ]);
    },
  );

  test("says how much choice there is, and at which temperatures", () => {
    const told = () => bars.foot.textContent;
    show({ logits: logitsOf(SHARES.slice(0, 8).map(([name]) => [name, 1])), temperature: 0.5 });
    expect(told()).toBe("3.00 bits of choice; 3.00 at 1");
    expect(key()).toEqual(["at 0.5", "at 1"]);
    show({ temperature: 0 });
    expect(told()).toMatch(/^0\.00 bits of choice; 2\.9\d at 1$/);
    show({ chosen: VOCABULARY.indexOf("e") });
    expect(told()).toMatch(/^\d\.\d\d bits of choice$/);
  });

  test("at temperature 1 has one number", () => {
    show({ temperature: 1 });
    expect(names()[0]).toBe("e, 30 % at temperature 1");
    expect(seen()[0]).toEqual(["e", "30 %"]);
    expect(key()).toEqual(["at 1"]);
    expect(bars.foot.textContent).toMatch(/^2\.9\d bits of choice$/);
  });

  test("is what top-k and top-p leave, and says so", () => {
    show({ temperature: 1, topK: 2 });
    expect(names().slice(0, 3)).toEqual([
      "e, 30 % at temperature 1, 60 % at 1 with top-k 2",
      "space, 20 % at temperature 1, 40 % at 1 with top-k 2",
      "line end, 15 % at temperature 1, 0 % at 1 with top-k 2",
    ]);
    show({ topK: 3, topP: 0.5 });
    expect(names()[1]).toMatch(/0 % at 0\.5 with top-k 3 and top-p 0\.5$/);
  });

  test("has no row for an id without a character, nor for the others if there are none", () => {
    const few = SHARES.slice(0, 4);
    const vocabulary = VOCABULARY.map((name) => (few.some(([one]) => one === name) ? name : null));
    show({ logits: logitsOf(few), vocabulary });
    expect(seen().map(([name]) => name)).toEqual(["e", "space", "line end", "E"]);
  });

  test("is not there as long as it is not known", () => {
    const isThere = () => !find("list").hidden;
    expect(isThere()).toBe(false);
    show();
    expect(isThere()).toBe(true);
    show({ logits: null, title: "What comes next after this" });
    expect(isThere()).toBe(false);
    expect(bars.root.querySelector(".lstm-bars-title")?.textContent).toBe(
      "What comes next after this",
    );
  });
});

describe("the character that is there", () => {
  const marked = () =>
    Array.from(bars.root.querySelectorAll(".lstm-bars-chosen bdi"), (name) => name.textContent);

  test("is marked and named", () => {
    show({ chosen: VOCABULARY.indexOf(" ") });
    expect(names()[1]).toBe("space, 20 % at temperature 1, 23 % at 0.5, chosen");
    expect(names().filter((name) => name.endsWith("chosen"))).toHaveLength(1);
    expect(marked()).toEqual(["space"]);
    show();
    expect(marked()).toEqual([]);
  });

  test("cannot be chosen once more", () => {
    show({ chosen: VOCABULARY.indexOf(" ") });
    const disabled = () =>
      shown().map((row) => row.querySelector("button")?.getAttribute("aria-disabled"));
    expect(disabled().slice(0, 3)).toEqual(["false", "true", "false"]);
    shown()[1]?.querySelector("button")?.click();
    expect(chosen).toEqual([]);
    show({ chosen: VOCABULARY.indexOf("e") });
    expect(disabled().slice(0, 3)).toEqual(["true", "false", "false"]);
  });

  test("has a row wherever it stands, instead of the last one", () => {
    show({ chosen: VOCABULARY.indexOf("s"), rows: 3 });
    expect(seen().map(([name]) => name)).toEqual(["e", "space", "s", "10 more"]);
    expect(marked()).toEqual(["s"]);
  });
});

test("what is pointed at is told, and when it is no more", () => {
  show();
  const row = shown()[1] as HTMLElement;
  for (const type of ["pointerenter", "pointerleave"]) row.dispatchEvent(new Event(type));
  expect(pointed).toEqual([VOCABULARY.indexOf(" "), null]);
});

describe("a character", () => {
  test("can be chosen, by what it is now", () => {
    show();
    click("e, 30 % at temperature 1, 52 % at 0.5");
    show({ logits: logitsOf([["a", 0.9], ...SHARES.slice(1, 3)]) });
    shown()[0]?.querySelector("button")?.click();
    expect(chosen).toEqual([VOCABULARY.indexOf("e"), VOCABULARY.indexOf("a")]);
  });

  test("cannot be chosen where that is not possible, nor after the signal", () => {
    show();
    const button = () => shown()[0]?.querySelector("button");
    bars.choosable = false;
    button()?.click();
    expect([button()?.getAttribute("aria-disabled"), button()?.tabIndex]).toEqual(["true", -1]);
    bars.choosable = true;
    expect([button()?.getAttribute("aria-disabled"), button()?.tabIndex]).toEqual(["false", 0]);
    controller.abort();
    button()?.click();
    expect(chosen).toEqual([]);
  });

  test("keeps the focus in its row when all is shown again", () => {
    show();
    const third = shown()[2]?.querySelector("button");
    third?.focus();
    show({ temperature: 2, logits: logitsOf([["a", 0.9], ...SHARES]) });
    expect(shown()[2]?.querySelector("button")).toBe(third);
    expect(document.activeElement).toBe(third);
  });
});

describe("an animation frame", () => {
  test("shows the last of all that was to be shown, once", () => {
    const asked = vi.spyOn(globalThis, "requestAnimationFrame");
    for (const temperature of [0.1, 0.2, 0.5]) bars.show({ ...NEXT, temperature });
    expect(find("list").hidden).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
    vi.advanceTimersToNextFrame();
    expect(names()[0]).toBe("e, 30 % at temperature 1, 52 % at 0.5");
    asked.mockRestore();
  });

  test("changes nothing if nothing is new", () => {
    show();
    const observer = new MutationObserver(() => {});
    observer.observe(bars.root, { subtree: true, childList: true, characterData: true });
    show();
    expect(observer.takeRecords()).toEqual([]);
    show({ temperature: 0.7 });
    expect(observer.takeRecords().length).toBeGreaterThan(10);
    observer.disconnect();
  });

  test("after the signal shows nothing", () => {
    bars.show(NEXT);
    controller.abort();
    vi.advanceTimersToNextFrame();
    show();
    expect(find("list").hidden).toBe(true);
  });
});

test("axe-core finds nothing", async () => {
  show({ chosen: VOCABULARY.indexOf("e") });
  // Colours need a layout.
  const found = await axe.run(bars.root, { rules: { "color-contrast": { enabled: false } } });
  expect(found.violations.map(({ id }) => id)).toEqual([]);
  expect(found.passes.map(({ id }) => id)).toEqual(
    expect.arrayContaining(["aria-hidden-focus", "button-name", "listitem"]),
  );
});

describe("texts", () => {
  test.each([
    [0, "0 %"],
    [1e-12, "< 0.1 %"],
    [0.00099, "< 0.1 %"],
    [0.001, "0.1 %"],
    [0.0349, "3.5 %"],
    [0.0994, "9.9 %"],
    [0.0996, "10 %"],
    [0.314, "31 %"],
    [0.994, "99 %"],
    [0.9962, "99.6 %"],
    [0.9995, "> 99.9 %"],
    [1 - 1e-12, "> 99.9 %"],
    [1, "100 %"],
  ])("%d is %s", (probability, text) => {
    expect(percent(probability)).toBe(text);
  });

  test.each([
    [0, "0"],
    [1, "1"],
    [0.6, "0.6"],
    [0.123456, "0.12"],
    [0.00012345, "0.00012"],
    [100, "100"],
  ])("temperature %d is %s", (temperature, text) => {
    expect(short(temperature)).toBe(text);
  });

  test.each([
    ["a", "a", "a", "a", "“a”"],
    ["Ä", "Ä", "Ä", "capital Ä", "“Ä”"],
    [" ", "␣", "␣ space", "space", "space"],
    ["\n", "↵", "↵ line end", "line end", "line end"],
    ["\t", "⇥", "⇥ tab", "tab", "tab"],
    [".", ".", ".", "full stop", "“.”"],
    ["\r", "U+000D", "U+000D", "U+000D", "U+000D"],
    ["\u00a0", "U+00A0", "U+00A0", "U+00A0", "U+00A0"],
    ["\u0301", "U+0301", "U+0301", "U+0301", "U+0301"],
    ["\u{e0041}", "U+E0041", "U+E0041", "U+E0041", "U+E0041"],
    ["א", "א", "א", "א", "“\u2068א\u2069”"],
    ["constructor", "constructor", "constructor", "constructor", "“constructor”"],
    [null, "?", "no character", "no character", "no character"],
  ])("%j is %s, %s, %s and %s", (character, sign, inRoom, words, within) => {
    expect(forms(character)).toEqual({ sign, seen: inRoom, words });
    expect(quoted(character)).toBe(within);
  });
});
