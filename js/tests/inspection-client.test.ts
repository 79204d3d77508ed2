import { expect, test } from "vitest";
import { InspectionClient } from "../src/inside/inspection-client.ts";
import { Replay } from "../src/inside/replay.ts";
import type { ToKernel } from "../src/kernel/protocol.ts";
import { Questions } from "../src/kernel/questions.ts";
import { counting, SEED } from "./fake-kernel.ts";
import { logitsAt, think } from "./fake-mind.ts";
import { later, onFakeTime } from "./reading.ts";

onFakeTime();

test("what is no longer kept of a long text is asked for again, one character at a time", async () => {
  const { signal } = new AbortController();
  const text = counting(2000);
  const temperatures = new Array<number>(2000).fill(0.6);
  const asked: ToKernel[] = [];
  const send = (message: ToKernel) => {
    asked.push(message);
    const thinking = { run: "a", seed: SEED, text, temperatures, placed: [] };
    const thought = think(message, thinking, "a-model");
    setTimeout(() => thought && questions.receive(thought.answer, thought.buffers), 10);
  };
  const questions = new Questions(send, signal);
  const source = new InspectionClient(questions, () => {}, signal, new Replay(40_000));
  source.begin("a");
  source.want(SEED.length + 2000);
  await later(5);
  expect(source.choices.length).toBe(SEED.length + 2000);
  expect(source.choices.bytes).toBeLessThan(200_000);
  const before = asked.length;
  for (const index of [0, 900, 1, 2006]) {
    const isKept = index > 2000;
    expect(source.look(index) !== null).toBe(isKept);
    await later(1);
    const found = source.look(index);
    expect(found?.choices.logits(found.index)).toEqual(Float32Array.from(logitsAt(index)));
  }
  // The last one was there.
  expect(asked.slice(before)).toMatchObject(
    [0, 900, 1].map((position) => ({ type: "inspect", position, count: 1 })),
  );
});
