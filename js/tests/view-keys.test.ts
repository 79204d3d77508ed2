import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { counting } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";
import {
  announcement,
  choose,
  click,
  description,
  field,
  find,
  press,
  seedBox,
  slider,
  type,
} from "./reader.ts";
import { seconds } from "./reading.ts";
import { expectFinished, generated, HELLO, kernel, onFreshPages, show, shown } from "./viewing.ts";

onFreshPages();

/** The keys that reach the notebook around the widget. */
let reached: string[] = [];
const notebook = ({ key }: KeyboardEvent) => reached.push(key);
/** Those that reach one that takes them before they reach the widget, as Notebook 7 does. */
let taken: string[] = [];
const before = ({ key, target }: KeyboardEvent) => {
  if (!(target as Element).hasAttribute("data-lm-suppress-shortcuts")) taken.push(key);
};

beforeEach(() => {
  [reached, taken] = [[], []];
  document.body.addEventListener("keydown", notebook);
  document.addEventListener("keydown", before, true);
});
afterEach(() => {
  document.body.removeEventListener("keydown", notebook);
  document.removeEventListener("keydown", before, true);
});

const PLACES: [string, () => Element][] = [
  ["the seed", seedBox],
  ["a slider", () => slider("Temperature")],
  ["a field", () => field("Length")],
  ["the models", () => find("combobox", "Model")],
  ["a button", () => find("button", "Copy")],
  ["the text", () => find("region", "Generated text")],
];

describe.each(PLACES)("in %s", (_, place) => {
  test.each([{ ctrlKey: true }, { metaKey: true }])("Enter with %o generates", (modifiers) => {
    const model = shown({ length: 50 });
    const goesOn = press(place(), "Enter", modifiers);
    expect(model.sent[1]?.type).toBe("start");
    seconds(3);
    expectFinished(counting(50));
    expect([goesOn, reached]).toEqual([false, []]);
  });

  test("Escape stops", () => {
    shown({ length: 1000 });
    click("Generate");
    seconds(2);
    const goesOn = press(place(), "Escape");
    seconds(1);
    expect(announcement()).toBe(`Stopped: ${kernel.written} characters`);
    expect(generated()).toBe(counting(kernel.written));
    expect([goesOn, reached]).toEqual([false, []]);
  });

  test("Escape does nothing, here and in the notebook, if nothing is written", () => {
    const model = shown();
    press(place(), "Escape");
    seconds(1);
    expect(model.sent).toEqual([HELLO]);
    expect(reached).toEqual([]);
  });

  test("other keys stay here and do what they do; only saving is left to the notebook", () => {
    shown();
    for (const key of ["Enter", "ArrowUp", "a", "b", "Delete", "Tab"]) {
      expect(press(place(), key)).toBe(true);
    }
    expect(press(place(), "Enter", { shiftKey: true })).toBe(true);
    expect(reached).toEqual([]);
    press(place(), "s", { ctrlKey: true });
    press(place(), "z", { metaKey: true });
    expect([reached, taken]).toEqual([["s"], ["s"]]);
  });
});

test("Ctrl+Enter obeys what Generate obeys: wrong numbers are shown, and nothing begins", () => {
  const model = shown();
  type(field("Length"), "-1");
  press(seedBox(), "Enter", { ctrlKey: true });
  expect(model.sent).toEqual([HELLO]);
  expect(document.activeElement).toBe(field("Length"));
  expect(description(field("Length"))).not.toBe("");
});

test("Ctrl+Enter while a text is written begins another one", () => {
  shown({ length: 100 });
  click("Generate");
  seconds(1);
  kernel.text = "second ".repeat(20);
  press(seedBox(), "Enter", { ctrlKey: true });
  seconds(5);
  expect(kernel.runs).toHaveLength(2);
  expectFinished("second ".repeat(20).slice(0, 100));
});

test("Escape ends the typing of what is there already", () => {
  const model = shown();
  kernel.beginInCell({ length: 500 }, 500);
  seconds(0.5);
  press(seedBox(), "Escape");
  expectFinished(counting(500));
  expect(model.sent).toEqual([HELLO]);
});

test("keys outside are the notebook's, and so are all when the view is gone", () => {
  const model = new FakeModel(kernel);
  const view = show(model);
  choose("Model", "Another model");
  seconds(1);
  const { length } = model.sent;
  press(document.body, "Enter", { ctrlKey: true });
  press(document.body, "Escape");
  view.close();
  document.body.append(view.root);
  press(seedBox(), "Enter", { ctrlKey: true });
  press(seedBox(), "x");
  expect(reached).toEqual(["Enter", "Escape", "Enter", "x"]);
  expect(model.sent).toHaveLength(length);
});
