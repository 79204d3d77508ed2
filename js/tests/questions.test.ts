// @vitest-environment node
import { expect, test, vi } from "vitest";
import type { Expected, ToKernel } from "../src/kernel/protocol.ts";
import { Questions } from "../src/kernel/questions.ts";
import { later, onFakeTime } from "./reading.ts";

onFakeTime();

function asking() {
  const sent: (ToKernel & { id: string })[] = [];
  const gone = new AbortController();
  const send = (message: ToKernel) => sent.push(message as (typeof sent)[number]);
  const questions = new Questions(send, gone.signal);
  const answer = (n: number): Expected => {
    const id = sent[n]?.id ?? "";
    return { type: "expected", id, model: "a-model", seed: "She", left: 0, vocabulary: [] };
  };
  return { questions, sent, answer, gone };
}

const EXPECT = { type: "expect", seed: "She" } as const;

test("a question is settled once, by what comes first", async () => {
  const { questions, answer, sent } = asking();
  const asked = questions.ask(EXPECT);
  questions.receive(answer(0), []);
  questions.receive({ type: "error", id: sent[0]?.id ?? "", run: "", message: "No." }, []);
  questions.drop("expect");
  await later(100);
  expect(await asked).toEqual({ is: "answered", answer: answer(0), buffers: [] });
  expect(questions.isOpen("expect")).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test("one that is dropped, by the next one or with all, is settled; its answer is ignored", async () => {
  const { questions, answer } = asking();
  const [first, second] = [questions.ask(EXPECT), questions.ask(EXPECT)];
  expect(await first).toEqual({ is: "dropped" });
  questions.receive(answer(0), []);
  expect(questions.isOpen("expect")).toBe(true);
  questions.rest();
  expect(await second).toEqual({ is: "dropped" });
  expect(vi.getTimerCount()).toBe(0);
});

test("when the view goes, all are dropped, and none is asked any more", async () => {
  const { questions, sent, gone } = asking();
  const [open, found] = [questions.ask(EXPECT), questions.ask({ type: "find" })];
  gone.abort();
  const late = questions.ask(EXPECT);
  expect(await Promise.all([open, found, late])).toEqual(Array(3).fill({ is: "dropped" }));
  expect(sent).toHaveLength(2);
});

test("one without an answer is lost, after a time that doubles", async () => {
  const { questions } = asking();
  for (const patience of [5, 10, 20, 40, 60, 60]) {
    const asked = questions.ask(EXPECT);
    await later(patience - 0.1);
    expect(questions.isOpen("expect")).toBe(true);
    await later(0.2);
    expect(await asked).toEqual({ is: "lost" });
  }
});
