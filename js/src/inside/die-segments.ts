import { forms } from "../dom/characters.ts";
import { box, element, hide, write } from "../dom/elements.ts";
import { barInWords, type Looked } from "./choice-words.ts";

/** Pixels: what is narrower is not drawn alone. */
const NARROWEST = 4;
/** Pixels that a letter takes in a segment, and those around the text. */
const LETTER = 10;
const AROUND = 8;
/** Pixels: what the needle would hide is not crossed by it. */
const SLIM = 30;
/** Pixels that the bar counts for where nothing is laid out. */
const USUAL_WIDTH = 320;
/** Parts of a bar, at most. */
const MOST = 40;

/** A part of a bar from 0 to 1: one character, or several neighbours. */
export interface Segment {
  start: number;
  end: number;
  /** The ranks of the first and the last of them. */
  first: number;
  last: number;
}

/** The bar from 0 to 1, with a segment for each character, and the die that points at one. */
export class DieSegments {
  // The bar says where it points.
  readonly #pointer = element("span", { className: "lstm-die-pointer", "aria-hidden": "true" });
  readonly root = box("lstm-die-bar", this.#pointer);
  readonly #segments: HTMLElement[] = [];
  /** The letter of each segment; undefined for the rest of the letters. */
  #ids: (number | undefined)[] = [];
  #framed: number | null = null;

  constructor() {
    this.root.setAttribute("role", "img");
  }

  /** The letter whose part is framed; null: none. */
  set framed(id: number | null) {
    this.#framed = id;
    this.#segments.forEach((drawn, n) => {
      drawn.classList.toggle("lstm-framed", id !== null && this.#ids[n] === id);
    });
  }

  draw(looked: Looked): void {
    const { choice, die, ids, edges, vocabulary, wouldBe } = looked;
    this.root.setAttribute("aria-label", barInWords(looked));
    hide(this.#pointer, die === null);
    if (die !== null) this.#pointer.style.left = `${100 * die}%`;
    const width = this.root.clientWidth || USUAL_WIDTH;
    const apart = [ids.indexOf(wouldBe), ids.indexOf(choice.id)];
    const segments = cut(edges, apart, NARROWEST / width);
    this.#ids = [];
    segments.forEach(({ start, end, first, last }, n) => {
      const drawn = this.#segment(n);
      const isSingle = first === last;
      hide(drawn, false);
      drawn.style.left = `${100 * start}%`;
      drawn.style.width = `${100 * (end - start)}%`;
      const name = isSingle ? [forms(vocabulary[ids[first] as number]).sign] : [];
      const room = (end - start) * width;
      write(drawn, name.find((text) => room >= LETTER * text.length + AROUND) ?? "");
      const id = isSingle ? ids[first] : undefined;
      this.#ids.push(id);
      drawn.classList.toggle("lstm-die-others", !isSingle);
      drawn.classList.toggle("lstm-die-last", n === segments.length - 1);
      drawn.classList.toggle("lstm-die-chosen", id === wouldBe);
      drawn.classList.toggle("lstm-die-was", id === choice.id && id !== wouldBe);
    });
    for (const unused of this.#segments.slice(segments.length)) hide(unused, true);
    const hit = segments.find(({ first, last }) => first === last && ids[first] === wouldBe);
    const isSlim = hit === undefined || (hit.end - hit.start) * width < SLIM;
    this.#pointer.classList.toggle("lstm-slim", isSlim);
    this.framed = this.#framed;
  }

  #segment(n: number): HTMLElement {
    const there = this.#segments[n];
    if (there) return there;
    const made = element("span", { className: "lstm-die-segment" });
    this.root.append(made);
    this.#segments.push(made);
    return made;
  }
}

/**
 * Cut a bar into parts that can be drawn: the first characters one by one, as long as they are wide enough,
 * then the others together, but for some ranks that stay alone in any case.
 * @param edges where each rank ends, the last one at 1
 * @param least the width below which a rank is drawn together with its neighbours
 */
export function cut(
  edges: Float64Array,
  apart: readonly number[],
  least: number,
  most = MOST,
): Segment[] {
  const single = most - 2 * apart.length - 1;
  const found: Segment[] = [];
  let start = 0;
  let isOpen = false; // whether the last one takes more
  edges.forEach((end, rank) => {
    const isApart = apart.includes(rank);
    const isAlone = isApart || (found.length < single && end - start >= least);
    const last = found.at(-1);
    if (!isAlone && isOpen && last) Object.assign(last, { end, last: rank });
    else if (end > start) found.push({ start, end, first: rank, last: rank });
    else return; // nothing to draw
    isOpen = !isAlone;
    start = end;
  });
  return found;
}
