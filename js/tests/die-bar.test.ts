import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DieBar } from "../src/inside/die-bar.ts";
import { cut } from "../src/inside/die-segments.ts";
import { Replay } from "../src/inside/replay.ts";
import { TRAITS } from "./fake-model.ts";
import { find, slider, type } from "./reader.ts";

const VOCABULARY = ["a", "e", " ", "\n", null];
/** Probabilities at temperature 1 of the ids: in order e, a, space, line end. */
const SHARES = [0.3, 0.4, 0.2, 0.1, 0];
const WHAT_IF = "What if the temperature were";
/** The characters: the first is of the seed, the last was put there. */
const [SEED, FIRST, SECOND, PLACED] = [0, 1, 2, 3] as const;

let controller: AbortController;
let set: (number | null)[];
let choices: Replay;
let dieBar: DieBar;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["requestAnimationFrame", "cancelAnimationFrame"] });
  controller = new AbortController();
  set = [];
  choices = new Replay();
  const logits = new Float32Array(4 * SHARES.length);
  for (let n = 0; n < 4; n += 1) logits.set(SHARES.map(Math.log), n * SHARES.length);
  choices.add(0, {
    logits,
    ids: Int32Array.of(2, 0, 1, 3),
    dice: Float64Array.of(Number.NaN, 0.51239, 0.1, 0.99999),
    temperatures: Float64Array.of(Number.NaN, 1, 0.5, 0.5),
    placed: [PLACED],
  });
  const { temperature } = TRAITS.bounds;
  dieBar = new DieBar((value) => set.push(value), temperature, controller.signal);
  document.body.replaceChildren(dieBar.root);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function frame(): void {
  vi.advanceTimersToNextFrame();
}

function show(index: number): void {
  dieBar.show({ choices, index, vocabulary: VOCABULARY });
  frame();
}

function verdict(): string {
  return dieBar.root.querySelector(".lstm-verdict")?.textContent ?? "";
}

/** What is seen over the bar. */
function thrown(): string {
  return dieBar.root.querySelector(".lstm-throw")?.textContent ?? "";
}

/** What is said, by name. */
function facts(): Record<string, string> {
  const [, listed = ""] = /: (.*?)\.(?: At|$)/.exec(dieBar.summary) ?? [];
  const named = listed.split(", ").map((one) => /^(\w+) (.*)$/.exec(one) ?? []);
  return Object.fromEntries(named.map(([, name, value]) => [name, value]));
}

/** The parts of the bar: where each begins, how wide it is, its text. */
function segments(kind = "segment"): [start: number, width: number, text: string][] {
  return Array.from(dieBar.root.querySelectorAll<HTMLElement>(`.lstm-die-${kind}`))
    .filter(({ hidden }) => !hidden)
    .map(({ style, textContent }) => [
      Math.round(Number.parseFloat(style.left)),
      Math.round(Number.parseFloat(style.width)),
      textContent ?? "",
    ]);
}

function pointer(): number | null {
  const found = dieBar.root.querySelector<HTMLElement>(".lstm-die-pointer");
  return found && !found.hidden ? Number.parseFloat(found.style.left) : null;
}

function bar(): string {
  return find("img").getAttribute("aria-label") ?? "";
}

function valueText(): string | null {
  return slider(WHAT_IF).getAttribute("aria-valuetext");
}

