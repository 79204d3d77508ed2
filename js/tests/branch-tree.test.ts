import { expect, test } from "vitest";
import { element } from "../src/dom/elements.ts";
import { BranchTree } from "../src/inside/branch-tree.ts";
import type { Branch } from "../src/kernel/protocol.ts";

const FIRST: Branch = {
  run: "a",
  parent: null,
  position: 0,
  character: "",
  excerpt: "The road",
  written: 8,
  bits: 16,
};

test("the focus stays in the list, or near it", () => {
  const actions = { show: () => undefined, remove: () => undefined };
  const tree = new BranchTree(actions, new AbortController().signal);
  const summary = element("summary", { tabIndex: 0 });
  document.body.append(element("details", { open: true }, summary, tree.root));
  const has = () => (document.activeElement as HTMLElement).dataset.run;
  tree.shown = "a";
  tree.branches = [FIRST, { ...FIRST, run: "b", parent: "a" }];
  document.querySelector<HTMLElement>('[data-run="b"]')?.focus();
  tree.branches = [FIRST, { ...FIRST, run: "b", parent: "a", written: 9 }];
  expect(has()).toBe("b");
  tree.branches = [FIRST];
  expect(has()).toBe("a");
  tree.branches = []; // another text is begun
  expect(document.activeElement).toBe(summary);
});
