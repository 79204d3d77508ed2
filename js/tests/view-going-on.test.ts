// Step and Continue.
import { describe, expect, test } from "vitest";
import { counting, losing, SEED } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";
import {
  alertText,
  announcement,
  can,
  canStop,
  choose,
  click,
  description,
  field,
  find,
  seedBox,
  slider,
  statusLine,
  type,
  wholePage,
} from "./reader.ts";
import { seconds } from "./reading.ts";
import { expectFinished, generated, HELLO, kernel, onFreshPages, show, shown } from "./viewing.ts";

onFreshPages();

/** Step, and wait until it is done. */
function step(root: ParentNode = document): void {
  click("Step", root);
  seconds(0.5);
}

/** Have a text written to its end, or to a stop after some seconds. */
function write(length: number, stopAfter?: number): FakeModel {
  const model = shown({ length });
  click("Generate");
  seconds(stopAfter ?? length / 50 + 2);
  if (stopAfter !== undefined) click("Stop");
  seconds(1);
  return model;
}

describe("Step", () => {
  test("writes one character, and then one more each time, of the same text", () => {
    const model = shown();
    for (let length = 1; length <= 30; length += 1) {
      step();
      expect(generated()).toBe(counting(length));
      expect(kernel.written).toBe(length);
    }
    expect(kernel.runs).toHaveLength(1);
    expect(announcement()).toBe("Finished: 30 characters");
    const asked = model.sent.filter(({ type }) => type !== "pull");
    expect(asked.slice(0, 3)).toEqual([
      HELLO,
      expect.objectContaining({ type: "start", settings: expect.objectContaining({ length: 1 }) }),
      { type: "resume", run: kernel.run.name, length: 2 },
    ]);
    expect(asked).toHaveLength(31);
    // What the reader has set is for Generate and Continue.
    expect([model.get("length"), model.saved]).toEqual([300, []]);
  });

  test("counts one character as one", () => {
    shown();
    step();
    expect(announcement()).toBe("Finished: 1 character");
    step();
    expect(announcement()).toBe("Finished: 2 characters");
  });

  test("writes each one at the temperature of then", () => {
    shown();
    for (const temperature of ["0.5", "1", "1.5", "1.5"]) {
      type(slider("Temperature"), temperature);
      step();
    }
    expect(kernel.run.temperatures).toEqual([0.5, 1, 1.5, 1.5]);
  });

  test.each([
    ["is finished", 100, undefined],
    ["was stopped", 1000, 2],
  ])("goes on with a text that %s", (_, length, stopAfter) => {
    write(length, stopAfter);
    const { written } = kernel;
    step();
    step();
    expect(generated()).toBe(counting(written + 2));
    expect(kernel.runs).toHaveLength(1);
  });

  test("comes once for each press, however long the way is; what is pressed meanwhile does not count", () => {
    kernel.roundTrip = 0.4;
    shown();
    for (let length = 1; length <= 10; length += 1) {
      for (let press = 0; press < 3; press += 1) click("Step");
      for (let wait = 0; wholePage().length < SEED.length + length && wait < 300; wait += 1) {
        seconds(0.01);
      }
      while (!can("Step")) seconds(0.01);
      expect(generated()).toBe(counting(length));
    }
    seconds(10);
    expect(generated()).toBe(counting(10));
  });

  test.each([
    ["the seed", () => type(seedBox(), "Once")],
    ["the model", () => choose("Model", "Another model")],
  ])("begins anew after %s was changed, then goes on with that", (what, change) => {
    write(100);
    change();
    kernel.text = "other ".repeat(50);
    step();
    const seed = what === "the seed" ? "Once" : SEED;
    expect(wholePage()).toBe(`${seed}o`);
    step();
    expect(wholePage()).toBe(`${seed}ot`);
    expect(kernel.runs).toHaveLength(2);
  });

  test("goes on after the seed was changed and changed back", () => {
    write(100);
    type(seedBox(), "Once");
    seconds(1);
    type(seedBox(), SEED);
    step();
    expect(generated()).toBe(counting(101));
  });

  test.each(["Step", "Continue"])("%s needs right numbers, as Generate does", (name) => {
    const model = write(100);
    const { length } = model.sent;
    type(field("Length"), "-1");
    click(name);
    seconds(1);
    expect(model.sent).toHaveLength(length);
    expect(document.activeElement).toBe(field("Length"));
    expect(description(field("Length"))).not.toBe("");
  });

  test("takes an error away", () => {
    const model = write(100);
    model.update({ error: "No." });
    step();
    expect(alertText()).toBe("");
    expect(generated()).toBe(counting(101));
  });
});

