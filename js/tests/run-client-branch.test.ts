// @vitest-environment node
import { beforeEach, describe, expect, test } from "vitest";
import { counting, FakeKernel, losing, SEED, SETTINGS } from "./fake-kernel.ts";
import { later, onFakeTime, Reading, seconds } from "./reading.ts";

onFakeTime();

const TEXT = "the quick brown fox jumps over the lazy dog ".repeat(10);

/** What the kernel writes of a text of 300 with another character at one place. */
function branched(position: number, character: string): string {
  return TEXT.slice(0, position) + character + TEXT.slice(position + 1, 300).toUpperCase();
}

let kernel: FakeKernel;

beforeEach(() => {
  kernel = new FakeKernel(TEXT);
});

/** A page whose text is finished. */
function finished(...others: Reading[]): Reading {
  const reading = new Reading(kernel);
  reading.start();
  seconds(20);
  for (const one of [reading, ...others]) expect(one.text).toBe(TEXT.slice(0, 300));
  return reading;
}

describe("a branch", () => {
  test.each([0, 1, 150, 299])("at %d shares what is before it", (position) => {
    const other = new Reading(kernel);
    const reading = finished(other);
    const before = reading.connection.pulls.length;
    reading.client.branch(position, "Q");
    seconds(20);
    for (const one of [reading, other]) expect(one.text).toBe(branched(position, "Q"));
    expect(reading.events.at(-1)).toBe("ended finished");
    // What both share did not come again.
    const asked = reading.connection.pulls.slice(before).map((pull) => pull.position);
    expect(Math.min(...asked)).toBe(position);
  });

  test("comes to a page that was opened meanwhile", () => {
    const reading = finished();
    reading.client.branch(100, "Q");
    seconds(0.5);
    const late = Reading.joining(kernel);
    seconds(20);
    for (const one of [reading, late]) expect(one.text).toBe(branched(100, "Q"));
  });

  test("is whole even if its beginning was lost", () => {
    const reading = finished();
    kernel.down = losing("begin");
    reading.client.branch(100, "Q");
    seconds(30);
    expect(reading.text).toBe(branched(100, "Q"));
  });

  test("of a text that is being written ends that", () => {
    const reading = new Reading(kernel);
    reading.start();
    seconds(1.5);
    reading.client.branch(10, "Q");
    seconds(20);
    expect(reading.text).toBe(branched(10, "Q"));
    expect(reading.events).toEqual([`began ${SEED}`, `began ${SEED}`, "ended finished"]);
  });

  test("of nothing is none", () => {
    const reading = new Reading(kernel);
    reading.client.branch(0, "Q");
    expect(reading.connection.sent).toEqual([]);
  });
});

describe("what is asked for a branch", () => {
  test("is answered with its beginning", async () => {
    const reading = finished();
    const asked = reading.client.branch(100, "Q");
    await later(1);
    const answer = { type: "begin", seed: SEED, position: 100 };
    expect(await asked).toMatchObject({ is: "answered", answer });
  });

  test("is refused with a sentence", async () => {
    const reading = finished();
    kernel.refusal = "No.";
    const asked = reading.client.branch(100, "Q");
    await later(1);
    expect(await asked).toEqual({ is: "refused", sentence: "No." });
  });

  test("is lost if no answer comes in time, and the branch is followed all the same", async () => {
    const reading = finished();
    kernel.down = losing("begin");
    const asked = reading.client.branch(100, "Q");
    await later(30);
    expect(await asked).toEqual({ is: "lost" });
    expect(reading.text).toBe(branched(100, "Q"));
  });

  test.each<[string, (reading: Reading) => void]>([
    ["another text is begun", (reading) => reading.start()],
    ["another branch is asked for", (reading) => reading.client.branch(7, "Z")],
    ["the kernel is gone", (reading) => reading.client.lost()],
    ["the page goes", (reading) => reading.client.dispose()],
  ])("is dropped when %s", async (_, act) => {
    const reading = finished();
    const asked = reading.client.branch(100, "Q");
    act(reading);
    expect(await asked).toEqual({ is: "dropped" });
  });

  test("is dropped where there is no text", async () => {
    expect(await new Reading(kernel).client.branch(0, "Q")).toEqual({ is: "dropped" });
  });
});

describe("a text of the tree", () => {
  test("is shown again on every page, and written on from there", () => {
    const other = new Reading(kernel);
    const reading = finished(other);
    const first = kernel.run.name;
    reading.client.branch(100, "Q");
    seconds(20);
    const second = kernel.run.name;
    for (const run of [first, second, first]) {
      reading.client.send({ type: "show", run });
      seconds(0.1);
      const expected = run === first ? TEXT.slice(0, 300) : branched(100, "Q");
      for (const one of [reading, other]) {
        expect(one.text).toBe(expected);
        expect(one.events.at(-1)).toBe("shown");
        expect(one.client.run).toBe(run);
      }
    }
    other.client.resume(350);
    seconds(20);
    for (const one of [reading, other]) expect(one.text).toBe(TEXT.slice(0, 350));
  });
});

describe("a seed that is only read", () => {
  test("is a text of which nothing is written, until it is", () => {
    const other = new Reading(kernel);
    const reading = new Reading(kernel);
    reading.client.start(SETTINGS, true);
    seconds(20);
    for (const one of [reading, other]) {
      expect(one.text).toBe("");
      expect(one.events).toEqual([`began ${SEED}`, "ended finished"]);
    }
    expect(kernel.written).toBe(0);
    reading.client.resume(40);
    seconds(20);
    expect(reading.text).toBe(TEXT.slice(0, 40));
  });
});

test("a text that counts on is not mistaken for one that begins anew", () => {
  // A page that never saw the first part learns only where it goes on.
  kernel = new FakeKernel(counting(600));
  kernel.beginInCell({ length: 300 }, 300);
  seconds(1);
  const late = new Reading(kernel);
  kernel.resumeInCell(500, 100);
  seconds(20);
  expect(late.text.slice(0, 400)).toBe(counting(600).slice(0, 400));
});
