// The packed weights of a network in the memory of WebAssembly, and behind them room for what is computed.

import { type Arithmetic, arithmeticIn } from "./arithmetic.ts";
import {
  areHalves,
  gateColumns,
  HALF_SCALE,
  INPUTS,
  OUTPUTS,
  pack,
  padded,
  plainColumns,
  rowsOf,
} from "./panels.ts";
import type { Weights } from "./weights.ts";

const PAGE = 65_536; // bytes; memory comes in pages
const FLOAT = 4;
const LINE = 64; // of the cache

/** A kernel in the memory, and the place of what it reads in the record of a text. */
interface Kernel {
  readonly w: number;
  readonly panels: number;
  readonly inputs: number;
  readonly x: number;
}

/** Each text has a record: h of every layer, c of every layer, then the sums z. Places in it are in numbers. */
export class WasmNetwork {
  /** Of each layer, then the softmax. */
  private readonly kernels: readonly Kernel[];
  private readonly halves: boolean;
  /** What h is multiplied with in a record; see `assembly/network.ts`. */
  readonly scale: number;
  /** Where each layer's h is in a record; its c is `cells` further on. */
  readonly starts: readonly number[];
  readonly cells: number;
  /** Where the sums are. */
  readonly sums: number;
  /** From one record to the next. */
  readonly apart: number;

  private readonly memory: WebAssembly.Memory;
  private readonly arithmetic: Arithmetic;
  /** The byte where the records begin. */
  private readonly first: number;
  private view = new Float32Array(0);

  constructor({ layers, softmaxW, vocabSize }: Weights) {
    const units = layers.map((layer) => layer.units);
    const parts = layers.map((layer, n) => ({
      tensor: layer.kernel,
      // What the first layer takes in is in a table.
      rows: n ? rowsOf(0, layer.inputs, layer.units) : rowsOf(layer.inputs, layer.units),
      columns: gateColumns(layer.units),
    }));
    const top = units[units.length - 1] as number;
    parts.push({ tensor: softmaxW, rows: rowsOf(0, top), columns: plainColumns(vocabSize) });
    const halves = areHalves(parts.map(({ tensor }) => tensor));
    this.halves = halves;
    this.scale = halves ? 2 ** 112 / HALF_SCALE : 1;

    let end = 0;
    this.starts = units.map((count) => {
      end += padded(count, INPUTS);
      return end - padded(count, INPUTS);
    });
    this.cells = end;
    this.sums = 2 * end;
    const widest = Math.max(...parts.map(({ columns }) => columns.length));
    // Records that are a power of two apart would take each other's place in the cache.
    this.apart = 2 * end + padded(widest, OUTPUTS) + OUTPUTS;

    const sizes = parts.map(
      ({ rows, columns }) => rows.length * columns.length * (halves ? 2 : FLOAT),
    );
    let place = 0;
    const places = sizes.map((size) => {
      place += padded(size, LINE);
      return place - padded(size, LINE);
    });
    this.first = place;
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(this.first / PAGE) });
    this.arithmetic = arithmeticIn(this.memory);
    const Kind = halves ? Uint16Array : Float32Array;
    this.kernels = parts.map(({ tensor, rows, columns }, n) => {
      const w = places[n] as number;
      pack(tensor, rows, columns, new Kind(this.memory.buffer, w, rows.length * columns.length));
      const x = this.starts[Math.max(n - 1, 0)] as number;
      return { w, panels: columns.length / OUTPUTS, inputs: rows.length, x };
    });
  }

  /** The records of so many texts, one after the other; they hold what was computed last. */
  records(count: number): Float32Array {
    const size = count * this.apart;
    if (this.view.length < size) {
      const missing = this.first + size * FLOAT - this.memory.buffer.byteLength;
      if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
      this.view = new Float32Array(this.memory.buffer, this.first, size);
    }
    return this.view;
  }

  /** Add what a kernel, of a layer or the softmax, makes of its inputs to the sums of each text. */
  add(kernel: number, count: number): void {
    const { w, panels, inputs, x } = this.kernels[kernel] as Kernel;
    const add = this.halves ? this.arithmetic.addHalf : this.arithmetic.addFloat;
    const from = this.first + x * FLOAT;
    const to = this.first + this.sums * FLOAT;
    add(w, panels, inputs, from, to, count, this.apart * FLOAT);
  }

  /** Turn the sums of a layer into its next c and h. */
  cell(layer: number, count: number): void {
    const h = this.starts[layer] as number;
    const groups = (this.kernels[layer] as Kernel).panels;
    for (let text = 0; text < count; text += 1) {
      const record = this.first + text * this.apart * FLOAT;
      const place = record + h * FLOAT;
      const c = place + this.cells * FLOAT;
      this.arithmetic.cell(record + this.sums * FLOAT, groups, c, place, this.scale);
    }
  }
}
