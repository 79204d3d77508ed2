// @vitest-environment node
import { describe, expect, test } from "vitest";
import { type Answer, counting, dice, FakeKernel, SEED, SETTINGS } from "./fake-kernel.ts";
import { expectWhole, onFakeTime, PACE, piece, Reading, seconds, started } from "./reading.ts";

onFakeTime();

const SECOND = "second ".repeat(30);

describe("a run that is started here", () => {
  test("begins with its settings and is pulled; the seed is what the kernel knows of it", () => {
    const kernel = new FakeKernel(counting(300));
    kernel.unknown = "é∑";
    const reading = new Reading(kernel);
    reading.start({ seed: "né∑e", temperature: 0.9, rng: 3 });
    expect(reading.client.running).toBe(true);
    const [start, ...pulls] = reading.connection.sent;
    expect(reading.connection.bundles).toEqual([["start", ...pulls.map(({ type }) => type)]]);
    seconds(1);
    const run = kernel.run.name;
    expect(run).toMatch(/^.{8,100}$/);
    const { temperature: _, ...others } = SETTINGS;
    const settings = { ...others, seed: "né∑e", rng: 3 };
    const lanes = [{ name: "text", temperature: 0.9 }];
    expect(start).toEqual({ type: "start", run, settings, lanes });
    expect(pulls.length).toBeGreaterThanOrEqual(1);
    for (const pull of pulls) expect(pull).toMatchObject({ type: "pull", run });
    expect(reading.events).toEqual(["began ne"]);
  });

  test.each([
    [0.01, 480],
    [0.2, 450],
    [0.4, 450],
    [0.8, 250], // longer than what counts as the way
  ])("over a way of %d s, %d characters come in ten seconds", (roundTrip, least) => {
    const kernel = new FakeKernel(counting(5000));
    kernel.roundTrip = roundTrip;
    const reading = started(5000, kernel);
    seconds(15); // it may learn first how long the way is
    const [seen, pulls] = [reading.seen, reading.asked.length];
    seconds(10);
    expect(reading.seen - seen).toBeGreaterThanOrEqual(least);
    // Many pages may share a machine: few pulls, with a small budget.
    expect(reading.asked.length - pulls).toBeLessThanOrEqual(250);
    for (const { pull } of reading.asked) expect(pull.budget).toBeLessThanOrEqual(50);
  });

  test("is counted in characters, as Python does", () => {
    const text = "😀 a 𝒳 b 🎈 ".repeat(30);
    const { length } = Array.from(text);
    const reading = started(length, new FakeKernel(text));
    seconds(2);
    seconds(20);
    expect(reading.have).toBe(Array.from(text).length);
    expectWhole(reading, text);
  });
});

describe("on any way", () => {
  const isChunk = (answer: Answer) => answer.type === "chunk";
  const WAYS: [string, Partial<FakeKernel>][] = [
    ["quick", {}],
    ["immediate", { roundTrip: 0 }],
    ["slow", { roundTrip: 0.6 }],
    ["uneven", { down: (_, nth) => [nth % 4 === 0 ? 700 : 5] }],
    ["with a short budget", { budget: () => 1 }],
    ["with a budget that is not always enough", { budget: (nth) => Math.min(nth % 3, 1) }],
    ["after a seed that takes many pulls", { budget: (nth) => (nth < 40 ? 0 : 10) }],
    ["that doubles every chunk", { down: (answer) => (isChunk(answer) ? [5, 40] : [5]) }],
    ["that doubles every pull", { up: ({ type }) => (type === "pull" ? [5, 5] : [5]) }],
  ];

  test.each(WAYS)("%s, the text arrives once, and at most two pulls wait", (_, way) => {
    const kernel = Object.assign(new FakeKernel(counting(300)), way);
    const reading = started(300, kernel);
    seconds(60);
    expectWhole(reading);
    expect(reading.connection.mostUnanswered).toBeGreaterThanOrEqual(1);
    expect(reading.connection.mostUnanswered).toBeLessThanOrEqual(2);
  });

  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    "with delays, doubles, losses and short pieces (dice %d), nothing is doubled, mixed or left out",
    (seed) => {
      const draw = dice(seed);
      const text = counting(400);
      const kernel = new FakeKernel(text);
      const delay = () => 2 + 200 * draw() ** 4;
      const route = ({ type }: { type: string }) => {
        if (type !== "chunk" && type !== "pull") return [delay()];
        const luck = draw();
        if (luck < 0.02 && kernel.written < 350) return [];
        return luck > 0.95 ? [delay(), delay()] : [delay()];
      };
      Object.assign(kernel, { up: route, down: route, budget: () => Math.floor(draw() * 6) });
      const reading = started(400, kernel);
      for (let tenth = 0; tenth < 3000 && text.startsWith(reading.text); tenth += 1) seconds(0.1);
      expectWhole(reading, text);
    },
  );
});

