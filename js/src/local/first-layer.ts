// What the first layer takes in, folded into a table with one row per character; and the other biases.

import { addProduct } from "./product.ts";
import { numbersOf } from "./tensor.ts";
import { FORGET_BIAS, type Layer, type Weights } from "./weights.ts";

/** The sums of the first layer's gates, but for its own last output: embedding, kernel and bias, [V, 4H]. */
export function firstTable({ layers, embedding, vocabSize }: Weights): Float32Array {
  const [layer] = layers as readonly [Layer];
  const { inputs, units } = layer;
  const width = 4 * units;
  const kernel = numbersOf(layer.kernel, inputs * width);
  const bias = biasOf(layer);
  const rows = embedding && numbersOf(embedding);
  const table = new Float32Array(vocabSize * width);
  const sums = new Float64Array(width);
  for (let id = 0; id < vocabSize; id += 1) {
    // In float64 and rounded once, as the rest of the sum comes on top.
    if (rows === null) sums.set(kernel.subarray(id * width, (id + 1) * width));
    else addProduct(sums.fill(0), rows.subarray(id * inputs, (id + 1) * inputs), kernel);
    for (let n = 0; n < width; n += 1) (sums[n] as number) += bias[n] as number;
    table.set(sums, id * width);
  }
  return table;
}

/** The bias of a layer, the forget bias added. */
export function biasOf({ bias, units }: Layer): Float32Array {
  const sums = numbersOf(bias).slice();
  for (let n = 2 * units; n < 3 * units; n += 1) (sums[n] as number) += FORGET_BIAS;
  return sums;
}

/** The bias of the softmax: minus infinity for the ids without a character, so that none is ever chosen. */
export function maskedBias({ softmaxB }: Weights, unused: readonly number[]): Float32Array {
  const bias = numbersOf(softmaxB).slice();
  for (const id of unused) bias[id] = Number.NEGATIVE_INFINITY;
  return bias;
}
