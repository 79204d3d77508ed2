// @vitest-environment node
import { describe, expect, test } from "vitest";
import { counting, dice, FakeKernel, GONE, losing, SEED, SETTINGS } from "./fake-kernel.ts";
import { expectWhole, onFakeTime, piece, Reading, seconds, started } from "./reading.ts";

onFakeTime();

const ENDED = ["stopped", "finished"] as const;
type Ended = (typeof ENDED)[number];

/** A page with a text of some length that is over, and that could go on to 5000 characters. */
function over(ended: Ended = "finished", kernel = new FakeKernel(counting(5000))): Reading {
  const reading = started(ended === "finished" ? 100 : 1000, kernel);
  for (let tenth = 0; tenth < 20 || kernel.written < 60; tenth += 1) seconds(0.1);
  if (ended === "stopped") reading.client.stop();
  seconds(10);
  expect(reading.client.running).toBe(false);
  expect(kernel.written).toBeLessThan(200);
  return reading;
}

/** Two pages, on the first of which a text was written. */
function two(): [Reading, Reading] {
  const kernel = new FakeKernel(counting(5000));
  const other = new Reading(kernel);
  const reading = over("finished", kernel);
  expect(other.text).toBe(reading.text);
  return [reading, other];
}

describe.each(ENDED)("a text that was %s is written on", (ended) => {
  test.each([
    ["quickly", {}],
    ["immediately", { roundTrip: 0 }],
    ["slowly", { roundTrip: 0.6 }],
    ["by small pieces", { budget: () => 1 }],
    ["after a pause", { budget: (nth: number) => (nth % 50 < 10 ? 0 : 20) }],
  ])("%s, and arrives whole", (_, way: Partial<FakeKernel>) => {
    const reading = over(ended, Object.assign(new FakeKernel(counting(5000)), way));
    const before = reading.text;
    reading.client.resume(300);
    expect(reading.text).toBe(before);
    seconds(60);
    expectWhole(reading, counting(300), `ended ${ended}`, "resumed");
    expect(reading.have).toBe(300);
    expect(reading.kernel.runs).toHaveLength(1);
    expect(reading.connection.mostUnanswered).toBe(2);
  });

  test.each([
    ...["resume", "pull", "chunk"].flatMap((type) => [[type, 1] as const, [type, 2] as const]),
    ["begin", 1] as const,
    ["end", 1] as const,
    ["pull", 20] as const,
    ["chunk", 20] as const,
  ])("though %s %d is lost", (type, nth) => {
    const reading = over(ended);
    Object.assign(reading.kernel, { up: losing(type, nth), down: losing(type, nth) });
    reading.client.resume(300);
    seconds(30);
    expectWhole(reading, counting(300), `ended ${ended}`, "resumed");
  });
});

