// The mistakes of p5ML and ml5.js that must not come back in a page either.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LSTMGenerator, SettingError, UnknownCharactersError } from "../src/p5ml/index.ts";
import type { Options } from "../src/p5ml/settings.ts";
import { CHARACTERS, FOLDER, type Site, site } from "./p5ml-site.ts";

let pages: Site;
let lstm: LSTMGenerator;

beforeEach(() => {
  pages = site();
  lstm = new LSTMGenerator(FOLDER);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** The probabilities of what comes next. */
async function expected(generator = lstm): Promise<number[]> {
  const { probabilities } = await generator.predict(1);
  return probabilities.map(({ probability }) => probability);
}

async function expectedAfter(...texts: string[]): Promise<number[]> {
  const other = new LSTMGenerator(FOLDER);
  for (const text of texts) await other.feed(text);
  return expected(other);
}

it("reads the output of the top layer, however many there are", async () => {
  const manifest = JSON.parse(pages.get(`${FOLDER}manifest.json`) as string);
  const cell = (n: number) => `rnnlm/multi_rnn_cell/cell_${n}/basic_lstm_cell/`;
  for (const part of ["kernel", "bias"]) manifest[cell(2) + part] = manifest[cell(1) + part];
  pages.set(`${FOLDER}manifest.json`, JSON.stringify(manifest));
  const three = new LSTMGenerator(FOLDER);
  await three.feed("ab");
  expect(three.cellsAmount).toBe(3);
  await lstm.feed("ab");
  expect(await expected(three)).not.toEqual(await expected());
});

it("has no character vanish when it is cold", async () => {
  site(60);
  const cold = new LSTMGenerator(FOLDER);
  await cold.feed("ab");
  for (const temperature of [0.2, 0.1, 0.01, 1e-6]) {
    const { probabilities } = await cold.predict(temperature);
    const sum = probabilities.reduce((all, { probability }) => all + probability, 0);
    expect(sum).toBeCloseTo(1, 9);
    expect(await cold.generate({ temperature, rng: 1 })).toHaveLength(20);
  }
});

it("replaces neither zero nor nothing by a default", async () => {
  const cold = await Promise.all(
    [0, 1, 2].map((rng) => lstm.generate({ temperature: 0, length: 60, rng })),
  );
  expect(new Set(cold).size).toBe(1);
  expect(await lstm.generate({ length: 60, rng: 1 })).not.toBe(cold[0]);
  const { probabilities } = await lstm.predict(0);
  expect(Math.max(...probabilities.map(({ probability }) => probability))).toBe(1);
  await expect(lstm.generate({ length: 0 })).rejects.toThrow(
    new SettingError("The length must be a whole number from 1 to 1,000,000, not 0."),
  );
  await expect(lstm.generate({ seed: "" })).rejects.toThrow(/^The seed is empty: /);
});

it("reads each character of a text once and nothing else", async () => {
  await lstm.feed("abc");
  expect(await expected()).toEqual(await expectedAfter("a", "b", "c"));
  for (const other of ["aabc", "aab", "abcc", "abc "]) {
    expect(await expected()).not.toEqual(await expectedAfter(other));
  }
  // A text begins as what was fed goes on.
  const { sample } = await lstm.predict(1, null, 7);
  expect(await lstm.generate({ seed: "abc", length: 1, temperature: 1, rng: 7 })).toBe(sample);
});

it("resets, and gives and takes states by value", async () => {
  const start = await expectedAfter();
  await lstm.feed("ab");
  const [state, then] = [lstm.getState(), await expected()];
  lstm.reset();
  expect(await expected()).toEqual(start);
  lstm.setState(state);
  for (const array of [...state.c, ...state.h]) array.fill(0);
  expect(await expected()).toEqual(then);
  for (const array of lstm.getState().c) array.fill(0);
  expect(await expected()).toEqual(then);
});

it("says which characters it does not know, and has read nothing then", async () => {
  await lstm.feed("a");
  const refusal = new UnknownCharactersError(["X", "é"]);
  await expect(lstm.feed("bXéX")).rejects.toThrow(refusal);
  await expect(lstm.generate({ seed: "bXéX" })).rejects.toThrow(refusal);
  expect(await expected()).toEqual(await expectedAfter("a"));
});

describe("options", () => {
  it("are refused where a number is text", async () => {
    const options = { seed: "ab", length: "100" };
    // @ts-expect-error - it is text, as in many sketches
    await expect(lstm.generate(options)).rejects.toThrow(
      "The length must be a whole number from 1 to 1,000,000, not '100'.",
    );
    expect(options).toEqual({ seed: "ab", length: "100" });
  });

  it("stay as they are, and may be changed while a text is written", async () => {
    const options: Options = Object.freeze({ seed: "ab", rng: 3, length: 30 });
    const text = await lstm.generate(options);
    const changing = { ...options };
    const writing = lstm.generate(changing);
    changing.seed = "c";
    expect(await writing).toBe(text);
    expect(lstm.defaults).toEqual({ seed: "a", length: 20, temperature: 0.5 });
  });
});

describe("ready", () => {
  it("means the vocabulary, too, and its failure is told", async () => {
    await lstm.generate(); // it has read its own
    pages.set(`${FOLDER}vocab.json`, "{");
    const callback = vi.fn();
    const other = new LSTMGenerator(FOLDER, callback);
    await expect(other.generate()).rejects.toThrow(/^vocab.json is not valid JSON: /);
    expect(other.ready).toBe(false);
    expect(callback).not.toHaveBeenCalled();
  });

  it("comes when both are there", async () => {
    expect(lstm.ready).toBe(false);
    const callback = vi.fn();
    const other = new LSTMGenerator(null, callback);
    await other.loadCheckpoints(FOLDER);
    expect([other.ready, other.vocabSize, other.cellsAmount]).toEqual([false, 7, 2]);
    await expect(other.loadVocab("nowhere/")).rejects.toThrow(/^The vocabulary is missing: /);
    await expect(other.generate()).rejects.toThrow("The vocabulary is missing: ");
    expect(callback).not.toHaveBeenCalled();
    await other.loadVocab(FOLDER);
    expect(other.ready).toBe(true);
    await vi.waitFor(() => expect(callback).toHaveBeenCalledOnce());
  });
});

it("writes several texts at once, each for itself", async () => {
  const options = [1, 2, 3].map((rng) => ({ seed: "ab", length: 40, temperature: 1, rng }));
  const alone = [];
  for (const one of options) alone.push(await lstm.generate(one));
  expect(new Set(alone).size).toBe(3);
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 3; // so that they take turns every few characters
    return now;
  });
  expect(await Promise.all(options.map((one) => lstm.generate(one)))).toEqual(alone);
});

it("gives markup and line ends as they are", async () => {
  const text = await lstm.generate({ seed: "<", length: 500, temperature: 100 });
  expect(new Set(text)).toEqual(new Set(CHARACTERS));
});
