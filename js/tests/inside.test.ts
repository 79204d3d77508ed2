import axe from "axe-core";
import { describe, expect, test, vi } from "vitest";
import { forms } from "../src/dom/characters.ts";
import type { Traits } from "../src/kernel/protocol.ts";
import { counting, losing, OTHER_MODEL, SEED } from "./fake-kernel.ts";
import { dieFor, logitsAt, sharesAt, VOCABULARY, vocabularyOf } from "./fake-mind.ts";
import { FakeModel } from "./fake-model.ts";
import { alertText, announcement, click, find, press, statusLine, wholePage } from "./reader.ts";
import { later } from "./reading.ts";
import { kernel, onFreshPages, show, shown } from "./viewing.ts";

onFreshPages();

const QUESTIONS = ["expect", "inspect", "activate", "find"];

function questions({ connection }: FakeModel): string[] {
  return connection.sent.map(({ type }) => type).filter((type) => QUESTIONS.includes(type));
}

/** How far a model's questions of a kind have come. */
function known({ connection }: FakeModel, kind: "inspect" | "activate"): number {
  const ends = connection.sent.map((message) =>
    message.type === kind ? message.position + message.count : 0,
  );
  return Math.max(...ends);
}

function inside(): HTMLElement {
  return document.querySelector("aside.lstm-inside") as HTMLElement;
}

const fold = () => click("Fold the look inside away");

function tab(name: string): HTMLElement {
  const tabs = [...document.querySelectorAll<HTMLElement>('[role="tab"]')];
  return tabs.find(({ textContent }) => textContent?.startsWith(name)) as HTMLElement;
}

/** Show the cells, and look for those worth looking at. */
function findCells(): void {
  tab("Cells").click();
  click("Find cells worth looking at");
}

/** Have a letter of the text explained, by the keys. */
async function lookAtTheFifthLetter(): Promise<HTMLElement> {
  const page = document.querySelector(".lstm-text") as HTMLElement;
  press(page, "Home", { ctrlKey: true });
  for (let n = 0; n < SEED.length + 4; n += 1) press(page, "ArrowRight");
  await later(1);
  return page;
}

/** A widget that has written a text, with the look inside open. */
async function opened(traits: Partial<Traits> = {}): Promise<FakeModel> {
  const model = shown({ inside: true, length: 100, speed: null, ...traits });
  click("Generate");
  await later(10);
  return model;
}

/** The characters of the text by which the die of each would choose others at another temperature. */
function slowlyChanged(text: string, own: number, other: number): number {
  return Array.from(text).filter((character, position) => {
    const index = SEED.length + position;
    const id = VOCABULARY.indexOf(character);
    const die = dieFor(index, id, own);
    const shares = sharesAt(index, other);
    const order = [...shares.keys()].sort((a, b) => (shares[b] as number) - (shares[a] as number));
    let sum = 0;
    for (const one of order) {
      sum += shares[one] as number;
      if (sum > die) return one !== id;
    }
    return true;
  }).length;
}

