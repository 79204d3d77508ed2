import axe from "axe-core";
import { beforeEach, describe, expect, test } from "vitest";
import { CellList } from "../src/inside/cell-list.ts";
import type { Cell } from "../src/kernel/protocol.ts";
import { click, field, find, type } from "./reader.ts";

const CELLS: Cell[] = [
  { layer: 1, unit: 117, follows: "position in the line", correlation: 0.834 },
  { layer: 0, unit: 0, follows: "inside quotes", correlation: -0.5061 },
  { layer: 0, unit: 511, follows: "<b>digit</b> & more", correlation: 0.3 },
];
const ENTRIES = [
  "position in the line, correlation 0.83, layer 1, cell 117",
  "inside quotes, correlation −0.51, layer 0, cell 0",
  "<b>digit</b> & more, correlation 0.30, layer 0, cell 511",
];

let controller: AbortController;
let done: ("find" | "cancel" | readonly [number, number] | null)[];
let list: CellList;

function made(layers: number[]): CellList {
  controller = new AbortController();
  done = [];
  const actions = {
    find: () => done.push("find"),
    cancel: () => done.push("cancel"),
    choose: (cell: readonly [number, number] | null) => done.push(cell),
  };
  list = new CellList(actions, layers, controller.signal);
  const main = document.createElement("main");
  main.append(list.root);
  document.body.replaceChildren(main);
  return list;
}

beforeEach(() => {
  made([512, 512]);
});

/** What can be seen of an element: everything, unless it or something around it is hidden. */
function seen(one: Element): boolean {
  return one.closest("[hidden]") === null;
}

function radios(): HTMLInputElement[] {
  return Array.from(document.querySelectorAll<HTMLInputElement>("input[type=radio]")).filter(seen);
}

function entries(): string[] {
  return radios().map(({ labels }) => Array.from(labels ?? [], (l) => l.textContent).join());
}

function checked(): string[] {
  return entries().filter((_, n) => radios()[n]?.checked);
}

function pick(entry: string): void {
  radios()[entries().indexOf(entry)]?.click();
}

/** Type a number and leave its field, as a browser reports it. */
function enter(name: string, value: string): void {
  type(field(name), value);
  field(name).dispatchEvent(new Event("change", { bubbles: true }));
}

function numbers(): string[] {
  return [field("Layer").value, field("Cell").value];
}

function described(control: HTMLElement): string {
  const ids = control.getAttribute("aria-describedby")?.split(" ") ?? [];
  const parts = ids.map((id) => document.getElementById(id)?.textContent ?? "missing");
  return parts.filter(Boolean).join(" ");
}

function problems(): [string | null, string | null, string | undefined] {
  const problem = document.querySelector(".lstm-problem")?.textContent;
  return [field("Layer").ariaInvalid, field("Cell").ariaInvalid, problem];
}

function polite(): string {
  const places = Array.from(document.querySelectorAll('[aria-live="polite"]')).filter(seen);
  expect(places).toHaveLength(1);
  return places[0]?.textContent ?? "";
}

function bar(): HTMLProgressElement | undefined {
  return Array.from(document.querySelectorAll("progress")).find(seen);
}

describe("the search", () => {
  test("begins with a button", () => {
    expect([bar(), radios(), polite()]).toEqual([undefined, [], ""]);
    click("Find cells worth looking at");
    expect(done).toEqual(["find"]);
  });

  test("shows how far it is, has a name, and can be cancelled", () => {
    list.showProgress(0.25);
    expect([bar()?.value, bar()?.max]).toEqual([0.25, 1]);
    expect(bar()?.labels[0]?.textContent).toBe("Searching for cells");
    click("Cancel");
    expect(done).toEqual(["cancel"]);
    list.showProgress(0.75);
    expect(bar()?.value).toBe(0.75);
  });

  test.each([1, null])("ends at %j, and may begin again", (end) => {
    list.showProgress(0.5);
    list.showProgress(end);
    expect(bar()).toBeUndefined();
    click("Find cells worth looking at");
    expect(done).toEqual(["find"]);
  });

  test("keeps the focus on its button, and gives it to what was found", () => {
    find("button").focus();
    list.showProgress(0);
    expect(document.activeElement).toBe(find("button"));
    list.showCells(CELLS);
    list.showProgress(1);
    expect(document.activeElement).toBe(radios()[0]);
  });

  test("says politely how many cells it found, in whichever order that comes", () => {
    list.showProgress(0.9);
    list.showCells(CELLS);
    list.showProgress(1);
    expect(polite()).toBe("3 cells follow something");
    list.showCells([]);
    expect(polite()).toBe("");
    list.showProgress(1);
    list.showCells(CELLS.slice(0, 1));
    expect(polite()).toBe("1 cell follows something");
  });

  test("says that it found none only when it has come to its end", () => {
    const none = "No cell was found that follows something.";
    list.showProgress(0.9);
    expect(polite()).toBe("");
    list.showProgress(1);
    expect(polite()).toBe(none);
    list.layers = [8]; // another model
    expect(polite()).toBe("");
    list.showProgress(0.5);
    list.showProgress(null);
    expect(polite()).toBe("");
  });
});