describe("Continue", () => {
  test.each([
    ["a stopped text to its length", 1000, 2, 1000, 1000],
    ["a finished text by its length", 100, undefined, 100, 200],
    ["to the length that is set now", 100, undefined, 250, 250],
    ["by the length that is set now, if there is that much already", 100, undefined, 60, 160],
  ])("writes %s", (_, length, stopAfter, wanted, whole) => {
    write(length, stopAfter);
    type(field("Length"), String(wanted));
    click("Continue");
    seconds(30);
    expectFinished(counting(whole));
    expect(kernel.runs).toHaveLength(1);
  });

  test("goes on, again and again, also after a step and after a text of a cell", () => {
    shown({ length: 50 });
    step();
    for (const whole of [50, 100, 150]) {
      click("Continue");
      seconds(3);
      expectFinished(counting(whole));
    }
    kernel.text = "cell ".repeat(50);
    kernel.beginInCell({ length: 30 }, 30);
    seconds(3);
    click("Continue");
    seconds(3);
    expectFinished("cell ".repeat(50).slice(0, 50));
  });

  test("adds to what is there: nothing is shown again, and the text does not begin anew", () => {
    write(100);
    click("Continue");
    for (let tenth = 0; tenth < 30; tenth += 1) {
      expect(generated().startsWith(counting(100))).toBe(true);
      seconds(0.1);
    }
    expectFinished(counting(200));
  });

  test("works with a seed that the model knows in part", () => {
    kernel.unknown = "ë☃️";
    const replacements = [
      { position: 2, character: "ë", used: "" },
      { position: 4, character: "“", used: '"' },
      { position: 5, character: "☃️", used: "" },
    ];
    const model = shown({ seed: "Zoë “☃️", length: 50, replacements });
    click("Generate");
    seconds(3);
    // The seed is where it is typed, with marks over what the model reads otherwise.
    expect(wholePage()).toBe(`Zoë “☃️${counting(50)}`);
    expect(model.get("receipt").seed).toBe("Zo “");
    click("Continue");
    seconds(3);
    expect(wholePage()).toBe(`Zoë “☃️${counting(100)}`);
    // The kernel has not said yet what it knows of this one; at that place it did not know a letter.
    type(seedBox(), "Zoé “☃️");
    expect(can("Continue")).toBe(false);
  });

  test("can be stopped", () => {
    write(100);
    type(field("Length"), "1000");
    click("Continue");
    seconds(2);
    click("Stop");
    seconds(1);
    expect(announcement()).toBe(`Stopped: ${kernel.written} characters`);
    expect(generated()).toBe(counting(kernel.written));
    expect(kernel.written).toBeLessThan(250);
  });

  test("shows the text that the kernel has kept, if it cannot go on and answers were lost", () => {
    write(100);
    kernel.down = losing("chunk");
    type(field("Length"), "110");
    click("Continue");
    seconds(0.5);
    click("Stop");
    seconds(20);
    expectFinished(counting(110));
  });
});

describe("Continue is offered", () => {
  test("for a text of this seed and model, when none is written", () => {
    const model = shown({ length: 100 });
    expect(can("Continue")).toBe(false);
    click("Continue");
    expect(model.sent).toEqual([HELLO]);
    click("Generate");
    seconds(1);
    expect(can("Continue")).toBe(false);
    seconds(3);
    expect(can("Continue")).toBe(true);
  });

  test.each([
    ["the seed", () => type(seedBox(), "Once"), () => type(seedBox(), SEED)],
    ["the model", () => choose("Model", "Another model"), () => choose("Model", "A model")],
  ])("not if %s is another one now, but again if it is the same again", (_, change, back) => {
    const model = write(100);
    const { length } = model.sent;
    change();
    expect(can("Continue")).toBe(false);
    click("Continue");
    seconds(1);
    expect(model.sent).toHaveLength(length);
    back();
    expect(can("Continue")).toBe(true);
  });

  test("not for a text of another model, of which it is said what has changed", () => {
    write(100);
    choose("Model", "Another model");
    expect(statusLine()).toBe("The model has changed: Generate starts anew with Another model.");
    expect(can("Continue")).toBe(false);
    type(seedBox(), "Once");
    expect(statusLine()).toBe("The model has changed: Generate starts anew with Another model.");
    choose("Model", "A model");
    expect(statusLine()).toBe("The seed has changed: Generate starts anew.");
    type(seedBox(), SEED);
    expect(can("Continue")).toBe(true);
    expect(statusLine()).toMatch(/^Finished · /);
  });

  test("not if Python changed the seed", () => {
    const model = write(100);
    model.update({ seed: "Once" });
    expect(can("Continue")).toBe(false);
  });

  test("if anything else is changed", () => {
    write(100);
    type(slider("Temperature"), "1.5");
    type(field("Length"), "20");
    type(field("rng"), "5");
    type(field("Top-k"), "5");
    expect(can("Continue")).toBe(true);
  });

  test("for a text of before that is of this seed, and goes on with that", () => {
    write(100);
    show(new FakeModel(kernel));
    const [, late] = document.querySelectorAll<HTMLElement>(".lstm-widget");
    if (!late) throw new Error("There is no second view.");
    expect(can("Continue", late)).toBe(true);
    click("Continue", late);
    seconds(10);
    expectFinished(counting(300), late);
  });

  test("not for a text of before whose seed is no longer the one in the box", () => {
    write(100);
    document.body.replaceChildren();
    shown({ seed: "Once" });
    expectOther("Once", counting(100));
    step();
    expect(find("group", "LSTM text generator").matches(".lstm-other")).toBe(false);
    expect(wholePage()).toBe("Once1");
  });

  test("not if the seed was changed before the text began", () => {
    shown({ length: 50 });
    kernel.busy = true;
    click("Generate");
    type(seedBox(), "Once");
    kernel.busy = false;
    seconds(3);
    expectOther("Once", counting(50));
    expect(announcement()).toBe("Finished: 50 characters");
    expect(canStop()).toBe(false);
  });
});

/** The text that was there stays, faint, behind another seed, and cannot be written on. */
function expectOther(seed: string, text: string): void {
  expect(wholePage()).toBe(seed + text);
  expect(find("group", "LSTM text generator").matches(".lstm-other")).toBe(true);
  expect(statusLine()).toBe("The seed has changed: Generate starts anew.");
  expect(can("Continue")).toBe(false);
}
