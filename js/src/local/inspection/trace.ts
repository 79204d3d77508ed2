// How each character of a text was chosen, found by reading it once more: lstm_widget/inspection/trace.py.
import { explain } from "../choosing.ts";
import { rowOf } from "../engine.ts";
import { BLOCK, Reader, surpriseOf } from "../scoring.ts";
import type { Run } from "../writing/run.ts";

/** How one character was chosen. */
export interface Chosen {
  readonly character: string;
  readonly id: number;
  /** In [0, 1). */
  readonly die: number;
  readonly temperature: number;
  /** Place among all characters of the model; 0 is the most likely. */
  readonly rank: number;
  /** With which it was chosen: at its temperature, among those that top-k and top-p keep. */
  readonly probability: number;
  /** Of that choice, in bits: 0 where nothing was left to chance. */
  readonly entropy: number;
  /** In bits, whatever it was chosen with. */
  readonly surprise: number;
  /** Whether it was put there by hand, so that its die chose nothing. */
  readonly forced: boolean;
}

/** Explain how each character of a text was chosen; it may be written on afterwards. */
export function trace(run: Run): Chosen[] {
  const { engine } = run.writer;
  const { top_k, top_p } = run.settings;
  const reader = new Reader(engine);
  reader.read(run.ids.slice(0, run.seedLength));
  const ids = run.ids.slice(run.seedLength);
  const found: Chosen[] = [];
  for (let start = 0; start < ids.length; start += BLOCK) {
    const block = ids.slice(start, start + BLOCK);
    const rows = reader.read(block);
    for (const [n, id] of block.entries()) {
      const position = start + n;
      const logits = rowOf(rows, n, engine.vocabSize);
      const temperature = run.temperatureAt(position);
      found.push({
        character: run.characters[position] ?? "",
        id,
        die: run.dice.at(position),
        temperature,
        ...explain(logits, id, temperature, top_k, top_p),
        surprise: surpriseOf(logits, id),
        forced: run.forced.has(position),
      });
    }
  }
  return found;
}
