// `lstm-generator.js` as it is shipped, in Node, for comparisons with Python: a request and its answer are one line
// of JSON each, as those of `local-harness.ts`.

import { createInterface } from "node:readline";
import { LSTMError, LSTMGenerator } from "../../lstm_widget/static/lstm-generator.js";

let generator = new LSTMGenerator();

const answers = {
  /** Make a generator, and wait for its callback. */
  async make({ path }) {
    const called = await new Promise((resolve, reject) => {
      const made = new LSTMGenerator(path, () => resolve(made.ready));
      generator = made;
      made.predict().catch(reject); // which waits for the model, and hears why there is none
    });
    return called;
  },

  /** Make one without waiting for anything. */
  begin({ path }) {
    generator = new LSTMGenerator(path);
  },

  about() {
    const { ready, model, cellsAmount, vocab, vocabSize, math, defaults } = generator;
    return { ready, card: model?.card, cellsAmount, vocab, vocabSize, math, defaults };
  },

  /** Call several methods without waiting in between; `rng` may be larger than JSON's numbers. */
  async call({ calls }) {
    const found = calls.map(([method, ...given]) => generator[method](...given.map(withDice)));
    return Promise.all(found);
  },
};

function withDice(given) {
  return typeof given?.rng === "string" ? { ...given, rng: BigInt(given.rng) } : given;
}

/** Arrays of numbers as lists. */
function plain(_, value) {
  return value instanceof Float32Array ? [...value] : value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { question, ...details } = JSON.parse(line);
  let told;
  try {
    told = { answer: (await answers[question](details)) ?? null };
  } catch (error) {
    told =
      error instanceof LSTMError ? { refused: error.message } : { failed: String(error.stack) };
  }
  console.log(JSON.stringify(told, plain));
}
