// @vitest-environment node
import { describe, expect, test } from "vitest";
import { counting, FakeKernel, losing, SEED } from "./fake-kernel.ts";
import { expectWhole, onFakeTime, piece, Reading, seconds, started } from "./reading.ts";

onFakeTime();

describe("when something is lost", () => {
  test.each([
    ...["pull", "chunk"].flatMap((type) => [1, 2, 3, 20].map((nth) => [type, nth] as const)),
    ...["begin", "end"].map((type) => [type, 1] as const),
  ])("%s %d, the text arrives nevertheless", (type, nth) => {
    const kernel = new FakeKernel(counting(300));
    Object.assign(kernel, { up: losing(type, nth), down: losing(type, nth) });
    const reading = started(300, kernel);
    seconds(20);
    expectWhole(reading);
  });

  test("the beginning, the text is not added to the text before, and its seed is known", () => {
    const reading = started(100);
    seconds(5);
    expectWhole(reading, counting(100));
    reading.kernel.text = "new ".repeat(25);
    reading.kernel.down = losing("begin");
    reading.start({ seed: "Once" });
    seconds(5);
    expect(reading.text).toBe("new ".repeat(25));
    expect(reading.events.slice(2)).toEqual(["began Once", "ended finished"]);
  });

  test("a chunk, it is fetched at once with one pull, and the reader notices nothing", () => {
    const kernel = new FakeKernel(counting(600));
    kernel.down = losing("chunk");
    const reading = started(600, kernel);
    seconds(2);
    // Two chunks were asked for at once: the second shows at once that the first is missing.
    expect(reading.seen).toBeGreaterThan(70);
    expect(reading.connection.pulls.filter(({ position }) => position === 0)).toHaveLength(2);
    seconds(12);
    expect(reading.notices).toEqual([]);
  });

  test("a pull, it is not slower ever after", () => {
    const kernel = new FakeKernel(counting(5000));
    kernel.roundTrip = 0.4;
    const once = losing("pull", 20);
    kernel.up = (message, nth) => (once(message, nth).length === 0 ? [] : [200]);
    const reading = started(5000, kernel);
    seconds(30);
    const before = reading.seen;
    seconds(10);
    expect(reading.seen - before).toBeGreaterThanOrEqual(450);
  });

  test("everything for a while, it goes on afterwards", () => {
    const reading = started();
    seconds(2);
    const before = reading.text.length;
    Object.assign(reading.kernel, { up: () => [], down: () => [] });
    seconds(10);
    expect(reading.text.length).toBeLessThan(before + 10);
    reading.kernel.roundTrip = 0.01;
    seconds(30);
    expectWhole(reading);
  });

  test("a stop, it is sent again, and the reader sees that meanwhile", () => {
    const reading = started(1000);
    seconds(2);
    reading.kernel.up = losing("stop");
    reading.client.stop();
    const before = reading.connection.sent.length;
    seconds(10);
    expect(reading.notices[0]?.isWaiting).toBe(true);
    expect(reading.events).toEqual([`began ${SEED}`, "ended stopped"]);
    expect(reading.notices.at(-1)?.isWaiting).toBe(false);
    expect(reading.connection.sent.slice(before).map(({ type }) => type)).toEqual(["stop"]);
  });
});

test("only the answers to its own pulls count, and each once", () => {
  const kernel = new FakeKernel(counting(300));
  kernel.down = () => [];
  const reading = started(300, kernel);
  const [{ run, pull } = { run: "", pull: "" }] = reading.connection.pulls;
  reading.receive({ type: "begin", run, seed: SEED, rng: 7, position: 0 });
  const answer = (position: number, to: string | null) => {
    reading.receive(piece(run, position, counting(300).slice(position, position + 3), to));
    seconds(0.1);
  };
  expect(reading.connection.pulls).toHaveLength(2);
  for (let nth = 0; nth < 20; nth += 1) answer(3 * nth, nth % 2 ? null : "another:1");
  expect(reading.text).toBe(counting(60));
  expect(reading.connection.pulls).toHaveLength(2);
  for (let time = 0; time < 5; time += 1) answer(57, pull);
  expect(reading.connection.pulls).toHaveLength(3);
});