describe("a character that the die chose", () => {
  test("is named, with how it came about", () => {
    show(FIRST);
    expect(dieBar.summary).toBe(
      "a, chosen by the die: die 0.5123, rank 2nd of 4, probability 30 %, entropy 1.85 bits, surprise 1.74 bits, temperature 1.",
    );
  });

  test("is on the bar where the die points", () => {
    show(FIRST);
    expect(segments()).toEqual([
      [0, 40, "e"],
      [40, 30, "a"],
      [70, 20, "␣"],
      [90, 10, "↵"],
    ]);
    expect(pointer()).toBeCloseTo(51.239, 9);
    expect(thrown()).toBe("0.512 →a");
    expect(verdict()).toBe("The throw fell into the share of “a”: 0.400 to 0.700.");
    expect(segments("chosen")).toEqual([[40, 30, "a"]]);
    expect(segments("was")).toEqual([]);
    dieBar.framed = VOCABULARY.indexOf("e");
    expect(dieBar.root.querySelector(".lstm-framed")?.textContent).toBe("e");
    dieBar.framed = null;
    expect(dieBar.root.querySelector(".lstm-framed")).toBeNull();
    expect(bar()).toBe(
      "The bar from 0 to 1 at temperature 1. The die, 0.5123, points at a from 0.4 to 0.7. " +
        "In order: e from 0 to 0.4, a from 0.4 to 0.7, space from 0.7 to 0.9, line end from 0.9 to 1, no character from 1 to 1.",
    );
  });

  test("has a bar at its own temperature", () => {
    show(SECOND); // squares: 16, 9, 4, 1 of 30
    expect(segments().map(([start]) => start)).toEqual([0, 53, 83, 97]);
    expect(facts()).toMatchObject({ rank: "1st of 4", probability: "53 %", temperature: "0.5" });
    expect(facts().surprise).toBe("1.32 bits"); // at temperature 1, whatever it is
  });

  test("is pointed at by none, or not known yet, to begin with", () => {
    const isEmpty = () => expect([dieBar.root.hidden, dieBar.summary]).toEqual([true, ""]);
    isEmpty();
    show(4);
    isEmpty();
    show(FIRST);
    expect(dieBar.root.hidden).toBe(false);
    dieBar.show(null);
    frame();
    isEmpty();
  });
});

describe("a character that no die chose", () => {
  test("may be of the seed", () => {
    show(SEED);
    expect(dieBar.summary).toMatch(/^space, in the seed: read, not chosen: rank 3rd of 4, /);
    expect(dieBar.summary).toMatch(
      /, probability 20 %, entropy 1.85 bits, surprise [\d.]+ bits\.$/,
    );
    expect(dieBar.root.hidden).toBe(true);
  });

  test("may have been put there", () => {
    show(PLACED);
    expect(pointer()).toBeNull();
    expect(dieBar.root.querySelector<HTMLElement>(".lstm-throw")?.hidden).toBe(true);
    expect(verdict()).toBe("It was put here by hand, whatever the die said.");
    expect(dieBar.summary).toMatch(/^line end, put here by hand: rank 4th of 4, /);
  });

  test("would be no other one", () => {
    show(PLACED);
    type(slider(WHAT_IF), "0");
    frame();
    expect(verdict()).toBe("It was put here by hand, whatever the die said.");
    expect(valueText()).toBe("0");
  });
});

