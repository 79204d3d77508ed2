// The JavaScript interface of p5ML and ml5.js, name by name.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as p5ml from "../src/p5ml/index.ts";
import { CHARACTERS, FOLDER, type Site, site } from "./p5ml-site.ts";

const { LSTMGenerator } = p5ml;

let pages: Site;

beforeEach(() => {
  pages = site();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it("runs the example of the documentation as it stands", async () => {
  const output = await new Promise((resolve) => {
    const options = { seed: "abc", length: 20, temperature: 0.6 };
    const lstm = new p5ml.LSTMGenerator("./models/small/");
    lstm.generate(options, (text) => resolve(text));
  });
  expect(output).toHaveLength(20);
  expect(p5ml.LSTM).toBe(LSTMGenerator);
});

it("is empty until the model is loaded", async () => {
  const lstm = new LSTMGenerator(FOLDER);
  const { ready, model, cellsAmount, vocab, vocabSize, math } = lstm;
  expect([ready, model, cellsAmount, vocab, vocabSize, math]).toEqual([
    false,
    null,
    0,
    {},
    0,
    null,
  ]);
  expect(() => lstm.getState()).toThrow(p5ml.NotReadyError);
  await lstm.generate();
  expect([lstm.ready, lstm.cellsAmount, lstm.vocabSize, lstm.math]).toEqual([true, 2, 7, "wasm"]);
  expect(lstm.vocab).toEqual(Object.fromEntries(CHARACTERS.map((one, id) => [one, id])));
  expect(lstm.defaults).toEqual({ seed: "a", length: 20, temperature: 0.5 });
});

it("takes the model of another generator, which is then there at once", async () => {
  const first = new LSTMGenerator(FOLDER);
  const text = await first.generate({ rng: 1 });
  const callback = vi.fn();
  const second = new LSTMGenerator(first.model, callback);
  expect(second.ready).toBe(true);
  expect(callback).not.toHaveBeenCalled(); // the generator has no name yet
  expect(await second.generate({ rng: 1 })).toBe(text);
  expect(callback).toHaveBeenCalledOnce();
});

it("takes other defaults, and undefined as not given", async () => {
  const lstm = new LSTMGenerator(FOLDER);
  lstm.defaults.length = 5;
  lstm.defaults.seed = "b";
  expect(await lstm.generate({ length: undefined } as object)).toHaveLength(5);
  expect(lstm.defaults.seed).toBe("b");
  expect(await lstm.generate(null)).toHaveLength(5);
});

it("does what is asked for in the order in which it was asked for", async () => {
  const waiting = new LSTMGenerator(FOLDER);
  void waiting.feed("ab");
  waiting.reset();
  void waiting.feed("c");
  const found = await waiting.predict(1, null, 1);
  const other = new LSTMGenerator(FOLDER);
  await other.feed("c");
  expect(await other.predict(1, null, 1)).toEqual(found);
  const done: string[] = [];
  await Promise.all([
    other.feed("a", () => done.push("fed")),
    other.predict(0.5, ({ sample }) => done.push(sample)),
  ]);
  expect(done).toEqual(["fed", expect.any(String)]);
});

it("loads weights and vocabulary in either order, and another model later", async () => {
  const whole = await new LSTMGenerator(FOLDER).generate({ rng: 4 });
  const lstm = new LSTMGenerator();
  await expect(lstm.generate()).rejects.toThrow(
    'No model is loaded: give one, as in new LSTMGenerator("models/hemingway/").',
  );
  await lstm.loadVocab(`${FOLDER}vocab.json`);
  await expect(lstm.generate()).rejects.toThrow("call loadCheckpoints(path).");
  void lstm.loadCheckpoints(FOLDER); // which is waited for
  expect(await lstm.generate({ rng: 4 })).toBe(whole);
  await lstm.loadCheckpoints(FOLDER);
  await expect(lstm.generate()).rejects.toThrow("call loadVocab(path).");
  await lstm.loadVocab(FOLDER);
  expect(await lstm.generate({ rng: 4 })).toBe(whole);
  await expect(lstm.loadVocab("nowhere.json")).rejects.toThrow(/^There is no vocabulary '/);
  expect(await lstm.generate({ rng: 4 })).toBe(whole);
});

describe("what is wrong is said in a sentence", () => {
  it.each([
    [{ lenght: 3 }, "There is no setting 'lenght'; did you mean 'length'?"],
    [{ top_k: 3 }, "There is no setting 'top_k'; did you mean 'topK'?"],
    [{ temperature: "0.5" }, "The temperature must be a number from 0 to 100, not '0.5'."],
    [{ temperature: Number.NaN }, "The temperature must be a number from 0 to 100, not "],
    [{ temperature: null }, "The temperature must be a number from 0 to 100, not null."],
    [{ length: 2.5 }, "The length must be a whole number from 1 to 1,000,000, not 2.5."],
    [{ topK: 0 }, "topK must be a whole number from 1 to 9,007,199,254,740,991, not 0."],
    [{ topP: 0 }, "topP must be a number above 0 and at most 1, not 0."],
    [{ seed: 3 }, "The seed must be text, not 3."],
    [{ rng: -1 }, "rng must be a whole number from 0, not -1."],
    [{ rng: "1" }, "rng must be a whole number from 0, not '1'."],
    [{ seed: window }, "The seed must be text, not a"],
    [{ seed: () => 1 }, "The seed must be text, not a function."],
    ["ab", "The options must be an object such as { seed: \"a\", length: 20 }, not 'ab'."],
  ])("options %#", async (options, message) => {
    const lstm = new LSTMGenerator(FOLDER);
    const refusal = expect(lstm.generate(options as object)).rejects;
    await refusal.toThrow(message);
    await expect(lstm.generate(options as object)).rejects.toBeInstanceOf(p5ml.SettingError);
  });

  it("callbacks, texts, states, paths", async () => {
    const lstm = new LSTMGenerator(FOLDER);
    const odd = 3 as never;
    expect(() => new LSTMGenerator(FOLDER, odd)).toThrow("The callback must be a function, not 3.");
    await expect(lstm.generate({}, odd)).rejects.toThrow("a function that takes the text, not 3.");
    await expect(lstm.predict(1, odd)).rejects.toThrow("that takes the prediction, not 3.");
    await expect(lstm.feed(odd)).rejects.toThrow("Give a text to feed to the network, not 3.");
    await expect(lstm.predict(-1)).rejects.toThrow("from 0 to 100, not -1.");
    for (const state of [null, {}, { c: [], h: 3 }, { c: [{}], h: [{}] }] as never[]) {
      expect(() => lstm.setState(state)).toThrow("The state must be one that getState returned");
    }
    expect(() => lstm.setState({ c: [], h: [] })).toThrow("layers of 6, 6 units.");
    await expect(new LSTMGenerator(odd).generate()).rejects.toThrow("must be given as a path");
    await expect(new LSTMGenerator("http://").generate()).rejects.toThrow("is not valid");
  });
});

it("mends the vocabulary that was published with two letters missing", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const table = { "  ": 13, "": 40, a: 0 };
  pages.set(`${FOLDER}vocab.json`, JSON.stringify(table));
  await expect(new LSTMGenerator(FOLDER).generate()).rejects.toThrow("'u' in the vocabulary is 13");
  expect(warn).toHaveBeenCalledOnce();
  pages.set(`${FOLDER}vocab.json`, JSON.stringify({ ...table, u: 1 }));
  await expect(new LSTMGenerator(FOLDER).generate()).rejects.toThrow("single characters");
});
