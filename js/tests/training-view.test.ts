import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Tick } from "../src/kernel/protocol.ts";
import {
  alertText,
  announcement,
  can,
  click,
  field,
  find,
  press,
  slider,
  statusLine,
  type,
} from "./reader.ts";
import { onFakeTime, seconds } from "./reading.ts";
import {
  curve,
  now,
  OVER,
  REFERENCES,
  SEED,
  STAGES,
  show,
  TrainingPage,
  textOf,
  UPDATES,
} from "./training-page.ts";

onFakeTime();
beforeEach(() => document.body.replaceChildren());
let close = () => {};
afterEach(() => close());

const HELLO = { type: "hello" };

function shown(traits: Partial<ConstructorParameters<typeof TrainingPage>[0]> = {}): TrainingPage {
  const model = new TrainingPage(traits);
  ({ close } = show(model));
  seconds(0.1);
  return model;
}

function tick(update: number, more: Partial<Tick> = {}): Tick {
  return {
    type: "tick",
    now: now(update),
    training: curve([update]),
    validation: [],
    samples: [],
    ...more,
  };
}

function chart(): SVGElement {
  const found = document.querySelector<SVGElement>("svg[role=img]");
  if (found === null) throw new Error("There is no picture.");
  return found;
}

/** The corners of a curve as they are drawn. */
function corners(name: string): [x: number, y: number][] {
  const points = chart().querySelector(`polyline.lstm-loss-${name}`)?.getAttribute("points") ?? "";
  if (points === "") return [];
  return points.split(" ").map((one) => one.split(",").map(Number) as [number, number]);
}

function labels(): string[] {
  return Array.from(
    chart().querySelectorAll(".lstm-label"),
    ({ textContent }) => textContent ?? "",
  );
}

function stageText(): string {
  return find("region", "Text of the stage").textContent ?? "";
}

describe("before a training", () => {
  test("it says what to do, and announces and sends nothing else", () => {
    const model = shown();
    expect(statusLine()).toMatch(/^Not trained yet/);
    expect(find("group", "LSTM training").contains(find("button", "Stop"))).toBe(true);
    expect(can("Stop")).toBe(false);
    click("Stop");
    expect([model.sent, model.saved]).toEqual([[HELLO], []]);
    expect(find("group", "Time machine").hidden).toBe(true);
    expect(document.body.textContent).not.toContain("NaN");
  });
});

describe("the plan", () => {
  const LONG = { seconds: 2760, epochs: 37, shorter_seconds: 597, shorter_epochs: 8 };

  test("says how long it takes before it begins, and offers a shorter run", () => {
    const model = shown({ plan: LONG });
    const words = () => document.querySelector<HTMLElement>(".lstm-plan")?.textContent;
    expect(words()).toContain("Roughly 46 min on this machine, to read the text 37 times.");
    click("Shorter: 8 times, 10 min");
    expect(model.sent).toEqual([HELLO, { type: "shorten" }]);
    const shorter = { seconds: 597, epochs: 8, shorter_seconds: null, shorter_epochs: null };
    model.update({ plan: shorter });
    expect(words()).toContain("Roughly 10 min");
    expect(document.querySelector<HTMLElement>(".lstm-shorter")?.hidden).toBe(true);
    model.update({ status: "training" });
    expect(document.querySelector<HTMLElement>(".lstm-plan")?.hidden).toBe(true);
  });

  test("is not there where there is no telling", () => {
    shown();
    expect(document.querySelector<HTMLElement>(".lstm-plan")?.hidden).toBe(true);
  });
});

