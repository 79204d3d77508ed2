// The engine of the page in Node, for comparisons with Python: a request and its answer are one line of JSON each.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { engineOf } from "../src/local/backend.ts";
import { choose, explain } from "../src/local/choosing.ts";
import { Dice } from "../src/local/dice.ts";
import { type Engine, rowOf } from "../src/local/engine.ts";
import { LSTMError } from "../src/local/errors.ts";
import type { CharLSTM } from "../src/local/model.ts";
import { normalize } from "../src/local/normalize.ts";
import { PlainEngine } from "../src/local/plain.ts";
import { parseSafetensors } from "../src/local/safetensors.ts";
import { Reader, surpriseOf } from "../src/local/scoring.ts";

interface Sampling {
  temperature: number;
  topK: number | null;
  topP: number | null;
}

interface Followed {
  /** Of the seed. */
  ids: number[];
  rng: number;
  /** What Python wrote, and the temperature of each. */
  expected: number[];
  temperatures: number[];
  topK: number | null;
  topP: number | null;
}

let model: CharLSTM | null = null;
let engine: Engine | null = null;

function loaded(): Engine {
  if (!engine) throw new Error("No model is loaded.");
  return engine;
}

const answers = {
  async load({ file, math }: { file: string; math: string }) {
    model = parseSafetensors(readFileSync(file), "model.safetensors");
    engine = math === "javascript" ? new PlainEngine(model) : engineOf(model);
    if (engine.math !== math) throw new Error(`There is no engine ${math} here.`);
    const { vocab, card, unusedIds } = model;
    return { units: engine.units, vocabSize: engine.vocabSize, vocab: [...vocab], card, unusedIds };
  },

  dice({ rng, count }: { rng: string; count: number }) {
    const dice = new Dice(BigInt(rng));
    return Array.from({ length: count }, () => dice.roll());
  },

  normalize({ text, known, lineEnd }: { text: string; known: string[]; lineEnd: string | null }) {
    return normalize(text, new Set(known), lineEnd);
  },

  /** The logits of every stream after each step; ids [T, L]. */
  steps({ ids }: { ids: number[][] }) {
    const lane = loaded().lane(ids[0]?.length);
    return ids.map((row) => rows(lane.step(row)));
  },

  /** Read a text in two pieces, the second one in a lane that goes on from the state of the first. */
  read({ ids, split }: { ids: number[]; split: number }) {
    const units = loaded().units.reduce((sum, count) => sum + count, 0);
    const [first, second] = [ids.slice(0, split), ids.slice(split)];
    const cells = [first, second].map((piece) => new Float32Array(piece.length * units));
    const reader = new Reader(loaded());
    const logits = [...rows(reader.read(first, cells[0]))];
    const other = new Reader(loaded(), reader.position, reader.lane.state);
    logits.push(...rows(other.read(second, cells[1])));
    const surprise = ids.map((id, n) => surpriseOf(new Float32Array(logits[n] as number[]), id));
    return { logits, surprise, cells: cells.flatMap((one) => [...one]) };
  },

  /**
   * Write what Python wrote: choose each character as the page would, explain the one that Python chose, and
   * go on from that, so that one difference does not hide the next.
   */
  follow({ ids, rng, expected, temperatures, topK, topP }: Followed) {
    const lane = loaded().lane();
    const dice = new Dice(rng);
    for (const id of ids.slice(0, -1)) lane.step([id]);
    return [ids[ids.length - 1] as number, ...expected.slice(0, -1)].map((id, n) => {
      const logits = lane.step([id]);
      const temperature = temperatures[n] as number;
      const chosen = choose(logits, temperature, dice.roll(), topK, topP);
      const next = expected[n] as number;
      const explained = explain(logits, next, temperature, topK, topP);
      return { chosen, ...explained, surprise: surpriseOf(logits, next) };
    });
  },

  /** Seconds of processor time, and in all, for so many characters of so many texts side by side. */
  pace({
    ids,
    lanes,
    length,
    temperature,
  }: {
    ids: number[];
    lanes: number;
    length: number;
    temperature: number;
  }) {
    const lane = loaded().lane(lanes);
    const dice = new Dice(0);
    let written: number[] = new Array(lanes).fill(ids[ids.length - 1]);
    for (const id of ids.slice(0, -1)) lane.step(new Array(lanes).fill(id));
    const [busy, start] = [process.cpuUsage(), performance.now()];
    for (let n = 0; n < length; n += 1) {
      const logits = lane.step(written);
      const { vocabSize } = lane.engine;
      written = written.map((_, row) =>
        choose(rowOf(logits, row, vocabSize), temperature, dice.roll()),
      );
    }
    const used = process.cpuUsage(busy);
    return { processor: (used.user + used.system) / 1e6, all: (performance.now() - start) / 1000 };
  },

  choose({ logits, die, temperature, topK, topP }: Sampling & { logits: number[]; die: number }) {
    return choose(new Float32Array(logits), temperature, die, topK, topP);
  },

  explain({ logits, id, temperature, topK, topP }: Sampling & { logits: number[]; id: number }) {
    const one = new Float32Array(logits);
    return { ...explain(one, id, temperature, topK, topP), surprise: surpriseOf(one, id) };
  },
};

/** The logits of each stream; JSON knows no infinity, and writes null. */
function rows(logits: Float32Array): number[][] {
  const { vocabSize } = loaded();
  const count = logits.length / vocabSize;
  return Array.from({ length: count }, (_, row) => [...rowOf(logits, row, vocabSize)]);
}

async function answer(line: string): Promise<object> {
  const { question, ...details } = JSON.parse(line);
  try {
    return { answer: await answers[question as keyof typeof answers](details) };
  } catch (error) {
    if (error instanceof LSTMError) return { refused: error.message };
    return { failed: String((error as Error).stack) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(line)));
}
