// @vitest-environment node
// As fast as it goes.
import { describe, expect, test } from "vitest";
import { counting, FakeKernel, losing } from "./fake-kernel.ts";
import { expectWhole, onFakeTime, Reading, seconds } from "./reading.ts";

onFakeTime();

const LENGTH = 60_000;
const TEXT = counting(LENGTH);
/** Characters that one pull may ask for, and that may come before they are seen. */
const [LARGEST, MOST_UNSEEN] = [5000, 20_000];

function reading(way: Partial<FakeKernel> = {}, pace = Number.POSITIVE_INFINITY): Reading {
  const page = new Reading(Object.assign(new FakeKernel(TEXT), way));
  page.pace = pace;
  page.start({ length: LENGTH });
  return page;
}

describe("as fast as possible", () => {
  test.each([
    ["over a quick way", { roundTrip: 0.01 }, 1],
    ["over an immediate way", { roundTrip: 0 }, 1],
    ["over a slow way", { roundTrip: 0.4 }, 5],
    ["from a kernel with a budget", { roundTrip: 0.01, budget: () => 1350 }, 2],
    ["though a chunk is lost", { down: losing("chunk", 3) }, 2],
    ["though a pull is lost", { up: losing("pull", 3) }, 6],
  ])("%s, everything arrives, by pieces of a bounded size", (_, way: Partial<FakeKernel>, time) => {
    const page = reading(way);
    seconds(time);
    expectWhole(page, TEXT);
    expect(page.seen).toBe(LENGTH);
    expect(page.connection.mostUnanswered).toBe(2);
    const counts = page.connection.pulls.map(({ count }) => count);
    if (!way.up && !way.down) expect(Math.max(...counts)).toBeLessThanOrEqual(LARGEST);
    expect(page.mostUnseen).toBeLessThanOrEqual(MOST_UNSEEN);
    expect(counts.length).toBeLessThanOrEqual(way.budget ? 100 : 30);
  });

  test("a page in the background gets no more than fits", () => {
    const page = reading();
    page.rest();
    seconds(60);
    expect(page.text.length).toBeLessThanOrEqual(MOST_UNSEEN);
    expect(page.kernel.written).toBe(page.text.length);
    const { length } = page.connection.sent;
    seconds(60);
    expect(page.connection.sent).toHaveLength(length);
  });

  test("a text is written on and stopped like any other", () => {
    const page = new Reading(new FakeKernel(TEXT));
    page.pace = Number.POSITIVE_INFINITY;
    page.start({ length: 1000 });
    seconds(1);
    page.kernel.roundTrip = 0.4;
    page.client.resume(LENGTH);
    seconds(1.1);
    page.client.stop();
    seconds(2);
    const { written } = page.kernel;
    expect(written).toBeGreaterThan(10_000);
    expect(written).toBeLessThan(LENGTH);
    expect(page.text).toBe(TEXT.slice(0, written));
    page.client.resume(LENGTH);
    seconds(10);
    expectWhole(page, TEXT, "ended finished", "resumed", "ended stopped", "resumed");
  });
});

describe("a speed that is changed meanwhile", () => {
  test("counts at once when it becomes the highest", () => {
    const page = reading({}, 10);
    seconds(5);
    expect(page.text.length).toBeLessThan(60);
    expect(page.connection.pulls.length).toBeGreaterThan(20);
    page.pace = Number.POSITIVE_INFINITY;
    seconds(2);
    expectWhole(page, TEXT);
  });

  test("counts at once when it becomes low: no more is asked for until what is there is read", () => {
    const page = reading({ roundTrip: 0.2 });
    seconds(0.7);
    const { seen } = page;
    expect(seen).toBeGreaterThan(1000);
    page.pace = 10;
    seconds(1);
    const { length } = page.text;
    expect(length).toBeLessThan(LENGTH);
    expect(length - seen).toBeLessThanOrEqual(MOST_UNSEEN);
    seconds(20);
    expect(page.text).toHaveLength(length);
    expect(page.seen - seen).toBeLessThanOrEqual(220);
  });

  test.each([1, 5, 1000])("to %d per second is what the kernel is asked for", (pace) => {
    const page = reading({}, pace);
    seconds(10);
    const { seen } = page;
    seconds(10);
    expect(Math.abs(page.seen - seen - 10 * pace)).toBeLessThanOrEqual(0.02 * pace + 1);
    expect(page.mostUnseen).toBeLessThanOrEqual(2 * Math.ceil(0.12 * pace) + 1);
  });
});