describe("while it trains", () => {
  test("each message makes the curves longer, and the traits replace them", () => {
    const model = shown({ status: "training", references: REFERENCES });
    model.receive(tick(1));
    model.receive(tick(2));
    model.receive(tick(4, { validation: curve([4]) }));
    seconds(0.1);
    expect(corners("training")).toHaveLength(3);
    expect(corners("validation")).toHaveLength(1);
    model.receive(tick(4, { training: curve([2, 4]), validation: curve([4]) })); // again
    seconds(0.1);
    expect(corners("training")).toHaveLength(3);
    model.update({ now: now(9), training_curve: curve([1, 2, 3, 4, 5, 8, 9]) });
    seconds(0.1);
    expect(corners("training")).toHaveLength(7);
  });

  test("equal steps are doublings, and lower losses lie lower", () => {
    const updates = [1, 2, 4, 8, 16, 1000];
    shown({ status: "training", now: now(1000), training_curve: curve(updates) });
    const found = corners("training");
    const widths = found.slice(1, 5).map(([x], n) => x - (found[n]?.[0] ?? 0));
    for (const width of widths) expect(width).toBeCloseTo(widths[0] ?? 0, 0);
    found.slice(1).forEach(([, y], n) => {
      expect(y).toBeGreaterThan(found[n]?.[1] ?? 0);
    });
  });

  test("the curve ends where the training is, also between two points", () => {
    const model = shown({ status: "training" });
    model.receive(tick(100));
    model.receive(tick(150, { training: [], now: now(150, { training_bits: 3.456 }) }));
    seconds(0.1);
    expect(corners("training")).toHaveLength(2);
    expect(labels()).toContain("training 3.46");
  });

  test("it shows how it goes, how fast, and how long it still takes", () => {
    const model = shown({ status: "training" });
    expect(statusLine()).toBe("Reading the text");
    model.receive(tick(400, { now: now(400, { best_bits: 2.345, best_update: 300 }) }));
    expect(statusLine()).toBe(
      "Training · about 10 min left · 400 of 1,000 updates · " +
        "best in validation 2.35 bits, after 300 updates",
    );
    expect(document.querySelector("progress")?.value).toBe(0.4);
  });

  test("the loss that is expected is there once it can be guessed", () => {
    const model = shown({ status: "training" });
    model.receive(tick(10));
    expect(statusLine()).not.toContain("expected");
    model.receive(tick(400, { now: now(400, { expected_bits: 1.749 }) }));
    expect(statusLine()).toMatch(/ · about 1\.7 bits expected at the end$/);
  });

  test("a screen reader hears the beginning, the quarters and the end, not every update", () => {
    const model = shown();
    const heard: string[] = [];
    const note = () => {
      if (announcement() !== heard.at(-1)) heard.push(announcement());
    };
    model.update({ status: "training" });
    note();
    for (let update = 10; update <= 1000; update += 10) {
      model.receive(tick(update));
      note();
    }
    model.update(OVER);
    note();
    expect(heard).toEqual([
      "Training",
      "Training, 25 percent done",
      "Training, 50 percent done",
      "Training, 75 percent done",
      expect.stringMatching(/^Finished, 1,000 of 1,000 updates, best in validation 2.25 bits/),
    ]);
  });

  test("the samples are replaced by new ones, as text", () => {
    const model = shown({ status: "training", ...{ samples: OVER.samples ?? [] } });
    const captions = () =>
      Array.from(document.querySelectorAll("figcaption"), ({ textContent }) => textContent);
    expect(captions()).toEqual([0.3, 0.6, 1].map((t) => `Temperature ${t}, after 1,000 updates`));
    expect(document.querySelector("figure")?.textContent).toContain(
      "It was a sample <b>at</b> 0.3",
    );
    expect(document.querySelector("figure b")).toBeNull();
    const before = document.querySelector("figure");
    model.receive(tick(1010));
    expect(document.querySelector("figure")).toBe(before); // nothing new: nothing is touched
    const samples = [{ update: 1020, temperature: 0.3, seed: SEED, text: "new" }];
    model.receive(tick(1020, { samples }));
    expect(captions()).toEqual(["Temperature 0.3, after 1,020 updates"]);
  });

  test("Stop is sent once; then a hint says what happens, and what else to do", () => {
    const model = shown({ status: "training" });
    expect(document.body.textContent).not.toContain("interrupt the kernel");
    find("button", "Stop").focus();
    click("Stop");
    click("Stop");
    expect(model.sent).toEqual([HELLO, { type: "stop" }]);
    expect(document.body.textContent).toContain("the best model is kept");
    expect(document.body.textContent).toContain("interrupt the kernel");
    expect(document.activeElement).toBe(find("button", "Stop"));
    model.update({ ...OVER, status: "stopped" });
    expect(statusLine()).toMatch(/^Stopped · 1,000 of 1,000 updates/);
    expect(document.body.textContent).not.toContain("interrupt the kernel");
    model.update({ status: "training", now: {} });
    expect(can("Stop")).toBe(true);
  });

  test("after the last update it says what still takes its time", () => {
    const model = shown({ status: "training" });
    model.receive(tick(1000, { now: now(1000, { best_bits: 2.25, best_update: 1000 }) }));
    expect(statusLine()).toMatch(/^Trained, measuring the loss · 1,000 of 1,000 updates · best/);
    expect(statusLine()).not.toContain("left");
    expect(can("Stop")).toBe(false);
    expect(document.body.textContent).not.toContain("interrupt the kernel");
  });

  test("a program is shown in letters of one width", () => {
    const model = shown({ status: "training" });
    const root = find("group", "LSTM training");
    expect(root.classList.contains("lstm-indented")).toBe(false);
    model.update({ indented: true });
    expect(root.classList.contains("lstm-indented")).toBe(true);
  });

  test("what fails is shown", () => {
    const model = shown({ status: "training" });
    model.update({ status: "failed", error: "The text is too short." });
    expect(alertText()).toBe("The text is too short.");
    expect(statusLine()).toBe("Training failed");
  });
});

