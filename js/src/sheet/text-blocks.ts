import { box } from "../dom/elements.ts";
import { onResize } from "../dom/events.ts";
import { firstThat } from "../dom/search.ts";
import { at } from "./positions.ts";

/** UTF-16 units after which a block ends with the next line end. */
const LONG = 1000;
/** UTF-16 units after which it does so within a paragraph, too, whose lines go on behind their ends. */
const LONGER = 4000;
/** UTF-16 units after which a block ends without a line end, where the browser breaks the line. */
const LONGEST = 8000;

/** The blocks of a text: where one grows, a browser lays out all of it again. */
export class TextBlocks {
  /** UTF-16 units in the last block. */
  filled = 0;
  readonly #blocks: HTMLElement[] = [];
  /** The position of the first character of each. */
  readonly #positions = new WeakMap<Element, number>();

  /**
   * @param root what scrolls
   * @param flow what holds the blocks
   * @param resized called at another width
   */
  constructor(
    private readonly root: HTMLElement,
    private readonly flow: HTMLElement,
    resized: () => void,
    signal: AbortSignal,
  ) {
    let width = 0;
    onResize([root], signal, () => {
      if (root.clientWidth === width) return;
      width = root.clientWidth;
      this.#join();
      resized();
    });
  }

  get isLong(): boolean {
    return this.filled >= LONG;
  }

  get isLonger(): boolean {
    return this.filled >= LONGER;
  }

  get isLongest(): boolean {
    return this.filled >= LONGEST;
  }

  add(position: number, ...content: Node[]): void {
    const block = box("lstm-text-block", ...content);
    this.#positions.set(block, position);
    this.#blocks.push(block);
    this.flow.append(block);
  }

  /** The first block begins with another character. */
  beginAt(position: number): void {
    const [first] = this.#blocks;
    if (first !== undefined) this.#positions.set(first, position);
  }

  /** Begin with none. */
  clear(): void {
    for (const block of this.#blocks.splice(0)) block.remove(); // and nothing else: somebody may be typing
  }

  /** The positions of the first block in sight, or a little before, and of the one behind; null: the end. */
  get sight(): [from: number | null, to: number | null] {
    const { scrollTop, clientHeight } = this.root;
    const blocks = this.#blocks;
    const start = (blocks[0]?.offsetTop ?? 0) + scrollTop; // of the block at the top of what is seen
    const isSeen = ({ offsetTop, offsetHeight }: HTMLElement) =>
      offsetTop + offsetHeight - start >= -clientHeight / 2;
    const isBelow = ({ offsetTop }: HTMLElement) => offsetTop - start > 1.5 * clientHeight;
    const first = firstThat(0, blocks.length, (n) => isSeen(at(blocks, n)));
    const end = firstThat(first, blocks.length, (n) => isBelow(at(blocks, n)));
    const position = (n: number) => {
      const block = blocks[n];
      return block === undefined ? null : (this.#positions.get(block) ?? null);
    };
    return [position(first), position(end)];
  }

  /** At another width, let the blocks that were cut within a line flow on as one. */
  #join(): void {
    for (const block of this.flow.querySelectorAll(".lstm-text-cut")) {
      const next = block.nextElementSibling;
      block.classList.add("lstm-text-joined");
      next?.classList.add("lstm-text-joined");
      if (next === this.flow.lastElementChild) this.filled = LONGEST; // not to grow any more
    }
  }
}