test("a stop of a text whose end was lost: the end is sent again, and nothing else is asked for", () => {
  const kernel = new FakeKernel(counting(300));
  kernel.down = () => (kernel.written < 300 ? [5] : []);
  const reading = started(300, kernel);
  while (kernel.written < 300) seconds(0.1);
  seconds(2);
  expect(reading.client.running).toBe(true);
  kernel.down = () => [5];
  const { length } = reading.connection.sent;
  reading.client.stop();
  seconds(1);
  expect(reading.events).toEqual([`began ${SEED}`, "ended finished"]);
  expect(reading.connection.sent.slice(length).map(({ type }) => type)).toEqual(["stop"]);
});

test("a stop that is lost while another page looks on: the text ends nevertheless, on both", () => {
  const kernel = new FakeKernel(counting(3000));
  const other = new Reading(kernel);
  const reading = started(3000, kernel);
  seconds(2);
  kernel.up = losing("stop");
  reading.client.stop();
  seconds(10); // the other one goes on with it until the stop is sent again
  for (const { events, text } of [reading, other]) {
    expect(events).toEqual([`began ${SEED}`, "ended stopped"]);
    expect(text).toBe(counting(kernel.written));
  }
});

describe("a kernel that does not answer", () => {
  function silent(): Reading {
    const kernel = new FakeKernel(counting(300));
    kernel.up = ({ type }) => (type === "start" ? [5] : []);
    return started(300, kernel);
  }

  test.each(["pull", "stop"])("is mentioned as long as it is silent after a %s", (last) => {
    const reading = started();
    seconds(1);
    reading.kernel.busy = true;
    if (last === "stop") reading.client.stop();
    seconds(0.95);
    expect(reading.notices).toEqual([]);
    seconds(0.3);
    expect(reading.notices.map(({ isWaiting }) => isWaiting)).toEqual([true]);
    seconds(30);
    // It may ask again meanwhile, but the notice does not come and go.
    const visible = reading.notices.filter(({ at }, n) => reading.notices[n + 1]?.at !== at);
    expect(visible.every(({ isWaiting }) => isWaiting)).toBe(true);
    reading.kernel.busy = false;
    seconds(0.1);
    expect(reading.notices.at(-1)?.isWaiting).toBe(false);
    seconds(20);
    if (last === "pull") expectWhole(reading);
    else expect(reading.events).toEqual([`began ${SEED}`, "ended stopped"]);
  });

  test("is not mentioned if it only takes its time", () => {
    const kernel = new FakeKernel(counting(300));
    kernel.down = () => [900];
    const reading = started(300, kernel);
    seconds(20);
    expect(reading.text.length).toBeGreaterThan(100);
    expect(reading.notices).toEqual([]);
  });

  test("is asked again for the same, ever more rarely", () => {
    const reading = silent();
    const counts = [0, 1, 2, 3].map(() => {
      const before = reading.connection.pulls.length;
      seconds(60);
      return reading.connection.pulls.length - before;
    });
    expect(counts[0]).toBeGreaterThanOrEqual(4);
    expect(counts[0]).toBeLessThanOrEqual(12);
    expect(counts[3]).toBeLessThanOrEqual(4);
    const [first, again] = reading.connection.pulls.filter(({ position }) => position === 0);
    expect(again).toEqual({ ...first, pull: expect.any(String) });
  });

  test("is asked to stop again, ever more rarely, and nothing else", () => {
    const reading = silent();
    seconds(2);
    const before = reading.connection.sent.length;
    reading.client.stop();
    seconds(60);
    const after = reading.connection.sent.slice(before).map(({ type }) => type);
    expect(new Set(after)).toEqual(new Set(["stop"]));
    expect(after.length).toBeGreaterThanOrEqual(3);
    expect(after.length).toBeLessThanOrEqual(6);
  });
});