describe("the picture", () => {
  test("names every line, with its loss, in words for those who do not see it, too", () => {
    shown(OVER);
    expect(labels()).toEqual(
      expect.arrayContaining([
        "guessing evenly 6.00",
        "letter frequencies 4.30",
        "2-gram 3.60",
        "3-gram 2.90",
        "5-gram 2.40",
        "training 3.01",
        "validation 3.01",
      ]),
    );
    const summary = chart().getAttribute("aria-label") ?? "";
    expect(summary).toContain("in training after 1,000 updates");
    for (const { name } of REFERENCES) expect(summary).toContain(name);
  });

  test("says that less is better, and no line goes through a label", () => {
    const model = shown({ status: "training", references: REFERENCES });
    model.receive(tick(100, { validation: curve([100]) })); // the curves end far from the right
    seconds(0.1);
    expect(chart().textContent).toContain("bits per character, less is better");
    const lefts = Array.from(chart().querySelectorAll(".lstm-label"), (one) =>
      Number(one.getAttribute("x")),
    );
    expect(lefts).toHaveLength(7);
    for (const line of chart().querySelectorAll(".lstm-grid, .lstm-reference")) {
      expect(Number(line.getAttribute("x2"))).toBeLessThan(Math.min(...lefts));
    }
  });

  test("the labels do not overlap", () => {
    shown(OVER);
    const column = Array.from(chart().querySelectorAll(".lstm-label"), (one) =>
      Number(one.getAttribute("y")),
    ).sort((a, b) => a - b);
    expect(column).toHaveLength(7);
    column.slice(1).forEach((y, n) => {
      expect(y - (column[n] ?? 0)).toBeGreaterThanOrEqual(13.9);
    });
  });

  test("says when the network became better than counting", () => {
    shown(OVER);
    const rows = Array.from(document.querySelectorAll("tbody tr"), (row) =>
      Array.from(row.querySelectorAll("td"), ({ textContent }) => textContent),
    );
    // 6 / (1 + log2(update) / 10) after 10, 100, 500 and 1,000 updates: 4.50, 3.60, 3.16, 3.00
    expect(rows).toEqual([
      ["6.00", "after 10 updates"],
      ["4.30", "after 100 updates"],
      ["3.60", expect.stringMatching(/^after (100|500) updates$/)],
      ["2.90", "not yet"],
      ["2.40", "not yet"],
    ]);
  });
});

