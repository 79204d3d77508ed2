import { beforeEach, expect, test } from "vitest";
import { Page } from "../src/page.ts";

/** Heights in pixels: jsdom lays nothing out, so one line per character is assumed here. */
const LINE = 20;
const VISIBLE = 100;

let page: Page;

beforeEach(() => {
  page = new Page();
  Object.defineProperties(page.root, {
    clientHeight: { get: () => VISIBLE },
    scrollHeight: { get: () => Math.max(VISIBLE, LINE * (page.root.textContent ?? "").length) },
  });
});

/** Pixels between what is visible and the end; a browser would allow no scrolling beyond it. */
function fromTheEnd(): number {
  const { root } = page;
  root.scrollTop = Math.min(root.scrollTop, root.scrollHeight - VISIBLE);
  return root.scrollHeight - root.scrollTop - VISIBLE;
}

test("follows the end while the text grows, unless the reader scrolled up", () => {
  page.show("", "");
  for (const character of "abcdefghijkl") {
    page.append(character);
    expect(fromTheEnd()).toBe(0);
  }
  page.root.scrollTop = 60;
  page.append("mno");
  expect(page.root.scrollTop).toBe(60);
  page.root.scrollTop = page.root.scrollHeight - VISIBLE - 3; // back, give or take a few pixels
  page.append("p");
  expect(fromTheEnd()).toBe(0);
});

test("counts the characters without the seed", () => {
  page.show("seed", "😀ab");
  expect(page.length).toBe(3);
  page.append("c😀");
  expect(page.length).toBe(5);
  page.show("seed", "");
  expect(page.length).toBe(0);
});

test("a growing text is one piece of text, not thousands", () => {
  page.show("seed", "");
  for (let count = 0; count < 500; count += 1) page.append("x");
  const walker = document.createTreeWalker(page.root, NodeFilter.SHOW_ALL);
  let nodes = 0;
  while (walker.nextNode()) nodes += 1;
  expect(page.root.textContent).toBe(`seed${"x".repeat(500)}`);
  expect(nodes).toBeLessThan(10);
});
