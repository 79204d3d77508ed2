// What a look inside shows: read again from the text when a view asks, a piece at a time:
// lstm_widget/inspection/inspector.py.
import { SettingError } from "../errors.ts";
import type { Run } from "../writing/run.ts";
import { Again } from "./again.ts";

/** Characters of an answer. */
const MOST = 512;

/** How characters were chosen, and the number of characters before them that are yet to be read. */
export interface Choices {
  /** [n, V], before each. */
  readonly logits: Float32Array;
  readonly ids: Int32Array;
  /** NaN for those of the seed, as are the temperatures. */
  readonly dice: Float64Array;
  readonly temperatures: Float64Array;
  readonly left: number;
}

/** Reads one text again and explains its characters; positions count from the first one of the seed. */
export class Inspector {
  readonly #choices: Again;
  readonly #cells: Again;

  constructor(readonly run: Run) {
    this.#choices = new Again(run);
    this.#cells = new Again(run);
  }

  /** Explain how characters were chosen, in about this many milliseconds at most. */
  choices(position: number, count: number, milliseconds: number): Choices {
    const { run } = this;
    run.watch(); // what is written from now on need not be read again
    const [first = run.characters.length] = run.recent?.keys() ?? [];
    const kept = run.seedLength + first;
    let ids: number[];
    let logits: Float32Array;
    let left = 0;
    if (position >= kept) {
      ids = this.#ids(position, count);
      const start = position - run.seedLength;
      logits = joined(ids.map((_, n) => run.recent?.get(start + n) as Float32Array));
    } else {
      ids = this.#ids(position, Math.min(count, kept - position));
      const read = this.#choices.read(position, ids, milliseconds);
      ({ logits, left } = read);
      ids = ids.slice(0, read.done);
    }
    const how = (of: (at: number) => number) =>
      Float64Array.from(ids, (_, n) => {
        const at = position + n - run.seedLength;
        return at < 0 ? Number.NaN : of(at);
      });
    return {
      logits,
      ids: Int32Array.from(ids),
      dice: how((at) => run.dice.at(at)),
      temperatures: how((at) => run.temperatureAt(at)),
      left,
    };
  }

  /** What a unit did: tanh(c) after each character. */
  activations(
    [layer, unit]: readonly [number, number],
    position: number,
    count: number,
    milliseconds: number,
  ): { values: Float32Array; left: number } {
    const { units } = this.run.writer.engine;
    checkCell([layer, unit], units);
    const read = this.#cells.read(position, this.#ids(position, count), milliseconds);
    const all = sum(units);
    const place = sum(units.slice(0, layer)) + unit;
    const values = new Float32Array(read.done);
    for (let n = 0; n < read.done; n += 1) {
      values[n] = Math.tanh(read.cells[n * all + place] as number);
    }
    return { values, left: read.left };
  }

  #ids(position: number, count: number): number[] {
    return this.run.ids.slice(position, position + Math.min(count, MOST));
  }
}

/** Throw `SettingError` unless a network with these units per layer has the cell. */
export function checkCell(
  [layer, unit]: readonly [number, number],
  units: readonly number[],
): void {
  if (layer >= 0 && unit >= 0 && unit < (units[layer] ?? 0)) return;
  throw new SettingError(
    `There is no cell (${layer}, ${unit}): the layers are 0 to ${units.length - 1}, with ` +
      `[${units.join(", ")}] cells counted from 0.`,
  );
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(sum(rows.map(({ length }) => length)));
  let end = 0;
  for (const row of rows) {
    all.set(row, end);
    end += row.length;
  }
  return all;
}
