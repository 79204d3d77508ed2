// The engine in WebAssembly with SIMD. A lane brings its state into the memory for each step and takes it back,
// so that any number of lanes share the same room, and none has to be given back.

import { type Engine, type Lane, StatefulLane } from "./engine.ts";
import { biasOf, firstTable, maskedBias } from "./first-layer.ts";
import type { CharLSTM } from "./model.ts";
import { gateColumns } from "./panels.ts";
import { WasmNetwork } from "./wasm-network.ts";

export class WasmEngine implements Engine {
  readonly math = "wasm";
  readonly units: readonly number[];
  readonly vocabSize: number;
  readonly network: WasmNetwork;
  /** What each layer's sums begin with, as they lie in the memory: for the first a row per id. */
  readonly addends: readonly Float32Array[];
  readonly softmaxB: Float32Array;

  /** Throws where there is no WebAssembly with SIMD, or where a page forbids it. */
  constructor(model: CharLSTM) {
    const { weights } = model;
    this.units = weights.layers.map(({ units }) => units);
    this.vocabSize = weights.vocabSize;
    this.network = new WasmNetwork(weights);
    this.addends = weights.layers.map((layer, n) =>
      gathered(n ? biasOf(layer) : firstTable(weights), layer.units),
    );
    this.softmaxB = maskedBias(weights, model.unusedIds);
  }

  lane(count = 1): Lane {
    return new WasmLane(this, count);
  }
}

/** Rows of 4H numbers with the gates of each unit together, as in the panels. */
function gathered(rows: Float32Array, units: number): Float32Array {
  const columns = gateColumns(units);
  const found = new Float32Array((rows.length / (4 * units)) * columns.length);
  for (let n = 0; n < found.length; n += 1) {
    const column = columns[n % columns.length] as number;
    if (column >= 0) found[n] = rows[Math.floor(n / columns.length) * 4 * units + column] as number;
  }
  return found;
}

class WasmLane extends StatefulLane {
  private readonly shown: Float32Array;

  constructor(
    override readonly engine: WasmEngine,
    count: number,
  ) {
    super(engine, count);
    this.shown = new Float32Array(count * engine.vocabSize);
  }

  step(ids: ArrayLike<number>): Float32Array {
    const records = this.bring();
    this.feed(records, ids);
    this.predict(records, this.shown);
    this.take(records);
    return this.shown;
  }

  logits(): Float32Array {
    return this.predict(this.bring(), this.shown);
  }

  read(ids: ArrayLike<number>, cells?: Float32Array): Float32Array {
    const { vocabSize } = this.engine;
    const logits = new Float32Array(ids.length * vocabSize);
    const records = this.bring();
    for (let n = 0; n < ids.length; n += 1) {
      this.feed(records, [ids[n] as number]);
      this.predict(records, logits.subarray(n * vocabSize, (n + 1) * vocabSize));
      if (cells)
        this.takeCells(records, cells.subarray(n * this.c.length, (n + 1) * this.c.length));
    }
    this.take(records);
    return logits;
  }

  private feed(records: Float32Array, ids: ArrayLike<number>): void {
    const { network, units, addends } = this.engine;
    for (let layer = 0; layer < units.length; layer += 1) {
      const addend = addends[layer] as Float32Array;
      const width = 4 * 4 * Math.ceil((units[layer] as number) / 4);
      for (let text = 0; text < this.count; text += 1) {
        const row = layer ? 0 : (ids[text] as number) * width;
        records.set(addend.subarray(row, row + width), text * network.apart + network.sums);
      }
      network.add(layer, this.count);
      network.cell(layer, this.count);
    }
  }

  private predict(records: Float32Array, logits: Float32Array): Float32Array {
    const { network, units, softmaxB, vocabSize } = this.engine;
    const { apart, sums } = network;
    for (let text = 0; text < this.count; text += 1) records.set(softmaxB, text * apart + sums);
    network.add(units.length, this.count);
    for (let text = 0; text < this.count; text += 1) {
      const start = text * apart + sums;
      logits.set(records.subarray(start, start + vocabSize), text * vocabSize);
    }
    return logits;
  }

  /** Write the state of each text into its record. */
  private bring(): Float32Array {
    const { network } = this.engine;
    const { cells, scale } = network;
    const records = network.records(this.count);
    this.eachLayer((place, start, units) => {
      records.set(this.c.subarray(start, start + units), place + cells);
      for (let n = 0; n < units; n += 1) records[place + n] = (this.h[start + n] as number) * scale;
    });
    return records;
  }

  private take(records: Float32Array): void {
    const { scale } = this.engine.network;
    this.takeCells(records, this.c);
    this.eachLayer((place, start, units) => {
      for (let n = 0; n < units; n += 1) this.h[start + n] = (records[place + n] as number) / scale;
    });
  }

  private takeCells(records: Float32Array, cells: Float32Array): void {
    this.eachLayer((place, start, units) => {
      const c = place + this.engine.network.cells;
      cells.set(records.subarray(c, c + units), start);
    });
  }

  /** For each layer of each text: where it is in the records, where in the state, and its units. */
  private eachLayer(visit: (place: number, start: number, units: number) => void): void {
    const { units, network } = this.engine;
    let start = 0;
    for (let text = 0; text < this.count; text += 1) {
      for (let layer = 0; layer < units.length; layer += 1) {
        const count = units[layer] as number;
        visit(text * network.apart + (network.starts[layer] as number), start, count);
        start += count;
      }
    }
  }
}
