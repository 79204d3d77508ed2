import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NumberField } from "../src/settings/number-field.ts";
import { TRAITS } from "./fake-model.ts";
import { description, field, press, slider, type } from "./reader.ts";

let controller: AbortController;
let changes: number[];
let temperature: NumberField;
let length: NumberField;

beforeEach(() => {
  controller = new AbortController();
  changes = [];
  const make = (name: string, bounds: keyof typeof TRAITS.bounds, whole: boolean) =>
    new NumberField(
      name,
      TRAITS.bounds[bounds],
      { whole },
      (value) => changes.push(value),
      controller.signal,
    );
  temperature = make("Temperature", "temperature", false);
  length = make("Length", "length", true);
  temperature.value = 0.6;
  length.value = 300;
  document.body.replaceChildren(temperature.root, length.root);
});

function values(name: string): string[] {
  return [slider(name).value, field(name).value];
}

describe("two inputs for one number", () => {
  test("show the value that is set, within the kernel's bounds, and report nothing", () => {
    expect(values("Temperature")).toEqual(["0.6", "0.6"]);
    expect(values("Length")).toEqual(["300", "300"]);
    expect(changes).toEqual([]);
    for (const [name, least, sliderMost, most] of [
      ["Temperature", "0", "2", "100"],
      ["Length", "1", "2000", "1000000"],
    ] as const) {
      const [{ min, max }, { min: fieldMin, max: fieldMax }] = [slider(name), field(name)];
      expect([min, max, fieldMin, fieldMax]).toEqual([least, sliderMost, least, most]);
    }
  });

  test("move each other; the field goes on where the slider ends", () => {
    type(slider("Temperature"), "1.25");
    expect(values("Temperature")).toEqual(["1.25", "1.25"]);
    type(field("Length"), "1200");
    expect(values("Length")).toEqual(["1200", "1200"]);
    type(field("Length"), "50000");
    expect(values("Length")).toEqual(["2000", "50000"]);
    type(field("Temperature"), "0.123"); // more decimals than the slider has
    expect(field("Temperature").checkValidity()).toBe(true);
    expect(changes).toEqual([1.25, 1200, 50_000, 0.123]);
    length.value = 100_000;
    expect(values("Length")).toEqual(["2000", "100000"]);
  });

  test("leave what is being typed alone if it is the value that is set", () => {
    type(field("Temperature"), "0.50");
    temperature.value = 0.5;
    expect(field("Temperature").value).toBe("0.50");
    temperature.value = 0.7;
    expect(field("Temperature").value).toBe("0.7");
  });

  test("report nothing after the signal", () => {
    controller.abort();
    type(field("Temperature"), "1");
    type(slider("Length"), "5");
    expect(changes).toEqual([]);
  });
});

describe("what is typed", () => {
  /** Type a number key by key, as quickly as people do. */
  function keys(number: string, pause = 150): void {
    const input = field("Temperature");
    for (let end = 1; end <= number.length; end += 1) {
      vi.advanceTimersByTime(pause);
      input.value = number.slice(0, end);
      input.dispatchEvent(new InputEvent("input", { inputType: "insertText" }));
    }
  }
  const enter = (modifiers = {}) => press(field("Temperature"), "Enter", modifiers);
  const leave = () => field("Temperature").dispatchEvent(new Event("change"));

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test("counts after a pause, and none of it on the way", () => {
    keys("0.725");
    vi.advanceTimersByTime(599);
    expect(changes).toEqual([]);
    expect(values("Temperature")).toEqual(["0.725", "0.725"]); // but it is seen at once
    vi.advanceTimersByTime(1);
    expect(changes).toEqual([0.725]);
    leave();
    vi.advanceTimersByTime(5000);
    expect(changes).toEqual([0.725]);
  });

  test.each([
    ["with Enter", () => enter()],
    ["with Ctrl+Enter, which generates", () => enter({ ctrlKey: true })],
    ["when the field is left", leave],
  ])("counts at once %s", (_, act) => {
    keys("0.6");
    act();
    expect(changes).toEqual([0.6]);
    vi.advanceTimersByTime(5000);
    expect(changes).toEqual([0.6]);
  });

  test("stays, whatever is set meanwhile", () => {
    keys("0.7");
    temperature.value = 1.2;
    expect(values("Temperature")).toEqual(["0.7", "0.7"]);
    vi.advanceTimersByTime(600);
    expect(changes).toEqual([0.7]);
  });

  test("gives way to the slider, to arrow keys, and to what is wrong", () => {
    keys("0.7");
    type(slider("Temperature"), "1.25");
    keys("0.8");
    type(field("Temperature"), "0.81"); // as an arrow key does, without a kind of input
    keys("0.9x");
    vi.advanceTimersByTime(5000);
    expect(changes).toEqual([1.25, 0.81]);
  });

  test("does not count when the view is gone", () => {
    keys("0.7");
    controller.abort();
    vi.advanceTimersByTime(5000);
    expect(changes).toEqual([]);
  });
});

