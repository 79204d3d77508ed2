// What is shown about a text: how far it is, how fast, how surprising, and at which temperatures.
import { describe, expect, test } from "vitest";
import { bitsOf, counting, losing, SEED } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";
import {
  alertText,
  announcement,
  choose,
  click,
  field,
  find,
  marks,
  seedBox,
  slider,
  statusLine,
  type,
} from "./reader.ts";
import { seconds } from "./reading.ts";
import { expectFinished, generated, kernel, onFreshPages, show, shown } from "./viewing.ts";

onFreshPages();

/** The parts of the status line. */
function figures(root: ParentNode = document): string[] {
  const [state = "", reached, ...more] = statusLine(root).split(" · ");
  return reached === undefined ? [state] : [`${state} · ${reached}`, ...more];
}

/** The characters per second that it shows. */
function perSecond(): number {
  const [, number = ""] = /([\d,]+) per second/.exec(statusLine()) ?? [];
  return Number(number.replaceAll(",", ""));
}

function bitsPerCharacter(): number {
  return Number(/([\d.]+) bits per character/.exec(statusLine())?.[1]);
}

/** Take down what is said politely, each time that it is said. */
function listening(root: ParentNode = document): () => string[] {
  const said: string[] = [];
  const note = (records: MutationRecord[]) => {
    for (const { addedNodes } of records) said.push(addedNodes[0]?.textContent ?? "");
  };
  const observer = new MutationObserver(note);
  const how = { childList: true, characterData: true, subtree: true };
  observer.observe(find("status", undefined, root), how);
  return () => {
    note(observer.takeRecords());
    return said.splice(0).filter((text) => text !== "");
  };
}

describe("the status line", () => {
  test.each([10, 50, 200])("shows what is written and how fast, at %d per second", (speed) => {
    shown({ speed, length: 10 * speed });
    click("Generate");
    for (let second = 1; second <= 8; second += 1) {
      seconds(1);
      const { length } = generated();
      const [reached, rate, bits] = figures();
      const all = (10 * speed).toLocaleString("en");
      expect(reached).toBe(`Writing · ${length.toLocaleString("en")} of ${all}`);
      expect(rate).toMatch(/^[\d,]+ per second$/);
      if (second > 1) expect(Math.abs(perSecond() - speed)).toBeLessThanOrEqual(0.1 * speed);
      expect(bits).toMatch(/^\d\.\d\d bits per character$/);
    }
    seconds(5);
    const [reached, rate, bits, ...others] = figures();
    expect(reached).toBe(`Finished · ${(10 * speed).toLocaleString("en")} characters`);
    expect(rate).toMatch(/^[\d,]+ per second$/);
    expect(Math.abs(perSecond() - speed)).toBeLessThanOrEqual(0.05 * speed);
    const expected = bitsOf(10 * speed) / (10 * speed);
    expect(bits).toBe(`${expected.toFixed(2)} bits per character`);
    expect(others).toEqual([]);
  });

  test("shows how surprising the text is up to what is shown, give or take what was just asked for", () => {
    shown({ length: 1000 });
    click("Generate");
    for (let tenth = 0; tenth < 150; tenth += 1) {
      seconds(0.1);
      const { length } = generated();
      const near = Array.from({ length: 17 }, (_, more) => bitsOf(length + more) / (length + more));
      const mean = bitsPerCharacter();
      expect(mean).toBeGreaterThanOrEqual(Math.min(...near) - 0.005);
      expect(mean).toBeLessThanOrEqual(Math.max(...near) + 0.005);
    }
  });

  test("shows the speed of now while it is written, and of the whole at the end", () => {
    const model = shown({ length: 600, speed: 100 });
    click("Generate");
    seconds(2);
    model.update({ speed: 20 });
    seconds(3);
    expect(Math.abs(perSecond() - 20)).toBeLessThanOrEqual(2);
    const begun = 5;
    let time = begun;
    for (; statusLine().startsWith("Writing"); time += 0.1) seconds(0.1);
    expect(Math.abs(perSecond() - 600 / time)).toBeLessThanOrEqual(2);
  });

  test("shows the speed of what was added, not of the pause before it", () => {
    shown({ length: 100 });
    click("Generate");
    seconds(120);
    click("Continue");
    seconds(10);
    expect(figures()[0]).toBe("Finished · 200 characters");
    expect(Math.abs(perSecond() - 50)).toBeLessThanOrEqual(5);
    expect(figures()[2]).toBe(`${(bitsOf(200) / 200).toFixed(2)} bits per character`);
  });

  test("as fast as possible, it shows how fast that is", () => {
    kernel.text = counting(100_000);
    shown({ length: 100_000, speed: null });
    click("Generate");
    seconds(5);
    expectFinished(counting(100_000));
    expect(figures()[0]).toBe("Finished · 100,000 characters");
    expect(perSecond()).toBeGreaterThan(100_000);
  });

  test("a text of before has no speed, as it was not seen coming", () => {
    shown({ length: 100 });
    click("Generate");
    seconds(5);
    document.body.replaceChildren();
    shown();
    const bits = `${(bitsOf(100) / 100).toFixed(2)} bits per character`;
    expect(figures()).toEqual(["Finished · 100 characters", bits]);
  });

  test("of a stopped text is that of what is there", () => {
    shown({ length: 1000 });
    click("Generate");
    seconds(3);
    click("Stop");
    seconds(1);
    const { written } = kernel;
    expect(figures()[0]).toBe(`Stopped · ${written} characters`);
    expect(figures()[2]).toBe(`${(bitsOf(written) / written).toFixed(2)} bits per character`);
  });

  test("is ready before, empty after an error, and without figures where a text has just begun", () => {
    shown();
    seconds(0.015); // until the kernel has answered
    expect(statusLine()).toBe("Ready · Ctrl + Enter generates");
    click("Generate");
    seconds(0.015);
    expect(statusLine()).toBe("Writing · 0 of 300");
    kernel.failing = { at: 50, sentence: "No." };
    seconds(5);
    expect([statusLine(), alertText()]).toEqual(["", "No."]);
  });

  test.each([
    ["the seed is edited", () => type(seedBox(), "Once")],
    ["a slow text is still typed", () => {}],
    ["another model is chosen", () => choose("Model", "Another model")],
  ])("mentions a kernel that does not answer as long as that is so, though %s", (_, act) => {
    shown({ speed: 1 });
    click("Generate");
    seconds(5);
    kernel.busy = true;
    seconds(3);
    act();
    for (let tenth = 0; tenth < 100; tenth += 1) {
      expect(statusLine()).toContain("waiting for the kernel");
      seconds(0.1);
    }
    kernel.busy = false;
    seconds(0.5);
    expect(statusLine()).not.toContain("waiting");
  });
});

