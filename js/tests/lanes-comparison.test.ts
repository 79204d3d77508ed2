// @vitest-environment node
import { expect, test } from "vitest";
import { Comparison } from "../src/lanes/comparison.ts";
import { dice } from "./fake-kernel.ts";

/** The same, slowly: over all that there is. */
function slowly(left: string, right: string): number | null {
  const [one, other] = [Array.from(left), Array.from(right)];
  for (let n = 0; n < Math.min(one.length, other.length); n += 1) if (one[n] !== other[n]) return n;
  return null;
}

test("whatever piece comes when, it is what the whole texts say at that moment", () => {
  const random = dice(5);
  let departed = 0;
  for (let round = 0; round < 300; round += 1) {
    const common = Array.from(
      { length: 40 },
      () => ["a", "b", "é", "\u{10348}", "\n"][Math.floor(random() * 5)],
    );
    const tail = (sign: string) => (random() < 0.2 ? "" : sign + "ab".repeat(3));
    const whole = {
      left: [...common.slice(0, Math.floor(40 * random())), ...tail("x")],
      right: [...common.slice(0, Math.floor(40 * random())), ...tail(random() < 0.5 ? "x" : "y")],
    };
    const shown = { left: "", right: "" };
    const comparison = new Comparison();
    while (whole.left.length + whole.right.length > 0) {
      const side = random() < 0.5 ? "left" : "right";
      const piece = whole[side].splice(0, Math.floor(6 * random())).join("");
      shown[side] += piece;
      comparison.grow(side, piece);
      expect(comparison.departure).toBe(slowly(shown.left, shown.right));
    }
    if (comparison.departure !== null) departed += 1;
  }
  expect(departed).toBeGreaterThan(100);
  expect(departed).toBeLessThan(300);
});

test("a text that comes whole, and is long", () => {
  const comparison = new Comparison();
  comparison.grow("right", `${"a".repeat(300_000)}b`);
  comparison.grow("left", "a".repeat(300_000));
  expect(comparison.departure).toBe(null);
  comparison.grow("left", "c");
  expect(comparison.departure).toBe(300_000);
});
