// Cells worth looking at: units whose activation, tanh(c), follows something that a person can name:
// lstm_widget/inspection/units.py.
import type { Cell } from "../../kernel/protocol.ts";
import type { Lane } from "../engine.ts";
import { BLOCK } from "../scoring.ts";
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
/** Of the work, what is done once the text is written. */
const SHARE = 0.9;

/**
 * Looks for cells worth looking at, a piece of the work at a time; the same model gives the same cells. What each cell
 * does is noted while the text is written: in a page, reading it once more would take as long as writing it.
 */
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
    const activations: Float32Array[] = [];
    const seed = defaultSeed(writer);
    const settings = { seed, length: WRITTEN, temperature: TEMPERATURE, top_k: null, top_p: null };
    const run = new Run(writer, settings, new Rolled(RNG));
    const all = run.ids.length + WRITTEN;
    while (activations.length < all) {
      if (run.finished) run.lane.step(run.unread);
      else advanceTogether([run], 1, 0); // a step of the network
      activations.push(activationsOf(run.lane));
      if (activations.length % size === 0) yield (SHARE * activations.length) / all;
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
      yield SHARE;
    }
    if (names.length > 0) {
      const correlations = new Correlations(names, values, engine.units);
      for (const [n, one] of activations.entries()) {
        correlations.add(n, one);
        if (n % BLOCK === BLOCK - 1) yield SHARE + ((1 - SHARE) * n) / all;
      }
      this.cells = correlations.best();
    }
    yield 1;
  }
}

/** tanh(c) of every cell, the first layer's first. */
function activationsOf({ state, engine }: Lane): Float32Array {
  const found = new Float32Array(engine.units.reduce((sum, one) => sum + one, 0));
  let end = 0;
  for (const c of state.c) {
    found.set(c.map(Math.tanh), end);
    end += c.length;
  }
  return found;
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