describe("what is said politely is said once", () => {
  test("of a whole text, whatever else changes meanwhile and afterwards", () => {
    const model = shown({ length: 200 });
    const heard = listening();
    click("Generate");
    seconds(2);
    type(slider("Temperature"), "1.5");
    type(slider("Speed"), "6");
    type(seedBox(), "Once");
    seconds(10);
    expect(heard()).toEqual(["Writing", "Finished: 200 characters"]);
    for (let time = 0; time < 3; time += 1) {
      click("Generate"); // three texts, but it is one writing
      seconds(0.5);
    }
    seconds(30);
    expect(heard()).toEqual(["Writing", "Finished: 200 characters"]);
    type(seedBox(), SEED);
    type(field("Length"), "20");
    choose("Model", "Another model");
    model.update({ error: "No.", card: { title: "Another" } });
    model.connectionChanged();
    seconds(10);
    expect(heard()).toEqual([]);
  });

  test("of a kernel that is silent for long and asked again and again", () => {
    shown({ length: 200 });
    const heard = listening();
    click("Generate");
    seconds(1);
    kernel.busy = true;
    seconds(100);
    expect(heard()).toEqual(["Writing", "Waiting for the kernel"]);
    kernel.busy = false;
    seconds(10);
    expect(heard()).toEqual(["Writing", "Finished: 200 characters"]);
  });

  test("of a stop that the kernel does not hear at once", () => {
    shown({ length: 1000 });
    const heard = listening();
    click("Generate");
    seconds(2);
    kernel.busy = true;
    click("Stop");
    seconds(30);
    expect(heard()).toEqual(["Writing", "Waiting for the kernel"]);
    kernel.busy = false;
    seconds(1);
    expect(heard()).toEqual([`Stopped: ${kernel.written} characters`]);
  });

  test("of each step, and of a text that is continued", () => {
    shown({ length: 100 });
    const heard = listening();
    for (const reached of ["1 character", "2 characters"]) {
      click("Step");
      seconds(1);
      expect(heard()).toEqual(["Writing", `Finished: ${reached}`]);
    }
    click("Continue");
    seconds(5);
    expect(heard()).toEqual(["Writing", "Finished: 100 characters"]);
    click("Clear");
    seconds(5);
    expect(heard()).toEqual(["Cleared"]);
  });

  test("of a text that failed: the sentence alone", () => {
    shown();
    const heard = listening();
    click("Generate");
    kernel.failing = { at: 50, sentence: "No." };
    seconds(10);
    expect(heard()).toEqual(["Writing"]);
    expect([announcement(), alertText()]).toEqual(["", "No."]);
  });

  test("of a text of before: how it ended", () => {
    const before = shown({ length: 50 });
    click("Generate");
    seconds(5);
    document.body.replaceChildren();
    show(new FakeModel(kernel));
    expect(announcement()).toBe("Finished: 50 characters");
    const heard = listening();
    before.update({ temperature: 1.5 });
    seconds(10);
    expect(heard()).toEqual([]);
  });
});

