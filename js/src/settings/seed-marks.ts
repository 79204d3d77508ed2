import { oneLine } from "../dom/characters.ts";
import { box, element } from "../dom/elements.ts";
import { on, onResize } from "../dom/events.ts";
import { firstThat } from "../dom/search.ts";
import type { Replacement } from "../kernel/protocol.ts";
import { joined, located, type Mark, moved } from "./seed-edits.ts";

/** The marks over a text box, put where the browser has put the same characters in a hidden copy of the text. */
export class SeedMarks {
  readonly root: HTMLElement;
  // The text again, laid out as in the box. It stays one text node: elements within would change how
  // letters join and where lines end.
  readonly #copy = document.createTextNode("\n");
  readonly #drawn = box("lstm-seed-marks");
  #marks: Mark[] = [];

  /** @param label whose size changes with the font, even if the lines stay */
  constructor(
    private readonly text: HTMLTextAreaElement,
    label: HTMLElement,
    signal: AbortSignal,
  ) {
    const copy = box("lstm-seed-copy", this.#copy);
    const sheet = box("lstm-seed-sheet", copy, this.#drawn);
    this.root = box("lstm-seed-mirror", sheet);
    this.root.setAttribute("aria-hidden", "true");
    on(text, "scroll", signal, () => {
      sheet.style.translate = `0 ${-text.scrollTop}px`;
      this.#draw();
    });
    onResize([copy, label], signal, () => this.#draw());
  }

  /** Bring the marks to the text. The places may be older: until they fit, marks move with the text around them. */
  update(seed: string, places: readonly Replacement[]): void {
    const before = this.#copy.data;
    const after = `${this.text.value}\n`; // a line end at the end begins a line only in a textarea
    if (before !== after) {
      this.#marks = moved(this.#marks, before, after);
      this.#copy.data = after;
    }
    const fitting = located(places, seed);
    if (fitting.length < places.length) {
      const starts = new Set(fitting.map(({ start }) => start));
      fitting.push(...this.#marks.filter(({ start }) => !starts.has(start)));
      fitting.sort((a, b) => a.start - b.start);
    }
    this.#marks = fitting;
    this.#draw();
  }

  /** Only the marks in sight and a little around are drawn: thousands would make typing slow. */
  #draw(): void {
    if (!this.root.offsetWidth) return; // nothing is laid out yet
    this.root.dir = getComputedStyle(this.text).direction; // the side of the scroll bar
    const sight = this.root.getBoundingClientRect();
    const all = this.#drawn.getBoundingClientRect();
    const range = document.createRange();
    const select = (mark: Mark) => {
      range.setStart(this.#copy, mark.start);
      range.setEnd(this.#copy, mark.end);
      return range;
    };
    const above = (rect: DOMRect) => rect.bottom < sight.top - sight.height;
    const below = (rect: DOMRect) => rect.top > sight.bottom + sight.height;
    const marks = joined(this.#marks);
    const first = firstThat(0, marks.length, (n) => {
      const mark = marks[n];
      return mark !== undefined && !above(select(mark).getBoundingClientRect());
    });
    const drawn = [];
    for (const mark of marks.slice(first)) {
      const rects = Array.from(select(mark).getClientRects());
      if (rects[0] && below(rects[0])) break;
      const seen = rects.filter((rect) => !above(rect) && !below(rect));
      drawn.push(...seen.map((rect) => markAt(mark, rect, all)));
    }
    this.#drawn.replaceChildren(...drawn);
  }
}

/** A mark over a place on the screen, in percent, which holds in a scaled page, too. */
function markAt({ used }: Mark, rect: DOMRect, all: DOMRect): HTMLElement {
  const sign = used ? oneLine(used).replace(/\p{Z}/gu, "␣") : "×";
  const small = element("small", { textContent: sign });
  const made = element("mark", { className: used ? "" : "lstm-skipped" }, small);
  made.style.left = `${(100 * (rect.left - all.left)) / all.width}%`;
  made.style.top = `${(100 * (rect.top - all.top)) / all.height}%`;
  made.style.width = `${(100 * rect.width) / all.width}%`;
  made.style.height = `${(100 * rect.height) / all.height}%`;
  return made;
}
