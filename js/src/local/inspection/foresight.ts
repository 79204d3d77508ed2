// What comes after a seed; see lstm_widget/inspection/inspector.py.
import { Reader } from "../scoring.ts";
import { KeptStates } from "../writing/kept-states.ts";
import { asTyped, idsOf } from "../writing/typed.ts";
import type { Writer } from "../writing/writer.ts";
import { blocks } from "./again.ts";

/** What comes after a seed. While it is typed, only what is new is read. */
export class Foresight {
  #read: number[] = [];
  #kept = new KeptStates();
  #reader: Reader | null = null;

  constructor(readonly writer: Writer) {}

  /** The logits after a seed, [V], and the number of its characters that there was no time to read. */
  logits(seed: string, milliseconds: number): { logits: Float32Array; left: number } {
    const deadline = performance.now() + milliseconds;
    const { model, engine } = this.writer;
    const ids = idsOf(asTyped(seed, this.writer).text, model);
    const differs = this.#read.findIndex((id, n) => id !== ids[n]);
    const same = differs < 0 ? this.#read.length : differs;
    let reader = this.#reader;
    this.#reader = null; // an error may leave it half way
    if (reader === null || same < this.#read.length) {
      this.#kept = this.#kept.upTo(same);
      const { place, state } = this.#kept.before(same);
      reader = new Reader(engine, place, state);
    }
    for (const block of blocks(ids.slice(reader.position), deadline)) {
      reader.read(block);
      this.#kept.offer(reader.position, reader.lane);
    }
    this.#reader = reader;
    this.#read = ids.slice(0, reader.position);
    return { logits: reader.expected, left: ids.length - reader.position };
  }
}
