// Reading a text again, as much of it at a time as there is time for; see lstm_widget/inspection/inspector.py.
import { Reader } from "../scoring.ts";
import { KeptStates } from "../writing/kept-states.ts";
import type { Run } from "../writing/run.ts";

/** Characters read before the first look at the clock. */
const STEP = 16;

export interface Read {
  /** [n, V], before each character. */
  readonly logits: Float32Array;
  /** [n, sum of all units], after each. */
  readonly cells: Float32Array;
  readonly done: number;
  /** Number of characters before them that are yet to be read. */
  readonly left: number;
}

/** Reads the text of a run from anywhere; where it stopped last, nothing is read twice. */
export class Again {
  readonly #kept = new KeptStates();
  #reader: Reader | null = null;

  constructor(private readonly run: Run) {}

  /** Read characters from a position on, as many as there is time for. */
  read(position: number, ids: readonly number[], milliseconds: number): Read {
    const { engine } = this.run.writer;
    const deadline = performance.now() + milliseconds;
    const reader = this.#at(position);
    this.#reader = null; // an error may leave it half way
    for (const block of blocks(this.run.ids.slice(reader.position, position), deadline)) {
      reader.read(block);
      this.#kept.offer(reader.position, reader.lane);
    }
    const width = engine.units.reduce((total, one) => total + one, 0);
    const size = engine.vocabSize;
    const cells = new Float32Array(ids.length * width);
    const logits = new Float32Array(ids.length * size);
    let done = 0;
    for (const block of reader.position === position ? blocks(ids, deadline) : []) {
      const end = done + block.length;
      logits.set(reader.read(block, cells.subarray(done * width, end * width)), done * size);
      done = end;
      this.#kept.offer(reader.position, reader.lane);
    }
    this.#reader = reader;
    return {
      logits: logits.subarray(0, done * size),
      cells: cells.subarray(0, done * width),
      done,
      left: Math.max(0, position - reader.position),
    };
  }

  /** A reader that has read some of the characters before a position of the text, and no more. */
  #at(position: number): Reader {
    const ours = this.#kept.before(position);
    const theirs = this.run.kept.before(position);
    const { place, state } = ours.place > theirs.place ? ours : theirs;
    const reader = this.#reader;
    const fits = reader !== null && place <= reader.position && reader.position <= position;
    return fits ? reader : new Reader(this.run.writer.engine, place, state);
  }
}

/** Cut up a text that is read until a deadline, one block at least; they grow while there is much time. */
export function* blocks(ids: readonly number[], deadline: number): Generator<number[]> {
  let size = STEP;
  for (let start = 0; start < ids.length; ) {
    const begun = performance.now();
    yield ids.slice(start, start + size);
    start += size;
    const now = performance.now();
    if (now >= deadline) return;
    if (4 * (now - begun) < deadline - now) size *= 2;
  }
}
