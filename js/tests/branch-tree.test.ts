import { expect, test } from "vitest";
import { element } from "../src/dom/elements.ts";
import { BranchTree } from "../src/inside/branch-tree.ts";
import { FIRST } from "./branches.ts";

test("the focus stays in the list, or near it", () => {
  const actions = { show: () => undefined, remove: () => undefined };
  const tree = new BranchTree(actions, new AbortController().signal);
  const panel = element("div", { tabIndex: 0 }, tree.root);
  document.body.append(panel);
  const has = () => (document.activeElement as HTMLElement).dataset.run;
  tree.shown = "a";
  tree.branches = [FIRST, { ...FIRST, run: "b", parent: "a" }];
  document.querySelector<HTMLElement>('[data-run="b"]')?.focus();
  tree.branches = [FIRST, { ...FIRST, run: "b", parent: "a", written: 9 }];
  expect(has()).toBe("b");
  tree.branches = [FIRST];
  expect(has()).toBe("a");
  tree.branches = []; // another text is begun
  expect(document.activeElement).toBe(panel);
});

test("each branch says what was put there instead of what, and stands under its parent", () => {
  const done: string[] = [];
  const actions = {
    show: (run: string) => done.push(`show ${run}`),
    remove: (run: string) => done.push(`remove ${run}`),
  };
  const tree = new BranchTree(actions, new AbortController().signal);
  document.body.replaceChildren(tree.root);
  const branch = { ...FIRST, parent: "a", position: 62, character: "n", instead: "g" };
  const before = "ng her fi";
  tree.branches = [
    FIRST,
    { ...branch, run: "b", before, excerpt: "ngers" },
    { ...branch, run: "c", character: "\n", excerpt: "\nand" },
    { ...branch, run: "d", parent: "b", position: 77 },
  ];
  tree.shown = "b";
  const button = (run: string) => document.querySelector<HTMLElement>(`[data-run="${run}"]`);
  expect(button("a")?.textContent).toBe("The first text2.00 bitsThe road…");
  expect(button("b")?.textContent).toBe("n instead of g at 632.00 bits…ng her fingers…");
  expect(button("b")?.getAttribute("aria-label")).toBe(
    "“n” at 63, instead of “g”, 2.00 bits per character: ngers",
  );
  expect(button("c")?.textContent).toMatch(/^↵ instead of g at 63/);
  const parentOf = (run: string) =>
    button(run)?.closest("li")?.parentElement?.closest("li")?.querySelector("button");
  expect(["b", "c", "d"].map(parentOf)).toEqual([button("a"), button("a"), button("b")]);
  const shown = [...document.querySelectorAll('[aria-current="true"]')];
  expect(shown).toEqual([button("b")]);
  button("d")?.click();
  document.querySelector<HTMLElement>('[aria-label="Remove the branch “n” at 78"]')?.click();
  expect(done).toEqual(["show d", "remove d"]);
});
