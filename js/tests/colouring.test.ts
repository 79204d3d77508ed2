import { expect, test, vi } from "vitest";
import { Alignment } from "../src/inside/alignment.ts";
import { SCALES } from "../src/inside/colour-scales.ts";
import { Colouring } from "../src/inside/colouring.ts";
import { TextArea } from "../src/sheet/text-area.ts";
import { covered, stubHighlights } from "./highlighting.ts";

test("no stretch stays without colour where a cell was known before the choices", () => {
  stubHighlights();
  const controller = new AbortController();
  const page = new TextArea(controller.signal);
  document.body.append(page.root);
  page.show("", "abcdef");
  const traits = { show: () => {}, set: () => {} };
  const colouring = new Colouring(page, traits as never, () => {}, controller.signal);
  const choices = { length: 3, limits: { topK: null, topP: null } };
  const source = { activations: new Float32Array(6).fill(0.9), choices, seedLength: 0 };
  const draw = () =>
    colouring.draw("cell", [0, 1], source as never, new Alignment(page, source as never));
  draw();
  choices.length = 6;
  draw();
  expect(SCALES.cell.looks.flatMap(covered)).toEqual(["abcdef"]);
  controller.abort();
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});
