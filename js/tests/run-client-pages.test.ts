// @vitest-environment node
import { describe, expect, test, vi } from "vitest";
import { counting, FakeKernel, GONE, SEED } from "./fake-kernel.ts";
import { expectWhole, onFakeTime, Reading, seconds, started } from "./reading.ts";

onFakeTime();

describe("a run that is started elsewhere", () => {
  test.each(["finished", "stopped"])("in a cell: it is followed and never pulled, %s", (ending) => {
    const kernel = new FakeKernel(counting(300));
    const reading = new Reading(kernel);
    kernel.beginInCell();
    const count = ending === "finished" ? 10 : 5;
    for (let piece = 0; piece < count; piece += 1) {
      kernel.writeInCell(30);
      seconds(0.05);
      expect(reading.text).toBe(counting(300).slice(0, 30 * (piece + 1)));
    }
    if (ending === "stopped") kernel.endInCell();
    seconds(20);
    expect(reading.text).toBe(counting(30 * count));
    expect(reading.events).toEqual([`began ${SEED}`, `ended ${ending}`]);
    expect(reading.connection.sent).toEqual([]);
    expect(reading.notices).toEqual([]);
  });

  test.each([0.01, 1])(
    "on another page: both show it, one pulls (round trip %d s)",
    (roundTrip) => {
      vi.mocked(Math.random).mockReturnValue(0); // as impatient as can be
      const kernel = new FakeKernel(counting(300));
      kernel.roundTrip = roundTrip;
      const other = new Reading(kernel);
      const reading = started(300, kernel);
      seconds(40);
      expectWhole(reading);
      expectWhole(other);
      expect(other.connection.sent).toEqual([]);
    },
  );
});

describe("a page that comes in the middle of a run", () => {
  test.each([
    ["joins", (kernel: FakeKernel) => Reading.joining(kernel)],
    ["hears of it", (kernel: FakeKernel) => new Reading(kernel)],
  ])("%s, gets what it missed, and the kernel writes no more because of that", (_, come) => {
    const kernel = new FakeKernel(counting(300));
    kernel.beginInCell({ seed: "Once" }, 100);
    seconds(1);
    const late = come(kernel);
    for (const written of [110, 120]) {
      kernel.writeInCell(10);
      seconds(1);
      expect(late.text).toBe(counting(300).slice(0, written));
      expect(kernel.written).toBe(written);
    }
    expect(late.connection.pulls).toHaveLength(1);
    expect(late.events).toEqual(["began Once"]);
  });

  test("changes neither the temperature nor what the first page gets and asks", () => {
    const kernel = new FakeKernel(counting(600));
    kernel.roundTrip = 0.2;
    const reading = started(600, kernel);
    seconds(3);
    const late = Reading.joining(kernel);
    late.temperature = 5;
    seconds(30);
    for (const one of [reading, late]) expectWhole(one, counting(600));
    expect(new Set(kernel.run.temperatures)).toEqual(new Set([0.6]));
    expect(reading.connection.mostUnanswered).toBe(2);
    expect(late.connection.mostUnanswered).toBe(1);
  });

  test("has one question at a time while the kernel is busy with the cell that writes", () => {
    const kernel = new FakeKernel(counting(3000));
    kernel.beginInCell({ length: 3000 }, 500);
    kernel.busy = true; // requests wait until the cell is done; what it sends goes out
    seconds(1);
    const late = Reading.joining(kernel);
    for (let piece = 0; piece < 40; piece += 1) {
      kernel.writeInCell(50);
      seconds(0.05);
    }
    expect(late.connection.pulls).toHaveLength(1);
    kernel.busy = false;
    seconds(1);
    expect(late.text).toBe(counting(2500));
  });

  test("of a run that the kernel has forgotten is reported as such", () => {
    const kernel = new FakeKernel(counting(300));
    kernel.beginInCell();
    seconds(1);
    const late = Reading.joining(kernel);
    kernel.runs.length = 0;
    seconds(5);
    expect(late.events).toEqual([`began ${SEED}`, `failed ${GONE}`]);
    expect(late.client.running).toBe(false);
  });
});

describe("a run whose page goes away", () => {
  test.each([0, 0.5, 0.999])("is taken over by another page in time (chance %d)", (chance) => {
    vi.mocked(Math.random).mockReturnValue(chance);
    const reading = started();
    const other = new Reading(reading.kernel);
    seconds(2);
    reading.close();
    const closed = performance.now();
    seconds(1);
    const { written } = reading.kernel;
    seconds(10);
    expectWhole(other);
    const [
      {
        pull: { position },
        at,
      } = { pull: { position: -1 }, at: 0 },
    ] = other.asked;
    expect(position).toBe(written); // it goes on where the first one was
    expect(at - closed).toBeGreaterThan(1400 * (1 + chance));
    expect(at - closed).toBeLessThan(1600 * (1 + chance));
    expect(other.connection.mostUnanswered).toBeLessThanOrEqual(2);
  });

  test.each([0.01, 0.3])(
    "is taken over by itself after a reload (round trip %d s)",
    (roundTrip) => {
      const kernel = new FakeKernel(counting(300));
      kernel.roundTrip = roundTrip;
      const reading = started(300, kernel);
      seconds(2);
      reading.close();
      seconds(1); // its last answers go nowhere
      const { written } = kernel;
      expect(written).toBeGreaterThan(50);
      const again = Reading.joining(kernel);
      again.temperature = 1.5;
      seconds(1.4);
      expect(again.connection.sent).toEqual([]);
      seconds(20);
      expectWhole(again);
      expect(again.connection.pulls[0]?.position).toBe(0);
      const { temperatures } = kernel.run;
      expect(temperatures.indexOf(1.5)).toBe(written); // what was written stays as it was
      expect(kernel.runs).toHaveLength(1);
    },
  );

  test("is taken over by only as many pages as it needs", () => {
    const reading = started(600);
    const others = Array.from({ length: 5 }, () => new Reading(reading.kernel));
    seconds(2);
    reading.close();
    seconds(20);
    for (const other of others) expectWhole(other, counting(600));
    expect(others.filter(({ connection }) => connection.sent.length > 0)).toHaveLength(1);
  });

  test("goes on though its page is only hidden, and comes back to it whole", () => {
    const reading = started();
    const other = new Reading(reading.kernel);
    seconds(2);
    reading.rest();
    seconds(20);
    for (const one of [reading, other]) expectWhole(one);
  });

  test("as its cell died: what is not seen yet is read first, then it goes on", () => {
    const kernel = new FakeKernel(counting(600));
    const reading = new Reading(kernel);
    kernel.beginInCell({ length: 600 }, 400);
    seconds(7);
    expect(reading.connection.sent).toEqual([]);
    expect(kernel.written).toBe(400);
    seconds(20);
    expectWhole(reading, counting(600));
  });
});
