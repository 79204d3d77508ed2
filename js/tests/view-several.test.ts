import { describe, expect, test, vi } from "vitest";
import widget from "../src/page.ts";
import { counting, losing, SEED } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";
import {
  alertText,
  announcement,
  click,
  field,
  find,
  seedBox,
  slider,
  type,
  wholePage,
} from "./reader.ts";
import { seconds } from "./reading.ts";
import { expectFinished, generated, HELLO, kernel, onFreshPages, show } from "./viewing.ts";

onFreshPages();

/** Two views of one widget on one page, as in an HBox that shows it twice. */
function twice(length = 300) {
  const model = new FakeModel(kernel, { length });
  const [one, other] = [model.forView(), model.forView()];
  const [first, second] = [show(one.model), show(other.model)];
  return { model, first, second, one, other };
}

describe("two views of one model", () => {
  test("show the same, and only the one that began pulls", () => {
    const { first, second, one, other } = twice();
    click("Generate", first.root);
    for (let step = 0; step < 20; step += 1) {
      seconds(0.5);
      expect(generated(second.root)).toBe(generated(first.root));
    }
    for (const { root } of [first, second]) expectFinished(counting(300), root);
    expect(one.sent.length).toBeGreaterThan(10);
    expect(other.sent).toEqual([HELLO]);
  });

  test("have the same settings, and ids of their own", () => {
    const { first, second } = twice();
    type(slider("Temperature", first.root), "1.25");
    type(field("Length", second.root), "77");
    type(seedBox(second.root), "A dog");
    for (const { root } of [first, second]) {
      for (const control of [slider, field]) {
        expect(control("Temperature", root).valueAsNumber).toBe(1.25);
        expect(control("Length", root).valueAsNumber).toBe(77);
      }
      expect(seedBox(root).value).toBe("A dog");
    }
    const ids = Array.from(document.querySelectorAll("[id]"), ({ id }) => id);
    expect(ids.length).toBeGreaterThan(4);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("can both stop, and both begin", () => {
    const { first, second } = twice();
    click("Generate", first.root);
    seconds(2);
    click("Stop", second.root);
    seconds(2);
    expect(announcement(first.root)).toMatch(/^Stopped: \d+ characters/);
    expect(generated(second.root)).toBe(generated(first.root));
    for (const { root } of [first, second]) click("Generate", root);
    seconds(1);
    kernel.refusal = "No.";
    click("Generate", first.root);
    seconds(1);
    for (const { root } of [first, second]) {
      expect(announcement(root)).toBe("Writing");
      expect(alertText(root)).toBe("No.");
    }
    kernel.refusal = "";
    click("Generate", second.root);
    seconds(15);
    for (const { root } of [first, second]) expectFinished(counting(300), root);
  });

  test("the one that pulls goes: the other goes on", () => {
    const { first, second, other } = twice();
    click("Generate", first.root);
    seconds(2);
    first.close();
    seconds(15);
    expectFinished(counting(300), second.root);
    expect(other.sent.some(({ type }) => type === "pull")).toBe(true);
  });

  test("one goes, the other stays", () => {
    const { model, first, second } = twice();
    const { listeners } = model;
    first.close();
    expect(model.listeners).toBe(listeners / 2);
    model.update({ temperature: 1.5 });
    expect(field("Temperature", first.root).valueAsNumber).toBe(0.6);
    expect(field("Temperature", second.root).valueAsNumber).toBe(1.5);
    click("Generate", second.root);
    seconds(10);
    expectFinished(counting(300), second.root);
  });
});

describe("a view that comes while a text is written", () => {
  test.each([
    ["just before the end", [290, 5, 5]],
    ["before a cell that is not heard of until the end", [290, 0, 10]],
  ])("%s, has the whole text", (_, [before, then, last]) => {
    kernel.beginInCell({}, before);
    seconds(1);
    show(new FakeModel(kernel));
    if (then) kernel.writeInCell(then);
    kernel.down = losing("chunk");
    kernel.writeInCell(last ?? 0);
    seconds(20);
    expectFinished(counting(300));
  });

  test.each([
    ["closed and opened again", false],
    ["reloaded", true],
  ])("goes on after the page was %s", (_, reloaded) => {
    const model = new FakeModel(kernel);
    const view = show(model);
    click("Generate");
    seconds(2);
    const text = generated();
    expect(text.length).toBeGreaterThan(80);
    view.close();
    if (reloaded) model.close();
    seconds(reloaded ? 1 : 100);
    const again = reloaded ? new FakeModel(kernel) : model;
    show(again);
    expect(announcement()).toBe("Writing");
    expect(generated()).toBe("");
    let shownBefore = "";
    for (let tenth = 0; tenth < 200; tenth += 1) {
      seconds(0.1);
      expect(generated().startsWith(shownBefore)).toBe(true);
      shownBefore = generated();
    }
    expectFinished(counting(300));
    expect(kernel.runs).toHaveLength(1);
  });
});

describe("when the view goes", () => {
  test.each([
    ["while nothing is written", 0, () => {}],
    ["while a text is written", 2, () => click("Generate")],
    ["while a text is typed", 1, () => kernel.beginInCell({ length: 1000 }, 500)],
  ])("%s, nothing of it is left", (_, time, begin) => {
    const model = new FakeModel(kernel, { length: 1000 });
    const view = show(model);
    begin();
    seconds(time);
    kernel.busy = true; // from now on nothing of the kernel's is under way
    seconds(0.2);
    const text = wholePage(view.root);
    type(slider("Temperature"), "1.25");
    expect(model.listeners).toBeGreaterThanOrEqual(5);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    const { length } = model.sent;
    view.close();
    expect(model.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    kernel.busy = false;
    seconds(30);
    expect(model.sent.length).toBe(length);
    expect(wholePage(view.root)).toBe(text);
  });

  test("its controls do nothing any more", () => {
    const model = new FakeModel(kernel);
    const view = show(model);
    seconds(1);
    view.close();
    document.body.append(view.root);
    type(seedBox(), "A dog");
    type(slider("Length"), "7");
    click("Generate");
    click("Stop");
    expect([model.get("seed"), model.get("length")]).toEqual([SEED, 300]);
    expect(model.sent).toEqual([HELLO]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that anywidget was given, everything is taken away again", () => {
    const model = new FakeModel(kernel, { _kind: "text" } as never);
    const el = document.createElement("div");
    document.body.append(el);
    const cleanUp = widget.render({ model, el } as never);
    expect(el.contains(find("button", "Generate"))).toBe(true);
    expect(model.listeners).toBeGreaterThan(0);
    click("Generate");
    cleanUp();
    expect(el.childNodes).toHaveLength(0);
    expect(model.listeners).toBe(0);
    seconds(0.1); // what was under way in the kernel
    expect(vi.getTimerCount()).toBe(0);
  });
});
