import { describe, expect, test } from "vitest";
import { about } from "../src/dom/words.ts";
import { along, doublings, span, spread } from "../src/training/scales.ts";
import { dice } from "./fake-kernel.ts";

describe("doublings", () => {
  test("every power of two, if there is room", () => {
    expect(doublings(20, 8)).toEqual({ factor: 2, marks: [1, 2, 4, 8, 16] });
    expect(doublings(1, 8)).toEqual({ factor: 2, marks: [1] });
  });

  test("fewer, evenly, if there is not", () => {
    expect(doublings(5000, 5)).toEqual({ factor: 8, marks: [1, 8, 64, 512, 4096] });
    for (let most = 1; most < 3000; most += 37) {
      for (let room = 1; room < 12; room += 1) {
        const { marks, factor } = doublings(most, room);
        expect(marks.length).toBeLessThanOrEqual(room);
        marks.forEach((mark, n) => {
          expect(mark).toBe(factor ** n);
        });
        expect(marks.at(-1)).toBeLessThanOrEqual(most);
      }
    }
  });
});

test("doubling goes equally far everywhere, from the first update to the last", () => {
  expect(along(1, 1024)).toBe(0);
  expect(along(0, 1024)).toBe(0);
  expect(along(1024, 1024)).toBe(1);
  expect(along(32, 1024)).toBeCloseTo(0.5, 12);
  expect(along(1, 1)).toBe(0);
});

test("whole bits hold all losses", () => {
  expect(span([])).toEqual([0, 8]);
  expect(span([2.4, 5.9])).toEqual([2, 6]);
  expect(span([2.05, 6])).toEqual([1, 6]);
  expect(span([0.05, 0.01])).toEqual([0, 1]);
  expect(span([3, Number.NaN, 4])).toEqual([2, 4]);
});

describe("labels", () => {
  test("stay where they are if they are far enough from each other", () => {
    expect(spread([50, 10, 90], 14, 0, 100)).toEqual([50, 10, 90]);
  });

  test("are moved apart in their order and stay within", () => {
    const random = dice(3);
    for (let round = 0; round < 200; round += 1) {
      const places = Array.from({ length: 7 }, () => 100 * random());
      const found = spread(places, 14, 0, 100);
      const order = places.map((_, n) => n).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
      const sorted = order.map((n) => found[n] ?? Number.NaN);
      for (let n = 1; n < sorted.length; n += 1) {
        expect((sorted[n] ?? 0) - (sorted[n - 1] ?? 0)).toBeGreaterThanOrEqual(14 - 1e-9);
      }
      expect(sorted[0]).toBeGreaterThanOrEqual(0);
      expect(sorted.at(-1)).toBeLessThanOrEqual(100);
    }
  });
});

test("an estimate is no more exact than it can be", () => {
  expect([0.4, 42, 59.6, 125, 2763, 86_399].map(about)).toEqual([
    "5 s",
    "40 s",
    "1 min",
    "2 min",
    "46 min",
    "24.0 hours",
  ]);
});
