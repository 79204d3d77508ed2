// @vitest-environment node
import { describe, expect, test } from "vitest";
import { Meter } from "../src/dom/meter.ts";
import { onFakeTime, seconds } from "./reading.ts";

onFakeTime();

/** Show text at a pace for some time, in frames; from some length on. */
function show(meter: Meter, pace: number, time: number, from = 0): number {
  const frames = Math.round(time / 0.02);
  for (let frame = 1; frame <= frames; frame += 1) {
    seconds(0.02);
    meter.add(from + Math.floor(frame * 0.02 * pace));
  }
  return from + Math.floor(time * pace);
}

test("knows nothing before, and nothing too early", () => {
  const meter = new Meter();
  expect([meter.now, meter.whole]).toEqual([null, null]);
  meter.begin(0);
  expect([meter.now, meter.whole]).toEqual([null, null]);
  show(meter, 50, 0.08);
  expect([meter.now, meter.whole]).toEqual([null, null]);
  show(meter, 50, 0.5, 4);
  expect(meter.now).toBeGreaterThan(40);
});

describe.each([5, 50, 20_000])("at %d per second", (pace) => {
  test("measures that, of late and since the beginning", () => {
    const meter = new Meter();
    meter.begin(0);
    show(meter, pace, 5);
    expect(Math.abs((meter.now ?? 0) - pace)).toBeLessThanOrEqual(1 + 0.02 * pace);
    expect(Math.abs((meter.whole ?? 0) - pace)).toBeLessThanOrEqual(0.2 + 0.02 * pace);
  });

  test("does not count what was there when it began", () => {
    const meter = new Meter();
    meter.begin(1000);
    show(meter, pace, 5, 1000);
    expect(Math.abs((meter.now ?? 0) - pace)).toBeLessThanOrEqual(1 + 0.02 * pace);
    expect(Math.abs((meter.whole ?? 0) - pace)).toBeLessThanOrEqual(0.2 + 0.02 * pace);
  });
});

test("of late means about a second; since the beginning, all the time", () => {
  const meter = new Meter();
  meter.begin(0);
  const length = show(meter, 100, 4);
  show(meter, 20, 1.2, length);
  expect(Math.abs((meter.now ?? 0) - 20)).toBeLessThanOrEqual(2);
  expect(Math.abs((meter.whole ?? 0) - (400 + 24) / 5.2)).toBeLessThanOrEqual(1);
});

test("begins anew, and a pause between does not count", () => {
  const meter = new Meter();
  meter.begin(0);
  show(meter, 100, 2);
  seconds(60);
  meter.begin(200);
  expect([meter.now, meter.whole]).toEqual([null, null]);
  show(meter, 10, 3, 200);
  expect(Math.abs((meter.now ?? 0) - 10)).toBeLessThanOrEqual(1);
  expect(Math.abs((meter.whole ?? 0) - 10)).toBeLessThanOrEqual(0.5);
});

test("a pause within a text counts", () => {
  const meter = new Meter();
  meter.begin(0);
  const length = show(meter, 100, 1);
  seconds(9);
  meter.add(length + 1);
  expect(meter.whole).toBeCloseTo(10.1, 1);
  expect(meter.now).toBeLessThan(15);
});