describe("the list", () => {
  beforeEach(() => list.showCells(CELLS));

  test("names each cell, counted from 1, with what it follows and how well, as text", () => {
    expect(entries()).toEqual(ENTRIES);
    expect(document.querySelector("b b")).toBeNull();
  });

  test("is one group with a name and an explanation, in which only one is checked", () => {
    const group = find("radiogroup", "Cells that follow something");
    expect(described(group)).toBe("Correlation: 1 follows it exactly, −1 the opposite.");
    expect(new Set(radios().map(({ name }) => name)).size).toBe(1);
    expect(checked()).toEqual([]);
    for (const entry of ENTRIES) {
      pick(entry);
      expect(checked()).toEqual([entry]);
    }
  });

  test("two lists of a page do not share their choice", () => {
    const first = list.root;
    pick(ENTRIES[0] ?? "");
    made([512]).showCells(CELLS);
    document.body.append(first);
    pick(ENTRIES[1] ?? "");
    expect(checked()).toEqual([ENTRIES[1], ENTRIES[0]]);
  });

  test("reports which cell is chosen, counted from 0, and shows its number", () => {
    pick(ENTRIES[0] ?? "");
    expect(numbers()).toEqual(["1", "117"]);
    pick(ENTRIES[1] ?? "");
    expect(numbers()).toEqual(["0", "0"]);
    expect(done).toEqual([
      [1, 117],
      [0, 0],
    ]);
  });

  test("shows what is chosen elsewhere, and reports nothing", () => {
    list.chosen = [0, 511];
    expect([checked(), numbers()]).toEqual([[ENTRIES[2]], ["0", "511"]]);
    list.chosen = [0, 5];
    expect([checked(), numbers()]).toEqual([[], ["0", "5"]]);
    list.chosen = null;
    expect([checked(), numbers()]).toEqual([[], ["", ""]]);
    expect(done).toEqual([]);
  });

  test("keeps the choice when other cells come", () => {
    list.chosen = [0, 0];
    list.showCells([CELLS[1] as Cell, CELLS[0] as Cell]);
    expect(entries()).toEqual([ENTRIES[1], ENTRIES[0]]);
    expect(checked()).toEqual([ENTRIES[1]]);
    list.showCells(CELLS.slice(2));
    expect(checked()).toEqual([]);
    list.showCells(CELLS);
    expect(checked()).toEqual([ENTRIES[1]]);
  });

  test("keeps the focus, on what is checked, when other cells come; on the button when none are left", () => {
    pick(ENTRIES[0] ?? "");
    radios()[0]?.focus();
    list.showCells([...CELLS].reverse());
    expect(document.activeElement).toBe(radios()[2]);
    expect(checked()).toEqual([ENTRIES[0]]);
    list.showCells([]);
    expect([document.activeElement, entries()]).toEqual([find("button"), []]);
  });

  test("does not take the focus from elsewhere", () => {
    field("Layer").focus();
    list.showCells(CELLS.slice(1));
    expect(document.activeElement).toBe(field("Layer"));
  });

  test("reports nothing after the signal", () => {
    controller.abort();
    pick(ENTRIES[0] ?? "");
    click("Find cells worth looking at");
    enter("Layer", "0");
    enter("Cell", "1");
    expect(done).toEqual([]);
  });
});

test("what the cells did is drawn, where there is room for more, with the letter that is looked at", () => {
  list.showCells(CELLS);
  list.showSparks(({ unit }) => (unit === 0 ? [1, 0, -1] : []), 5, 1);
  const drawn = Array.from(document.querySelectorAll(".lstm-spark"), (spark) =>
    Array.from(spark.querySelectorAll("path"), (path) => path.getAttribute("d")),
  );
  const zero = "M0 15H300";
  expect(drawn[0]).toEqual(["", "", zero, "", ""]);
  expect(drawn[1]?.slice(2)).toEqual([zero, "M0.0 2.0L75.0 15.0L150.0 28.0", "M75.0 0V30"]);
});

