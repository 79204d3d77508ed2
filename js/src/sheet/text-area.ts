import { element, uniqueId } from "../dom/elements.ts";
import { firstThat } from "../dom/search.ts";
import type { Change } from "../kernel/protocol.ts";
import { at, countCharacters, lastUpTo, unitsAt } from "./positions.ts";
import { ScrollFollower } from "./scroll-follower.ts";
import { keepSelecting, selectionIn } from "./selection.ts";
import { TemperatureMarks } from "./temperature-marks.ts";
import { TextBlocks } from "./text-blocks.ts";

/** A part of the text, and the position of its first character; the seed is a part, too, and ends at 0. */
interface Piece {
  readonly position: number;
  readonly node: Text;
}

/** Where a character is. */
interface Place {
  readonly position: number;
  readonly node: Text;
  readonly offset: number;
}

/** What may turn the direction of the text behind it, up to the next line end. */
const TURNING =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\ud802\ud803\ud83a\ud83b]/;
/** Lines; a long one in parts, since a browser copies a text node whose text grows. */
const LINES = /[^\n]{1,4000}\n?|\n/gu;
const PIECE = 4000;

/** What `TextArea.root` dispatches when another text is shown instead: ranges over the old one are void then. */
export const REPLACED = "lstm-replaced";

/**
 * The text: the seed set apart, then what was generated; follows the end unless the reader scrolled up.
 * A position counts the generated characters; an index counts from the first character of the seed.
 */
