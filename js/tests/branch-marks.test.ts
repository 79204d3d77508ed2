import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BranchMarks } from "../src/inside/branch-marks.ts";
import type { Branch } from "../src/kernel/protocol.ts";
import { TextArea } from "../src/sheet/text-area.ts";
import { FIRST } from "./branches.ts";
import { covered, stubHighlights } from "./highlighting.ts";

const TREE: Branch[] = [
  FIRST,
  { ...FIRST, run: "b", parent: "a", position: 4, character: "n", instead: " " },
  { ...FIRST, run: "c", parent: "a", position: 4, character: "x", instead: " " },
  { ...FIRST, run: "d", parent: "b", position: 6, character: "y", instead: "z" },
];

let controller: AbortController;
let page: TextArea;
let marks: BranchMarks;

beforeEach(() => {
  stubHighlights();
  controller = new AbortController();
  page = new TextArea(controller.signal);
  document.body.replaceChildren(page.root);
  marks = new BranchMarks(page, controller.signal);
  page.show("Seed", "The nzyw end");
});

afterEach(() => {
  controller.abort();
  vi.unstubAllGlobals();
});

function drawn(): string[][] {
  return ["lstm-shared", "lstm-put", "lstm-branched"].map(covered);
}

const label = () => page.root.querySelector<HTMLElement>(".lstm-branch-label");

test("a branch shows what it shares, the letter that was put there, and where others branch off", () => {
  marks.show(TREE, "b");
  expect(drawn()).toEqual([["The "], ["n"], ["y"]]);
  expect(label()?.dataset.label).toBe("n instead of ␣");
  expect(label()?.getAttribute("aria-label")).toBe("Branched here: n instead of ␣");
  expect(page.whole).toBe("SeedThe nzyw end"); // the label is none of it
});

test("the first text shows only where others branch off, each place once", () => {
  marks.show(TREE, "a");
  expect(drawn()).toEqual([[], [], ["n"]]);
  expect(label()).toBeNull();
});

test("marks come with their letters, and stay while the text grows", () => {
  page.show("Seed", "The");
  marks.show(TREE, "b");
  expect(drawn()).toEqual([[], [], []]);
  page.append(" nz");
  marks.show(TREE, "b");
  expect(drawn()).toEqual([["The "], ["n"], []]);
  const range = vi.spyOn(page, "range");
  page.append("y");
  marks.show(TREE, "b");
  expect(drawn()).toEqual([["The "], ["n"], ["y"]]);
  range.mockClear();
  page.append("w and so on");
  marks.show(TREE, "b");
  expect(range).not.toHaveBeenCalled();
});

test("they go with their text, with the tab, and with the view", () => {
  const none = [[], [], []];
  marks.show(TREE, "b");
  marks.show(TREE, undefined);
  expect([drawn(), label()]).toEqual([none, null]);
  marks.show(TREE, "b");
  page.show("Seed", "Another text");
  expect([drawn(), label()]).toEqual([none, null]);
  marks.show(TREE, "b");
  expect(drawn()).not.toEqual(none);
  controller.abort();
  expect([drawn(), label()]).toEqual([none, null]);
});

test("the label stands over its letter, and begins before it where the line ends", () => {
  const rect = { left: 300, right: 310, top: 120, bottom: 140, width: 10, height: 20 };
  Object.defineProperty(page.root, "clientWidth", { value: 400 });
  Object.defineProperty(page.flow, "offsetWidth", { value: 360 });
  const getClientRects = () => [rect];
  Object.assign(Range.prototype, { getClientRects });
  const frame = { left: 20, right: 380, top: 100, width: 360 };
  vi.spyOn(page.flow, "getBoundingClientRect").mockReturnValue(frame as never);
  const wide = vi.spyOn(Element.prototype, "scrollWidth", "get").mockReturnValue(50);
  const places = [];
  for (const width of [50, 150, 500]) {
    wide.mockReturnValue(width);
    marks.show(TREE, undefined);
    marks.show(TREE, "b");
    places.push([label()?.style.left, label()?.style.top]);
  }
  expect(places).toEqual([
    ["280px", "20px"],
    ["210px", "20px"], // it ends where the line does
    ["0px", "20px"],
  ]);
  Reflect.deleteProperty(Range.prototype, "getClientRects");
  vi.restoreAllMocks();
});