describe("any cell by its number", () => {
  test("is chosen when both numbers are there and the field is left, not at every digit", () => {
    enter("Layer", "1");
    for (const typed of ["1", "11", "117"]) type(field("Cell"), typed);
    expect(done).toEqual([]);
    enter("Cell", "117");
    expect(done).toEqual([[1, 117]]);
    enter("Layer", "0");
    expect(done).toEqual([
      [1, 117],
      [0, 117],
    ]);
    expect(problems()).toEqual(["false", "false", ""]);
  });

  test("is checked in the list if it is there", () => {
    list.showCells(CELLS);
    enter("Layer", "1");
    enter("Cell", "117");
    expect(checked()).toEqual([ENTRIES[0]]);
    enter("Cell", "118");
    expect(checked()).toEqual([]);
  });

  test("is no longer chosen when both are emptied", () => {
    list.chosen = [1, 3];
    enter("Cell", "");
    expect([done, problems()]).toEqual([[], ["false", "false", ""]]);
    enter("Layer", "");
    expect(done).toEqual([null]);
    enter("Layer", "");
    expect(done).toEqual([null]);
  });

  test("what is half typed is not taken away, nor written in another way", () => {
    enter("Layer", "1");
    list.chosen = null;
    expect(numbers()).toEqual(["1", ""]);
    type(field("Cell"), "006");
    list.chosen = [1, 6];
    expect(numbers()).toEqual(["1", "006"]);
  });

  test.each(["-1", "2", "1.5", "1e9"])("there is no layer %s", (typed) => {
    enter("Cell", "4");
    enter("Layer", typed);
    const sentence = "The layer must be a whole number from 0 to 1.";
    expect([done, problems()]).toEqual([[], ["true", "false", sentence]]);
    expect(described(field("Layer"))).toContain(sentence);
    enter("Layer", "0");
    expect([done, problems()]).toEqual([[[0, 4]], ["false", "false", ""]]);
  });

  test.each(["-1", "1024", "2.5"])("there is no cell %s", (typed) => {
    list.layers = [16, 1024];
    enter("Layer", "1");
    enter("Cell", typed);
    const sentence = "The cell must be a whole number from 0 to 1,023 in layer 1.";
    expect([done, problems()]).toEqual([[], ["false", "true", sentence]]);
    expect(described(field("Cell"))).toContain(sentence);
    enter("Cell", "1023");
    expect([done, problems()]).toEqual([[[1, 1023]], ["false", "false", ""]]);
  });

  test("the range of the cells is that of the layer", () => {
    list.layers = [16, 1024];
    enter("Layer", "1");
    enter("Cell", "16");
    expect([field("Layer").max, field("Cell").max]).toEqual(["1", "1023"]);
    enter("Layer", "0");
    expect(problems()[2]).toBe("The cell must be a whole number from 0 to 15 in layer 0.");
    expect([done, field("Cell").max]).toEqual([[[1, 16]], "15"]);
    list.layers = [32];
    expect([problems()[2], field("Layer").max, field("Cell").max]).toEqual(["", "0", "31"]);
  });

  test("what is not a number is a problem, and does not count as nothing", () => {
    list.chosen = [0, 4];
    // A browser keeps "1e" in the field, and calls its value empty.
    Object.defineProperty(field("Cell"), "validity", { value: { badInput: true } });
    enter("Cell", "");
    const sentence = "The cell must be a whole number from 0 to 511 in layer 0.";
    expect([done, problems()]).toEqual([[], ["false", "true", sentence]]);
    enter("Layer", "");
    expect([done, problems()[0]]).toEqual([[], "false"]);
  });

  test("has no upper end while the model is unknown", () => {
    made([]);
    enter("Layer", "6");
    enter("Cell", "69999");
    expect([done, problems()]).toEqual([[[6, 69_999]], ["false", "false", ""]]);
    enter("Cell", "-1");
    expect(problems()[2]).toBe("The cell must be a whole number from 0 in layer 6.");
    expect([field("Layer").max, field("Cell").max]).toEqual(["", ""]);
  });

  test.each([
    [[512, 512], "The model has 2 layers of 512 cells each."],
    [[1024], "The model has one layer of 1,024 cells."],
    [[16, 1024, 8], "The model has 3 layers, of 16, 1,024, 8 cells."],
    [[], ""],
  ])("the hint says how many there are of %j", (layers, sentence) => {
    list.layers = layers;
    expect(described(field("Layer"))).toBe(sentence);
    expect(described(field("Cell"))).toBe(sentence);
  });
});

describe("axe finds nothing", () => {
  test.each([
    ["at first", () => undefined],
    ["while it searches", () => list.showProgress(0.5)],
    ["with a list", () => list.showCells(CELLS)],
    [
      "with a wrong number",
      () => {
        enter("Layer", "8");
        expect(problems()[0]).toBe("true");
      },
    ],
  ])("%s", async (_, arrange) => {
    arrange();
    const options = { rules: { "color-contrast": { enabled: false } } }; // nothing is painted
    const { violations, passes } = await axe.run(document.body, options);
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(passes.map(({ id }) => id)).toContain("label");
  });
});
