// @vitest-environment node
import { expect, test, vi } from "vitest";
import { Saver } from "../src/saver.ts";
import { onFakeTime, seconds } from "./reading.ts";

onFakeTime();

function saving() {
  const controller = new AbortController();
  const saved: number[] = [];
  let value = 0;
  const saver = new Saver(() => saved.push(value), controller.signal);
  const change = (to: number) => {
    value = to;
    saver.touch();
  };
  return { controller, saved, saver, change };
}

test("a moving slider is saved a few times a second, the last value always", () => {
  const { saved, change } = saving();
  for (let step = 1; step <= 100; step += 1) {
    change(step);
    if (step === 1) expect(saved).toEqual([]);
    seconds(0.01);
  }
  // It moved for a second: now and then is enough, but waiting for its end is not.
  expect(saved.length).toBeGreaterThanOrEqual(4);
  expect(saved.length).toBeLessThanOrEqual(10);
  seconds(1);
  expect(saved.at(-1)).toBe(100);
  const { length } = saved;
  seconds(1);
  expect(saved).toHaveLength(length);
});

test.each(["flush", "abort"])("%s saves what was changed at once, and nothing again", (how) => {
  const { controller, saved, saver, change } = saving();
  const finish = () => (how === "flush" ? saver.flush() : controller.abort());
  if (how === "flush") finish(); // nothing was changed yet
  change(1);
  seconds(1);
  change(2);
  finish();
  expect(saved).toEqual([1, 2]);
  expect(vi.getTimerCount()).toBe(0);
  finish();
  seconds(1);
  expect(saved).toEqual([1, 2]);
});

test("nothing is saved when the view goes and nothing changed", () => {
  const { controller, saved } = saving();
  controller.abort();
  expect(saved).toEqual([]);
});
