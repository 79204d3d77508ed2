// Reads a folder as the charRNN of ml5.js does and makes the TensorFlow.js calls that it makes, in its order.
//
//   node ml5-charrnn.mjs logits FOLDER "[3, 1, 4]"    prints the logits after each of the ids, as JSON
//   node ml5-charrnn.mjs greedy FOLDER "The " 80      prints the most likely continuation
//   node ml5-charrnn.mjs speed  FOLDER 500            prints the characters per second of one stream
//
// ml5.js itself reads the output layer from h[1], so it can run networks of two layers only; it takes the
// number of characters for the number of ids; and it knows no name for the output layer but "softmax".
// With --any after the other arguments these three are put right, and nothing else is different.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";

const { values, positionals } = parseArgs({
  options: { any: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [mode, folder, ...rest] = positionals;

const CELL = /cell_[0-9]|lstm_[0-9]/i;
const MATRIX = /weight|kernel|w/i; // a "w" anywhere in the name is enough
const OUTPUT = values.any ? /softmax|fully_connected/i : /softmax/i;

const readJSON = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));

function readVariable({ filename, shape }) {
  const bytes = new Uint8Array(readFileSync(join(folder, filename)));
  return tf.tensor(new Float32Array(bytes.buffer), shape);
}

// The variables are told apart by their names; a layer's number is the first digit in its name.
const kernels = {};
const biases = {};
const output = {};
const others = {};
let layers = 0;
for (const [name, entry] of Object.entries(readJSON("manifest.json"))) {
  const variable = readVariable(entry);
  if (CELL.test(name)) {
    const isKernel = MATRIX.test(name);
    (isKernel ? kernels : biases)[name.match(/[0-9]/)[0]] = variable;
    layers += isKernel ? 1 : 0;
  } else if (OUTPUT.test(name)) {
    output[MATRIX.test(name) ? "weights" : "biases"] = variable;
  } else {
    others[name] = variable;
  }
}
const top = values.any ? layers - 1 : 1;

const vocab = readJSON("vocab.json");
const width = values.any ? output.biases.shape[0] : Object.keys(vocab).length;

const cells = [];
let state = { c: [], h: [] };
for (let n = 0; n < layers; n += 1) {
  const units = biases[n].shape[0] / 4;
  state.c.push(tf.zeros([1, units]));
  state.h.push(tf.zeros([1, units]));
  cells.push((data, c, h) => tf.basicLSTMCell(1.0, kernels[n], biases[n], data, c, h));
}

function read(id) {
  const buffer = tf.buffer([1, width]);
  const [c, h] = tf.tidy(() => {
    buffer.set(1.0, 0, id);
    const onehot = buffer.toTensor();
    const data = others.embedding ? tf.matMul(onehot, others.embedding) : onehot;
    return tf.multiRNNCell(cells, data, state.c, state.h);
  });
  tf.dispose(state);
  state = { c, h };
}

const logits = () => tf.add(tf.matMul(state.h[top], output.weights), output.biases);

function character(id) {
  const found = Object.keys(vocab).find((key) => vocab[key] === id);
  if (found === undefined) throw new Error(`The id ${id} has no character.`);
  return found;
}

function sample(probabilities) {
  const chance = Math.random();
  let sum = 0;
  const id = probabilities.findIndex((probability) => {
    sum += probability;
    return chance < sum;
  });
  return id === -1 ? 0 : id; // once in millions of characters the sum stays below the chance
}

const modes = {
  logits(ids) {
    const each = JSON.parse(ids).map((id) => {
      read(id);
      return Array.from(tf.tidy(logits).dataSync());
    });
    return JSON.stringify(each);
  },

  greedy(seed, length) {
    for (const key of seed) {
      if (vocab[key] === undefined) throw new Error(`The model does not know ${key}.`);
      read(vocab[key]);
    }
    let text = "";
    for (let n = 0; n < Number(length); n += 1) {
      const id = tf.tidy(() => tf.argMax(logits(), 1)).dataSync()[0];
      text += character(id);
      read(id);
    }
    return text;
  },

  async speed(count) {
    const temperature = 0.5;
    let id = 0;
    const write = async (characters) => {
      for (let n = 0; n < characters; n += 1) {
        read(id);
        const normalized = tf.tidy(() => {
          const probabilities = tf.exp(tf.div(logits(), tf.tensor(temperature)));
          return tf.div(probabilities, tf.sum(probabilities));
        });
        id = sample(await normalized.data());
        normalized.dispose();
      }
    };
    await write(50); // the first ones are slower
    const start = performance.now();
    await write(Number(count));
    return String((1000 * Number(count)) / (performance.now() - start));
  },
};

process.stdout.write(await modes[mode](...rest));
