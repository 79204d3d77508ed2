// @vitest-environment node
import { beforeEach, expect, test, vi } from "vitest";
import { CellSearch } from "../src/inside/cell-search.ts";
import type { Cell, CommonBounds, FromKernel, ToKernel } from "../src/kernel/protocol.ts";
import { Questions } from "../src/kernel/questions.ts";
import { later, onFakeTime } from "./reading.ts";

type Tell = (done: number, cells: readonly Cell[] | null) => void;

const CELLS: Cell[] = [{ layer: 0, unit: 3, follows: "inside quotes", correlation: 0.9 }];
const SOURCE = "a script – of the session";
const MODEL = Uint8Array.from({ length: 25 }, (_, n) => n);
const bounds = {} as CommonBounds;

/** What the page was given to compute with. */
const moved = vi.hoisted(() => ({ searches: [] as unknown[][], stops: 0, isBroken: false }));
vi.mock("../src/kernel/session-script.ts", () => ({
  scriptOf: async (source: string) => {
    if (moved.isBroken) throw new Error("A host that forbids it.");
    return {
      search: (...given: unknown[]) => {
        moved.searches.push([source, ...given]);
        return () => (moved.stops += 1);
      },
    };
  },
}));

onFakeTime();
beforeEach(() => Object.assign(moved, { searches: [], stops: 0, isBroken: false }));

/** A search, and a kernel that answers after some seconds, each time with so much done. */
function searching(seconds: number, share: number, lends = true) {
  const asked: ToKernel[] = [];
  const shown: unknown[][] = [];
  let done = 0;
  const file = Uint8Array.from([...new TextEncoder().encode(SOURCE), ...MODEL]);
  const answer = (message: ToKernel & { id: string }): [FromKernel, DataView[]] => {
    const { id } = message;
    if (message.type === "lend") {
      if (!lends) return [{ type: "error", id, run: "", message: "No." }, []];
      const { position } = message;
      const about = { script: file.length - MODEL.length, size: file.length, fingerprint: "f" };
      const piece = file.slice(position, position + 10);
      return [{ type: "lent", id, position, ...about }, [new DataView(piece.buffer)]];
    }
    if (message.type !== "find") throw new Error("Another question.");
    done = message.cells ? 1 : Math.min(1, done + share);
    return [{ type: "finding", id, model: "a-model", done }, []];
  };
  const questions = new Questions((message) => {
    asked.push(message);
    const [content, buffers] = answer(message as ToKernel & { id: string });
    setTimeout(() => questions.receive(content, buffers), 1000 * seconds);
  });
  const gone = new AbortController();
  const show = (done: number | null, refusal?: string) =>
    shown.push(refusal === undefined ? [done] : [done, refusal]);
  const search = new CellSearch(questions, bounds, show, gone.signal);
  const kinds = () => asked.map(({ type }) => type);
  return { search, asked, shown, kinds, gone };
}

const tell = () => moved.searches[0]?.at(-1) as Tell;

test("a kernel that is fast enough does it all", async () => {
  const { search, shown, kinds } = searching(0.1, 0.01);
  search.begin();
  await later(15);
  expect(new Set(kinds())).toEqual(new Set(["find"]));
  expect(shown.at(-1)).toEqual([1]);
  expect(shown).toHaveLength(101);
  expect(moved.searches).toEqual([]);
});

test("a slow one lends its model to the page, and is given the cells", async () => {
  const { search, asked, shown, kinds } = searching(0.1, 0.001);
  search.begin();
  await later(10);
  expect(kinds().filter((kind) => kind === "lend")).toHaveLength(Math.ceil((27 + 25) / 10));
  expect(moved.searches).toEqual([[SOURCE, SOURCE, MODEL, bounds, expect.anything()]]);
  const [reached] = shown.at(-1) ?? [];
  expect(reached).toBeGreaterThan(0.02);
  tell()(0.01, []);
  expect(shown.at(-1)).toEqual([reached]); // not back
  tell()(0.5, []);
  expect(shown.at(-1)).toEqual([0.5]);
  const before = asked.length;
  tell()(1, CELLS);
  await later(1);
  expect(asked.slice(before)).toMatchObject([{ type: "find", cells: CELLS, fingerprint: "f" }]);
  expect(shown.at(-1)).toEqual([1]);
});

test.each([
  ["the kernel lends nothing", () => searching(0.1, 0.001, false)],
  ["the host forbids it", () => Object.assign(moved, { isBroken: true }) && searching(0.1, 0.001)],
])("if %s, the kernel goes on", async (_, begun) => {
  const complaint = vi.spyOn(console, "error").mockReturnValue();
  const { search, kinds, shown } = begun();
  search.begin();
  await later(120);
  expect(complaint).toHaveBeenCalledOnce();
  expect(shown.at(-1)).toEqual([1]);
  expect(kinds().at(-1)).toBe("find");
});

test("if the page cannot go on, the kernel does", async () => {
  const { search, shown } = searching(0.1, 0.001);
  search.begin();
  await later(10);
  tell()(1, null);
  await later(120);
  expect(shown.at(-1)).toEqual([1]);
  expect(moved.searches).toHaveLength(1);
});

test("one that is cancelled ends wherever it is, and what comes late is ignored", async () => {
  for (const seconds of [1, 3.35, 10]) {
    const { search, shown, asked } = searching(0.1, 0.001);
    search.begin();
    await later(seconds);
    search.cancel();
    const before = asked.length;
    expect(shown.at(-1)).toEqual([null]);
    if (seconds === 10) tell()(1, CELLS);
    await later(10);
    expect(shown.at(-1)).toEqual([null]);
    expect(asked).toHaveLength(before);
    expect(vi.getTimerCount()).toBe(0);
  }
  expect(moved.stops).toBe(1);
});

test("one whose view goes ends in its worker, too", async () => {
  const { search, gone } = searching(0.1, 0.001);
  search.begin();
  await later(10);
  gone.abort();
  expect(moved.stops).toBe(1);
});
