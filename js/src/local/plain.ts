// The engine in plain JavaScript, for where there is no WebAssembly with SIMD.

import { type Engine, type Lane, StatefulLane } from "./engine.ts";
import { biasOf, firstTable, maskedBias } from "./first-layer.ts";
import type { CharLSTM } from "./model.ts";
import { numbersOf } from "./tensor.ts";

/** A kernel [rows, columns] in float32. */
interface Kernel {
  readonly numbers: Float32Array;
  readonly columns: number;
}

export class PlainEngine implements Engine {
  readonly math = "javascript";
  readonly units: readonly number[];
  readonly vocabSize: number;
  /** [V, 4H] of the first layer. */
  readonly table: Float32Array;
  /** Of the first layer the recurrent rows only. */
  readonly kernels: readonly Kernel[];
  /** Of each layer; that of the first is in the table. */
  readonly biases: readonly Float32Array[];
  readonly softmaxW: Kernel;
  readonly softmaxB: Float32Array;

  constructor(model: CharLSTM) {
    const { weights } = model;
    this.units = weights.layers.map(({ units }) => units);
    this.vocabSize = weights.vocabSize;
    this.table = firstTable(weights);
    this.kernels = weights.layers.map(({ kernel, inputs, units }, number) => {
      const numbers = numbersOf(kernel);
      return {
        numbers: number ? numbers : numbers.subarray(inputs * 4 * units),
        columns: 4 * units,
      };
    });
    this.biases = weights.layers.map(biasOf);
    this.softmaxW = { numbers: numbersOf(weights.softmaxW), columns: weights.vocabSize };
    this.softmaxB = maskedBias(weights, model.unusedIds);
  }

  lane(count = 1): Lane {
    return new PlainLane(this, count);
  }
}

class PlainLane extends StatefulLane {
  /** Sums, [L, the widest layer's 4H or V]: in float64, which costs nothing here. */
  private readonly z: Float64Array;
  private readonly width: number;
  private readonly shown: Float32Array;

  constructor(
    override readonly engine: PlainEngine,
    count: number,
  ) {
    super(engine, count);
    this.width = Math.max(engine.vocabSize, ...engine.units.map((units) => 4 * units));
    this.z = new Float64Array(count * this.width);
    this.shown = new Float32Array(count * engine.vocabSize);
  }

  step(ids: ArrayLike<number>): Float32Array {
    const { units, table, biases, kernels } = this.engine;
    let start = 0; // of the layer in c and h
    let below = 0; // of what it reads
    units.forEach((count, layer) => {
      const columns = 4 * count;
      for (let lane = 0; lane < this.count; lane += 1) {
        const id = ids[lane] as number;
        const addend = layer
          ? (biases[layer] as Float32Array)
          : table.subarray(id * columns, (id + 1) * columns);
        this.z.set(addend, lane * this.width);
      }
      // [x, h] lie side by side, as the rows of the kernel do.
      this.addProduct(kernels[layer] as Kernel, below, start + count);
      for (let lane = 0; lane < this.count; lane += 1) this.cell(lane, count, start);
      below = start;
      start += count;
    });
    return this.logits();
  }

  logits(): Float32Array {
    const { softmaxW, softmaxB, vocabSize, units } = this.engine;
    const total = this.h.length / this.count;
    for (let lane = 0; lane < this.count; lane += 1) this.z.set(softmaxB, lane * this.width);
    this.addProduct(softmaxW, total - (units[units.length - 1] as number), total);
    for (let lane = 0; lane < this.count; lane += 1) {
      const from = lane * this.width;
      this.shown.set(this.z.subarray(from, from + vocabSize), lane * vocabSize);
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

  /** Add h[begin:end] @ kernel to the sums of each stream, four rows at a time. */
  private addProduct({ numbers, columns }: Kernel, begin: number, end: number): void {
    const total = this.h.length / this.count;
    for (let k = begin; k < end; k += 4) {
      const rows = Math.min(4, end - k);
      const first = (k - begin) * columns;
      for (let lane = 0; lane < this.count; lane += 1) {
        const x = this.h.subarray(lane * total + k, lane * total + k + rows);
        const z = this.z.subarray(lane * this.width, lane * this.width + columns);
        if (rows === 4) addFour(z, numbers, first, columns, x);
        else
          for (let n = 0; n < rows; n += 1) addOne(z, numbers, first + n * columns, x[n] as number);
      }
    }
  }

  /** Turn the sums of the gates i, j, f, o of a layer into its next c and h. */
  private cell(lane: number, units: number, start: number): void {
    const { z, c, h } = this;
    const gates = lane * this.width;
    const first = (lane * this.h.length) / this.count + start;
    for (let n = 0; n < units; n += 1) {
      const i = sigmoid(z[gates + n] as number);
      const j = Math.tanh(z[gates + units + n] as number);
      const f = sigmoid(z[gates + 2 * units + n] as number);
      const o = sigmoid(z[gates + 3 * units + n] as number);
      const next = f * (c[first + n] as number) + i * j;
      c[first + n] = next;
      h[first + n] = o * Math.tanh(next);
    }
  }
}

function addFour(
  z: Float64Array,
  w: Float32Array,
  first: number,
  columns: number,
  x: Float32Array,
): void {
  const [x0, x1, x2, x3] = x as unknown as [number, number, number, number];
  const second = first + columns;
  const third = second + columns;
  const fourth = third + columns;
  for (let n = 0; n < columns; n += 1) {
    (z[n] as number) +=
      x0 * (w[first + n] as number) +
      x1 * (w[second + n] as number) +
      (x2 * (w[third + n] as number) + x3 * (w[fourth + n] as number));
  }
}

function addOne(z: Float64Array, w: Float32Array, first: number, x: number): void {
  for (let n = 0; n < z.length; n += 1) (z[n] as number) += x * (w[first + n] as number);
}

function sigmoid(a: number): number {
  return 1 / (1 + Math.exp(-a));
}
