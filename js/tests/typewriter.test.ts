import { expect, test, vi } from "vitest";
import { Typewriter } from "../src/sheet/typewriter.ts";
import { counting } from "./fake-kernel.ts";
import { onFakeTime, PACE, seconds } from "./reading.ts";

onFakeTime();

/** Seconds that a frame of the fake timers takes. */
const FRAME = 0.016;

function typing(pace = PACE) {
  const pieces: string[] = [];
  const typewriter = new Typewriter(
    () => pace,
    (text) => pieces.push(text),
  );
  return { typewriter, pieces, text: () => pieces.join("") };
}

test.each([10, 50])("types %d characters per second, the first with the first frame", (pace) => {
  const { typewriter, pieces, text } = typing(pace);
  typewriter.push("x".repeat(1.4 * pace)); // fewer than a pile
  expect(pieces).toEqual([]); // never within the caller's own call
  seconds(FRAME);
  expect(pieces).toEqual(["x"]);
  for (const time of [0.5, 1]) {
    seconds(0.5);
    expect(Math.abs(text().length - (1 + time * pace))).toBeLessThanOrEqual(1.5);
  }
});

test("types pieces that come in time one character after the other, and all of them", () => {
  const { typewriter, pieces, text } = typing();
  for (let position = 0; position < 250; position += 5) {
    typewriter.push(counting(250).slice(position, position + 5));
    seconds(0.1);
  }
  seconds(2 * FRAME);
  expect(text()).toBe(counting(250));
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(1);
});

test.each([2, 5, 20])(
  "%d per second are no more where each comes only once the last one is shown",
  (pace) => {
    let shown = 0;
    const typewriter: Typewriter = new Typewriter(
      () => pace,
      () => {
        shown += 1;
        setTimeout(() => typewriter.push("x"), 5);
      },
    );
    typewriter.push("x");
    seconds(10);
    expect(shown).toBeGreaterThanOrEqual(8 * pace);
    expect(shown).toBeLessThanOrEqual(10 * pace + 1);
  },
);

test("does not make up for a pause", () => {
  const { typewriter, text } = typing();
  typewriter.push("ab");
  seconds(3);
  expect(text()).toBe("ab");
  typewriter.push("cde");
  seconds(FRAME);
  expect(text()).toBe("abc");
});

test.each([
  [1000, 7],
  [50_000, 15],
])("works off a pile of %d in %d s, but not at once, then slows down", (size, time) => {
  const { typewriter, pieces, text } = typing();
  typewriter.push("x".repeat(size));
  seconds(0.5);
  expect(text().length).toBeGreaterThan(2 * PACE);
  expect(text().length).toBeLessThan(0.9 * size);
  expect(pieces.length).toBeLessThanOrEqual(0.5 / FRAME); // a frame shows at most once
  let last = 0;
  let elapsed = 0.5;
  for (; typewriter.waiting > 40 && elapsed < time; elapsed += 0.1) {
    last = text().length;
    seconds(0.1);
  }
  expect(text().length - last).toBeGreaterThanOrEqual(4);
  expect(text().length - last).toBeLessThanOrEqual(8);
  seconds(time - elapsed);
  expect(text().length).toBe(size);
});

test("a tab that was hidden does not make up for it with one frame", () => {
  const { typewriter, text } = typing();
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
  typewriter.push(counting(70));
  for (const time of [0, 16]) frames.shift()?.(time);
  const before = text().length;
  frames.shift()?.(60_000); // a minute later
  expect(text().length).toBeGreaterThan(before);
  expect(text().length - before).toBeLessThanOrEqual(PACE / 2);
});

test.each(["flush", "clear"] as const)("%s leaves nothing behind, and it begins anew", (end) => {
  const { typewriter, pieces, text } = typing();
  typewriter[end]();
  expect(pieces).toEqual([]);
  typewriter.push(counting(200));
  seconds(0.1);
  const before = [...pieces];
  expect(before.length).toBeGreaterThan(0);
  typewriter[end]();
  const rest = end === "flush" ? [counting(200).slice(before.join("").length)] : [];
  expect(pieces).toEqual([...before, ...rest]);
  expect(typewriter.waiting).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  seconds(5);
  pieces.length = 0;
  typewriter.push("new");
  seconds(FRAME);
  expect(pieces).toEqual(["n"]);
  seconds(1);
  expect(text()).toBe("new");
});

test("does not split surrogate pairs, and counts them once", () => {
  const { typewriter, pieces, text } = typing();
  typewriter.push("😀𝒳🎈".repeat(20));
  expect(typewriter.waiting).toBe(60);
  seconds(0.5);
  expect(Math.abs(Array.from(text()).length - 25)).toBeLessThanOrEqual(2);
  seconds(2);
  expect(text()).toBe("😀𝒳🎈".repeat(20));
  for (const piece of pieces) expect(() => encodeURIComponent(piece)).not.toThrow();
});

test("showing may bring more", () => {
  const { typewriter, text } = typing();
  let left = 100;
  const chained: Typewriter = new Typewriter(
    () => PACE,
    () => {
      typewriter.push("y");
      if (left > 0) chained.push("x");
      left -= 1;
    },
  );
  chained.push("x");
  seconds(10);
  expect(text()).toBe("y".repeat(101));
  expect(vi.getTimerCount()).toBe(0);
});