describe("the time machine", () => {
  test("begins at the model, and goes through all stages without the kernel", () => {
    const model = shown(OVER);
    model.sent.length = 0;
    expect(slider("Stage").max).toBe("6");
    expect(stageText()).toBe(SEED + textOf(6, 0.6));
    for (const [n, update] of UPDATES.entries()) {
      type(slider("Stage"), String(n));
      expect(stageText()).toBe(SEED + textOf(n, 0.6));
      const words = slider("Stage").getAttribute("aria-valuetext") ?? "";
      expect(words).toContain(`Stage ${n + 1} of 7`);
      expect(words).toContain(`${STAGES[n]?.bits?.toFixed(2)} bits per character`);
      expect(words).toContain(
        update === 0 ? "before the first update" : update === 1 ? "1 update" : `${update} updates`,
      );
      expect(words.includes("the model that is kept")).toBe(n === 6);
    }
    expect(model.sent).toEqual([]);
    seconds(1);
    expect(model.saved.at(-1)).toEqual({ stage: 6 });
  });

  test("another temperature is asked of the kernel, one at a time, and only once", () => {
    const model = shown(OVER);
    type(slider("Temperature"), "1");
    type(slider("Temperature"), "1.1");
    type(slider("Temperature"), "1.2");
    expect(model.asked()).toEqual([[6, 1]]);
    expect(document.body.textContent).toContain("This was written at temperature 0.6");
    model.receive({ type: "written", stage: 6, temperature: 1, text: "one" });
    expect(model.asked()).toEqual([
      [6, 1],
      [6, 1.2],
    ]);
    expect(stageText()).not.toContain("one"); // not at the temperature that is set now
    model.receive({ type: "written", stage: 6, temperature: 1.2, text: "one and a fifth" });
    expect(stageText()).toBe(`${SEED}one and a fifth`);
    expect(document.body.textContent).not.toContain("This was written at");
    type(slider("Temperature"), "0.6");
    expect(stageText()).toBe(SEED + textOf(6, 0.6));
    type(slider("Temperature"), "1.2");
    expect(stageText()).toBe(`${SEED}one and a fifth`);
    expect(model.asked()).toHaveLength(2);
  });

  test("what the kernel refuses is shown, and the next question is asked", () => {
    const model = shown(OVER);
    type(field("Temperature"), "1");
    model.receive({ type: "error", message: "The file is gone." });
    expect(alertText()).toBe("The file is gone.");
    type(slider("Stage"), "2");
    expect(model.asked()).toEqual([
      [6, 1],
      [2, 1],
    ]);
  });

  test("a wrong temperature is refused beside the field and not asked for", () => {
    const model = shown(OVER);
    type(field("Temperature"), "101");
    expect(document.body.textContent).toContain("Temperature must be a number from 0 to 100.");
    expect(model.asked()).toEqual([]);
  });

  test("the stages of another training take the place of those before", () => {
    const model = shown(OVER);
    type(slider("Temperature"), "1");
    model.receive({ type: "written", stage: 6, temperature: 1, text: "old" });
    model.update({ stages: [] });
    expect(find("group", "Time machine").hidden).toBe(true);
    model.update({ stages: STAGES });
    expect(stageText()).toBe(SEED + textOf(6, 0.6)); // until the kernel has written it
    expect(model.asked()).toHaveLength(2);
  });

  test("is right below the picture", () => {
    shown(OVER);
    expect(document.querySelector(".lstm-chart")?.nextElementSibling).toBe(
      find("group", "Time machine"),
    );
  });

  test("the stage is marked in the picture", () => {
    shown(OVER);
    const mark = () => {
      seconds(0.1);
      return Number(chart().querySelector(".lstm-stage-line")?.getAttribute("x1"));
    };
    const last = mark();
    type(slider("Stage"), "3");
    expect(mark()).toBeLessThan(last);
  });

  test("says how the model comes into a widget", () => {
    shown(OVER);
    const result = document.querySelector<HTMLElement>(".lstm-result");
    expect(result?.hidden).toBe(false);
    expect(result?.textContent).toContain("LSTMWidget(view.model)");
  });
});

describe("without a kernel", () => {
  test("curves, samples and stages are there, and a notice says that this is a record", () => {
    const model = new TrainingPage(OVER);
    model.open = false;
    ({ close } = show(model));
    seconds(4);
    expect(document.querySelector(".lstm-notice")?.textContent).toContain(
      "This training was saved with the notebook",
    );
    expect(corners("training")).toHaveLength(6);
    type(slider("Stage"), "1");
    expect(stageText()).toBe(SEED + textOf(1, 0.6));
    type(slider("Temperature"), "1");
    expect(stageText()).toBe(SEED + textOf(1, 0.6));
    expect(document.body.textContent).toContain("This was written at temperature 0.6");
  });

  test("a notice says that the kernel does not answer, until it does", () => {
    const model = shown({ status: "training" });
    seconds(4);
    const notice = () => document.querySelector(".lstm-notice")?.textContent;
    expect(notice()).toContain("No answer from the kernel");
    model.receive(tick(1));
    expect(notice()).toBe("");
  });
});

describe("the page", () => {
  test("keys stay in the widget, but Ctrl+S", () => {
    shown(OVER);
    const heard = vi.fn();
    document.body.addEventListener("keydown", heard);
    press(slider("Stage"), "ArrowLeft");
    press(slider("Stage"), "a", { ctrlKey: true });
    expect(heard).not.toHaveBeenCalled();
    press(slider("Stage"), "s", { ctrlKey: true });
    expect(heard).toHaveBeenCalledOnce();
    document.body.removeEventListener("keydown", heard);
  });

  test("nothing is left behind when the view goes", () => {
    const model = shown({ ...OVER, status: "training" });
    model.receive(tick(1001));
    close();
    expect(model.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("axe-core has nothing to complain of: before, while and after", async () => {
    const found: unknown[] = [];
    const states = [
      {},
      { ...OVER, stages: [], status: "training" as const },
      { ...OVER, error: "Something is wrong." },
    ];
    for (const state of states) {
      shown(state);
      document.querySelector("details")?.setAttribute("open", "");
      vi.useRealTimers();
      // Without a layout it cannot see colours; that is done in the browser.
      const result = await axe.run(document.body, {
        rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
      });
      expect(result.passes.map(({ id }) => id)).toContain("aria-allowed-attr");
      found.push(...result.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]));
      vi.useFakeTimers();
      close();
    }
    expect(found).toEqual([]);
  });
});