describe("writing on", () => {
  test("by one character at a time brings each once, even if the kernel still answers about the one before", () => {
    const kernel = new FakeKernel(counting(100));
    kernel.roundTrip = 0.4;
    const reading = started(1, kernel);
    for (let length = 1; length <= 40; length += 1) {
      for (let wait = 0; reading.client.running && wait < 100; wait += 1) seconds(0.01);
      expect(reading.text).toBe(counting(length));
      // Another pull is not answered yet; those of the start were sent, and answered, together.
      expect(reading.connection.unanswered.size).toBe(length > 1 ? 1 : 0);
      reading.client.resume(length + 1);
    }
    seconds(1);
    const steps = Array.from({ length: 40 }, () => ["ended finished", "resumed"]).flat();
    expectWhole(reading, counting(41), ...steps);
  });

  test("takes the temperature of now, and leaves what is written as it was", () => {
    const reading = over();
    reading.temperature = 1.5;
    reading.client.resume(300);
    seconds(10);
    const { temperatures } = reading.kernel.run;
    expect(temperatures).toHaveLength(300);
    expect(temperatures.lastIndexOf(0.6)).toBe(99);
    expect(temperatures.indexOf(1.5)).toBe(100);
  });

  test("is not asked for without a text, or while one is written", () => {
    const nothing = new Reading(new FakeKernel(""));
    nothing.client.resume(10);
    expect(nothing.connection.sent).toEqual([]);
    const reading = over();
    reading.start({ length: 200 });
    for (const time of [0, 0.001, 1, 1]) {
      seconds(time);
      reading.client.resume(400);
    }
    expect(reading.connection.sent.some(({ type }) => type === "resume")).toBe(false);
    seconds(10);
    expect(reading.text).toBe(counting(200));
    expect(reading.kernel.runs).toHaveLength(2);
  });

  test("goes on with the text that is there, if another one was refused", () => {
    const reading = over();
    reading.kernel.refusal = "No.";
    reading.start();
    seconds(1);
    expect(reading.client.have).toBe(100);
    reading.client.resume(200);
    seconds(10);
    expectWhole(reading, counting(200), "ended finished", "refused No.", "resumed");
  });

  test("to no more than there is ends at once", () => {
    const reading = over();
    reading.client.resume(50);
    seconds(1);
    expectWhole(reading, counting(100), "ended finished", "resumed");
    expect(reading.kernel.written).toBe(100);
  });

  test("of a text of before this page needs only its name and how much of it is here", () => {
    const { kernel } = over();
    const late = new Reading(kernel);
    late.text = counting(100);
    late.client.remember(kernel.run.name, [["text", 100]]);
    expect(late.client.have).toBe(100);
    late.client.resume(200);
    seconds(10);
    expect(late.text).toBe(counting(200));
    expect(late.events).toEqual(["resumed", "ended finished"]);
    expect(late.connection.pulls[0]?.position).toBe(100);
  });

  test("that is asked for twice, as the kernel was busy, happens once", () => {
    const reading = over();
    reading.kernel.busy = true;
    const { length } = reading.connection.sent;
    reading.client.resume(300);
    seconds(10);
    const resume = { type: "resume", run: reading.kernel.run.name, length: 300 };
    expect(reading.connection.sent.slice(length)).toEqual([resume, resume]);
    expect(reading.notices.map(({ isWaiting }) => isWaiting)).toEqual([true]);
    reading.kernel.busy = false;
    seconds(10);
    expectWhole(reading, counting(300), "ended finished", "resumed");
    expect(reading.notices.map(({ isWaiting }) => isWaiting)).toEqual([true, false]);
  });

  test("is not ended by what the kernel still sends about the one before", () => {
    const reading = over();
    const { name: run, ending } = reading.kernel.run;
    if (ending === null) throw new Error("The run has not ended.");
    reading.client.resume(300);
    reading.receive(piece(run, 90, counting(100).slice(90)), ending, piece(run, 0, "late"), ending);
    expect(reading.events).toHaveLength(2);
    expect(reading.client.running).toBe(true);
    seconds(10);
    expectWhole(reading, counting(300), "ended finished", "resumed");
  });

  test("of a text that the kernel has forgotten is reported as such, and the text stays", () => {
    const reading = over();
    reading.kernel.runs.length = 0;
    reading.client.resume(300);
    seconds(1);
    expect(reading.events.slice(2)).toEqual([`refused ${GONE}`]);
    expect(reading.text).toBe(counting(100));
    expect(reading.client.running).toBe(false);
  });

  test.each([
    ["nothing", () => [5]],
    ["the resume", losing("resume")],
    ["the stop", losing("stop")],
    ["both", (_: unknown, nth: number) => (nth < 2 ? [] : [5])],
  ])("can be stopped before it began, if %s is lost", (_, route) => {
    const reading = over();
    let nth = 0; // from now on
    reading.kernel.up = (message) => route(message, nth++);
    reading.client.resume(300);
    reading.client.stop();
    seconds(20);
    expect(reading.events.slice(2)).toEqual(["resumed", "ended stopped"]);
    expect(reading.text).toBe(counting(100));
    expect(reading.notices.at(-1)?.isWaiting ?? false).toBe(false);
  });
});

