import { describe, expect, test, vi } from "vitest";
import { counting, GONE, SEED } from "./fake-kernel.ts";
import {
  alertText,
  announcement,
  canStop,
  click,
  find,
  seedBox,
  slider,
  statusLine,
  type,
  wholePage,
} from "./reader.ts";
import { seconds } from "./reading.ts";
import { expectFinished, generated, HELLO, kernel, onFreshPages, shown } from "./viewing.ts";

onFreshPages();

describe("what a reader finds", () => {
  test("a group with a name, everything in it by role and name, and by keyboard", () => {
    shown();
    const group = find("group", "LSTM text generator");
    for (const [role, name] of [
      ["textbox", "Seed"],
      ["slider", "Temperature"],
      ["spinbutton", "Temperature"],
      ["slider", "Length"],
      ["spinbutton", "Length"],
      ["slider", "Speed"],
      ["combobox", "Model"],
      ["spinbutton", "Top-k"],
      ["spinbutton", "Top-p"],
      ["spinbutton", "rng"],
      ["button", "Roll new dice"],
      ["button", "About this model"],
      ["button", "More"],
      ["button", "Generate"],
      ["button", "Stop"],
      ["button", "Step"],
      ["button", "Continue"],
      ["button", "Clear"],
      ["button", "Copy"],
      ["button", "Copy receipt"],
      ["button", "Copy as Python"],
      ["region", "Generated text"], // a long text must be scrolled by keyboard, too
    ] as const) {
      const control = find(role, name);
      expect(group.contains(control), `${role} ${name}`).toBe(true);
      expect(control.tabIndex).toBe(0);
    }
    expect(document.querySelectorAll("textarea, input, select, button")).toHaveLength(54);
    // Nothing folds out and pushes the rest: there are popovers, and a margin that folds away.
    expect(document.querySelectorAll("details")).toHaveLength(0);
    const margin = find("complementary", "Look inside");
    const folded = find("button", "Look inside");
    expect(group.contains(margin) && margin.contains(folded)).toBe(true);
    expect([folded.tabIndex, folded.getAttribute("aria-expanded")]).toEqual([0, "false"]);
  });

  test("keys that are meant for the widget do not reach the notebook", () => {
    shown();
    const keys: string[] = [];
    document.body.onkeydown = ({ key }) => keys.push(key);
    const press = (target: Element, key: string, ctrlKey = false) =>
      target.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true }));
    press(slider("Temperature"), "ArrowUp");
    press(seedBox(), "Enter");
    press(document.body, "x");
    press(seedBox(), "s", true); // saves the notebook
    document.body.onkeydown = null;
    expect(keys).toEqual(["x", "s"]);
  });

  test("nothing is written, sent or saved before somebody does something", () => {
    const model = shown();
    seconds(10);
    click("Stop");
    expect(canStop()).toBe(false);
    expect(wholePage()).toBe(SEED); // as it is typed
    expect(document.body.textContent).not.toMatch(/Finished|Stopped|Failed|Writing/);
    expect([model.sent, model.saved]).toEqual([[HELLO], []]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("generating", () => {
  test("types the text at about 50 characters per second, at once and apart from the seed", () => {
    shown();
    click("Generate");
    for (const [time, least, most] of [
      [0.05, 1, 4],
      [1.05, 44, 56],
      [1, 90, 106],
      [6, 300, 300],
    ] as const) {
      seconds(time);
      expect(generated().length).toBeGreaterThanOrEqual(least);
      expect(generated().length).toBeLessThanOrEqual(most);
    }
    expect(generated()).toBe(counting(300));
    const region = find("region", "Generated text");
    const parts = Array.from(region.querySelectorAll("*"), ({ textContent }) => textContent);
    expect(parts.filter((text) => text === SEED)).toHaveLength(1); // the seed has a look of its own
  });

  test("shows how far the reader is, and announces only the beginning and the end", () => {
    shown({ length: 60 });
    click("Generate");
    seconds(0.05);
    for (let frame = 0; frame < 300 && generated().length < 60; frame += 1) {
      expect(document.body.textContent).toContain(`Writing · ${generated().length} of 60`);
      expect(announcement()).toBe("Writing");
      expect(canStop()).toBe(true);
      seconds(0.016);
    }
    expectFinished(counting(60));
    // One to be seen, one to be heard.
    expect(statusLine()).toMatch(/^Finished · 60 characters( ·|$)/);
    expect(document.body.textContent?.match(/Finished/g)).toHaveLength(2);
  });

  test.each(["the reader", "Python"])(
    "uses a temperature that %s changes meanwhile from nearly the next character on",
    (who) => {
      const model = shown({ length: 1000 });
      click("Generate");
      seconds(3);
      const seen = generated().length;
      if (who === "Python") model.update({ temperature: 1.5 });
      else type(slider("Temperature"), "1.5");
      seconds(1);
      const first = kernel.run.temperatures.indexOf(1.5);
      expect(first).toBeGreaterThanOrEqual(seen);
      expect(first - seen).toBeLessThanOrEqual(9);
    },
  );

  test.each([0, 10, 3000, 3005, 3010, 3015, 3020, 3030, 3040, 3050, 12_000])(
    "begins a second text after %d ms, on an empty page",
    (after) => {
      shown({ length: 500 });
      click("Generate");
      seconds(after / 1000);
      kernel.text = "second ".repeat(20);
      type(slider("Length"), "100");
      click("Generate");
      seconds(0.5);
      expect(generated()).toMatch(/^second /);
      seconds(10);
      expectFinished("second ".repeat(20).slice(0, 100));
    },
  );

  test("goes on where a host gives no frames, and is shown with the next one", () => {
    shown({ length: 1000 });
    click("Generate");
    seconds(2);
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal("requestAnimationFrame", (act: FrameRequestCallback) => frames.push(act));
    seconds(0.1); // a frame that was asked for before
    const before = generated();
    seconds(60);
    expect(generated()).toBe(before);
    expect(announcement()).toBe("Finished: 1,000 characters");
    vi.unstubAllGlobals();
    for (const act of frames) act(performance.now());
    expectFinished(counting(1000));
  });

  test("asks for nothing while the page is hidden", () => {
    const model = shown({ length: 1000 });
    click("Generate");
    seconds(2);
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    vi.stubGlobal("requestAnimationFrame", () => 0); // a hidden page gets no frames
    seconds(1);
    const before = model.sent.length;
    expect(before).toBeGreaterThan(10);
    seconds(60);
    expect(model.sent.length).toBe(before);
    expect(kernel.written).toBeLessThan(130);
  });

  test("mentions a kernel that does not answer, and stops doing so", () => {
    shown();
    click("Generate");
    for (const [busy, time] of [
      [false, 2],
      [true, 2],
      [true, 20],
      [false, 0.2],
      [false, 1],
    ] as const) {
      kernel.busy = busy;
      seconds(time);
      const region = find("status").parentElement?.textContent ?? "";
      expect(/waiting/i.test(region), `busy: ${busy}`).toBe(busy);
    }
    seconds(20);
    expectFinished(counting(300));
  });

  test.each([["chunk"], ["end"]])("shows the whole text though its last %s was lost", (kind) => {
    let lost = 0;
    kernel.down = (answer) => {
      const isLast =
        answer.type === "chunk" &&
        answer.lanes.some(({ position, count }) => position + count === 300);
      if (lost > 0 || !(kind === "end" ? answer.type === "end" : isLast)) return [5];
      lost += 1;
      return [];
    };
    shown();
    click("Generate");
    seconds(30);
    expect(lost).toBe(1);
    expectFinished(counting(300));
  });
});

describe("stopping", () => {
  test("keeps the text and asks for nothing more; another text can follow", () => {
    const model = shown();
    click("Generate");
    seconds(2);
    const before = generated();
    const sent = model.sent.length;
    expect(canStop()).toBe(true);
    click("Stop");
    seconds(10);
    expect(model.sent.slice(sent).map(({ type }) => type)).toEqual(["stop"]);
    expect(before.length).toBeGreaterThan(80);
    expect(generated().startsWith(before)).toBe(true);
    expect(generated()).toBe(counting(kernel.written));
    expect(announcement()).toBe(`Stopped: ${kernel.written} characters`);
    click("Generate");
    seconds(10);
    expectFinished(counting(300));
  });

  test.each([
    ["when all is written", 200, "reader", [], "Finished: 200 characters"],
    ["before all is written", 500, "reader", ["stop"], "Stopped: 200 characters"],
    ["in the cell that writes", 500, "cell", [], "Stopped: 200 characters"],
  ])("%s ends the typing, and all that came is there", (_, length, who, sent, said) => {
    const model = shown();
    kernel.beginInCell({ length }, 200);
    seconds(0.3);
    expect(generated().length).toBeLessThan(150);
    if (who === "cell") kernel.endInCell();
    else click("Stop");
    if (who === "cell") seconds(0.05);
    expect(generated()).toBe(counting(200));
    seconds(5);
    expect(generated()).toBe(counting(200));
    expect(announcement()).toBe(said);
    expect(model.sent.map(({ type }) => type)).toEqual(["hello", ...sent]);
  });
});

test("a text that is begun in a cell is shown as it comes, without a question, and replaces one that is being typed", () => {
  const model = shown();
  click("Generate");
  seconds(1);
  kernel.text = "cell ".repeat(60);
  kernel.beginInCell();
  const pulls = model.sent.length;
  for (let piece = 0; piece < 10; piece += 1) {
    kernel.writeInCell(30);
    seconds(0.05);
  }
  expect(generated().length).toBeGreaterThan(20);
  seconds(10);
  expectFinished("cell ".repeat(60));
  expect(model.sent.length).toBeLessThanOrEqual(pulls + 2);
});

test("a long seed is read first, and how far that is can be seen", () => {
  kernel.budget = (nth) => (nth < 40 ? 0 : Number.POSITIVE_INFINITY);
  shown();
  click("Generate");
  seconds(0.1);
  expect(statusLine()).toMatch(/^Writing · 0 of 300 · 9\d\d characters to read first$/);
  expect(canStop()).toBe(true);
  seconds(20);
  expect(statusLine()).not.toContain("read");
  expectFinished(counting(300));
});

describe("errors of the kernel", () => {
  test("a refused start is reported, each time, and gone with the next text", () => {
    kernel.refusal = "The seed is empty: give at least one character to start from.";
    shown();
    for (let time = 1; time <= 2; time += 1) {
      click("Generate");
      expect(alertText()).toBe(""); // so that the same sentence is read out again
      seconds(2);
      expect(alertText()).toBe(kernel.refusal);
      expect(document.body.textContent).not.toContain("Writing");
      expect(canStop()).toBe(false);
    }
    kernel.refusal = "";
    click("Generate");
    seconds(10);
    expect(alertText()).toBe("");
    expectFinished(counting(300));
  });

  test.each([1, 10])("a refused start after %d s leaves the text of before as it is", (after) => {
    shown();
    click("Generate");
    seconds(after);
    kernel.refusal = "No.";
    click("Generate");
    seconds(10);
    expect(alertText()).toBe("No.");
    expectFinished(counting(300));
  });

  test.each(["it fails", "it is forgotten"])("%s: the sentence is shown, the text kept", (how) => {
    const sentence = "The kernel met an unexpected error, MemoryError; its log tells more.";
    shown();
    click("Generate");
    seconds(2);
    if (how === "it fails") kernel.failing = { at: 120, sentence };
    else kernel.runs.length = 0;
    seconds(10);
    expect(generated().length).toBeGreaterThanOrEqual(90);
    expect(generated()).toBe(counting(generated().length));
    expect(canStop()).toBe(false);
    expect(alertText()).toBe(how === "it fails" ? sentence : GONE);
    expect(document.body.textContent).not.toContain("Writing");
  });

  test("a run that failed: all that the kernel has kept of it is shown", () => {
    shown();
    click("Generate");
    kernel.failing = { at: 61, sentence: "No." };
    seconds(10);
    expect(generated()).toBe(counting(61));
  });
});