export class TextArea {
  readonly root: HTMLElement;
  #pieces: Piece[] = [];
  #seedLength = 0;
  #length = 0;
  /** Where the last character was that was looked for: the next one is often near behind it. */
  #found: Place | null = null;
  readonly #blocks: TextBlocks;
  readonly #follower: ScrollFollower;
  readonly #marks = new TemperatureMarks(
    () => this.#length,
    (position) => this.#nodeFrom(position),
  );

  constructor(signal: AbortSignal) {
    this.root = element("div", {
      className: "lstm-text",
      id: uniqueId(),
      tabIndex: 0,
      role: "region",
      "aria-label": "Generated text",
    });
    keepSelecting(this.root, signal);
    this.#follower = new ScrollFollower(this.root);
    this.#blocks = new TextBlocks(this.root, signal);
    this.show("", "");
  }

  /** Number of characters shown, without the seed. */
  get length(): number {
    return this.#length;
  }

  /** Number of characters of the seed. */
  get seedLength(): number {
    return this.#seedLength;
  }

  /** Number of characters shown, with the seed. */
  get total(): number {
    return this.#seedLength + this.#length;
  }

  /** The seed and the text, as shown. */
  get whole(): string {
    return this.root.textContent ?? "";
  }

  /** Show another text instead. */
  show(seed: string, text: string, changes: readonly Change[] = []): void {
    this.root.replaceChildren();
    this.#marks.clear();
    this.#seedLength = countCharacters(seed);
    this.#length = 0;
    this.#found = null;
    const node = document.createTextNode(seed);
    this.#pieces = [{ position: -this.#seedLength, node }];
    for (const change of changes) this.#marks.note(...change);
    this.#beginBlock(element("span", { className: "lstm-text-seed" }, node));
    this.#blocks.filled = seed.length;
    this.#write(text);
    this.#follower.begin();
    this.root.dispatchEvent(new Event(REPLACED));
  }

  /** Show more text. */
  append(text: string): void {
    this.#follower.watch(selectionIn(this.root).length > 0);
    const { node } = this.#last;
    const seen = node.length;
    this.#write(text);
    if (this.#blocks.isLongest) this.#cut(this.#last.node === node ? seen : 0);
    this.#follower.scroll();
  }

  /** Mark the temperature from a character on, which may be one that is not shown yet; the last word counts. */
  change(position: number, temperature: number): void {
    this.#marks.draw(this.#marks.note(position, temperature));
  }

  /** The indices of the blocks in sight, and of half as much text before and behind; all if nothing is laid out. */
  get sight(): [from: number, to: number] {
    if (this.root.clientHeight === 0) return [0, this.total];
    const indexOf = (position: number | null) =>
      position === null ? this.total : position + this.#seedLength;
    const [from, to] = this.#blocks.sight;
    return [indexOf(from), indexOf(to)];
  }

  /**
   * A live range over the characters from one index to before another; what is beyond the text is left out.
   * It stays over them while the text grows. Many ranges are made fastest in rising order.
   */
  range(from: number, to: number): Range {
    const range = document.createRange();
    const first = Math.min(Math.max(from - this.#seedLength, -this.#seedLength), this.#length);
    const end = Math.min(to - this.#seedLength, this.#length);
    const start = first < this.#length ? this.#find(first) : this.#end;
    range.setStart(start.node, start.offset);
    if (end <= first) return range;
    const { node, offset } = this.#find(end - 1);
    range.setEnd(node, offset + unitsAt(node, offset));
    return range;
  }

  /** The index of the character at a place of the document; null if there is none, or it is not in the text. */
  indexAt(node: Node, offset: number): number | null {
    if (!this.root.contains(node)) return null;
    const here = document.createRange();
    here.setStart(node, offset);
    const isBehind = (n: number) => here.comparePoint(at(this.#pieces, n).node, 0) > 0;
    const next = firstThat(0, this.#pieces.length, isBehind);
    const piece = this.#pieces[next - 1];
    let position = this.#pieces[next]?.position ?? this.#length;
    if (piece?.node === node && offset < piece.node.length) {
      // The character there counts, too, as the place may be within a pair.
      position = piece.position + countCharacters(piece.node.data.slice(0, offset + 1)) - 1;
    }
    return position < this.#length ? position + this.#seedLength : null;
  }

  // The text: blocks of whole lines, as a line end at the end of a block shows none of its own. Text that is
  // there stays in its node, so that selections and highlights stay.

  #write(text: string): void {
    const before = this.#length;
    for (const line of text.match(LINES) ?? []) this.#writeLine(line);
    this.#marks.grew(before);
  }

  #writeLine(line: string): void {
    let { node } = this.#last;
    if (this.#blocks.isLong && node.data.endsWith("\n")) node = this.#beginBlock();
    // Halves of a pair that come one by one count as two characters; in one node they would be one.
    const seam = node.data.slice(-1) + line.slice(0, 1);
    if (node.length >= PIECE || countCharacters(seam) < seam.length) {
      const next = document.createTextNode("");
      node.after(next);
      node = this.#addPiece(next, this.#pieces.length, this.#length);
    }
    node.appendData(line);
    this.#blocks.filled += line.length;
    this.#length += countCharacters(line);
  }

  get #last(): Piece {
    return at(this.#pieces, this.#pieces.length - 1);
  }

  #beginBlock(...first: HTMLElement[]): Text {
    const node = document.createTextNode("");
    this.#blocks.add(first.length > 0 ? -this.#seedLength : this.#length, ...first, node);
    this.#blocks.filled = 0;
    return this.#addPiece(node, this.#pieces.length, this.#length);
  }

  /**
   * Let a block begin without a line end, with the last line on the screen; at this width that changes nothing.
   * Only text that was not there before, from `seen` on in the last node, may move.
   */
  #cut(seen: number): void {
    const { node } = this.#last;
    const block = node.parentElement;
    if (this.root.clientWidth === 0 || block === null || TURNING.test(block.textContent ?? ""))
      return;
    const range = document.createRange();
    const bottom = (offset: number) => {
      range.setStart(node, offset);
      range.setEnd(node, offset + 1);
      return range.getBoundingClientRect().bottom;
    };
    const last = node.length - 1;
    const line = bottom(last);
    const start = firstThat(seen, last, (offset) => bottom(offset) >= line);
    if (start === seen) return; // the line may begin in older text
    const position = this.#length - countCharacters(node.data.slice(start));
    const rest = this.#nodeFrom(position);
    block.classList.add("lstm-text-cut");
    this.#blocks.add(position, rest);
    this.#blocks.filled = rest.length;
  }

  #addPiece(node: Text, index: number, position: number): Text {
    this.#pieces.splice(index, 0, { position, node });
    return node;
  }

  /** The text node that begins with a character, which is shown. */
  #nodeFrom(position: number): Text {
    const { node, offset } = this.#find(position);
    if (offset === 0) return node;
    const index = lastUpTo(this.#pieces, position);
    return this.#addPiece(node.splitText(offset), index + 1, position);
  }

  /** Where a character is, which is shown. */
  #find(position: number): Place {
    const index = lastUpTo(this.#pieces, position);
    const piece = at(this.#pieces, index);
    const { node } = piece;
    const next = this.#pieces[index + 1]?.position ?? this.#length;
    const count = position - piece.position;
    if (next - piece.position === node.length) return { position, node, offset: count }; // without pairs
    // What is before a character in its node stays there, so that what was found once holds.
    const found = this.#found;
    const isBehind = found?.node === node && found.position <= position;
    let { position: before, offset } = isBehind ? found : { position: piece.position, offset: 0 };
    for (; before < position; before += 1) offset += unitsAt(node, offset);
    this.#found = { position, node, offset };
    return this.#found;
  }

  get #end(): Place {
    const { node } = this.#last;
    return { position: this.#length, node, offset: node.length };
  }
}
