import { describe, expect, test } from "vitest";
import { heat, ribbonWidth } from "../src/dom/heat.ts";

describe("the colour of a temperature", () => {
  test.each([
    [0, "color-mix(in oklab, var(--lstm-cool) 0%, var(--lstm-cold))"],
    [0.3, "color-mix(in oklab, var(--lstm-cool) 50%, var(--lstm-cold))"],
    [0.6, "color-mix(in oklab, var(--lstm-cool) 100%, var(--lstm-cold))"],
    [1.6, "color-mix(in oklab, var(--lstm-hot) 50%, var(--lstm-warm))"],
  ])("at %d lies between two stops", (temperature, colour) => {
    expect(heat(temperature)).toBe(colour);
  });

  test("beyond the scale is that of its end", () => {
    expect(heat(100)).toBe(heat(2));
    expect(heat(-1)).toBe(heat(0));
  });
});

test("the hotter, the wider its ribbon, up to 2", () => {
  const widths = [0, 0.5, 1, 2].map(ribbonWidth);
  expect(widths).toEqual([...widths].sort((a, b) => a - b));
  expect(new Set(widths).size).toBe(4);
  expect(ribbonWidth(100)).toBe(ribbonWidth(2));
});
