import { oneLine } from "../dom/characters.ts";
import { box, element } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { firstThat } from "../dom/search.ts";
import type { Replacement } from "../kernel/protocol.ts";
import { joined, located, type Mark, moved } from "./seed-edits.ts";

/** The marks over the letters of the seed, put where the browser has put these. */
export class SeedMarks {
  readonly root = box("lstm-seed-marks");
  #marks: Mark[] = [];
  #scroller: HTMLElement = this.root;

  /** @param letters of the seed, with one unit for each of its box */
  constructor(private readonly letters: Text) {
    this.root.setAttribute("aria-hidden", "true");
  }

  /** Say in which element the letters are scrolled. */
  scrollIn(scroller: HTMLElement, signal: AbortSignal): void {
    this.#scroller = scroller;
    on(scroller, "scroll", signal, () => {
      if (this.#marks.length > 0) this.draw();
    });
  }

  /** The letters are edited: the marks move with those around them. */
  moved(before: string, after: string): void {
    this.#marks = moved(this.#marks, before, after);
  }

  /** Bring the marks to the seed. The places may be older: until they fit, the marks stay with their letters. */
  update(seed: string, places: readonly Replacement[]): void {
    const fitting = located(places, seed);
    if (fitting.length < places.length) {
      const starts = new Set(fitting.map(({ start }) => start));
      fitting.push(...this.#marks.filter(({ start }) => !starts.has(start)));
      fitting.sort((a, b) => a.start - b.start);
    }
    const had = this.#marks.length;
    this.#marks = fitting;
    if (had > 0 || fitting.length > 0) this.draw();
  }

  /** Only the marks in sight and a little around are drawn: thousands would make typing slow. */
  draw(): void {
    if (!this.root.offsetWidth) return; // nothing is laid out yet
    const sight = this.#scroller.getBoundingClientRect();
    const all = this.root.getBoundingClientRect();
    const range = document.createRange();
    const select = (mark: Mark) => {
      range.setStart(this.letters, mark.start);
      range.setEnd(this.letters, mark.end);
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
    this.root.replaceChildren(...drawn);
  }
}

/** A mark over a place on the screen, in percent, which holds in a scaled page, too. */
function markAt({ used }: Mark, rect: DOMRect, all: DOMRect): HTMLElement {
  const sign = used ? oneLine(used).replace(/\p{Z}/gu, "␣") : "×";
  // Its small print is no text of the page, which can be copied.
  const made = element("mark", { className: used ? "" : "lstm-skipped", "data-read": sign });
  made.style.left = `${(100 * (rect.left - all.left)) / all.width}%`;
  made.style.top = `${(100 * (rect.top - all.top)) / all.height}%`;
  made.style.width = `${(100 * rect.width) / all.width}%`;
  made.style.height = `${(100 * rect.height) / all.height}%`;
  return made;
}
