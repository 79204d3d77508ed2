import { beforeEach, expect, test } from "vitest";
import { Layer } from "../src/sheet/highlights.ts";
import { covered, stubHighlights } from "./highlighting.ts";

function letter(index: number): Range {
  const range = document.createRange();
  const text = document.body.firstChild as Text;
  range.setStart(text, index);
  range.setEnd(text, index + 1);
  return range;
}

beforeEach(() => {
  stubHighlights();
  document.body.replaceChildren("once upon a time");
});

test("highlights are registered in the order of their priorities, whichever is used first", () => {
  const layers = { tint: 0, caret: 2, tint2: 0, below: -1, changed: 1 };
  Object.entries(layers).forEach(([name, priority], index) => {
    new Layer(name, priority).add(letter(index));
  });
  const priorities = Array.from(CSS.highlights.values(), ({ priority }) => priority);
  expect(priorities).toEqual([-1, 0, 0, 1, 2]);
  expect(covered("caret")).toEqual(["n"]);
});
