import { codePoints, oneLine } from "../dom/characters.ts";
import { element, uniqueId } from "../dom/elements.ts";
import type { Replacement } from "../kernel/protocol.ts";

/** Different characters that the hint names, at most. */
const NAMED = 10;
/** Nothing to see: of no width, a control, half of a pair, an accent without its letter. Tab and line end have names. */
const INVISIBLE = /(?![ \t\n\r])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]|^\p{M}/u;

/** A line end that a textarea shows as "\n". */
const END = /\r\n?/g;

/** A marked place of the text in the box, in UTF-16 units. */
interface Mark {
  start: number;
  end: number;
  /** What is read there; empty if it is skipped. */
  used: string;
}

/** The seed, in which each character that the model does not know is marked with what it reads instead. */
export class SeedBox {
  readonly root: HTMLElement;
  readonly #box: HTMLTextAreaElement;
  readonly #hint: HTMLElement;
  // The text again, laid out as in the box. It stays one text node: elements within would change how
  // letters join and where lines end. The marks are put over it, where the browser says that it stands.
  readonly #copy = document.createTextNode("\n");
  readonly #mirror = element("div", { className: "lstm-seed-mirror" });
  readonly #marked = element("div", { className: "lstm-seed-marks" });
  #seed = "";
  #told: readonly Replacement[] = [];
  #marks: Mark[] = [];

