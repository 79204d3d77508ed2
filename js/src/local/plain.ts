// The engine in plain JavaScript, for where there is no WebAssembly with SIMD.

import { type Engine, type Lane, StatefulLane } from "./engine.ts";
import { biasOf, firstTable, maskedBias } from "./first-layer.ts";
import type { CharLSTM } from "./model.ts";
import { addProduct } from "./product.ts";
import { numbersOf } from "./tensor.ts";

export class PlainEngine implements Engine {
  readonly math = "javascript";
  readonly units: readonly number[];
  readonly vocabSize: number;
  /** [V, 4H] of the first layer. */
  readonly table: Float32Array;
  /** Of the first layer the recurrent rows only. */
  readonly kernels: readonly Float32Array[];
  /** Of each layer; that of the first is in the table. */
  readonly biases: readonly Float32Array[];
  readonly softmaxW: Float32Array;
  readonly softmaxB: Float32Array;

  constructor(model: CharLSTM) {
    const { weights } = model;
    this.units = weights.layers.map(({ units }) => units);
    this.vocabSize = weights.vocabSize;
    this.table = firstTable(weights);
    this.kernels = weights.layers.map(({ kernel, inputs, units }, number) =>
      numbersOf(kernel).subarray(number ? 0 : inputs * 4 * units),
    );
    this.biases = weights.layers.map(biasOf);
    this.softmaxW = numbersOf(weights.softmaxW);
    this.softmaxB = maskedBias(weights, model.unusedIds);
  }

  lane(count = 1): Lane {
    return new PlainLane(this, count);
  }
}

class PlainLane extends StatefulLane {
  /** The sums of each layer's gates, then of the softmax. */
  private readonly sums: readonly Float64Array[];
  private readonly shown: Float32Array;

  constructor(
    override readonly engine: PlainEngine,
    count: number,
  ) {
    super(engine, count);
    const sizes = [...engine.units.map((units) => 4 * units), engine.vocabSize];
    this.sums = sizes.map((size) => new Float64Array(size));
    this.shown = new Float32Array(count * engine.vocabSize);
  }

  step(ids: ArrayLike<number>): Float32Array {
    for (let text = 0; text < this.count; text += 1) this.feed(text, ids[text] as number);
    return this.logits();
  }

  logits(): Float32Array {
    const { softmaxW, softmaxB, vocabSize, units } = this.engine;
    const z = this.sums[units.length] as Float64Array;
    const total = this.h.length / this.count;
    for (let text = 1; text <= this.count; text += 1) {
      z.set(softmaxB);
      const top = text * total - (units[units.length - 1] as number);
      addProduct(z, this.h.subarray(top, text * total), softmaxW);
      this.shown.set(z, (text - 1) * vocabSize);
    }
    return this.shown;
  }

  read(ids: ArrayLike<number>, cells?: Float32Array): Float32Array {
    const { vocabSize } = this.engine;
    const logits = new Float32Array(ids.length * vocabSize);
    for (let n = 0; n < ids.length; n += 1) {
      logits.set(this.step([ids[n] as number]), n * vocabSize);
      cells?.set(this.c, n * this.c.length);
    }
    return logits;
  }

  /** Feed a character to one of the texts. */
  private feed(text: number, id: number): void {
    const { units, table, biases, kernels } = this.engine;
    let start = (text * this.h.length) / this.count; // of the layer in c and h
    let below = start; // of what it reads
    for (let layer = 0; layer < units.length; layer += 1) {
      const z = this.sums[layer] as Float64Array;
      const end = start + (units[layer] as number);
      z.set(
        layer
          ? (biases[layer] as Float32Array)
          : table.subarray(id * z.length, (id + 1) * z.length),
      );
      // [x, h] lie side by side, as the rows of the kernel do.
      addProduct(z, this.h.subarray(below, end), kernels[layer] as Float32Array);
      this.cell(z, start);
      below = start;
      start = end;
    }
  }

  /** Turn the sums of the gates i, j, f, o of a layer into its next c and h. */
  private cell(z: Float64Array, start: number): void {
    const { c, h } = this;
    const units = z.length / 4;
    for (let n = 0; n < units; n += 1) {
      const i = sigmoid(z[n] as number);
      const j = Math.tanh(z[units + n] as number);
      const f = sigmoid(z[2 * units + n] as number);
      const o = sigmoid(z[3 * units + n] as number);
      const next = f * (c[start + n] as number) + i * j;
      c[start + n] = next;
      h[start + n] = o * Math.tanh(next);
    }
  }
}

function sigmoid(a: number): number {
  return 1 / (1 + Math.exp(-a));
}
