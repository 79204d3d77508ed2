// A widget whose session lives in the page, in Node: what is said to it and what it answers are a line of JSON each.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { engineOf } from "../src/local/backend.ts";
import { LSTMError } from "../src/local/errors.ts";
import { FOLLOWED } from "../src/local/inspection/followed.ts";
import { trace } from "../src/local/inspection/trace.ts";
import { PlainEngine } from "../src/local/plain.ts";
import { parseSafetensors } from "../src/local/safetensors.ts";
import { widgetOf } from "../src/local/serving.ts";
import type { FromSession, Saved } from "../src/local/session/messages.ts";
import { replay } from "../src/local/writing/replay.ts";
import { checksOf } from "../src/local/writing/settings.ts";
import type { Writer } from "../src/local/writing/writer.ts";

type Widget = ReturnType<typeof widgetOf>;

interface Opening {
  file: string;
  saved: Saved;
  budget: number | null;
  math: "wasm" | "javascript";
}

let widget: Widget | null = null;
let writer: Writer | null = null;
let told: object[] = [];

function tell(message: FromSession): void {
  const buffers = message.method === "custom" ? message.buffers.map(hex) : [];
  told.push({ ...message, buffers });
}

function hex(buffer: ArrayBuffer): string {
  return Array.from(new Uint8Array(buffer), (one) => one.toString(16).padStart(2, "0")).join("");
}

const answers = {
  open({ file, saved, budget, math }: Opening) {
    const model = parseSafetensors(readFileSync(file), "model.safetensors");
    const engine = math === "wasm" ? engineOf(model) : new PlainEngine(model);
    const { traits, fingerprint } = saved;
    const checks = checksOf(traits.bounds);
    writer = { name: traits.model, model, engine, fingerprint, checks };
    const most = budget ?? Number.POSITIVE_INFINITY;
    widget = widgetOf(saved, model, engine, tell, most);
  },
  update({ state }: { state: Record<string, unknown> }) {
    widget?.setState(state);
  },
  custom({ content }: { content: unknown }) {
    widget?.handle(content);
  },
  /** The text of a receipt, and how each character of it was chosen. */
  replay({ receipt }: { receipt: unknown }) {
    const run = replay(receipt, writer as Writer);
    told.push({ text: run.characters.join(""), trace: trace(run) });
  },
  /** What cells may follow, in a text. */
  followed({ text }: { text: string }) {
    const all = Object.entries(FOLLOWED).map(([name, of]) => [name, [...of(Array.from(text))]]);
    told.push(Object.fromEntries(all));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { question, ...details } = JSON.parse(line);
  told = [];
  let reply: object;
  try {
    answers[question as keyof typeof answers](details);
    reply = { answer: told };
  } catch (error) {
    const { message, stack } = error as Error;
    reply = error instanceof LSTMError ? { refused: message } : { failed: String(stack) };
  }
  console.log(JSON.stringify(reply));
}