  constructor(changed: (seed: string) => void, signal: AbortSignal) {
    const label = element("label", { textContent: "Seed", htmlFor: uniqueId() });
    this.#hint = element("p", { className: "lstm-hint", id: uniqueId() });
    this.#box = element("textarea", { id: label.htmlFor, rows: 2, dir: "auto", spellcheck: false });
    for (const name of ["autocomplete", "autocapitalize", "autocorrect"]) {
      this.#box.setAttribute(name, "off");
    }
    this.#box.setAttribute("aria-describedby", this.#hint.id);
    const copy = element("div", { className: "lstm-seed-copy" }, this.#copy);
    const sheet = element("div", { className: "lstm-seed-sheet" }, copy, this.#marked);
    this.#mirror.append(sheet);
    this.#mirror.setAttribute("aria-hidden", "true");
    const both = element("div", { className: "lstm-seed-box" }, this.#box, this.#mirror);
    this.root = element("div", { className: "lstm-seed" }, label, both, this.#hint);
    const scroll = () => {
      sheet.style.translate = `0 ${-this.#box.scrollTop}px`;
      this.#draw();
    };
    this.#box.addEventListener("scroll", scroll, { signal });
    this.#box.addEventListener(
      "input",
      () => {
        this.#seed = edited(this.#seed, this.#box.value, this.#box.selectionEnd);
        this.#update();
        changed(this.#seed);
      },
      { signal },
    );
    if (typeof ResizeObserver === "undefined") return; // nothing is laid out
    const observer = new ResizeObserver(() => this.#draw());
    observer.observe(copy); // other lines
    observer.observe(label); // another font, even if the lines stay
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** As it was set or typed; a line end that was set as "\r\n" remains one, also while the text around it is edited. */
  get value(): string {
    return this.#seed;
  }

  set value(seed: string) {
    this.#seed = seed;
    // Do not disturb somebody who is typing it. A textarea has "\n" only.
    const shown = seed.replace(END, "\n");
    if (this.#box.value !== shown) this.#box.value = shown;
    this.#update();
  }

  set replacements(places: readonly Replacement[]) {
    this.#told = places;
    const told = [
      [
        "Unknown to the model and skipped",
        places.filter(({ used }) => !used).map(({ character }) => name(character)),
      ],
      [
        "Read by the model",
        places
          .filter(({ used }) => used)
          .map(({ character, used }) => `${name(character)} as ${name(used)}`),
      ],
    ] as const;
    this.#hint.textContent = told
      .filter(([, names]) => names.length)
      .map(([what, names]) => `${what}: ${list(names)}`)
      .join(". ");
    this.#update();
  }

  focus(): void {
    this.#box.focus();
  }

  /** Bring the marks to the text. What is told may be older: until it fits, marks move with the text around them. */
  #update(): void {
    const before = this.#copy.data;
    const after = `${this.#box.value}\n`; // a line end at the end begins a line only in a textarea
    if (before !== after) {
      this.#marks = moved(this.#marks, before, after);
      this.#copy.data = after;
    }
    const fitting = located(this.#told, this.#seed);
    if (fitting.length < this.#told.length) {
      const starts = new Set(fitting.map(({ start }) => start));
      fitting.push(...this.#marks.filter(({ start }) => !starts.has(start)));
      fitting.sort((a, b) => a.start - b.start);
    }
    this.#marks = fitting;
    this.#draw();
  }

  /**
   * Put the marks where the browser has put the characters, in percent, which hold in a scaled page, too.
   * Only those within sight and a little around: thousands would make typing slow.
   */
  #draw(): void {
    if (!this.#mirror.offsetWidth) return; // nothing is laid out yet
    this.#mirror.dir = getComputedStyle(this.#box).direction; // the side of the scroll bar
    const sight = this.#mirror.getBoundingClientRect();
    const all = this.#marked.getBoundingClientRect();
    const range = document.createRange();
    const select = ({ start, end }: Mark) => {
      range.setStart(this.#copy, start);
      range.setEnd(this.#copy, end);
      return range;
    };
    const above = (rect: DOMRect) => rect.bottom < sight.top - sight.height;
    const below = (rect: DOMRect) => rect.top > sight.bottom + sight.height;
    const marks = joined(this.#marks);
    let first = 0;
    for (let end = marks.length; first < end; ) {
      const middle = (first + end) >> 1;
      const mark = marks[middle];
      if (mark && above(select(mark).getBoundingClientRect())) first = middle + 1;
      else end = middle;
    }
    const drawn = [];
    for (const mark of marks.slice(first)) {
      const rects = Array.from(select(mark).getClientRects());
      if (rects[0] && below(rects[0])) break;
      for (const rect of rects) {
        if (above(rect) || below(rect)) continue;
        const small = element("small", { textContent: mark.used ? visible(mark.used) : "×" });
        const one = element("mark", { className: mark.used ? "" : "lstm-skipped" }, small);
        one.style.left = `${(100 * (rect.left - all.left)) / all.width}%`;
        one.style.top = `${(100 * (rect.top - all.top)) / all.height}%`;
        one.style.width = `${(100 * rect.width) / all.width}%`;
        one.style.height = `${(100 * rect.height) / all.height}%`;
        drawn.push(one);
      }
    }
    this.#marked.replaceChildren(...drawn);
  }
}

/** The places whose character is there. A place counts code points of the seed; a mark, UTF-16 units of the box. */
function located(places: readonly Replacement[], seed: string): Mark[] {
  const points = Array.from(seed);
  const offsets = [0];
  points.forEach((point, i) => {
    const dropped = point === "\r" && points[i + 1] === "\n";
    offsets.push((offsets[i] ?? 0) + (dropped ? 0 : point.length));
  });
  return places.flatMap(({ position, character, used }) => {
    const last = position + Array.from(character).length;
    const [start, end] = [offsets[position], offsets[last]];
    if (start === undefined || end === undefined) return [];
    return points.slice(position, last).join("") === character ? [{ start, end, used }] : [];
  });
}

/** A seed after its text in the box was edited in one place: line ends that are still there are those of the seed. */
function edited(seed: string, text: string, caret: number): string {
  const units = seed.match(/\r\n|./gs) ?? []; // one for each of the box
  const [head, tail] = unchanged(seed.replace(END, "\n"), text, caret);
  return [
    ...units.slice(0, head),
    ...text.slice(head, text.length - tail).split(""),
    ...units.slice(units.length - tail),
  ]
    .map((unit, i, all) => (unit === "\r" && all[i + 1] === "\n" ? "\n" : unit)) // they remain two
    .join("");
}

/** How much is the same at both ends of a text after a change in one place, which ended at the caret if it may have. */
function unchanged(before: string, after: string, caret: number): [head: number, tail: number] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  tail = Math.min(tail, Math.max(after.length - caret, shorter - head));
  return [Math.min(head, shorter - tail), tail];
}

/** The marks of the text that is the same before and after a change in one place. */
function moved(marks: readonly Mark[], before: string, after: string): Mark[] {
  const [head, tail] = unchanged(before, after, after.length);
  const by = after.length - before.length;
  return marks.flatMap((mark) => {
    if (mark.end <= head) return [mark];
    if (mark.start < before.length - tail) return [];
    return [{ ...mark, start: mark.start + by, end: mark.end + by }];
  });
}

/** One mark for neighbours that are all skipped: the parts of one sign, a text in another script. */
function joined(marks: readonly Mark[]): Mark[] {
  const all: Mark[] = [];
  for (const mark of marks) {
    const last = all.at(-1);
    if (last && last.end === mark.start && !last.used && !mark.used) last.end = mark.end;
    else all.push({ ...mark });
  }
  return all;
}

function visible(text: string): string {
  return oneLine(text).replace(/\p{Z}/gu, "␣");
}

function name(text: string): string {
  return INVISIBLE.test(text) ? codePoints(text) : JSON.stringify(text);
}

/** Each once, the first of them by name. */
function list(names: readonly string[]): string {
  const once = [...new Set(names)];
  const more = once.length - NAMED;
  return once.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