describe("a number without a slider, which need not be given", () => {
  let values: (number | null)[];
  let topP: NumberField<number | null>;

  beforeEach(() => {
    values = [];
    const kind = { whole: false, optional: true };
    const changed = (value: number | null) => values.push(value);
    const { top_p } = TRAITS.bounds;
    topP = new NumberField<number | null>("Top-p", top_p, kind, changed, controller.signal);
    document.body.replaceChildren(topP.root);
  });

  test("has one field, which its label names", () => {
    expect(document.querySelectorAll("input")).toHaveLength(1);
    expect(document.querySelector("label")?.control).toBe(field("Top-p"));
  });

  test("begins empty, takes numbers and nothing, and reports each once", () => {
    expect([field("Top-p").value, topP.problem]).toEqual(["", ""]);
    for (const typed of ["0.5", "", "0.123", "1"]) type(field("Top-p"), typed);
    expect(values).toEqual([0.5, null, 0.123, 1]);
    topP.value = null;
    expect(field("Top-p").value).toBe("");
    topP.value = 0.25;
    expect(field("Top-p").value).toBe("0.25");
    expect(values).toHaveLength(4);
  });

  test("is put right by another value, or by none", () => {
    for (const value of [0.5, null]) {
      type(field("Top-p"), "7");
      expect(topP.problem).not.toBe("");
      topP.value = value;
      expect([topP.problem, description(field("Top-p"))]).toEqual(["", ""]);
    }
    expect(values).toEqual([]);
  });
});

describe.each([
  [
    "Temperature",
    "Temperature must be a number from 0 to 100.",
    ["", "-1", "-0.001", "100.5", "1e9", "abc", "NaN", "Infinity"],
    ["0", "100", "2.5", "1e1"],
  ],
  [
    "Length",
    "Length must be a whole number from 1 to 1,000,000.",
    ["", "-1", "0", "2.5", "1000001", "1e9", "abc"],
    ["1", "1000000", "1e3"],
  ],
])("%s", (name, sentence, wrong, right) => {
  const state = () => [
    (name === "Length" ? length : temperature).problem,
    description(field(name)),
    field(name).getAttribute("aria-invalid"),
  ];

  test.each(wrong)("%j is refused, with a sentence beside it", (typed) => {
    type(field(name), typed);
    expect(state()).toEqual([sentence, sentence, "true"]);
    expect(changes).toEqual([]);
  });

  test.each(right)("%j will do", (typed) => {
    type(field(name), "-1");
    type(field(name), typed);
    expect(state()).toEqual(["", "", "false"]);
    expect(changes).toEqual([Number(typed)]);
  });

  test.each(["slider", "kernel"])("the %s puts a wrong number right", (who) => {
    type(field(name), "");
    if (who === "slider") type(slider(name), "1");
    else for (const number of [temperature, length]) number.value = 1;
    expect(state()).toEqual(["", "", "false"]);
    expect(values(name)).toEqual(["1", "1"]);
  });
});