describe("the what-if", () => {
  test("stretches the bar under the same die, and says what would have come", () => {
    show(FIRST);
    type(slider(WHAT_IF), "0.5");
    frame();
    expect(set).toEqual([0.5]);
    expect(segments().map(([start]) => start)).toEqual([0, 53, 83, 97]);
    expect(pointer()).toBeCloseTo(51.239, 9);
    expect(segments("chosen")).toEqual([[0, 53, "e"]]);
    expect(segments("was")).toEqual([[53, 30, "a"]]);
    expect(verdict()).toBe("At 0.5 the same throw gives “e” instead of “a”.");
    expect(valueText()).toBe("0.5, e instead of a");
    expect(bar()).toMatch(/^The bar from 0 to 1 at temperature 0\.5\. .* points at e from 0 to/);
    expect(facts()).toMatchObject({ temperature: "1", probability: "30 %" }); // as it was
    expect(dieBar.summary).toMatch(/temperature 1\. At 0\.5 the same throw .* instead of “a”\.$/);
    type(slider(WHAT_IF), "0.9");
    frame();
    expect(verdict()).toBe("At 0.9 the same throw gives “a” again.");
    expect(valueText()).toBe("0.9, the same");
    expect(segments("was")).toEqual([]);
  });

  test("may be 0: then the most likely one takes all of the bar", () => {
    show(FIRST);
    type(slider(WHAT_IF), "0");
    frame();
    expect(segments()).toEqual([[0, 100, "e"]]);
    expect(verdict()).toBe("At 0 the same throw gives “e” instead of “a”.");
  });

  test("can be set, for all characters, and reports nothing", () => {
    dieBar.whatIf = 0.5;
    show(FIRST);
    expect(verdict()).toMatch(/^At 0.5 /);
    show(SECOND);
    expect(verdict()).toBe("At 0.5 the same throw gives “e” again.");
    expect(slider(WHAT_IF).value).toBe("0.5");
    dieBar.whatIf = null;
    frame();
    expect(verdict()).toBe("The throw fell into the share of “e”: 0 to 0.533.");
    expect(set).toEqual([]);
  });

  test.each([
    [[0.9997, 0.0003], 0.5, "0 to 0.9997"],
    [[0.99999, 0.00001], 0.5, "0 to 0.99999"],
    [[0.99999, 0.00001], 0.999995, "0.99999 to 1"],
    [[1 - 1e-9, 1e-9], 0.5, "0 to almost 1"],
    [[0.5, 0.4999, 0.0001], 0.7, "0.5000 to 0.9999"],
    [[0.00002, 0.99998], 0.999995, "0.99998 to 1"],
  ])("names the share of %j in which %d fell so that its ends differ: %s", (shares, die, told) => {
    const one = new Replay();
    const order = [...shares].sort((a, b) => b - a);
    let sum = 0;
    const chosen = order.find((share) => {
      sum += share;
      return sum > die;
    }) as number;
    one.add(0, {
      logits: Float32Array.from(shares, Math.log),
      ids: Int32Array.of(shares.indexOf(chosen)),
      dice: Float64Array.of(die),
      temperatures: Float64Array.of(1),
      placed: [],
    });
    dieBar.show({ choices: one, index: 0, vocabulary: ["a", "b", "c"].slice(0, shares.length) });
    frame();
    const [, ends] = verdict().split(": ");
    expect(ends).toBe(`${told}.`);
  });

  test("goes back to the temperature of the text, as often as there is one to go back from", () => {
    const reset = find("button", "as it was");
    const isOff = () => reset.matches(".lstm-off");
    show(SECOND);
    expect(isOff()).toBe(true);
    type(slider(WHAT_IF), "1.5");
    frame();
    expect(isOff()).toBe(false);
    reset.click();
    frame();
    expect(set).toEqual([1.5, null]);
    expect(isOff()).toBe(true);
    expect([slider(WHAT_IF).value, valueText()]).toEqual(["0.5", "0.5, as it was"]);
    expect(dieBar.root.querySelector(".lstm-value")?.textContent).toBe("0.5");
  });

  test("has a slider within the kernel's bounds", () => {
    const { min, max, step } = slider(WHAT_IF);
    expect([min, max, step]).toEqual(["0", "2", "0.01"]);
  });

  test("counts the characters that would be others", () => {
    dieBar.whatIf = 0.5;
    show(FIRST);
    dieBar.changed = { count: 12, of: 1300 };
    frame();
    expect(verdict()).toMatch(/\. In the whole text 12 of 1,300 letters would differ\.$/);
    dieBar.changed = { count: 1, of: 1300, isLast: true };
    frame();
    expect(verdict()).toMatch(/\. At the end of the text 1 of 1,300 letters would differ\.$/);
    dieBar.changed = null;
    frame();
    expect(verdict()).not.toContain("differ");
  });

  test("is not asked while letters come", () => {
    dieBar.whatIf = 0.5;
    dieBar.show({ choices, index: FIRST, vocabulary: VOCABULARY }, true);
    frame();
    expect(slider(WHAT_IF).parentElement?.hidden).toBe(true);
    expect(segments("chosen")).toEqual([[40, 30, "a"]]);
    expect(verdict()).toBe("The throw fell into the share of “a”: 0.400 to 0.700.");
  });

  test("reports nothing after the signal, and draws nothing", () => {
    show(FIRST);
    const before = dieBar.root.textContent;
    controller.abort();
    type(slider(WHAT_IF), "0.5");
    dieBar.show({ choices, index: SECOND, vocabulary: VOCABULARY });
    frame();
    expect([set, dieBar.root.textContent]).toEqual([[], before]);
  });
});

