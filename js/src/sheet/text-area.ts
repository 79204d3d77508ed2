import { box, element, uniqueId } from "../dom/elements.ts";
import { showHeat } from "../dom/heat.ts";
import type { Change } from "../kernel/protocol.ts";
import type { SeedBox } from "../settings/seed-box.ts";
import { Ribbon } from "./ribbon.ts";
import { ScrollFollower } from "./scroll-follower.ts";
import { keepSelecting, selectionIn } from "./selection.ts";
import { TemperatureMarks } from "./temperature-marks.ts";
import { TextBlocks } from "./text-blocks.ts";
import { TextLines } from "./text-lines.ts";
import { TextPieces } from "./text-pieces.ts";

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
  /** What scrolls in it. */
  readonly flow = box("lstm-flow");
  /** Whether it stays where it is, and does not follow its end. */
  still = false;
  /** The temperature whose colour the text has: a style that is set anew costs time. */
  #heat: number | null = null;
  /** The temperature at which it begins. */
  #temperature = 1;
  /** Not asked for while the text grows: the browser would lay out all that is new. */
  #isNarrow = false;
  readonly #pieces: TextPieces;
  readonly #blocks: TextBlocks;
  readonly #lines: TextLines;
  readonly #follower: ScrollFollower;
  readonly #marks = new TemperatureMarks(
    () => this.length,
    (position) => this.#pieces.nodeFrom(position),
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
      this.flow,
    );
    this.#pieces = new TextPieces(this.root);
    keepSelecting(this.root, signal);
    this.#follower = new ScrollFollower(this.root);
    this.#blocks = new TextBlocks(this.root, this.flow, () => this.#resized(), signal);
    const isLaidOut = () => this.root.clientWidth > 0;
    this.#lines = new TextLines(this.flow, this.#pieces, this.#blocks, isLaidOut);
    if (seed !== null) {
      const marked = () => [
        { mark: seed.end, temperature: this.#temperature },
        ...this.#marks.marked,
      ];
      this.#ribbon = new Ribbon(() => (this.length > 0 ? marked() : []), signal);
      this.flow.append(seed.over, this.#ribbon.root);
      seed.scrollIn(this.root);
      seed.edited = () => this.#edited(seed.letters.firstChild as Text);
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
    return this.#pieces.length;
  }

  /** Number of characters of the seed. */
  get seedLength(): number {
    return this.#pieces.seedLength;
  }

  /** Number of characters shown, with the seed. */
  get total(): number {
    return this.seedLength + this.length;
  }

  /** The seed and the text, as shown. */
  get whole(): string {
    return this.root.textContent ?? "";
  }

  /** Show another text instead. Where the seed is typed, that is what stands before it. */
  show(seed: string, text: string, changes: readonly Change[] = []): void {
    this.#marks.clear();
    const letters =
      this.seed?.letters ?? element("span", { className: "lstm-text-seed", textContent: seed });
    const node = (letters.firstChild ?? letters.appendChild(new Text())) as Text;
    for (const change of changes) this.#marks.note(...change);
    this.#lines.begin(node, letters, ...(this.seed === null ? [] : [this.seed.end]));
    this.#write(text);
    this.#follower.begin();
    this.#showHeat();
    this.#ribbon?.update(true);
    this.root.dispatchEvent(new Event(REPLACED));
  }

  /** Show more text. */
  append(text: string): void {
    if (!this.still) this.#follower.watch(selectionIn(this.root).length > 0);
    const { last } = this.#pieces;
    const seen = last.length;
    this.#write(text);
    if (this.#lines.cut(this.#pieces.last === last ? seen : 0)) this.#ribbon?.update(true);
    if (!this.still) this.#follower.scroll();
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
      position === null ? this.total : position + this.seedLength;
    const [from, to] = this.#blocks.sight;
    return [indexOf(from), indexOf(to)];
  }

  /**
   * A live range over the characters from one index to before another; what is beyond the text is left out.
   * It stays over them while the text grows. Many ranges are made fastest in rising order.
   */
  range(from: number, to: number): Range {
    return this.#pieces.range(from - this.seedLength, to - this.seedLength);
  }

  /** The index of the character at a place of the document; null if there is none, or it is not in the text. */
  indexAt(node: Node, offset: number): number | null {
    if (!this.root.contains(node) || this.seed?.over.contains(node)) return null;
    const position = this.#pieces.positionAt(node, offset);
    return position < this.length ? position + this.seedLength : null;
  }

  #write(text: string): void {
    const before = this.length;
    this.#lines.write(text);
    this.#marks.grew(before);
    this.#showLines();
    if (before === 0) this.#ribbon?.update();
    const isWritten = this.length > 0;
    this.root.classList.toggle("lstm-written", isWritten);
    if (this.seed !== null) this.seed.continued = isWritten;
  }

  /** Somebody types the seed. */
  #edited(letters: Text): void {
    this.#lines.reseed(letters);
    if (this.length > 0) this.#follower.rest();
    this.#ribbon?.update(true);
    this.root.dispatchEvent(new Event(REPLACED));
  }

  #resized(): void {
    this.#isNarrow = this.root.clientWidth < NARROW;
    this.#showLines();
    this.#ribbon?.update(true);
  }

  /** In a narrow page, have prose go on behind its line ends. */
  #showLines(): void {
    const goesOn = this.#isNarrow && this.#lines.areProse;
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
}
