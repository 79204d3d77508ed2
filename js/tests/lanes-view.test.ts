import axe from "axe-core";
import { describe, expect, test, vi } from "vitest";
import { dice, SEED } from "./fake-kernel.ts";
import { departs, LanesPage, textAt } from "./lanes-kernel.ts";
import {
  count,
  departure,
  finish,
  kernel,
  marks,
  onFreshLanes,
  show,
  shown,
  text,
  texts,
  until,
} from "./lanes-viewing.ts";
import {
  alertText,
  announcement,
  can,
  canStop,
  click,
  description,
  field,
  find,
  press,
  seedBox,
  slider,
  statusLine,
  type,
} from "./reader.ts";
import { seconds } from "./reading.ts";

onFreshLanes();

const HELLO = { type: "hello" };
const HEATS = [0.3, 0.7, 1.1];

describe("what a reader finds", () => {
  test("a group with a name, everything in it by role and name, and by keyboard", () => {
    shown();
    const group = find("group", "LSTM temperature lanes");
    const ofLanes = [1, 2, 3].flatMap((lane) => [
      ["slider", `Temperature of lane ${lane}`],
      ["spinbutton", `Temperature of lane ${lane}`],
      ["button", `Remove lane ${lane}`],
      ["region", `Text of lane ${lane}`],
    ]);
    for (const [role = "", name] of [
      ["textbox", "Seed"],
      ["slider", "Length"],
      ["spinbutton", "Length"],
      ["slider", "Speed"],
      ["combobox", "Model"],
      ["spinbutton", "Top-k"],
      ["spinbutton", "Top-p"],
      ["spinbutton", "rng"],
      ["button", "About this model"],
      ["button", "More"],
      ["button", "Generate"],
      ["button", "Stop"],
      ["button", "Step"],
      ["button", "Continue"],
      ["button", "Clear"],
      ["button", "Add a lane"],
      ...ofLanes,
    ]) {
      const control = find(role, name);
      expect(group.contains(control), `${role} ${name}`).toBe(true);
      expect(control.tabIndex).toBe(0);
    }
    expect(document.querySelectorAll("textarea, input, select, button")).toHaveLength(26);
    for (const lane of [1, 2, 3]) {
      const inside = find("group", `Lane ${lane}`);
      expect(inside.contains(find("region", `Text of lane ${lane}`))).toBe(true);
    }
  });

  test("nothing is written, sent or saved before somebody does something", () => {
    const model = shown();
    seconds(10);
    click("Stop");
    expect(canStop()).toBe(false);
    expect(document.body.textContent).not.toMatch(/Finished|Stopped|Failed|Writing|Departs|so far/);
    expect([model.sent, model.saved]).toEqual([[HELLO], []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("axe-core has nothing to complain of: idle, written, departed, wrong, with six lanes", async () => {
    shown({ length: 100, speed: null });
    click("Generate");
    seconds(2);
    for (let lane = 4; lane <= 6; lane += 1) click("Add a lane");
    type(field("Temperature of lane 5"), "200");
    expect(marks(2)).toHaveLength(1);
    vi.useRealTimers();
    // Without a layout it cannot see colours; that is done in the browser.
    const found = await axe.run(document.body, {
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(found.passes.map(({ id }) => id)).toContain("label");
    expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual(
      [],
    );
  });
});

describe("generating", () => {
  test("writes all lanes in step, at about 50 characters per second each", () => {
    shown();
    click("Generate");
    until(() => text(1).length > 0);
    for (let frame = 0; frame < 120; frame += 1) {
      const lengths = new Set(texts().map(({ length }) => length));
      expect(lengths.size).toBe(1);
      seconds(0.016);
    }
    expect(text(1).length).toBeGreaterThan(90);
    expect(text(1).length).toBeLessThan(105);
    finish();
    expect(texts()).toEqual(HEATS.map((heat) => textAt(heat)));
  });

  test("asks with one message for all, never for more than two at a time, and not too far ahead", () => {
    const model = shown();
    click("Generate");
    let mostAhead = 0;
    seconds(0.02);
    until(() => {
      mostAhead = Math.max(mostAhead, kernel.furthest - text(1).length);
      return !canStop();
    });
    expect(mostAhead).toBeLessThan(15);
    expect(model.pulls.length).toBeLessThan(150);
    for (const { lanes } of model.pulls) {
      expect(lanes.map(({ temperature }) => temperature)).toEqual(HEATS);
    }
  });

  test("touches the page once per frame for all lanes", () => {
    shown({ temperatures: [0, 0.5, 1, 1.5, 2, 3], speed: 1000, length: 3000 });
    click("Generate");
    seconds(1);
    const touched: number[] = [];
    const append = Text.prototype.appendData;
    const spy = vi.spyOn(Text.prototype, "appendData").mockImplementation(function (
      this: Text,
      data: string,
    ) {
      touched.push(performance.now());
      append.call(this, data);
    });
    const frames = new Set<number>();
    for (let frame = 0; frame < 60; frame += 1) {
      const before = touched.length;
      seconds(0.016);
      expect(touched.length - before).toBeLessThanOrEqual(12); // a lane may begin a new block
      for (const time of touched.slice(before)) frames.add(time);
    }
    spy.mockRestore();
    expect(frames.size).toBeLessThanOrEqual(61);
    expect(text(6).length).toBeGreaterThan(1800);
  });

  test("shows how far it is, and announces only the beginning and the end", () => {
    shown({ length: 60 });
    const announced = new Set<string>();
    click("Generate");
    seconds(0.02);
    until(() => {
      announced.add(announcement());
      return !canStop() && text(1).length === 60;
    });
    announced.add(announcement());
    expect([...announced].filter(Boolean)).toEqual([
      "Writing 3 lanes",
      "Finished: 3 lanes of 60 characters",
    ]);
    expect(statusLine()).toMatch(/^Finished · 3 lanes of 60 characters · \d\d per second in each$/);
    expect(find("group", "Lane 2").textContent).toContain("2.00 bits per character");
    const meter = document.querySelector<HTMLElement>(".lstm-lane-track i");
    expect(meter?.style.width).toBe("50%"); // of 4 bits, in all lanes
  });

  test("as fast as possible, all that comes is shown", () => {
    shown({ length: 10_000, speed: null });
    kernel.budget = 900;
    click("Generate");
    seconds(3);
    expect(texts()).toEqual(HEATS.map((heat) => textAt(heat, 10_000)));
  });

  test("Stop keeps what is there, Clear forgets it", () => {
    shown();
    click("Generate");
    seconds(2);
    click("Stop");
    seconds(0.1);
    const { furthest } = kernel;
    expect(texts()).toEqual(HEATS.map((heat) => textAt(heat, furthest)));
    expect(announcement()).toBe(`Stopped: 3 lanes of ${furthest} characters`);
    expect(can("Clear")).toBe(true);
    click("Clear");
    seconds(0.1);
    expect(find("region", "Text of lane 1").textContent).toBe("");
    expect([marks(2), departure(2), can("Clear")]).toEqual([[], "Lane 2", false]);
    expect(announcement()).toBe("Cleared");
  });

  test("a second run begins with empty lanes, and ends the first", () => {
    shown();
    click("Generate");
    seconds(2);
    type(slider("Temperature of lane 2"), "0.3");
    click("Generate");
    finish();
    expect(texts()).toEqual([0.3, 0.3, 1.1].map((heat) => textAt(heat)));
    expect(marks(2)).toEqual([]);
  });

  test("a refusal of the kernel is shown", () => {
    shown();
    kernel.refusal = "The seed is empty.";
    click("Generate");
    seconds(0.1);
    expect(alertText()).toBe("The seed is empty.");
    expect(canStop()).toBe(false);
  });

  test("a refusal leaves the lanes that are written running", () => {
    shown();
    click("Generate");
    seconds(2);
    kernel.refusal = "No.";
    click("Generate");
    seconds(0.1);
    expect(alertText()).toBe("No.");
    expect(canStop()).toBe(true);
    seconds(20);
    expect(alertText()).toBe("No.");
    expect(announcement()).toMatch(/^Finished: 3 lanes of 300 characters/);
  });

  test("a wrong number is shown and focused, and nothing begins", () => {
    const model = shown();
    for (const name of ["Temperature of lane 2", "Length"]) {
      const { value } = field(name);
      type(field(name), "-1");
      click("Generate");
      expect(document.activeElement).toBe(field(name));
      expect(description(field(name))).toContain(name);
      type(field(name), value);
    }
    expect(model.sent).toEqual([HELLO]);
  });
});

/** Where a text departs from another one, found slowly. */
function first(left: string, right: string): number {
  let position = 0;
  while (position < Math.min(left.length, right.length) && left[position] === right[position]) {
    position += 1;
  }
  return position;
}

describe("the departure", () => {
  test("is marked in each lane but the first, and named below, once both characters are there", () => {
    shown();
    click("Generate");
    seconds(0.02);
    until(() => {
      for (const lane of [2, 3]) {
        const place = departs(HEATS[lane - 1] ?? 0);
        const isDeparted = text(lane).length > place;
        const after = `after ${place} letters`;
        const name = `Departs from lane ${lane - 1} here, ${after}`;
        expect(marks(lane)).toEqual(isDeparted ? [name] : []);
        if (isDeparted) expect(departure(lane)).toBe(`Lane ${lane} · ≠ lane ${lane - 1} ${after}`);
        else if (text(lane))
          expect(departure(lane)).toBe(`Lane ${lane} · the same as lane ${lane - 1} so far`);
      }
      return !canStop();
    });
    expect(first(text(1), text(2))).toBe(departs(0.7));
    expect(first(text(2), text(3))).toBe(departs(1.1));
    expect([marks(1), departure(1)]).toEqual([[], "Lane 1"]);
  });

  test("is none for lanes at one temperature", () => {
    shown({ temperatures: [0.7, 0.7] });
    click("Generate");
    finish();
    expect(text(1)).toBe(text(2));
    expect([marks(2), departure(2)]).toEqual([[], "Lane 2 · the same as lane 1 so far"]);
  });

  test("is that from the new neighbour when the one between is removed", () => {
    shown({ temperatures: [0.3, 1.1, 0.3] });
    click("Generate");
    seconds(3);
    const place = `after ${departs(1.1)} letters`;
    expect(marks(3)).toEqual([`Departs from lane 2 here, ${place}`]);
    click("Remove lane 2");
    expect([marks(2), departure(2)]).toEqual([[], "Lane 2 · the same as lane 1 so far"]);
    finish();
    expect(marks(2)).toEqual([]);
  });

  test("of the first character is named as such", () => {
    shown({ temperatures: [1, 100] });
    expect(departs(100)).toBeLessThan(2);
    click("Generate");
    seconds(3);
    const place = departs(100);
    expect(marks(2)).toEqual([
      place === 0
        ? "Departs from lane 1 here, from the first letter on"
        : "Departs from lane 1 here, after 1 letter",
    ]);
  });

  test("leaves the text as it is", () => {
    shown();
    click("Generate");
    finish();
    expect(find("region", "Text of lane 3").textContent).toBe(SEED + textAt(1.1));
  });
});

describe("while it runs", () => {
  test.each(["slider", "field"])("a lane is dragged to another temperature (%s)", (way) => {
    const model = shown();
    click("Generate");
    seconds(2);
    const before = text(2).length;
    type((way === "slider" ? slider : field)("Temperature of lane 2"), "1.7");
    const after = kernel.furthest;
    finish();
    const place = first(text(2), textAt(0.7));
    expect(place).toBeGreaterThanOrEqual(before);
    expect(place).toBeLessThanOrEqual(after + 12);
    expect(text(2)).toBe(textAt(0.7, place) + textAt(1.7).slice(place));
    expect([text(1), text(3)]).toEqual([textAt(0.3), textAt(1.1)]);
    expect(marks(2)).toContain("Temperature 1.7 from here");
    expect(marks(1)).toEqual([]);
    expect(model.saved.at(-1)?.temperatures).toEqual([0.3, 1.7, 1.1]);
  });

  test("a lane is added, catches up and keeps step; the kernel gets to know it", () => {
    const model = shown({ length: 1000 });
    kernel.budget = 40;
    click("Generate");
    seconds(6);
    click("Add a lane");
    expect(count()).toBe(4);
    expect(slider("Temperature of lane 4").value).toBe("1.4");
    const others = text(1).length;
    until(() => text(4).length === text(1).length);
    expect(text(1).length).toBeGreaterThan(others);
    expect(text(1).length).toBeLessThan(others + 50); // within a second
    expect(marks(4)).toEqual([`Departs from lane 3 here, after ${departs(1.4)} letters`]);
    for (let frame = 0; frame < 30; frame += 1) {
      seconds(0.016);
      expect(text(4).length).toBe(text(1).length);
    }
    const saved = model.saved.at(-1);
    expect(saved?.temperatures).toEqual([...HEATS, 1.4]);
    expect(new Set(saved?.names).size).toBe(4);
    finish();
    expect(texts()).toEqual([...HEATS, 1.4].map((heat) => textAt(heat, 1000)));
  });

  test("a lane that is added when the others are nearly at their end is written, too", () => {
    shown({ length: 100 });
    kernel.budget = 3;
    click("Generate");
    until(() => kernel.furthest >= 95);
    expect(kernel.furthest).toBeLessThan(100);
    click("Add a lane");
    finish();
    expect(texts()).toEqual([...HEATS, 1.4].map((heat) => textAt(heat, 100)));
  });

  test("a lane is removed; the others are numbered anew and go on", () => {
    const model = shown();
    click("Generate");
    seconds(2);
    const names = model.get("names");
    click("Remove lane 2");
    expect(count()).toBe(2);
    expect(texts().map(({ length }) => length > 80)).toEqual([true, true]);
    expect(slider("Temperature of lane 2").value).toBe("1.1");
    const { length } = model.pulls;
    finish();
    expect(texts()).toEqual([textAt(0.3), textAt(1.1)]);
    for (const { lanes } of model.pulls.slice(length)) {
      expect(lanes.map(({ name }) => name)).toEqual([names[0], names[2]]);
    }
    expect(model.saved.at(-1)).toEqual({
      temperatures: [0.3, 1.1],
      names: [names[0], names[2]],
    });
    expect(kernel.text(names[1] ?? "").length).toBeLessThan(120);
  });

  test("the lane that is removed may be the furthest", () => {
    shown({ temperatures: [0.3, 0.7] });
    click("Generate");
    seconds(3);
    kernel.budget = 10;
    click("Add a lane");
    click("Add a lane");
    click("Remove lane 1");
    click("Remove lane 1");
    finish();
    expect(texts()).toEqual([textAt(1), textAt(1.3)]);
  });

  test("two lanes stay, and there are no more than six", () => {
    shown({ temperatures: [0.5, 1.9] });
    expect(can("Remove lane 1")).toBe(false);
    click("Remove lane 1");
    expect(count()).toBe(2);
    for (let lane = 3; lane <= 6; lane += 1) {
      expect(can("Add a lane")).toBe(true);
      click("Add a lane");
    }
    expect(can("Add a lane")).toBe(false);
    click("Add a lane");
    expect(count()).toBe(6);
    const heats = [1, 2, 3, 4, 5, 6].map((lane) => field(`Temperature of lane ${lane}`).value);
    expect(heats).toEqual(["0.5", "1.9", "2", "2", "2", "2"]); // no hotter than the slider goes
    expect(can("Remove lane 1")).toBe(true);
  });

  test("what Python adds, removes and heats is shown; others keep their texts and what is focused", () => {
    const model = shown();
    click("Generate");
    seconds(2);
    const names = model.get("names");
    slider("Temperature of lane 3").focus();
    model.update({ temperatures: [0.7, 1.1] }); // the names come a moment later
    expect(count()).toBe(3);
    model.update({ names: names.slice(1) });
    expect(count()).toBe(2);
    expect(document.activeElement).toBe(slider("Temperature of lane 2"));
    model.update({ temperatures: [0.7, 1.5, 0.2], names: [...names.slice(1), "new"] });
    const before = text(2).length;
    finish();
    expect([text(1), text(3)]).toEqual([textAt(0.7), textAt(0.2)]);
    expect(first(text(2), textAt(1.1))).toBeGreaterThanOrEqual(before);
    expect(text(2).slice(200)).toBe(textAt(1.5).slice(200));
    expect(model.saved).toEqual([]);
  });
});

test("what the kernel says of before does not undo what was just set", () => {
  const model = shown({ temperatures: [0.2, 0.6, 1] });
  click("Generate");
  seconds(1);
  const names = model.get("names");
  click("Remove lane 2");
  model.update({ temperatures: [0.2, 0.6, 1], names }); // said before it heard of that
  seconds(0.01);
  expect(count()).toBe(2);
  seconds(1);
  expect(model.get("temperatures")).toEqual([0.2, 1]);
  expect(model.get("names")).toEqual([names[0], names[2]]);
  // A slider is moved, and what the kernel says of the removal comes after that.
  const slider = find("slider", "Temperature of lane 2") as HTMLInputElement;
  slider.value = "2";
  slider.dispatchEvent(new Event("input"));
  model.update({ temperatures: [0.2, 1] });
  seconds(2);
  const asked = model.pulls.map(({ lanes }) => lanes.map(({ temperature }) => temperature));
  const last = asked.findIndex((one) => one.length === 2 && one[1] === 2);
  expect(last).toBeGreaterThan(0);
  expect(new Set(asked.slice(last).map(String))).toEqual(new Set(["0.2,2"]));
  expect(kernel.state.temperatures).toEqual([0.2, 2]);
});

describe("when something is lost", () => {
  const kinds = ["pull", "lanes", "begin", "end", "start"].flatMap((kind) =>
    [1, 2, 7].map((nth) => [kind, nth] as const),
  );
  test.each(kinds)("%s %d, the texts arrive nevertheless", (kind, nth) => {
    shown({ length: 200 });
    let seen = 0;
    const route = ({ type }: { type: string }) => {
      if (type === kind) seen += 1;
      return type === kind && seen === nth ? [] : [5];
    };
    Object.assign(kernel, { up: route, down: route });
    click("Generate");
    if (kind === "start" && nth === 1) {
      seconds(2);
      expect(alertText()).not.toBe(""); // the kernel knows nothing of it
      return;
    }
    seconds(25);
    expect(texts()).toEqual(HEATS.map((heat) => textAt(heat, 200)));
    expect(canStop()).toBe(false);
  });

  test("any message, or one comes twice or late, while lanes come and go", () => {
    const random = dice(3);
    const route = () => {
      const fate = random();
      if (fate < 0.06) return [];
      return fate < 0.12 ? [5, 30] : [5 + Math.floor(40 * random())];
    };
    shown({ length: 800 });
    click("Generate");
    seconds(1);
    Object.assign(kernel, { up: route, down: route });
    for (const act of [
      () => click("Add a lane"),
      () => type(slider("Temperature of lane 1"), "0.9"),
      () => click("Remove lane 2"),
      () => click("Add a lane"),
      () => click("Remove lane 3"),
    ]) {
      act();
      seconds(2);
    }
    Object.assign(kernel, { up: () => [5], down: () => [5] });
    finish();
    const [one, two, three] = texts();
    expect(count()).toBe(3);
    expect(one?.slice(200)).toBe(textAt(0.9, 800).slice(200));
    expect([two, three]).toEqual([textAt(1.1, 800), textAt(1.7, 800)]);
    for (const lane of [2, 3]) {
      const place = first(text(lane - 1), text(lane));
      expect(departure(lane)).toBe(`Lane ${lane} · ≠ lane ${lane - 1} after ${place} letters`);
    }
  });

  test("a kernel that is silent is mentioned, and goes on", () => {
    shown();
    click("Generate");
    seconds(1);
    kernel.up = () => [];
    seconds(3);
    expect(statusLine()).toContain("waiting for the kernel");
    kernel.up = () => [5];
    seconds(10);
    expect(statusLine()).not.toContain("waiting");
    finish();
    expect(texts()).toEqual(HEATS.map((heat) => textAt(heat)));
  });

  test("the connection, it is reported, and the texts stay", () => {
    const model = shown();
    click("Generate");
    seconds(2);
    model.send = () => {
      throw new Error("closed");
    };
    seconds(1);
    expect(alertText()).toBe("The kernel has stopped. Run the cell again.");
    expect(canStop()).toBe(false);
    expect(text(1).length).toBeGreaterThan(80);
  });
});

describe("several views", () => {
  test("show the same; only one asks; when it goes, the other goes on", () => {
    const model = new LanesPage(kernel);
    const one = show(model);
    const other = show(model);
    click("Generate", one.root);
    seconds(2);
    expect(texts(other.root).map(({ length }) => length > 80)).toEqual([true, true, true]);
    expect(kernel.furthest).toBeLessThan(120);
    click("Remove lane 1", other.root);
    expect(count(one.root)).toBe(2);
    one.close();
    finish(other.root);
    expect(texts(other.root)).toEqual([textAt(0.7), textAt(1.1)]);
  });

  test("one that comes late fetches what was before", () => {
    const model = shown();
    click("Generate");
    seconds(3);
    const late = show(model);
    seconds(2.5);
    expect(text(3, late.root).length).toBeGreaterThan(150);
    finish(late.root);
    expect(texts(late.root)).toEqual(HEATS.map((heat) => textAt(heat)));
    expect(marks(2, late.root)).toHaveLength(1);
  });

  test("one that comes when all is over shows the record", () => {
    const model = shown();
    click("Generate");
    seconds(2);
    type(slider("Temperature of lane 2"), "1.7");
    finish();
    const late = show(model);
    expect(texts(late.root)).toEqual(texts(document.body.firstElementChild ?? document));
    expect(marks(2, late.root)).toHaveLength(2);
    expect(statusLine(late.root)).toBe("Finished · 3 lanes of 300 characters");
    expect(announcement(late.root)).not.toContain("Writing");
  });

  test("one that is gone leaves nothing behind", () => {
    const model = new LanesPage(kernel);
    const view = show(model);
    click("Generate");
    seconds(1);
    click("Remove lane 1");
    view.close();
    expect(model.listeners).toBe(0);
    kernel.down = () => [];
    kernel.up = () => [];
    seconds(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("what a cell writes is shown, in step", () => {
  const model = shown();
  const lanes = Object.fromEntries(model.get("names").map((name, n) => [name, HEATS[n] ?? 0]));
  kernel.writeInCell(100, lanes);
  seconds(0.5);
  expect(texts().map(({ length }) => length)).toEqual(Array(3).fill(text(1).length));
  kernel.writeInCell(200, lanes);
  kernel.end("finished");
  finish();
  expect(texts()).toEqual(HEATS.map((heat) => textAt(heat)));
  expect(model.sent).toEqual([HELLO]);
});

describe("the keyboard", () => {
  const PLACES: [string, () => Element][] = [
    ["the seed", seedBox],
    ["the slider of a lane", () => slider("Temperature of lane 2")],
    ["a button", () => find("button", "Remove lane 1")],
    ["a text", () => find("region", "Text of lane 3")],
  ];

  test.each(PLACES)(
    "in %s: Ctrl+Enter generates, Escape stops, other keys stay here",
    (_, place) => {
      shown({ length: 1000 });
      const reached: string[] = [];
      const notebook = ({ key }: KeyboardEvent) => reached.push(key);
      document.body.addEventListener("keydown", notebook);
      expect(press(place(), "Enter", { ctrlKey: true })).toBe(false);
      seconds(2);
      expect(text(1).length).toBeGreaterThan(80);
      expect(press(place(), "Escape")).toBe(false);
      seconds(0.1);
      expect(announcement()).toMatch(/^Stopped/);
      for (const key of ["ArrowUp", "Delete", "a", "Tab"]) expect(press(place(), key)).toBe(true);
      expect(reached).toEqual([]);
      press(place(), "s", { ctrlKey: true });
      document.body.removeEventListener("keydown", notebook);
      expect(reached).toEqual(["s"]);
    },
  );

  test("the focus stays where somebody goes on: the next lane to remove, or the button that adds", () => {
    shown({ temperatures: [0.1, 0.2, 0.3, 0.4] });
    for (const [remove, then] of [
      [2, 2],
      [3, 2],
      [1, 1],
    ] as const) {
      if (count() === 2) break;
      find("button", `Remove lane ${remove}`).focus();
      click(`Remove lane ${remove}`);
      expect(document.activeElement).toBe(find("button", `Remove lane ${then}`));
    }
    find("button", "Add a lane").focus();
    click("Add a lane");
    expect(document.activeElement).toBe(find("button", "Add a lane"));
  });

  test("what somebody is typing stays, while another lane is dragged", () => {
    shown();
    type(field("Temperature of lane 1"), "");
    type(slider("Temperature of lane 3"), "1.5");
    expect(field("Temperature of lane 1").value).toBe("");
    expect(description(field("Temperature of lane 1"))).not.toBe("");
  });
});

describe("writing on", () => {
  test("Step adds a character to each lane, Continue a whole length", () => {
    const model = shown({ length: 40 });
    expect(can("Continue")).toBe(false);
    for (let length = 1; length <= 3; length += 1) {
      click("Step");
      finish();
      expect(texts()).toEqual(HEATS.map((heat) => textAt(heat, length)));
    }
    expect(can("Continue")).toBe(true);
    for (const length of [40, 80]) {
      click("Continue");
      finish();
      expect(texts()).toEqual(HEATS.map((heat) => textAt(heat, length)));
      expect(announcement()).toBe(`Finished: 3 lanes of ${length} characters`);
    }
    // The first one began the texts, all others wrote them on.
    const kinds = model.sent.map(({ type }) => type).filter((type) => type !== "pull");
    expect(kinds).toEqual(["hello", "start", ...Array.from({ length: 4 }, () => "resume")]);
    expect(model.get("length")).toBe(40);
  });

  test("a lane that was added afterwards catches up; a page opened later can go on", () => {
    shown({ length: 60 });
    click("Generate");
    finish();
    click("Add a lane");
    click("Continue");
    finish();
    const heats = [...HEATS, 1.4];
    expect(texts()).toEqual(heats.map((heat) => textAt(heat, 120)));
    document.body.replaceChildren();
    const { root } = show(new LanesPage(kernel, { length: 60 }));
    seconds(1);
    expect(texts(root)).toEqual(heats.map((heat) => textAt(heat, 120)));
    click("Step", root);
    finish(root);
    expect(texts(root)).toEqual(heats.map((heat) => textAt(heat, 121)));
  });

  test("is not offered for another seed or model", () => {
    const model = shown({ length: 20 });
    click("Generate");
    finish();
    expect(can("Continue")).toBe(true);
    type(seedBox(), "A dog");
    expect(can("Continue")).toBe(false);
    type(seedBox(), SEED);
    expect(can("Continue")).toBe(true);
    model.update({ model: "another-model" });
    expect(can("Continue")).toBe(false);
  });
});

test("lanes that the notebook has locked are shown, but cannot be changed, and say why", () => {
  const model = shown({ locked: ["temperatures"] });
  const controls = (lane: number) => [
    slider(`Temperature of lane ${lane}`),
    field(`Temperature of lane ${lane}`),
  ];
  const isOff = (lane: number) => controls(lane).every((one) => one.disabled);
  const saved = model.saved.length;
  expect([1, 2, 3].map(isOff)).toEqual([true, true, true]);
  for (const name of ["Add a lane", "Remove lane 1"]) {
    expect(can(name)).toBe(false);
    click(name);
  }
  expect([count(), model.saved.length]).toEqual([3, saved]);
  const titled = document.querySelectorAll('[title="Set by the notebook"]');
  expect(titled).toHaveLength(3);
  // The notebook may still change them, and those that come are locked, too.
  model.update({ names: ["a", "b", "c", "d"], temperatures: [0.2, 0.4, 0.6, 0.8] });
  expect([count(), isOff(4), can("Remove lane 4")]).toEqual([4, true, false]);
  model.update({ locked: [] });
  expect([1, 2, 3, 4].map(isOff)).toEqual([false, false, false, false]);
  expect([can("Add a lane"), can("Remove lane 1")]).toEqual([true, true]);
  expect(document.querySelector('[title="Set by the notebook"]')).toBeNull();
});
