// Where Python runs in the browser, its None comes as undefined.
import { expect, test } from "vitest";
import { entry } from "../src/kernel/entry.ts";
import { nulls } from "../src/kernel/nulls.ts";
import { createView } from "../src/text/view.ts";
import { counting, FakeKernel } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";

test("what is missing is null, at any depth; all else stays itself", () => {
  const rows = [undefined, "a", [undefined]];
  const buffer = new DataView(new ArrayBuffer(4));
  const value = { top_k: undefined, rows, buffer, zero: 0, none: "" };
  expect(nulls(value)).toBe(value);
  expect(value).toEqual({ top_k: null, rows: [null, "a", [null]], buffer, zero: 0, none: "" });
  expect(value.rows).toBe(rows);
  expect(nulls(undefined)).toBeNull();
});

test("a view gets its traits and its messages so", () => {
  const model = new FakeModel(new FakeKernel(counting(100)), {
    cell: undefined,
    speed: undefined,
    _kind: "text",
  } as never);
  const el = document.createElement("div");
  const seen: unknown[] = [];
  const leave = entry({
    text(given: Parameters<typeof createView>[0], signal) {
      seen.push(given.get("cell"), given.get("speed"));
      return createView(given, signal);
    },
  }).render({ model, el } as never);
  expect(seen).toEqual([null, null]);
  leave();
  expect(model.listeners).toBe(0);
});
