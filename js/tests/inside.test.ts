import axe from "axe-core";
import { describe, expect, test, vi } from "vitest";
import type { Traits } from "../src/messages.ts";
import { counting, SEED } from "./fake-kernel.ts";
import { dieFor, logitsAt, sharesAt, VOCABULARY } from "./fake-mind.ts";
import type { FakeModel } from "./fake-model.ts";
import { click, find, press } from "./reader.ts";
import { seconds } from "./reading.ts";
import { kernel, onFreshPages, shown } from "./viewing.ts";

onFreshPages();

const QUESTIONS = ["expect", "inspect", "activate", "find"];

function questions({ connection }: FakeModel): string[] {
  return connection.sent.map(({ type }) => type).filter((type) => QUESTIONS.includes(type));
}

function inside(): HTMLDetailsElement {
  return document.querySelector("details.lstm-inside") as HTMLDetailsElement;
}

/** A widget that has written a text, with the look inside open. */
function opened(traits: Partial<Traits> = {}): FakeModel {
  const model = shown({ inside: true, length: 100, speed: null, ...traits });
  click("Generate");
  seconds(10);
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
  test("is closed at first, and asks for nothing then", () => {
    const model = shown({ length: 100 });
    expect(inside().open).toBe(false);
    click("Generate");
    seconds(20);
    expect(questions(model)).toEqual([]);
    inside().open = true;
    inside().dispatchEvent(new Event("toggle"));
    seconds(2);
    expect(model.get("inside")).toBe(true);
    expect(new Set(questions(model))).toEqual(new Set(["expect", "inspect"]));
  });

  test("asks for each character once", () => {
    const model = opened();
    const asked = model.connection.sent.filter((message) => message.type === "inspect");
    let known = 0;
    for (const { position, count } of asked) {
      expect(position).toBeLessThanOrEqual(known);
      known = Math.max(known, position + count);
    }
    expect(known).toBe(SEED.length + 100);
  });

  test("shows what comes after the seed while it is typed", () => {
    const model = shown({ inside: true });
    seconds(1);
    for (const seed of ["a", "ab", "abc"]) {
      model.set("seed", seed);
      model.save_changes();
      seconds(1);
      const best = logitsAt(seed.length).indexOf(Math.max(...logitsAt(seed.length).slice(0, -1)));
      const rows = [...document.querySelectorAll(".lstm-bars button")];
      expect(rows[0]?.textContent).toContain(VOCABULARY[best] === " " ? "space" : VOCABULARY[best]);
    }
  });

  test("tells how many characters would be others at another temperature", () => {
    const model = opened({ temperature: 0.6 });
    const told = () => document.querySelector(".lstm-die-changed")?.textContent;
    for (const temperature of [0.6, 1.2, 0.2]) {
      model.set("what_if", temperature);
      seconds(1);
      const count = slowlyChanged(counting(100), 0.6, temperature);
      expect(told()).toContain(`${count} of 100 characters`);
      if (temperature === 0.6) expect(count).toBe(0);
      else expect(count).toBeGreaterThan(0);
    }
  });

  test("branches off with a character that is typed", () => {
    const model = opened();
    const page = document.querySelector(".lstm-text") as HTMLElement;
    press(page, "Home", { ctrlKey: true });
    for (let n = 0; n < SEED.length + 4; n += 1) {
      press(page, "ArrowRight");
    }
    seconds(1);
    const field = find("textbox", "Or type another character") as HTMLInputElement;
    field.value = "Q";
    field.dispatchEvent(new Event("change"));
    seconds(10);
    const branches = model.connection.sent.filter((message) => message.type === "branch");
    expect(branches).toHaveLength(1);
    expect(branches[0]).toMatchObject({ character: "Q", position: 4 });
    expect(kernel.run.placed).toEqual([4]);
  });

  test("looks for cells until they are found", () => {
    kernel.cells = [{ layer: 1, unit: 1, follows: "vowels", correlation: 0.8 }];
    const model = opened();
    click("Find cells worth looking at");
    seconds(3);
    expect(questions(model).filter((type) => type === "find")).toHaveLength(4);
    expect(inside().textContent).toContain("vowels");
  });

  test("reads the seed only", () => {
    const model = shown({ inside: true });
    click("Only read the seed");
    seconds(5);
    expect(kernel.written).toBe(0);
    const inspected = model.connection.sent.filter((message) => message.type === "inspect");
    expect(inspected.length).toBeGreaterThan(0);
    const bits = Array.from(SEED, (character, index) => {
      const share = sharesAt(index, 1)[VOCABULARY.indexOf(character)] as number;
      return -Math.log2(share);
    });
    const each = bits.reduce((a, b) => a + b) / bits.length;
    const told = document.querySelector(".lstm-inside-read")?.textContent;
    expect(told).toBe(
      `The seed: ${bits.length} characters, ${each.toFixed(2)} bits per character.`,
    );
  });

  test("can be used by everybody", async () => {
    opened({ what_if: 1.2, colour: "surprise" });
    vi.useRealTimers(); // axe needs a clock that runs
    const { violations } = await axe.run(document.body, { rules: { region: { enabled: false } } });
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  });
});
