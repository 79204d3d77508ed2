import { element, uniqueId } from "../dom/elements.ts";
import { shortNumber } from "../dom/words.ts";
import type { Change } from "../kernel/protocol.ts";
import { at, codePoints, lastUpTo, unitsAt } from "./positions.ts";
import { ScrollFollower } from "./scroll-follower.ts";

/** A change of temperature, and its mark while there is one in the text. */
interface Told {
  readonly position: number;
  temperature: number;
  mark: HTMLElement | null;
}

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

/** UTF-16 units after which a block ends with the next line end: a browser lays out a whole block again. */
const BLOCK = 1000;
/** UTF-16 units after which a block ends without a line end, where the browser breaks the line. */
const LONG_BLOCK = 8000;
/** What may turn the direction of the text behind it, up to the next line end. */
const TURNING =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\ud802\ud803\ud83a\ud83b]/;
/** Characters between two marks, below which the first shows no number: a slider that is dragged sets many. */
const ROOM = 8;
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
  #changes: Told[] = [];
  #seedLength = 0;
  #length = 0;
  /** The position of the first character of each block. */
  #blocks = new WeakMap<Element, number>();
  /** Where the last character stood that was looked for: the next one is often near behind it. */
  #found: Place | null = null;
  /** UTF-16 units in the last block. */
  #filled = 0;
  readonly #follower: ScrollFollower;

  constructor(signal: AbortSignal) {
    this.root = element("div", { className: "lstm-text", id: uniqueId(), tabIndex: 0 });
    this.root.setAttribute("role", "region");
    this.root.setAttribute("aria-label", "Generated text");
    this.root.addEventListener("copy", (event) => this.#copy(event), { signal });
    this.root.addEventListener("keydown", (event) => this.#selectAll(event), { signal });
    this.#follower = new ScrollFollower(this.root);
    this.show("", "");
    if (typeof ResizeObserver === "undefined") return;
    let width = 0;
    const observer = new ResizeObserver(() => {
      if (this.root.clientWidth !== width) this.#join();
      width = this.root.clientWidth;
    });
    observer.observe(this.root);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }

  /** Number of characters shown, without the seed. */
  get length(): number {
    return this.#length;
  }

  /** Number of characters of the seed. */
  get seedLength(): number {
    return this.#seedLength;
  }

  /** The seed and the text, as shown. */
  get whole(): string {
    return this.root.textContent ?? "";
  }

  /** Show another text instead. */
  show(seed: string, text: string, changes: readonly Change[] = []): void {
    this.root.replaceChildren();
    this.#changes = [];
    this.#seedLength = codePoints(seed);
    this.#length = 0;
    this.#found = null;
    const node = document.createTextNode(seed);
    this.#pieces = [{ position: -this.#seedLength, node }];
    for (const [position, temperature] of changes) this.#note(position, temperature);
    this.#beginBlock(element("span", { className: "lstm-text-seed" }, node));
    this.#filled = seed.length;
    this.#write(text);
    this.#follower.begin();
    this.root.dispatchEvent(new Event(REPLACED));
  }

  /** Show more text. */
  append(text: string): void {
    this.#follower.watch(this.#selection().length > 0);
    const { node } = this.#last;
    const seen = node.length;
    this.#write(text);
    if (this.#filled >= LONG_BLOCK) this.#cut(this.#last.node === node ? seen : 0);
    this.#follower.scroll();
  }

  /** Mark the temperature from a character on, which may be one that is not shown yet; the last word counts. */
  change(position: number, temperature: number): void {
    this.#draw(this.#note(position, temperature));
  }

  /** The indices of the blocks in sight, and of half as much text before and behind; all if nothing is laid out. */
  get sight(): [from: number, to: number] {
    const { scrollTop, clientHeight, children } = this.root;
    const whole = this.#seedLength + this.#length;
    if (clientHeight === 0) return [0, whole];
    const blocks = Array.from(children).filter((one) => this.#blocks.has(one)) as HTMLElement[];
    const start = (blocks[0]?.offsetTop ?? 0) + scrollTop; // of the block at the top of what is seen
    const first = blocks.findIndex(
      ({ offsetTop, offsetHeight }) => offsetTop + offsetHeight - start >= -clientHeight / 2,
    );
    const end = blocks.findIndex(({ offsetTop }) => offsetTop - start > 1.5 * clientHeight);
    const indexOf = (block: HTMLElement | undefined) =>
      block === undefined ? whole : (this.#blocks.get(block) ?? 0) + this.#seedLength;
    return [indexOf(blocks[first]), indexOf(blocks[end])];
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
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (here.comparePoint(at(this.#pieces, middle).node, 0) <= 0) low = middle + 1;
      else high = middle;
    }
    const piece = this.#pieces[low - 1]; // the last one that begins at the place or before
    let position = this.#pieces[low]?.position ?? this.#length;
    if (piece?.node === node && offset < piece.node.length) {
      // The character there counts, too, as the place may be within a pair.
      position = piece.position + codePoints(piece.node.data.slice(0, offset + 1)) - 1;
    }
    return position < this.#length ? position + this.#seedLength : null;
  }

  // The text: blocks of whole lines, as a line end at the end of a block shows none of its own. Text that is
  // there stays in its node, so that selections and highlights stay.

  #write(text: string): void {
    const before = this.#length;
    for (const line of text.match(LINES) ?? []) this.#writeLine(line);
    let index = lastUpTo(this.#changes, this.#length - 1);
    for (; (this.#changes[index]?.position ?? -1) >= before; index -= 1) this.#draw(index);
  }

  #writeLine(line: string): void {
    let { node } = this.#last;
    if (this.#filled >= BLOCK && node.data.endsWith("\n")) node = this.#beginBlock();
    // Halves of a pair that come one by one count as two characters; in one node they would be one.
    const seam = node.data.slice(-1) + line.slice(0, 1);
    if (node.length >= PIECE || codePoints(seam) < seam.length) {
      const next = document.createTextNode("");
      node.after(next);
      node = this.#addPiece(next, this.#pieces.length, this.#length);
    }
    node.appendData(line);
    this.#filled += line.length;
    this.#length += codePoints(line);
  }

  get #last(): Piece {
    return at(this.#pieces, this.#pieces.length - 1);
  }

  #beginBlock(...first: HTMLElement[]): Text {
    const node = document.createTextNode("");
    this.#addBlock(first.length > 0 ? -this.#seedLength : this.#length, ...first, node);
    this.#filled = 0;
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
    let low = seen;
    let high = node.length - 1;
    const line = bottom(high);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bottom(middle) < line) low = middle + 1;
      else high = middle;
    }
    if (low === seen) return; // the line may begin in older text
    const position = this.#length - codePoints(node.data.slice(low));
    const rest = this.#nodeFrom(position);
    block.classList.add("lstm-text-cut");
    this.#addBlock(position, rest);
    this.#filled = rest.length;
  }

  #addBlock(position: number, ...content: Node[]): void {
    const block = element("div", { className: "lstm-text-block" }, ...content);
    this.#blocks.set(block, position);
    this.root.append(block);
  }

  /** At another width, let the blocks that were cut flow on as one. */
  #join(): void {
    for (const block of this.root.querySelectorAll(".lstm-text-cut")) {
      const next = block.nextElementSibling;
      block.classList.add("lstm-text-joined");
      next?.classList.add("lstm-text-joined");
      if (next === this.root.lastElementChild) this.#filled = LONG_BLOCK; // not to grow any more
    }
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

  // The marks.

  /** Keep a change; returns its index. */
  #note(position: number, temperature: number): number {
    const index = lastUpTo(this.#changes, position);
    const change = this.#changes[index];
    if (change?.position === position) {
      change.temperature = temperature;
      return index;
    }
    this.#changes.splice(index + 1, 0, { position, temperature, mark: null });
    return index + 1;
  }

  /** Draw the mark of a change, or take it away; and those around it, which depend on it. */
  #draw(index: number): void {
    let after = index + 2;
    while (this.#changes[after]?.mark === null) after += 1;
    let next = this.#changes[after]?.position ?? Number.POSITIVE_INFINITY;
    for (let drawn = Math.min(index + 1, this.#changes.length - 1); drawn >= 0; drawn -= 1) {
      const change = at(this.#changes, drawn);
      const { position, temperature } = change;
      if (position < this.#length && temperature !== this.#changes[drawn - 1]?.temperature) {
        change.mark ??= this.#addMark(position);
        const short = shortNumber(temperature);
        change.mark.dataset.temperature = short;
        change.mark.title = `Temperature ${short} from here`;
        change.mark.setAttribute("aria-label", change.mark.title);
        change.mark.classList.toggle("lstm-mark-passing", next - position < ROOM);
        if (drawn < index) return; // no mark before this one depends on it
        next = position;
      } else {
        change.mark?.remove();
        change.mark = null;
      }
    }
  }

  #addMark(position: number): HTMLElement {
    const mark = element("span", { className: "lstm-mark" });
    mark.setAttribute("role", "img");
    this.#nodeFrom(position).before(mark);
    return mark;
  }

  // The reader.

  /** What is selected; nothing if that reaches beyond the text, or the browser does not say. */
  #selection(): Range[] {
    // Only some browsers report a selection inside a shadow root.
    const selection = (this.root.getRootNode() as Partial<Document>).getSelection?.() ?? null;
    const ranges: Range[] = [];
    for (let index = 0; selection !== null && index < selection.rangeCount; index += 1) {
      const range = selection.getRangeAt(index);
      if (!this.root.contains(range.commonAncestorContainer)) return [];
      if (!range.collapsed) ranges.push(range);
    }
    return ranges;
  }

  /** Ctrl+A is for the text, not for the whole notebook. */
  #selectAll(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== "a" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    document.getSelection()?.selectAllChildren(this.root);
  }

  /** Copy the text alone: a browser would add line ends between blocks. */
  #copy(event: ClipboardEvent): void {
    const selection = this.#selection();
    if (selection.length === 0 || event.clipboardData === null) return;
    event.clipboardData.setData("text/plain", selection.join(""));
    event.preventDefault();
  }
}