describe("a bar that is cut", () => {
  const edgesOf = (shares: number[]) => {
    let end = 0;
    return Float64Array.from(shares, (share) => {
      end += share;
      return end;
    });
  };
  /** From id to id, and how wide. */
  const cutInto = (...how: Parameters<typeof cut>) =>
    cut(...how).map(({ first, last, start, end }) => [
      first,
      last,
      Number((end - start).toFixed(6)),
    ]);

  test("has the narrow ones together, but for those that stay apart", () => {
    const edges = edgesOf([0.5, 0.3, 0.1, 0.05, 0.03, 0.01, 0.01]);
    expect(cutInto(edges, [], 0.04)).toEqual([
      [0, 0, 0.5],
      [1, 1, 0.3],
      [2, 2, 0.1],
      [3, 3, 0.05],
      [4, 6, 0.05],
    ]);
    expect(cutInto(edges, [1, 5], 0.2)).toEqual([
      [0, 0, 0.5],
      [1, 1, 0.3],
      [2, 4, 0.18],
      [5, 5, 0.01],
      [6, 6, 0.01],
    ]);
  });

  test("has no part for what takes no room", () => {
    expect(cutInto(Float64Array.of(0.5, 1, 1, 1), [2], 0.01)).toEqual([
      [0, 0, 0.5],
      [1, 1, 0.5],
    ]);
  });

  test.each([[[]], [[0]], [[0, 99]], [[50, 51]], [[50, 52]], [[98, 99]]])(
    "has at most 40 parts, with %j apart, and together they are the bar",
    (apart) => {
      const edges = edgesOf(new Array(100).fill(0.01));
      edges[99] = 1;
      const parts = cut(edges, apart, 0);
      expect(parts.length).toBeLessThanOrEqual(40);
      expect(parts.length).toBeGreaterThan(30);
      let [end, rank] = [0, 0];
      for (const part of parts) {
        expect([part.start, part.first]).toEqual([end, rank]);
        [end, rank] = [part.end, part.last + 1];
      }
      expect([end, rank]).toEqual([1, 100]);
      for (const one of apart) {
        expect(parts).toContainEqual(expect.objectContaining({ first: one, last: one }));
      }
    },
  );
});

test("what is too narrow for its name has none, and many are together", () => {
  const count = 200;
  const vocabulary = Array.from({ length: count }, (_, id) => String.fromCodePoint(0x4e00 + id));
  const logits = Float32Array.from({ length: count }, (_, id) => -id / 12);
  const [die, temperature] = [Float64Array.of(0.99), Float64Array.of(1)];
  const many = new Replay();
  many.add(0, {
    logits,
    ids: Int32Array.of(55),
    dice: die,
    temperatures: temperature,
    placed: [],
  });
  expect(many.wouldBe(0, 1)).toBe(55);
  dieBar.show({ choices: many, index: 0, vocabulary });
  frame();
  expect(segments("others").length).toBe(2);
  expect(segments("others")[0]?.[2]).toBe("");
  expect(segments("chosen")).toHaveLength(1);
  expect(segments().length).toBeLessThanOrEqual(40);
  expect(segments()[0]?.[2]).toBe(vocabulary[0]); // 8 % of 320 pixels
  expect(segments()[20]?.[2]).toBe("");
  expect(facts().rank).toBe("56th of 200");
  expect(bar()).toMatch(/, then 195 less likely\.$/);
});

test("axe-core finds nothing", async () => {
  show(FIRST);
  type(slider(WHAT_IF), "0.5");
  dieBar.changed = { count: 12, of: 300 };
  frame();
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null); // jsdom draws nothing
  // Colours need a layout.
  const found = await axe.run(dieBar.root, { rules: { "color-contrast": { enabled: false } } });
  expect(found.violations.map(({ id }) => id)).toEqual([]);
  expect(found.passes.map(({ id }) => id)).toEqual(
    expect.arrayContaining(["role-img-alt", "label", "button-name"]),
  );
});
