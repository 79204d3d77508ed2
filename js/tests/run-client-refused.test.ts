// @vitest-environment node
import { beforeEach, describe, expect, test } from "vitest";
import { LeftRuns } from "../src/kernel/followed-run.ts";
import { counting, FakeKernel, SEED, SETTINGS } from "./fake-kernel.ts";
import { expectWhole, onFakeTime, Reading, seconds } from "./reading.ts";

onFakeTime();

let kernel: FakeKernel;

beforeEach(() => {
  kernel = new FakeKernel(counting(600));
});

const ASKED: Record<string, (reading: Reading) => void> = {
  "a start": (reading) => reading.start({ length: 400 }),
  "a reading": (reading) => reading.client.start(SETTINGS, true),
  "a branch": (reading) => reading.client.branch(5, "€"),
};

/** Ask for something that is refused, as often as is said. */
function refused(reading: Reading, what: string, times = 1): void {
  kernel.refusal = "No.";
  for (let n = 0; n < times; n += 1) ASKED[what]?.(reading);
}

describe.each(Object.keys(ASKED))("%s that is refused", (what) => {
  test.each([1, 2])("leaves the text that is written running (asked %d times)", (times) => {
    const reading = new Reading(kernel);
    reading.start();
    seconds(2);
    refused(reading, what, times);
    seconds(20);
    expectWhole(reading, counting(300), "refused No.");
    expect(reading.client.run).toBe(kernel.run.name);
  });

  test("hardly holds it up", () => {
    const reading = new Reading(kernel);
    reading.start();
    seconds(2);
    const { seen } = reading;
    refused(reading, what);
    seconds(1);
    expect(reading.seen - seen).toBeGreaterThan(40);
    expect(reading.notices).toEqual([]);
  });

  test("leaves what a cell writes running", () => {
    kernel.beginInCell({ length: 300 }, 20);
    const reading = Reading.joining(kernel);
    seconds(0.1);
    refused(reading, what);
    for (let n = 0; n < 14; n += 1) {
      seconds(0.1);
      kernel.writeInCell(20);
    }
    seconds(10);
    expect(reading.text).toBe(counting(300));
    expect(reading.events.slice(-2)).toEqual(["refused No.", "ended finished"]);
  });

  test("leaves a text that ended meanwhile ended", () => {
    kernel.roundTrip = 0.4;
    const reading = new Reading(kernel);
    reading.start();
    while (kernel.written < 300) seconds(0.1);
    refused(reading, what);
    seconds(10);
    expect(reading.text).toBe(counting(300));
    expect(reading.events.filter((event) => event === "ended finished")).toHaveLength(1);
    expect(reading.client.running).toBe(false);
  });

  test("leaves a finished text as it is", () => {
    const reading = new Reading(kernel);
    reading.start();
    seconds(20);
    refused(reading, what);
    seconds(1);
    expect(reading.events).toEqual([`began ${SEED}`, "ended finished", "refused No."]);
    expect(reading.client.have).toBe(300);
    reading.client.resume(400);
    seconds(20);
    expect(reading.text).toBe(counting(400));
  });

  test("does not swallow a stop", () => {
    const reading = new Reading(kernel);
    reading.start();
    seconds(2);
    refused(reading, what);
    reading.client.stop();
    seconds(1);
    expect(reading.events).toEqual([`began ${SEED}`, "refused No.", "ended stopped"]);
    expect(kernel.run.ending).not.toBeNull();
  });

  test("does not swallow a clear", () => {
    const reading = new Reading(kernel);
    reading.start();
    seconds(2);
    refused(reading, what);
    reading.client.clear();
    seconds(1);
    expect(reading.events.at(-1)).toBe("cleared");
    expect(reading.text).toBe("");
    expect(reading.client.running).toBe(false);
  });

  test("follows what was begun in a cell meanwhile", () => {
    const reading = new Reading(kernel);
    reading.start();
    seconds(2);
    kernel.roundTrip = 0.4;
    refused(reading, what);
    kernel.beginInCell({ length: 200, seed: "New" }, 50);
    seconds(20);
    expect(reading.text).toBe(counting(200));
    expect(reading.events.at(-1)).toBe("ended finished");
  });
});

test("a resume that is refused leaves a finished text finished", () => {
  const reading = new Reading(kernel);
  reading.start();
  seconds(20);
  kernel.runs.length = 0;
  reading.client.resume(400);
  seconds(1);
  expect(reading.events.slice(0, 2)).toEqual([`began ${SEED}`, "ended finished"]);
  expect(reading.events.at(-1)).toMatch(/^refused/);
  expect(reading.client.running).toBe(false);
});

test("the last of many runs is written, and those that were left are not remembered for ever", () => {
  const reading = new Reading(kernel);
  for (let n = 0; n < 500; n += 1) {
    reading.start();
    seconds(0.1);
  }
  seconds(20);
  expect(reading.text).toBe(counting(300));
  const left = new LeftRuns();
  for (let n = 0; n < 500; n += 1) left.add(String(n));
  expect(left.size).toBeLessThan(100);
  expect(left).toContain("499");
});
