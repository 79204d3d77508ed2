// Several views of one widget in a page share what talks to the kernel.
import { describe, expect, test, vi } from "vitest";
import page from "../src/page.ts";
import { counting, losing } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";
import { LanesKernel, LanesPage } from "./lanes-kernel.ts";
import { show as showLanes, text, texts } from "./lanes-viewing.ts";
import { announcement, click } from "./reader.ts";
import { seconds } from "./reading.ts";
import { expectFinished, generated, kernel, onFreshPages, show } from "./viewing.ts";

onFreshPages();

function pulls(model: FakeModel): number {
  return model.connection.pulls.length;
}

describe("several views of one model", () => {
  test("pull no more than one, and show the same", () => {
    const alone = new FakeModel(kernel);
    const view = show(alone);
    click("Generate");
    seconds(15);
    view.close();
    alone.close();

    const model = new FakeModel(kernel);
    const views = [show(model), show(model), show(model)];
    click("Generate", views[1]?.root);
    seconds(15);
    for (const { root } of views) expectFinished(counting(300), root);
    expect(pulls(model)).toBe(pulls(alone));
  });

  test("can each stop, continue and clear", () => {
    const model = new FakeModel(kernel);
    const [first, second] = [show(model), show(model)];
    click("Generate", first.root);
    seconds(2);
    click("Stop", second.root);
    seconds(1);
    for (const { root } of [first, second]) expect(announcement(root)).toMatch(/^Stopped: /);
    click("Continue", second.root);
    seconds(15);
    for (const { root } of [first, second]) expectFinished(counting(300), root);
    click("Clear", first.root);
    seconds(1);
    for (const { root } of [first, second]) expect(announcement(root)).toBe("Cleared");
  });

  test("one goes while it writes: the others go on at once", () => {
    const model = new FakeModel(kernel, { length: 1000 });
    const [first, second] = [show(model), show(model)];
    click("Generate", first.root);
    seconds(2);
    first.close();
    const { length } = generated(second.root);
    seconds(1);
    expect(generated(second.root).length).toBeGreaterThan(length + 40);
    second.close();
    expect(model.listeners).toBe(0);
    seconds(0.1); // what was under way in the kernel
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each(["is begun", "is continued"])("one comes when a text %s: it has all of it", (how) => {
    const model = new FakeModel(kernel, { length: 100 });
    const first = show(model);
    click("Generate", first.root);
    seconds(how === "is begun" ? 1 : 10);
    if (how === "is continued") {
      click("Continue", first.root);
      seconds(1);
    }
    const before = pulls(model);
    const second = show(model);
    expect(pulls(model)).toBe(before); // nothing is asked for again
    let shown = generated(first.root);
    for (let tenth = 0; tenth < 100; tenth += 1) {
      seconds(0.1);
      expect(generated(first.root).startsWith(shown)).toBe(true);
      shown = generated(first.root);
    }
    const text = counting(how === "is begun" ? 100 : 200);
    for (const { root } of [first, second]) expectFinished(text, root);
  });

  test("one comes when the text of a record is continued: all have all of it", () => {
    const once = new FakeModel(kernel, { length: 100 });
    const before = show(once);
    click("Generate");
    seconds(10);
    before.close();
    const model = new FakeModel(kernel, { length: 100 });
    const first = show(model);
    click("Continue", first.root);
    seconds(1);
    const second = show(model);
    seconds(15);
    for (const { root } of [first, second]) expectFinished(counting(200), root);
  });

  test("one comes when something was lost and shown from the traits: all have all of it", () => {
    const model = new FakeModel(kernel, { length: 100 });
    const first = show(model);
    kernel.down = losing("chunk", 3);
    kernel.beginInCell({ length: 100 });
    for (let n = 0; n < 4; n += 1) kernel.writeInCell(25);
    seconds(10);
    expectFinished(counting(100), first.root);
    click("Continue", first.root);
    seconds(1);
    const second = show(model);
    seconds(15);
    for (const { root } of [first, second]) expectFinished(counting(200), root);
  });

  test("are known by the model of the host, though each is given another one", () => {
    const model = new FakeModel(kernel, { _kind: "text" } as never);
    Object.assign(model, { _handle_comm_msg: async () => {}, attributes: {} });
    const views = [model.forView(), model.forView()].map(({ model: given, sent }) => {
      const el = document.createElement("div");
      document.body.append(el);
      return { el, sent, close: page.render({ model: given, el } as never) };
    });
    const [first, second] = views;
    click("Generate", first?.el);
    seconds(1);
    first?.close();
    seconds(15);
    expectFinished(counting(300), second?.el);
    for (const { sent } of views) expect(sent.map(({ type }) => type)).toEqual(["hello"]);
    second?.close();
    expect(model.listeners).toBe(0);
  });
});

test("several views of lanes share what talks to the kernel, too", () => {
  const lanes = new LanesKernel();
  const model = new LanesPage(lanes);
  const first = showLanes(model);
  click("Generate", first.root);
  seconds(1);
  const before = model.pulls.length;
  const second = showLanes(model);
  expect(model.pulls.length).toBe(before);
  click("Add a lane", second.root);
  seconds(15);
  expect(texts(first.root)).toHaveLength(4);
  expect(texts(second.root)).toEqual(texts(first.root));
  expect(text(4, first.root)).toHaveLength(300);
  first.close();
  second.close();
  expect(model.listeners).toBe(0);
});
