import { box, element, uniqueId } from "../dom/elements.ts";
import { showHeat } from "../dom/heat.ts";
import { firstThat } from "../dom/search.ts";
import type { Change } from "../kernel/protocol.ts";
import type { SeedBox } from "../settings/seed-box.ts";
import { LineEnds } from "./line-ends.ts";
import { at, countCharacters, lastUpTo, unitsAt } from "./positions.ts";
import { Ribbon } from "./ribbon.ts";
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
/** Pixels of a text in which the lines of prose go on behind their ends. */
const NARROW = 560;
const GOES_ON = "lstm-text-goes-on";

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
  /** Characters since the last line end. */
  #column = 0;
  /** The temperature whose colour the text has: a style that is set anew costs time. */
  #heat: number | null = null;
  /** The temperature at which it begins. */
  #temperature = 1;
  readonly #flow = box("lstm-flow");
  readonly #blocks: TextBlocks;
  readonly #ends = new LineEnds();
  readonly #follower: ScrollFollower;
  readonly #marks = new TemperatureMarks(
    () => this.#length,
    (position) => this.#nodeFrom(position),
    () => this.#ribbon?.update(),
  );
  readonly #ribbon: Ribbon | null = null;

  /** @param seed what is typed where the text goes on; else the seed is text, too */
  constructor(
    signal: AbortSignal,
    private readonly seed: SeedBox | null = null,
  ) {
    this.root = element(
      "div",
      {
        className: "lstm-text",
        id: uniqueId(),
        tabIndex: 0,
        role: "region",
        "aria-label": "Generated text",
      },
      this.#flow,
    );
    keepSelecting(this.root, signal);
    this.#follower = new ScrollFollower(this.root);
    this.#blocks = new TextBlocks(this.root, this.#flow, () => this.#resized(), signal);
    if (seed !== null) {
      const marked = () => [
        { mark: seed.end, temperature: this.#temperature },
        ...this.#marks.marked,
      ];
      this.#ribbon = new Ribbon(() => (this.#length > 0 ? marked() : []), signal);
      this.#flow.append(seed.over, this.#ribbon.root);
      seed.scrollIn(this.root);
      seed.edited = () => this.#edited();
    }
    this.show("", "");
  }

  /** The temperatures that the text was written at, and the position where each began. */
  get changes(): Change[] {
    const noted = this.#marks.all;
    return noted[0]?.[0] === 0 ? noted : [[0, this.#temperature], ...noted];
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

  /** Show another text instead. Where the seed is typed, that is what stands before it. */
  show(seed: string, text: string, changes: readonly Change[] = []): void {
    this.#blocks.clear();
    this.#marks.clear();
    this.#found = null;
    const letters =
      this.seed?.letters ?? element("span", { className: "lstm-text-seed", textContent: seed });
    const node = (letters.firstChild ?? letters.appendChild(new Text())) as Text;
    this.#seedLength = countCharacters(node.data);
    this.#length = 0;
    this.#column = node.data.length - 1 - node.data.lastIndexOf("\n");
    this.#pieces = [{ position: -this.#seedLength, node }];
    for (const change of changes) this.#marks.note(...change);
    this.#beginBlock(letters, ...(this.seed === null ? [] : [this.seed.end]));
    this.#blocks.filled = node.length;
    this.#write(text);
    this.#follower.begin();
    this.#showHeat();
    this.#ribbon?.update(true);
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

  /** Say at which temperature the text begins. */
  set temperature(temperature: number) {
    if (this.#temperature === temperature) return;
    this.#temperature = temperature;
    this.#showHeat();
    this.#ribbon?.update();
  }

  /** Mark the temperature from a character on, which may be one that is not shown yet; the last word counts. */
  change(position: number, temperature: number): void {
    this.#marks.draw(this.#marks.note(position, temperature));
    this.#showHeat();
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
    if (!this.root.contains(node) || this.seed?.over.contains(node)) return null;
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
    for (const line of text.match(LINES) ?? []) {
      const isEnded = line.endsWith("\n");
      if (line !== "\n") this.#writeLine(isEnded ? line.slice(0, -1) : line);
      if (isEnded) this.#endLine();
    }
    this.#marks.grew(before);
    if (before === 0) this.#ribbon?.update();
    this.root.classList.toggle("lstm-written", this.#length > 0);
    if (this.seed !== null) this.seed.continued = this.#length > 0;
  }

  #writeLine(line: string): void {
    let { node } = this.#last;
    if (this.#breaks) node = this.#beginBlock();
    // Halves of a pair that come one by one count as two characters; in one node they would be one.
    const seam = node.data.slice(-1) + line.slice(0, 1);
    const isEnd = node.parentElement?.parentElement !== this.#flow;
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
      this.#last.node.appendData("\n");
    } else {
      const node = this.#addNode();
      node.data = "\n";
      this.#block.append(this.#ends.add(node, this.#column));
      this.#column = 0;
      this.#showWidth();
    }
    this.#grew("\n");
  }

  #grew(text: string): void {
    this.#blocks.filled += text.length;
    this.#length += countCharacters(text);
  }

  /** Whether a block is to begin; where lines go on behind their ends, that is best at the end of a paragraph. */
  get #breaks(): boolean {
    if (!this.#blocks.isLong) return false;
    const { data } = this.#last.node;
    const isAnywhere = !this.#ends.isProse || this.#blocks.isLonger;
    return data.endsWith(isAnywhere ? "\n" : "\n\n");
  }

  /** The last block. */
  get #block(): HTMLElement {
    return this.#flow.lastElementChild as HTMLElement;
  }

  /** A new text node at the end. */
  #addNode(): Text {
    const node = new Text();
    this.#block.append(node);
    return this.#addPiece(node, this.#pieces.length, this.#length);
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
    const block = this.#block;
    if (this.root.clientWidth === 0 || TURNING.test(block.textContent ?? "")) return;
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
    this.#ribbon?.update(true);
  }

  /** Somebody types the seed. */
  #edited(): void {
    const first = at(this.#pieces, 0);
    this.#seedLength = countCharacters(first.node.data);
    this.#pieces[0] = { ...first, position: -this.#seedLength };
    this.#found = null;
    this.#blocks.beginAt(-this.#seedLength);
    if (this.#length > 0) this.#follower.rest();
    else this.#blocks.filled = first.node.length;
    this.#ribbon?.update(true);
    this.root.dispatchEvent(new Event(REPLACED));
  }

  #resized(): void {
    this.#showWidth();
    this.#ribbon?.update(true);
  }

  /** In a narrow page, have prose go on behind its line ends. */
  #showWidth(): void {
    const goesOn = this.root.clientWidth < NARROW && this.#ends.isProse;
    if (this.root.classList.contains(GOES_ON) === goesOn) return;
    this.root.classList.toggle(GOES_ON, goesOn);
    this.#ribbon?.update(true);
  }

  /** The caret has the colour of the last temperature. */
  #showHeat(): void {
    const heat = this.#marks.last ?? this.#temperature;
    if (heat !== this.#heat) showHeat(this.root, heat);
    this.#heat = heat;
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
