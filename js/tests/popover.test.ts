// What opens over the page: by its button, and away by Escape and by a press elsewhere.
import { afterEach, beforeEach, expect, test } from "vitest";
import { buttonMaker } from "../src/dom/buttons.ts";
import { element } from "../src/dom/elements.ts";
import { Popover } from "../src/dom/popover.ts";
import { find, press } from "./reader.ts";

let view: AbortController;
let popover: Popover;
let field: HTMLInputElement;
const outside: string[] = [];

beforeEach(() => {
  view = new AbortController();
  const button = buttonMaker(view.signal)("More", () => undefined);
  popover = new Popover(button, "More settings", "", view.signal);
  field = element("input", { type: "text" });
  popover.root.append(field);
  document.body.replaceChildren(button, popover.root);
  outside.length = 0;
  document.body.onkeydown = ({ key }) => outside.push(key);
});
afterEach(() => view.abort());

const opener = () => find("button", "More");
const pressOn = (target: Element) =>
  target.dispatchEvent(new Event("pointerdown", { bubbles: true, composed: true }));

test("its button opens and closes it, and says so", () => {
  expect(popover.root.hidden).toBe(true);
  expect(opener().getAttribute("aria-expanded")).toBe("false");
  opener().click();
  expect(find("dialog", "More settings")).toBe(popover.root);
  expect(opener().getAttribute("aria-expanded")).toBe("true");
  expect(opener().getAttribute("aria-controls")).toBe(popover.root.id);
  opener().click();
  expect(popover.root.hidden).toBe(true);
});

test("Escape closes it, gives the focus back, and means nothing else", () => {
  opener().click();
  field.focus();
  press(field, "Escape");
  expect(popover.open).toBe(false);
  expect(document.activeElement).toBe(opener());
  expect(outside).toEqual([]);
  press(opener(), "Escape"); // nothing is open any more: it may stop what is written
  expect(outside).toEqual(["Escape"]);
});

test("a press elsewhere closes it, one within it does not", () => {
  opener().click();
  pressOn(field);
  expect(popover.open).toBe(true);
  pressOn(document.body);
  expect(popover.open).toBe(false);
});
