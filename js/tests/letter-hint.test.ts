import { expect, test, vi } from "vitest";
import { FakeModel } from "./fake-model.ts";
import { click, find, press, wholePage } from "./reader.ts";
import { seconds } from "./reading.ts";
import { kernel, onFreshPages, show, shown } from "./viewing.ts";

onFreshPages();

const hint = (root: ParentNode = document) =>
  root.querySelector<HTMLElement>(".lstm-letter-hint")?.dataset.label;
const HINT = "Point at a letter to see why it came";

function written(traits: object = {}): FakeModel {
  kernel.text = "It was a dark and stormy night. ".repeat(20);
  const model = shown({ inside: true, length: 60, pointed: false, ...traits });
  expect(hint()).toBeUndefined();
  click("Generate");
  seconds(1);
  expect(hint()).toBeUndefined(); // while it is written, the letters run away
  seconds(4);
  return model;
}

test("once a text is written, a hint points at a letter, until somebody looks at one", () => {
  const model = written();
  expect(hint()).toBe(HINT);
  expect(wholePage()).not.toContain(HINT);
  press(find("region", "Generated text"), "ArrowLeft");
  seconds(0.1);
  expect(hint()).toBeUndefined();
  expect(model.get("pointed")).toBe(true);
  expect(model.saved).toContainEqual({ pointed: true });
  click("Generate");
  seconds(5);
  expect(hint()).toBeUndefined();
});

test("there is none where somebody has looked at a letter before, in this kernel", () => {
  written({ pointed: true });
  expect(hint()).toBeUndefined();
});

test("there is none while the look inside is folded", () => {
  written({ inside: false });
  expect(hint()).toBeUndefined();
});

test("there is none over a text that was there before, and it goes where another view looked", () => {
  const model = written();
  const late = show(new FakeModel(kernel, { inside: true, pointed: false }));
  seconds(2);
  expect(hint(late.root)).toBeUndefined();
  model.update({ pointed: true });
  seconds(0.1);
  expect(hint()).toBeUndefined();
});

test("where a letter is explained under its line, which takes a click, the hint says so", () => {
  const measured = class {
    constructor(private readonly act: () => void) {}
    observe = () => setTimeout(this.act);
    disconnect() {}
  };
  vi.stubGlobal("ResizeObserver", measured);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockImplementation(function (this: Element) {
    return this.matches(".lstm-bench") ? 848 : 0;
  });
  written();
  const said = "Click a letter to see why it came";
  expect(hint()).toBe(said);
  expect(document.querySelector(".lstm-legend")?.textContent).toBe(said);
});
