// @vitest-environment node
import { describe, expect, test } from "vitest";
import { counting, FakeKernel, losing, SEED } from "./fake-kernel.ts";
import { onFakeTime, piece, Reading, seconds, started } from "./reading.ts";

onFakeTime();

/** Two pages; a text of 300 characters is begun on the first. */
function two(): [Reading, Reading] {
  const kernel = new FakeKernel(counting(300));
  const other = new Reading(kernel);
  return [started(300, kernel), other];
}

/** There is no text on these pages, and in the kernel; each learnt it once, at last. */
function expectCleared(...pages: Reading[]): void {
  for (const { text, events, client, kernel } of pages) {
    expect(text).toBe("");
    expect(events.filter((event) => event === "cleared")).toHaveLength(1);
    expect(events.at(-1)).toBe("cleared");
    expect([client.running, client.have]).toEqual([false, 0]);
    expect(kernel.runs).toEqual([]);
  }
}

describe.each([
  ["when a text is finished", 10],
  ["while one is written", 2],
])("a text that is cleared %s", (_, time) => {
  test.each(["the page that began it", "another page"])("on %s is gone on both", (who) => {
    const pages = two();
    seconds(time);
    expect(pages[1].text.length).toBeGreaterThan(80);
    pages[who === "another page" ? 1 : 0].client.clear();
    seconds(1);
    expectCleared(...pages);
    const sent = pages.map(({ connection }) => connection.sent.length);
    seconds(60);
    expectCleared(...pages);
    expect(pages.map(({ connection }) => connection.sent.length)).toEqual(sent);
  });

  test("cannot be written on, but another one can be begun", () => {
    const pages = two();
    const [reading, other] = pages;
    seconds(time);
    const before = reading.kernel.run.name;
    reading.client.clear();
    seconds(1);
    for (const { client } of pages) client.resume(400);
    seconds(1);
    expectCleared(...pages);
    reading.receive(piece(before, 0, "late"), piece(before, 300, "late")); // over another connection
    expectCleared(...pages);
    other.start({ length: 100 });
    seconds(10);
    for (const { text, events } of pages) {
      expect(text).toBe(counting(100));
      expect(events.slice(-2)).toEqual([`began ${SEED}`, "ended finished"]);
    }
  });

  test("though the answer is lost, at the second try", () => {
    const pages = two();
    seconds(time);
    pages[0].kernel.down = losing("cleared");
    pages[0].client.clear();
    seconds(1);
    expect(pages[0].events).not.toContain("cleared");
    pages[0].client.clear();
    seconds(1);
    expectCleared(...pages);
  });

  test("is gone before another one that is begun right afterwards", () => {
    const pages = two();
    const [reading] = pages;
    seconds(time);
    reading.kernel.roundTrip = 0.3;
    reading.client.clear();
    reading.start({ length: 100 });
    seconds(20);
    for (const { text, events, client } of pages) {
      expect(text).toBe(counting(100));
      expect(events.slice(-3)).toEqual(["cleared", `began ${SEED}`, "ended finished"]);
      expect(client.running).toBe(false);
    }
  });
});

test("a clear that is lost while a text is written is sent again, and the reader sees that meanwhile", () => {
  const pages = two();
  const [reading] = pages;
  seconds(2);
  reading.kernel.up = losing("clear");
  const { length } = reading.connection.sent;
  reading.client.clear();
  seconds(3);
  expect(reading.notices.at(-1)?.isWaiting).toBe(true);
  seconds(10);
  expectCleared(...pages);
  expect(reading.connection.sent.slice(length)).toEqual([{ type: "clear" }, { type: "clear" }]);
  expect(reading.notices.at(-1)?.isWaiting).toBe(false);
});

test.each(["clear", "stop"] as const)("%s after the other: the last word counts", (last) => {
  const pages = two();
  const [{ client, kernel }] = pages;
  seconds(2);
  const both = last === "clear" ? (["stop", "clear"] as const) : (["clear", "stop"] as const);
  kernel.up = losing(both[0]);
  for (const how of both) client[how]();
  seconds(20);
  if (last === "clear") expectCleared(...pages);
  else for (const { events } of pages) expect(events).toEqual([`began ${SEED}`, "ended stopped"]);
});

test.each([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])(
  "a text that is cleared elsewhere %d s after this page asked for another one does not take that along, unless it has begun",
  (later) => {
    const pages = two();
    const [reading, other] = pages;
    seconds(10);
    // It takes 0.3 s there, and 0.3 s back.
    reading.kernel.roundTrip = 0.6;
    reading.start({ length: 100 });
    seconds(later);
    other.client.clear();
    seconds(20);
    expectCleared(...pages);
  },
);

test.each([0, 0.1, 0.3])(
  "a text that this page asks for %d s after it was cleared elsewhere is written",
  (later) => {
    const pages = two();
    const [reading, other] = pages;
    seconds(10);
    reading.kernel.roundTrip = 0.6;
    other.client.clear();
    seconds(later);
    reading.start({ length: 100 });
    seconds(20);
    for (const { text, events, client } of pages) {
      expect(text).toBe(counting(100));
      expect(events.slice(-3)).toEqual(["cleared", `began ${SEED}`, "ended finished"]);
      expect(client.running).toBe(false);
    }
  },
);

test("two pages that clear at the same moment", () => {
  const pages = two();
  seconds(2);
  for (const { client } of pages) client.clear();
  seconds(1);
  for (const { text, client, events } of pages) {
    expect([text, client.running, events.at(-1)]).toEqual(["", false, "cleared"]);
  }
});

test("without a text, it is asked nevertheless: another page may have one", () => {
  const pages = two();
  seconds(10);
  const late = new Reading(pages[0].kernel);
  late.client.clear();
  seconds(1);
  expectCleared(...pages, late);
});
