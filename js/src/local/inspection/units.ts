// Cells worth looking at: units whose activation, tanh(c), follows something that a person can name:
// lstm_widget/inspection/units.py.
import type { Cell } from "../../kernel/protocol.ts";
import { BLOCK, Reader } from "../scoring.ts";
import { advanceTogether } from "../writing/batch.ts";
import { Rolled } from "../writing/rolled.ts";
import { Run } from "../writing/run.ts";
import { defaultSeed } from "../writing/typed.ts";
import type { Writer } from "../writing/writer.ts";
import { Correlations } from "./correlations.ts";
import { FOLLOWED, LEAST_ENDS, LEAST_OUTSTANDING } from "./followed.ts";

/** The text that a model writes for itself. */
const WRITTEN = 10_000;
const TEMPERATURE = 0.7;
const RNG = 0;
/** Multiplications that a network does at a time: about 20 ms. */
const AT_A_TIME = 30_000_000;

/** Looks for cells worth looking at, a piece of the work at a time; the same model gives the same cells. */
export class CellFinder {
  /** What was found; empty until all is done. */
  cells: Cell[] = [];
  readonly #steps: Generator<number>;
  #done = 0;

  constructor(private readonly writer: Writer) {
    this.#steps = this.#work();
  }

  /** Go on for about this many milliseconds, at least one step; return how much is done, from 0 to 1. */
  advance(milliseconds: number): number {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const { done, value } = this.#steps.next();
      if (done) break;
      this.#done = value;
      if (performance.now() >= deadline) break;
    }
    return this.#done;
  }

  /** Do it all in short steps, and yield after each how much is done. */
  *#work(): Generator<number> {
    const { writer } = this;
    const { engine, model } = writer;
    const size = Math.max(1, Math.min(BLOCK, Math.floor(AT_A_TIME / productsOf(engine.units))));
    const seed = defaultSeed(writer);
    const settings = { seed, length: WRITTEN, temperature: TEMPERATURE, top_k: null, top_p: null };
    const run = new Run(writer, settings, new Rolled(RNG));
    while (!run.finished) {
      advanceTogether([run], size);
      yield (0.5 * run.characters.length) / WRITTEN;
    }
    const text = run.ids.map((id) => model.characters[id] ?? "");
    const names: string[] = [];
    const values: Float64Array[] = [];
    for (const [name, followed] of Object.entries(FOLLOWED)) {
      const found = Float64Array.from(followed(text));
      const middle = Math.floor(text.length / 2);
      if ([found.subarray(0, middle), found.subarray(middle)].every(standsOut)) {
        names.push(name);
        values.push(found);
      }
      yield 0.5;
    }
    if (names.length > 0) {
      const correlations = new Correlations(names, values, engine.units);
      for (const end of this.#read(run.ids, size, correlations)) {
        if (end < text.length) yield 0.5 + (0.5 * end) / text.length;
      }
      this.cells = correlations.best();
    }
    yield 1;
  }

  /** Read a text, and yield after each block how much of it was read. */
  *#read(ids: readonly number[], size: number, correlations: Correlations): Generator<number> {
    const { engine } = this.writer;
    const reader = new Reader(engine);
    const width = engine.units.reduce((sum, one) => sum + one, 0);
    for (let start = 0; start < ids.length; start += size) {
      const block = ids.slice(start, start + size);
      const cells = new Float32Array(block.length * width);
      reader.read(block, cells);
      for (let n = 0; n < cells.length; n += 1) cells[n] = Math.tanh(cells[n] as number);
      for (let n = 0; n < block.length; n += 1) {
        correlations.add(start + n, cells.subarray(n * width, (n + 1) * width));
      }
      yield start + block.length;
    }
  }
}

/** Whether there is enough to follow: often enough something unusual, that often enough ends. */
export function standsOut(values: Float64Array): boolean {
  const defined = values.filter((value) => !Number.isNaN(value));
  if (defined.length === 0) return false;
  const counts = new Map<number, number>();
  for (const value of defined) counts.set(value, (counts.get(value) ?? 0) + 1);
  const outstanding = defined.length - Math.max(...counts.values());
  const ends = defined.reduce(
    (sum, value, n) => sum + Number(n > 0 && value < (defined[n - 1] as number)),
    0,
  );
  return outstanding >= LEAST_OUTSTANDING && ends >= LEAST_ENDS;
}

/** About how many multiplications a step takes. */
function productsOf(units: readonly number[]): number {
  return units.reduce((sum, one, layer) => sum + 4 * one * (one + (units[layer - 1] ?? 0)), 0);
}