describe("how much it asks for", () => {
  test.each([0.01, 0.1, 0.4])(
    "with a round trip of %d s, a new temperature counts for nearly the next character seen",
    (roundTrip) => {
      const kernel = new FakeKernel(counting(2000));
      kernel.roundTrip = roundTrip;
      const reading = started(2000, kernel);
      seconds(10);
      const { seen } = reading;
      const piece = Math.max(...reading.asked.slice(-10).map(({ pull }) => pull.count));
      expect(piece).toBeLessThanOrEqual(0.12 * PACE + (PACE * roundTrip) / 2 + 1);
      reading.temperature = 1.5;
      seconds(3);
      const { temperatures } = kernel.run;
      const first = temperatures.indexOf(1.5);
      expect(first).toBeGreaterThanOrEqual(seen);
      expect(first - seen).toBeLessThanOrEqual(2 * piece + PACE * roundTrip + 2);
      expect(new Set(temperatures.slice(0, first))).toEqual(new Set([0.6]));
      expect(new Set(temperatures.slice(first))).toEqual(new Set([1.5]));
      // It asks when less than a piece and a round trip is ahead.
      for (const { pull, seen } of reading.asked) {
        expect(pull.position - seen).toBeLessThanOrEqual(pull.count + PACE * roundTrip + 1);
      }
    },
  );

  test.each([0, 1, 3])(
    "after a cell of 10 s, it soon asks ahead as little (%d s later)",
    (later) => {
      const kernel = new FakeKernel(counting(5000));
      const reading = started(5000, kernel);
      seconds(2);
      kernel.busy = true; // a cell runs
      seconds(10);
      kernel.busy = false;
      seconds(0.1 + later);
      const { seen } = reading;
      reading.temperature = 1.5;
      seconds(10);
      const lag = kernel.run.temperatures.indexOf(1.5) - seen;
      expect(lag).toBeGreaterThanOrEqual(0);
      expect(lag).toBeLessThanOrEqual(later < 1 ? 20 : 16);
    },
  );
});

describe("a second start", () => {
  test.each([0, 5, 100, 600])("right after the first, as with a double click (%d ms)", (way) => {
    const kernel = new FakeKernel(counting(300));
    kernel.roundTrip = way / 500;
    const reading = started(300, kernel);
    reading.start();
    seconds(40);
    expect(kernel.runs).toHaveLength(2);
    expectWhole(reading);
  });

  test("while there is much that the reader has not seen yet", () => {
    const kernel = new FakeKernel(counting(500));
    const reading = new Reading(kernel);
    kernel.beginInCell({ length: 500 }, 500);
    seconds(1);
    expect(reading.unseen).toBeGreaterThan(400);
    kernel.text = SECOND;
    reading.start();
    seconds(20);
    expect(reading.text).toBe(SECOND);
    expect(reading.events.at(-1)).toBe("ended finished");
  });

  test("on two pages at the same moment: the later one is written, on both", () => {
    const kernel = new FakeKernel(counting(300));
    const [one, other] = [new Reading(kernel), new Reading(kernel)];
    one.start();
    other.start();
    seconds(20);
    expect(kernel.runs).toHaveLength(2);
    expectWhole(other);
    expect(one.text).toBe(counting(300));
    expect(one.events.slice(-2)).toEqual([`began ${SEED}`, "ended finished"]);
  });

  test("is not disturbed by a beginning elsewhere that came before it", () => {
    const kernel = new FakeKernel("cell ".repeat(60));
    kernel.roundTrip = 1;
    const reading = new Reading(kernel);
    kernel.beginInCell({}, 50); // not known here yet
    kernel.text = SECOND;
    reading.start();
    seconds(30);
    expect(kernel.runs).toHaveLength(2);
    expectWhole(reading, SECOND.slice(0, 300));
    const run = kernel.run.name;
    for (const message of reading.connection.sent) expect(message).toMatchObject({ run });
  });
});

test("what comes late of a run that is over does nothing, with or without another run", () => {
  const reading = started(100);
  seconds(10);
  const [first] = reading.kernel.runs;
  if (!first?.ending) throw new Error("The run has not ended.");
  const { name: run, ending } = first;
  for (const length of [100, 210]) {
    const { text, connection } = reading;
    const [events, sent] = [reading.events.length, connection.sent.length];
    reading.receive(
      { type: "begin", run, seed: "late", rng: 7, position: 0 },
      ending,
      piece(run, 0, "late"),
      piece(run, text.length, "late"),
      piece(run, text.length + 20, "late"),
      { type: "error", run, message: "late" },
      { type: "error", run: "", message: "late" },
    );
    expect([reading.events.length, connection.sent.length]).toEqual([events, sent]);
    expect(reading.text).toBe(text);
    expect(reading.client.running).toBe(length === 210);
    reading.kernel.text = SECOND;
    reading.start();
    seconds(length === 100 ? 1 : 20);
  }
  expect(reading.text).toBe(SECOND);
});

test("of a chunk that is partly known, only the rest is taken", () => {
  const reading = new Reading(new FakeKernel(""));
  const run = "another";
  reading.receive(
    { type: "begin", run, seed: "a", rng: 7, position: 0 },
    piece(run, 0, "😀b😀"),
    piece(run, 1, "b😀d🎈"),
    { type: "begin", run, seed: "a", rng: 7, position: 0 }, // a doubled beginning does not empty the page
  );
  expect(reading.text).toBe("😀b😀d🎈");
  expect(reading.events).toEqual(["began a"]);
});