/** The marks that a text should have: one where the temperature differs from that of the character before. */
function expected(length = kernel.written): [string, string][] {
  const { temperatures, settings, source } = kernel.run;
  return temperatures.slice(0, length).flatMap((now, position): [string, string][] => {
    if (now === (temperatures[position - 1] ?? settings.temperature)) return [];
    return [[SEED + source.slice(0, position).join(""), `Temperature ${now} from here`]];
  });
}

describe("changes of temperature are marked where they count", () => {
  /** A text during which the temperature changes a few times. */
  function varied(): FakeModel {
    const model = shown({ length: 300 });
    click("Generate");
    for (const temperature of ["1.5", "0.25", "0.6"]) {
      seconds(1);
      type(slider("Temperature"), temperature);
    }
    return model;
  }

  test("in what is shown, as soon as it is shown", () => {
    varied();
    let most = 0;
    for (let frame = 0; frame < 500; frame += 1) {
      seconds(0.016);
      expect(marks()).toEqual(expected(generated().length));
      most = Math.max(most, marks().length);
    }
    expect(most).toBe(3);
    expectFinished(counting(300));
  });

  test("when the typing is slower than the writing", () => {
    shown();
    kernel.beginInCell({ length: 600 });
    for (const temperature of [0.6, 1.5, 0.25]) kernel.writeInCell(200, temperature);
    seconds(0.02);
    for (let frame = 0; frame < 600; frame += 1) {
      seconds(0.016);
      expect(marks()).toEqual(expected(generated().length));
    }
    expect(marks()).toHaveLength(2);
  });

  test("though a chunk is lost, and in a text by code points", () => {
    kernel.text = "😀é𝒳 ".repeat(100);
    kernel.down = losing("chunk", 12);
    varied();
    seconds(20);
    expect(marks()).toEqual(expected());
    expect(marks()).toHaveLength(3);
  });

  test.each([
    ["comes while it is written", 1],
    ["comes when it is finished", 20],
  ])("in a view that %s", (_, time) => {
    varied();
    seconds(time);
    const late = show(new FakeModel(kernel));
    seconds(20);
    expect(marks(late.root)).toEqual(expected());
    expect(marks(late.root)).toHaveLength(3);
  });

  test("in a text that goes on: what was marked stays, and the new temperature is", () => {
    varied();
    seconds(10);
    const before = marks();
    type(slider("Temperature"), "2");
    click("Continue");
    seconds(20);
    expect(marks()).toEqual([...before, [SEED + counting(300), "Temperature 2 from here"]]);
    expect(marks()).toEqual(expected());
  });

  test("in a saved text without a kernel", () => {
    kernel.up = () => [];
    const temperatures: [number, number][] = [
      [3, 1.5],
      [5, 0.05],
    ];
    const receipt = { run: "before", seed: "Once", temperatures };
    shown({ status: "stopped", seed: "Once", text: "a😀bcdef", receipt });
    expect(marks()).toEqual([
      ["Oncea😀b", "Temperature 1.5 from here"],
      ["Oncea😀bcd", "Temperature 0.05 from here"],
    ]);
  });

  test("and another text begins without marks", () => {
    varied();
    seconds(10);
    expect(marks()).toHaveLength(3);
    click("Generate");
    seconds(1);
    expect(marks()).toEqual([]);
  });
});
