import { firstThat } from "../dom/search.ts";
import { LineEnds } from "./line-ends.ts";
import { countCharacters } from "./positions.ts";
import type { TextBlocks } from "./text-blocks.ts";
import type { TextPieces } from "./text-pieces.ts";

/** What may turn the direction of the text behind it, up to the next line end. */
const TURNING =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\ud802\ud803\ud83a\ud83b]/;
/** Lines; a long one in parts, since a browser copies a text node whose text grows. */
const LINES = /[^\n]{1,4000}\n?|\n/gu;
const PIECE = 4000;

/**
 * Writes a text line by line into blocks of whole lines, as a line end at the end of a block shows none of its own.
 * Text that is there stays in its node, so that selections and highlights stay.
 */
export class TextLines {
  /** Characters since the last line end. */
  #column = 0;
  readonly #ends = new LineEnds();

  /**
   * @param flow what holds the blocks
   * @param isLaidOut whether lines are on the screen
   */
  constructor(
    private readonly flow: HTMLElement,
    private readonly pieces: TextPieces,
    private readonly blocks: TextBlocks,
    private readonly isLaidOut: () => boolean,
  ) {}

  /** Whether they are lines of prose, which may go on behind their ends. */
  get areProse(): boolean {
    return this.#ends.isProse;
  }

  /**
   * Begin with the seed.
   * @param letters what holds the node of the seed
   * @param behind what stands behind it
   */
  begin(seed: Text, letters: HTMLElement, ...behind: HTMLElement[]): void {
    this.blocks.clear();
    this.#column = seed.length - 1 - seed.data.lastIndexOf("\n");
    this.pieces.begin(seed);
    this.#beginBlock(letters, ...behind);
    this.blocks.filled = seed.length;
  }

  /** The letters of the seed are other ones. */
  reseed(seed: Text): void {
    this.pieces.begin(seed, true);
    this.blocks.beginAt(-this.pieces.seedLength);
    if (this.pieces.length === 0) this.blocks.filled = seed.length;
  }

  /** Write more. */
  write(text: string): void {
    for (const line of text.match(LINES) ?? []) {
      const isEnded = line.endsWith("\n");
      if (line !== "\n") this.#write(isEnded ? line.slice(0, -1) : line);
      if (isEnded) this.#endLine();
    }
  }

  /**
   * Let a block that is too long begin without a line end, with the last line on the screen; at this width that
   * changes nothing. Only text that was not there before, from `seen` on in the last node, may move.
   * @returns whether there is another block
   */
  cut(seen: number): boolean {
    const node = this.pieces.last;
    const block = this.#block;
    if (!this.blocks.isLongest || !this.isLaidOut()) return false;
    if (TURNING.test(block.textContent ?? "")) return false;
    const range = document.createRange();
    const bottom = (offset: number) => {
      range.setStart(node, offset);
      range.setEnd(node, offset + 1);
      return range.getBoundingClientRect().bottom;
    };
    const last = node.length - 1;
    const line = bottom(last);
    const start = firstThat(seen, last, (offset) => bottom(offset) >= line);
    if (start === seen) return false; // the line may begin in older text
    const position = this.pieces.length - countCharacters(node.data.slice(start));
    const rest = this.pieces.nodeFrom(position);
    block.classList.add("lstm-text-cut");
    this.blocks.add(position, rest);
    this.blocks.filled = rest.length;
    return true;
  }

  #write(line: string): void {
    let node = this.pieces.last;
    if (this.#breaks) node = this.#beginBlock();
    // Halves of a pair that come one by one count as two characters; in one node they would be one.
    const seam = node.data.slice(-1) + line.slice(0, 1);
    const isEnd = node.parentElement?.parentElement !== this.flow;
    if (isEnd || node.length >= PIECE || countCharacters(seam) < seam.length) {
      node = this.#addNode();
    }
    node.appendData(line);
    this.#column += line.length;
    this.#grew(line);
  }

  #endLine(): void {
    if (this.#breaks) this.#beginBlock();
    if (this.#column === 0) {
      this.#ends.double();
      this.pieces.last.appendData("\n");
    } else {
      const node = this.#addNode();
      node.data = "\n";
      this.#block.append(this.#ends.add(node, this.#column));
      this.#column = 0;
    }
    this.#grew("\n");
  }

  #grew(text: string): void {
    this.blocks.filled += text.length;
    this.pieces.grew(text);
  }

  /** Whether a block is to begin; where lines go on behind their ends, that is best at the end of a paragraph. */
  get #breaks(): boolean {
    if (!this.blocks.isLong) return false;
    const isAnywhere = !this.areProse || this.blocks.isLonger;
    return this.pieces.last.data.endsWith(isAnywhere ? "\n" : "\n\n");
  }

  /** The last block. */
  get #block(): HTMLElement {
    return this.flow.lastElementChild as HTMLElement;
  }

  /** A new text node at the end. */
  #addNode(): Text {
    const node = new Text();
    this.#block.append(node);
    return this.pieces.add(node);
  }

  #beginBlock(...first: HTMLElement[]): Text {
    const { length, seedLength } = this.pieces;
    const node = new Text();
    this.blocks.add(first.length > 0 ? -seedLength : length, ...first, node);
    this.blocks.filled = 0;
    return this.pieces.add(node);
  }
}
