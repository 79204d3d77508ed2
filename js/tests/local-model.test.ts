import { describe, expect, it } from "vitest";
import { LocalModel } from "../src/local/local-model.ts";
import type { FromSession, ToPage, ToSession } from "../src/local/session/messages.ts";

interface Traits {
  seed: string;
  length: number;
}

function opened() {
  const posted: ToSession[] = [];
  let hear: ToPage = () => {};
  const model = new LocalModel<Traits>({ seed: "a", length: 5 }, (told) => {
    hear = told;
    return (message) => posted.push(message);
  });
  return { model, posted, say: (message: FromSession) => hear(message) };
}

describe("the model of a page without a host", () => {
  it("tells a change at once, and the session of all that were saved together", () => {
    const { model, posted } = opened();
    const told: string[] = [];
    model.on("change:seed", () => told.push(model.get("seed")));
    model.set("seed", "b");
    model.set("seed", "b");
    model.set("length", 7);
    expect(told).toEqual(["b"]);
    expect(posted).toEqual([]);
    model.save_changes();
    model.save_changes();
    expect(posted).toEqual([
      { method: "update", state: { seed: "b", length: 7 } },
      { method: "update", state: {} },
    ]);
  });

  it("has all that the session changes before it tells any of it", () => {
    const { model, say } = opened();
    const told: unknown[] = [];
    model.on("change:seed", () => told.push([model.get("seed"), model.get("length")]));
    say({ method: "update", state: { seed: "b", length: 7 } });
    expect(told).toEqual([["b", 7]]);
  });

  it("passes messages on with their arrays, until nobody listens", () => {
    const { model, posted, say } = opened();
    const told: unknown[] = [];
    const heard = (content: unknown, buffers: DataView[]) =>
      told.push([content, buffers.map((one) => one.getUint8(0))]);
    model.on("msg:custom", heard);
    model.send({ type: "hello" });
    expect(posted).toEqual([{ method: "custom", content: { type: "hello" } }]);
    const buffers = [Uint8Array.of(5).buffer];
    say({ method: "custom", content: { type: "here" }, buffers });
    expect(told).toEqual([[{ type: "here" }, [5]]]);
    model.off("msg:custom", heard);
    say({ method: "custom", content: { type: "here" }, buffers });
    expect(told.length).toBe(1);
  });
});
