// The text of a lane, as the session keeps it; see lstm_widget/widgets/texts.py.
import type { LaneChunk } from "../../kernel/protocol.ts";
import type { Run } from "../writing/run.ts";

/** The text of a lane: a `Run`, and what the views have of it. */
export class LaneText {
  /** Characters that are in the traits. */
  shown = 0;
  #bits = 0;
  /** Of the characters counted so far. */
  #counted = 0;

  constructor(readonly run: Run) {}

  get written(): number {
    return this.run.characters.length;
  }

  /** The surprise of all characters. */
  get bits(): number {
    const { surprise } = this.run;
    for (; this.#counted < this.written; this.#counted += 1) {
      this.#bits += surprise[this.#counted] ?? 0;
    }
    return this.#bits;
  }

  /** Its characters from one position to before another, without the seed. */
  text(start = 0, end = this.written): string {
    return this.run.characters.slice(start, end).join("");
  }

  /** The characters from a position on, for a message. */
  chunk(name: string, position: number): LaneChunk {
    const { characters, temperatures, unread } = this.run;
    const count = Math.max(0, characters.length - position);
    const chunk: LaneChunk = {
      name,
      position,
      count,
      text: this.text(position),
      temperatures: temperatures.filter(([from]) => from >= position),
      bits: this.bits,
    };
    return count === 0 && unread.length > 1 ? { ...chunk, left: unread.length } : chunk;
  }
}