describe("the look inside", () => {
  test("folded, it asks for nothing; open, for the letter that is seen", async () => {
    const model = shown({ length: 100 });
    expect(inside().matches(".lstm-folded")).toBe(true);
    click("Generate");
    await later(20);
    expect(questions(model)).toEqual([]);
    click("Look inside");
    await later(2);
    expect(model.get("inside")).toBe(true);
    expect(document.activeElement).toBe(find("button", "Fold the look inside away"));
    const asked = model.connection.sent.filter((message) => message.type === "inspect");
    expect(asked).toMatchObject([{ position: SEED.length + 99, count: 1 }]);
    expect(questions(model)).toEqual(["inspect"]);
    fold();
    expect(model.get("inside")).toBe(false);
    expect(document.activeElement).toBe(find("button", "Look inside"));
  });

  test("follows the newest letter five times a second at most", async () => {
    const model = shown({ inside: true, length: 300, speed: 100 });
    await later(0.5);
    click("Generate");
    await later(2);
    const asked = model.connection.sent.filter((message) => message.type === "inspect");
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.length).toBeLessThan(13);
    expect(inside().textContent).toContain("Just written");
    expect(inside().textContent).toContain("It could have been");
    await later(3);
    expect(known(model, "inspect")).toBe(SEED.length + 300);
    expect(inside().textContent).toContain("Try another letter");
  });

  test("does not ask what comes after a long seed while the text itself reads it", async () => {
    kernel.slow = 1000;
    const model = shown({ inside: true, length: 100 });
    await later(1);
    const expects = () => questions(model).filter((type) => type === "expect").length;
    expect(expects()).toBeGreaterThan(5);
    click("Generate");
    await later(0.2);
    const before = expects();
    await later(3);
    expect(expects()).toBe(before);
    kernel.slow = 0;
    click("Clear");
    await later(1);
    expect(expects()).toBe(before + 1);
  });

  test("asks for nothing that another tab shows", async () => {
    kernel.cells = [{ layer: 1, unit: 1, follows: "vowels", correlation: 0.8 }];
    const model = await opened();
    tab("Branches").click();
    const asked = questions(model).length;
    click("Step");
    await later(5);
    expect(questions(model)).toHaveLength(asked);
    findCells();
    await later(3);
    const lines = model.connection.sent.filter((message) => message.type === "activate");
    expect(lines).toMatchObject([{ layer: 1, unit: 1, position: 0, count: SEED.length + 101 }]);
    expect(document.querySelector(".lstm-spark-line")?.getAttribute("d")).toMatch(/^M0\.0 /);
  });

  test("its tabs are reached by arrow keys", async () => {
    await opened();
    const names = ["Letter", "Cells", "Branches"];
    const shownTab = () => names.filter((name) => tab(name).tabIndex === 0);
    tab("Letter").focus();
    for (const [key, name] of [
      ["ArrowRight", "Cells"],
      ["End", "Branches"],
      ["ArrowRight", "Letter"],
      ["ArrowLeft", "Branches"],
      ["Home", "Letter"],
    ] as const) {
      press(document.activeElement as Element, key);
      expect(shownTab()).toEqual([name]);
      expect(document.activeElement).toBe(tab(name));
      expect(tab(name).getAttribute("aria-selected")).toBe("true");
      const panels = [...document.querySelectorAll<HTMLElement>('[role="tabpanel"]')];
      const seen = panels.filter(({ hidden }) => !hidden);
      expect(seen.map(({ id }) => id)).toEqual([tab(name).getAttribute("aria-controls")]);
    }
  });

  test("names the seed of the bars that it shows, while a longer one is still being read", async () => {
    const model = shown({ inside: true });
    await later(1);
    const about = () => document.querySelector(".lstm-letter-head .lstm-about")?.textContent;
    const before = about();
    expect(before).toMatch(/^after “/);
    kernel.slow = 1000;
    model.set("seed", "abcabc");
    model.save_changes();
    await later(0.2);
    expect(about()).toBe(before);
    kernel.slow = 0;
    await later(5);
    expect(about()).toBe("after “abcabc”, before any die is thrown");
  });

  test("choosing to colour by a cell opens the cells", async () => {
    const model = shown({ length: 100 });
    document.querySelector<HTMLElement>('input[type="radio"][value="cell"]')?.click();
    expect([model.get("colour"), model.get("inside")]).toEqual(["cell", true]);
    expect(tab("Cells").getAttribute("aria-selected")).toBe("true");
  });

  test("asks for each character once", async () => {
    const model = await opened({ colour: "surprise" });
    const asked = model.connection.sent.filter((message) => message.type === "inspect");
    let known = 0;
    for (const { position, count } of asked) {
      if (count === 1 && position > known) continue; // the newest letter
      expect(position).toBeLessThanOrEqual(known);
      known = Math.max(known, position + count);
    }
    expect(known).toBe(SEED.length + 100);
  });

  test("shows what comes after the seed while it is typed", async () => {
    const model = shown({ inside: true });
    await later(1);
    for (const seed of ["a", "ab", "abc"]) {
      model.set("seed", seed);
      model.save_changes();
      await later(1);
      const best = logitsAt(seed.length).indexOf(Math.max(...logitsAt(seed.length).slice(0, -1)));
      const rows = [...document.querySelectorAll(".lstm-bars button")];
      expect(rows[0]?.textContent).toContain(VOCABULARY[best] === " " ? "space" : VOCABULARY[best]);
    }
  });

  test("explains a text by the letters of the model that wrote it, whatever is chosen by then", async () => {
    const model = await opened();
    const page = await lookAtTheFifthLetter();
    const rows = () => [...document.querySelectorAll<HTMLElement>(".lstm-bars button")];
    const letters = () => rows().map(({ textContent }) => textContent?.split(",")[0]);
    const written = letters();
    model.set("model", OTHER_MODEL);
    model.save_changes();
    await later(1);
    expect(letters()).toEqual(written);
    // Pressed, a letter is the one that is seen.
    const first = rows().findIndex((row) => row.getAttribute("aria-disabled") === "false");
    rows()[first]?.click();
    await later(5);
    const branch = model.connection.sent.find((message) => message.type === "branch");
    expect(forms(branch?.character).words).toBe(written[first]);
    // What comes next is by the other model.
    press(page, "Escape");
    await later(1);
    expect(inside().textContent).toContain("Next letter");
    const logits = logitsAt(SEED.length);
    const best = logits.indexOf(Math.max(...logits.slice(1, -1)));
    expect(letters()[0]).toBe(forms(vocabularyOf(OTHER_MODEL)[best]).words);
  });

  test("says how many characters would be others at another temperature", async () => {
    const model = await opened({ temperature: 0.6 });
    const sentence = () => document.querySelector(".lstm-verdict")?.textContent;
    for (const temperature of [0.6, 1.2, 0.2]) {
      model.set("what_if", temperature);
      await later(1);
      const count = slowlyChanged(counting(100), 0.6, temperature);
      expect(sentence()).toContain(`${count} of 100 letters would differ`);
      if (temperature === 0.6) expect(count).toBe(0);
      else expect(count).toBeGreaterThan(0);
    }
  });

  test("says above the text what the marks of another temperature are, and takes them away", async () => {
    const model = await opened({ temperature: 0.6, what_if: 1.2 });
    const line = () => document.querySelector<HTMLElement>(".lstm-what-if-line");
    const changed = slowlyChanged(counting(100), 0.6, 1.2);
    expect(line()?.textContent).toBe(`What if 1.2: ${changed} letters differ as it was`);
    // Also of the next text, while it is written.
    click("Generate");
    await later(0.5);
    expect(line()?.hidden).toBe(false);
    await later(10);
    tab("Cells").click(); // the marks go, too
    expect(line()?.hidden).toBe(true);
    tab("Letter").click();
    expect(line()?.hidden).toBe(false);
    click("as it was", line() as HTMLElement);
    await later(1);
    expect([model.get("what_if"), line()?.hidden]).toEqual([null, true]);
    expect(document.activeElement).toBe(find("region", "Generated text"));
  });

  test("branches off with a character that is typed", async () => {
    const model = await opened();
    await lookAtTheFifthLetter();
    const field = find("textbox", "Or type another character") as HTMLInputElement;
    field.value = "Q";
    field.dispatchEvent(new Event("input"));
    await later(10);
    const branches = model.connection.sent.filter((message) => message.type === "branch");
    expect(branches).toHaveLength(1);
    expect(branches[0]).toMatchObject({ character: "Q", position: 4 });
    expect(kernel.run.placed).toEqual([4]);
  });

  test("does not branch off with the letter that is there", async () => {
    const model = await opened();
    await lookAtTheFifthLetter();
    document.querySelector<HTMLElement>(".lstm-bars-chosen button")?.click();
    const field = find("textbox", "Or type another character") as HTMLInputElement;
    field.value = kernel.text[4] ?? "";
    field.dispatchEvent(new Event("input"));
    await later(5);
    expect(model.connection.sent.filter(({ type }) => type === "branch")).toEqual([]);
    expect(kernel.runs).toHaveLength(1);
    expect(field.value).toBe("");
  });

  test("shows beside a branch the temperature that its beginning was written at", async () => {
    vi.spyOn(HTMLElement.prototype, "offsetWidth", "get").mockReturnValue(500);
    vi.spyOn(HTMLElement.prototype, "offsetTop", "get").mockImplementation(function (
      this: HTMLElement,
    ) {
      return this.matches(".lstm-mark") ? 30 : 0; // another line
    });
    const model = await opened({ temperature: 0.6, speed: 50 });
    model.update({ temperature: 1.59 });
    await lookAtTheFifthLetter();
    document.querySelector<HTMLElement>(".lstm-bars button[aria-disabled=false]")?.click();
    await later(0.5);
    expect(model.get("status")).toBe("writing");
    const first = document.querySelector<HTMLElement>(".lstm-ribbon i");
    expect(first?.dataset.temperature).toBe("0.6");
  });

  test("stays where the reader is when a branch is refused", async () => {
    await opened();
    const page = await lookAtTheFifthLetter();
    kernel.refusal = "No.";
    const field = find("textbox", "Or type another character") as HTMLInputElement;
    field.value = "Q";
    field.dispatchEvent(new Event("input"));
    await later(1);
    expect(alertText()).toBe("No.");
    press(page, "ArrowRight");
    click("Step"); // the text grows
    await later(1);
    expect(wholePage()).toHaveLength(SEED.length + 101);
    expect(inside().textContent).toContain("Try another letter");
  });

  test("looks for cells until they are found", async () => {
    kernel.cells = [{ layer: 1, unit: 1, follows: "vowels", correlation: 0.8 }];
    const model = await opened();
    findCells();
    await later(3);
    expect(questions(model).filter((type) => type === "find")).toHaveLength(4);
    expect(inside().textContent).toContain("vowels");
  });

  test("cancels a search, and can search again", async () => {
    kernel.cells = [{ layer: 1, unit: 1, follows: "vowels", correlation: 0.8 }];
    kernel.found = 0.001;
    const model = await opened();
    findCells();
    await later(1);
    click("Cancel");
    const asked = questions(model).length;
    await later(20);
    expect(questions(model)).toHaveLength(asked);
    expect(document.querySelector("progress")?.checkVisibility?.() ?? false).toBe(false);
    kernel.found = 0.25;
    click("Find cells worth looking at");
    await later(2);
    expect(inside().textContent).toContain("vowels");
    expect(find("button", "Find cells worth looking at").hidden).toBe(true);
  });

  test.each(["find", "finding"])(
    "goes on with a search if a message is lost (%s)",
    async (type) => {
      kernel.cells = [{ layer: 1, unit: 1, follows: "vowels", correlation: 0.8 }];
      const model = await opened();
      Object.assign(kernel, { up: losing(type, 2), down: losing(type, 2) });
      click("Find cells worth looking at");
      await later(20);
      expect(questions(model).filter((one) => one === "find").length).toBeLessThan(7);
      expect(inside().textContent).toContain("vowels");
      expect(find("button", "Find cells worth looking at").hidden).toBe(true);
    },
  );

  test("says why there is no search, once", async () => {
    const model = await opened();
    kernel.unwilling = "There is no memory left: choose a smaller model.";
    click("Find cells worth looking at");
    await later(20);
    expect(questions(model).filter((one) => one === "find")).toHaveLength(1);
    expect(inside().textContent).toContain(kernel.unwilling);
    kernel.unwilling = "";
    click("Find cells worth looking at");
    expect(inside().textContent).not.toContain("no memory");
  });

  test("asks for nothing any more once it is closed, also not for cells", async () => {
    kernel.text = counting(4000); // more than is known when it is folded
    kernel.found = 0.0001;
    const model = shown({
      inside: true,
      length: 20_000,
      speed: 1000,
      what_if: 1.2,
      colour: "cell",
      cell: [0, 1],
    });
    click("Generate");
    click("Find cells worth looking at");
    await later(2);
    expect(new Set(questions(model))).toEqual(new Set(QUESTIONS));
    const colour = (by: "none" | "cell") => {
      model.set("colour", by);
      model.save_changes();
    };
    fold();
    colour("none");
    await later(1);
    const asked = questions(model).length;
    await later(30);
    expect(questions(model)).toHaveLength(asked);
    // The colours need no margin, but what they show.
    colour("cell");
    await later(10);
    expect(known(model, "activate")).toBe(SEED.length + 4000);
    expect(known(model, "inspect")).toBeLessThan(SEED.length + 4000);
    // Open again, it catches up.
    click("Look inside");
    await later(10);
    expect(known(model, "inspect")).toBe(SEED.length + 4000);
    expect(known(model, "activate")).toBe(SEED.length + 4000);
  });

  test("asks for nothing any more once its view is gone", async () => {
    kernel.found = 0.0001;
    const model = new FakeModel(kernel, { inside: true, length: 5000, speed: 1000 });
    const { close } = show(model);
    click("Generate");
    click("Find cells worth looking at");
    await later(1);
    close();
    const asked = questions(model).length;
    await later(60);
    expect(questions(model)).toHaveLength(asked);
  });

  test("has one question of a kind under way at a time", async () => {
    kernel.roundTrip = 2;
    kernel.found = 0.01;
    const model = shown({ inside: true, length: 300, colour: "cell", cell: [0, 1] });
    click("Generate");
    click("Find cells worth looking at");
    for (let n = 0; n < 200; n += 1) {
      const open = new Map<string, number>();
      for (const { type } of model.connection.questions) open.set(type, (open.get(type) ?? 0) + 1);
      for (const count of open.values()) expect(count).toBe(1);
      await later(0.1);
      if (n % 20 === 0) {
        model.set("seed", `${SEED} ${n}`);
        model.save_changes();
      }
    }
  });

  test.each([1, 5])("asks again what the kernel had to read first (%d times)", async (times) => {
    const model = shown({ inside: true, length: 100, speed: null, colour: "cell", cell: [0, 1] });
    await later(1);
    kernel.slow = times;
    click("Generate");
    await later(10);
    expect(kernel.slow).toBe(0);
    for (const kind of ["inspect", "activate"] as const) {
      expect(known(model, kind)).toBe(SEED.length + 100);
    }
  });

  test.each(["inspected", "activated", "expected"])(
    "asks again if an answer is lost (%s)",
    async (type) => {
      kernel.down = losing(type);
      const model = await opened({ colour: "cell", cell: [0, 1] });
      await later(10);
      for (const kind of ["inspect", "activate"] as const) {
        expect(known(model, kind)).toBe(SEED.length + 100);
      }
      expect(document.querySelector(".lstm-bars button")).not.toBeNull();
    },
  );

  test("does not ask for ever what is refused", async () => {
    kernel.unwilling = "No.";
    const model = await opened({ colour: "cell", cell: [0, 1] });
    await later(60);
    expect(questions(model).length).toBeLessThan(5);
    expect(document.querySelector("[role=alert]")?.textContent).toBe("");
  });

  test("says nothing of the seed that was read once another one is typed", async () => {
    const model = shown({ inside: true });
    click("Only read the seed");
    await later(5);
    const sentence = () => document.querySelector(".lstm-mood")?.textContent;
    expect(sentence()).toContain("The seed: ");
    model.update({ seed: `${SEED}${SEED}` });
    await later(5);
    expect(sentence()).not.toContain("The seed: ");
    expect(sentence()).not.toBe("");
  });

  test("reads the seed only", async () => {
    const model = shown({ inside: true });
    click("Only read the seed");
    await later(5);
    expect(announcement()).toBe(`Read: ${SEED.length} characters`);
    expect(statusLine()).toBe(`Read · ${SEED.length} characters`);
    expect(kernel.written).toBe(0);
    const inspected = model.connection.sent.filter((message) => message.type === "inspect");
    expect(inspected.length).toBeGreaterThan(0);
    const bits = Array.from(SEED, (character, index) => {
      const share = sharesAt(index, 1)[VOCABULARY.indexOf(character)] as number;
      return -Math.log2(share);
    });
    const each = bits.reduce((a, b) => a + b) / bits.length;
    const sentence = document.querySelector(".lstm-mood")?.textContent;
    expect(sentence).toBe(
      `The seed: ${bits.length} characters, ${each.toFixed(2)} bits per character.`,
    );
    // A page that comes later has it, too; it can be written on, and can be cleared.
    const { root } = show(model);
    expect(statusLine(root)).toBe(`Read · ${SEED.length} characters`);
    click("Step", root);
    await later(1);
    expect(statusLine(root)).toContain("Finished · 1 character");
    click("Only read the seed", root);
    await later(1);
    click("Clear", root);
    await later(1);
    expect(statusLine(root)).toBe("Ready · Ctrl + Enter generates");
    expect(wholePage(root)).toBe(SEED);
  });

  test("can be used by everybody", async () => {
    await opened({ what_if: 1.2, colour: "surprise" });
    vi.useRealTimers(); // axe needs a clock that runs
    const { violations } = await axe.run(document.body, { rules: { region: { enabled: false } } });
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  }, 30_000);
});