describe("a text is written on elsewhere", () => {
  test("on another page: both show it, one pulls, at its temperature", () => {
    const [reading, other] = two();
    other.temperature = 1.5;
    const { length } = reading.connection.sent;
    other.client.resume(300);
    seconds(20);
    for (const one of [reading, other]) {
      expectWhole(one, counting(300), "ended finished", "resumed");
    }
    expect(reading.connection.sent).toHaveLength(length);
    expect(new Set(reading.kernel.run.temperatures.slice(100))).toEqual(new Set([1.5]));
  });

  test("in a cell: it is followed and never pulled", () => {
    const [reading, other] = two();
    const { kernel } = reading;
    const sent = [reading, other].map(({ connection }) => connection.sent.length);
    kernel.resumeInCell(300, 50);
    for (const written of [150, 200, 250, 300]) {
      seconds(0.05);
      for (const one of [reading, other]) expect(one.text).toBe(counting(written));
      if (written < 300) kernel.writeInCell(50);
    }
    seconds(20);
    for (const one of [reading, other]) {
      expectWhole(one, counting(300), "ended finished", "resumed");
    }
    expect([reading, other].map(({ connection }) => connection.sent.length)).toEqual(sent);
  });

  test("by a cell, just as this page wants to: it is written as far as the farther of the two", () => {
    const reading = over();
    const { kernel } = reading;
    kernel.busy = true;
    kernel.resumeInCell(200, 50);
    reading.client.resume(400); // waits until the cell is done
    seconds(1);
    kernel.writeInCell(50);
    seconds(1);
    kernel.busy = false;
    seconds(20);
    expect(reading.text).toBe(counting(400));
    expect(reading.client.running).toBe(false);
    expect(kernel.written).toBe(400);
  });

  test("by two pages at the same moment", () => {
    const [reading, other] = two();
    reading.client.resume(200);
    other.client.resume(300);
    seconds(20);
    for (const one of [reading, other]) {
      expectWhole(one, counting(300), "ended finished", "resumed");
    }
  });

  test.each(["before", "after"])(
    "while this page begins another one: that one is written, asked for %s",
    (order) => {
      const [reading, other] = two();
      const { kernel } = reading;
      kernel.text = "second ".repeat(30);
      if (order === "after") other.client.resume(300);
      reading.start({ length: 150 });
      if (order === "before") other.client.resume(300);
      seconds(20);
      expect(kernel.runs).toHaveLength(2);
      for (const one of [reading, other]) {
        expect(one.text).toBe("second ".repeat(30).slice(0, 150));
        expect(one.events.slice(-2)).toEqual([`began ${SEED}`, "ended finished"]);
        expect(one.client.running).toBe(false);
      }
    },
  );

  test("and its page goes away: this one goes on", () => {
    const [reading, other] = two();
    other.client.resume(400);
    seconds(2);
    other.close();
    seconds(20);
    expectWhole(reading, counting(400), "ended finished", "resumed");
  });

  test("and this page is opened meanwhile: it gets all of it", () => {
    const reading = over();
    reading.client.resume(400);
    seconds(2);
    const late = Reading.joining(reading.kernel);
    seconds(20);
    expectWhole(late, counting(400));
    expectWhole(reading, counting(400), "ended finished", "resumed");
  });

  test.each([
    ["in the middle", 1.5, 1],
    ["to its end and beyond", 1.5, 20],
  ])("and this page misses some of it, %s: it has all of it in the end", (_, from, time) => {
    const [reading, other] = two();
    reading.client.resume(300);
    seconds(from);
    other.kernel.disconnect(other.connection);
    seconds(time);
    const missed = reading.text.length - other.text.length;
    expect(missed).toBeGreaterThan(30);
    other.kernel.reconnect(other.connection);
    seconds(60);
    for (const one of [reading, other]) {
      expectWhole(one, counting(300), "ended finished", "resumed");
    }
  });

  test("and this page had missed the end of what was before", () => {
    const kernel = new FakeKernel(counting(5000));
    const other = new Reading(kernel);
    const reading = started(1000, kernel);
    seconds(1);
    kernel.down = losing("chunk"); // lost to both; the stop comes before it is asked for again
    seconds(0.13);
    reading.client.stop();
    seconds(1);
    expect(kernel.written).toBeGreaterThan(reading.text.length);
    reading.client.resume(300);
    seconds(20);
    for (const one of [reading, other]) {
      expectWhole(one, counting(300), "ended stopped", "resumed");
    }
  });
});

describe("on any way", () => {
  const ROUTES = Array.from({ length: 40 }, (_, seed) => seed);

  test.each(ROUTES)(
    "with delays, doubles and losses, stops and goings on (dice %d), nothing is doubled, mixed or left out",
    (seed) => {
      const draw = dice(seed);
      const text = counting(500);
      const kernel = new FakeKernel(text);
      const delay = () => 2 + 200 * draw() ** 4;
      let loses = true;
      const route = ({ type }: { type: string }) => {
        const luck = draw();
        // A page that only looks on hears once that it begins again.
        if (luck < 0.03 && loses && type !== "begin" && type !== "state") return [];
        return luck > 0.95 && type !== "state" ? [delay(), delay()] : [delay()];
      };
      Object.assign(kernel, { up: route, down: route, budget: () => Math.floor(draw() * 6) });
      const pages = [new Reading(kernel), new Reading(kernel)] as const;
      pages[0].client.start({ ...SETTINGS, length: 60 });
      const isDone = ({ client, text }: Reading) => text.length === 500 && !client.running;
      for (let tenth = 0; tenth < 6000 && !pages.every(isDone); tenth += 1) {
        seconds(0.1);
        for (const page of pages) expect(text.startsWith(page.text)).toBe(true);
        const page = pages[draw() < 0.5 ? 0 : 1];
        if (kernel.written >= 450) loses = false;
        if (page.client.running) {
          if (draw() < 0.01 && kernel.run.ending === null) page.client.stop();
        } else if (page.client.have < 500 && draw() < 0.1) {
          page.client.resume(Math.min(500, page.client.have + 1 + Math.floor(draw() * 100)));
        }
      }
      seconds(10);
      for (const page of pages) {
        expect(page.text).toBe(text);
        expect(page.client.running).toBe(false);
        expect(page.events.filter((event) => event.startsWith("began"))).toHaveLength(1);
        expect(page.events.at(-1)).toBe("ended finished");
      }
      expect(kernel.runs).toHaveLength(1);
    },
  );
});
