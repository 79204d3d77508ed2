import { codePoints } from "../dom/characters.ts";
import { box, describe, element, paragraph } from "../dom/elements.ts";
import { on, onResize } from "../dom/events.ts";
import { Frame } from "../dom/frame.ts";
import type { Replacement } from "../kernel/protocol.ts";
import { edited, inBox, unchanged } from "./seed-edits.ts";
import { SeedMarks } from "./seed-marks.ts";

/** Different characters that the hint names, at most. */
const NAMED = 10;
/** Nothing to see: of no width, a control, half of a pair, an accent without its letter. Tab and line end have names. */
const INVISIBLE = /(?![ \t\n\r])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]|^\p{M}/u;
/** Pixels behind the last letter that belong to the box, for the caret. */
const CARET = 4;

/**
 * The seed, typed where its text goes on. Its letters stand in the text; over them lies a box whose own letters
 * cannot be seen: so undo, paste, drop and composed letters are the browser's. Each character that the model does
 * not know is marked with what it reads instead.
 */
export class SeedBox {
  /** What is typed into; first in what holds the letters. */
  readonly over: HTMLElement;
  /** The letters, one text node: elements within would change how they join and where lines end. */
  readonly letters: HTMLElement;
  /** Behind the letters: a place where a line may end, so that they lie as in the box, whatever follows. */
  readonly end = element("span", { className: "lstm-seed-end" });
  readonly hint = paragraph("lstm-hint lstm-seed-hint");
  /** What is wrong with it. It is said as it appears: the seed, which has the focus then, may have had it before. */
  readonly wrong = element("p", {
    className: "lstm-problem lstm-seed-problem",
    "aria-live": "assertive",
  });
  /** Called when the letters are other ones. */
  edited: () => void = () => undefined;
  readonly #box = element("textarea", {
    rows: 1,
    dir: "auto",
    spellcheck: false,
    "aria-label": "Seed",
  });
  readonly #node = document.createTextNode("");
  readonly #frame: Frame;
  readonly #marks: SeedMarks;
  readonly #signal: AbortSignal;
  #seed = "";
  #replacements: readonly Replacement[] = [];
  #isContinued = false;

  constructor(changed: (seed: string) => void, signal: AbortSignal) {
    for (const name of ["autocomplete", "autocapitalize", "autocorrect"]) {
      this.#box.setAttribute(name, "off");
    }
    describe(this.#box, this.hint);
    this.#signal = signal;
    this.#frame = new Frame(() => this.#place(), signal);
    this.#marks = new SeedMarks(this.#node);
    this.letters = element("span", { className: "lstm-text-seed" }, this.#node);
    this.over = box("lstm-seed-over", this.#box, this.#marks.root);
    on(this.#box, "input", signal, () => {
      this.#seed = edited(this.#seed, this.#box.value, this.#box.selectionEnd);
      this.#update();
      changed(this.#seed);
    });
    on(this.#box, "scroll", signal, () => (this.#box.scrollTop = 0)); // it is as high as its letters
    onResize([this.over], signal, () => this.#place());
  }

  /** The seed by itself, above several texts. */
  alone(): HTMLElement {
    const flow = box("lstm-flow", this.over, box("lstm-text-block", this.letters, this.end));
    const root = box("lstm-seed", flow);
    this.scrollIn(root);
    return box("lstm-seed-alone", root, this.wrong, this.hint);
  }

  /** Say in which element the letters are scrolled. */
  scrollIn(scroller: HTMLElement): void {
    this.#marks.scrollIn(scroller, this.#signal);
  }

  /** As it was set or typed; a line end that was set as "\r\n" remains one, also while the text around it is edited. */
  get value(): string {
    return this.#seed;
  }

  set value(seed: string) {
    this.#seed = seed;
    // Do not disturb somebody who is typing it.
    if (this.#box.value !== inBox(seed)) this.#box.value = inBox(seed);
    this.#update();
  }

  set replacements(places: readonly Replacement[]) {
    this.#replacements = places;
    const skipped = places.filter(({ used }) => !used).map(({ character }) => name(character));
    const read = places
      .filter(({ used }) => used)
      .map(({ character, used }) => `${name(character)} as ${name(used)}`);
    const parts = [list("Unknown to the model and skipped", skipped)];
    parts.push(list("Read by the model", read));
    this.hint.textContent = parts.filter(Boolean).join(". ");
    this.#marks.update(this.#seed, this.#replacements);
  }

  /** Whether a text goes on behind it, where a click is none for the box. */
  set continued(is: boolean) {
    if (this.#isContinued === is) return;
    this.#isContinued = is;
    this.#frame.ask(); // later, as somebody is waiting for the first letter
  }

  /** What is wrong with it, until something is typed; empty: nothing. */
  set problem(sentence: string) {
    this.wrong.textContent = sentence;
    this.#box.setAttribute("aria-invalid", String(sentence !== ""));
  }

  /** Type here. */
  focus(): void {
    this.#box.focus();
    this.#box.setSelectionRange(this.#box.value.length, this.#box.value.length);
  }

  #update(): void {
    const [before, after] = [this.#node.data, inBox(this.#seed)];
    if (before !== after) {
      this.problem = "";
      // Only what is new: ranges over the rest stay.
      const [head, tail] = unchanged(before, after, after.length);
      const now = after.slice(head, after.length - tail);
      this.#marks.moved(before, after);
      this.#node.replaceData(head, before.length - head - tail, now);
      this.#place();
      this.edited();
    }
    this.#marks.update(this.#seed, this.#replacements);
  }

  /** Make the box as high as the letters, and take from it what is not the seed's. */
  #place(): void {
    const flow = this.over.parentElement;
    if (flow === null || flow.offsetWidth === 0) return;
    const frame = flow.getBoundingClientRect();
    const scale = frame.width / flow.offsetWidth; // of a page that is shown larger or smaller
    const end = this.end.getBoundingClientRect();
    const middle = (end.top + end.bottom) / 2;
    const line = Number.parseFloat(getComputedStyle(this.end).lineHeight);
    const bottom = (middle - frame.top) / scale + line / 2;
    this.over.style.height = `${bottom}px`;
    this.#box.scrollTop = 0;
    let clip = "";
    if (this.#isContinued) {
      const isLast = (one: DOMRect) => Math.abs((one.top + one.bottom) / 2 - middle) < line / 2;
      const rects = [end, ...Array.from(this.letters.getClientRects()).filter(isLast)];
      const left = Math.min(...rects.map((one) => one.left - frame.left)) / scale - CARET;
      const right = Math.max(...rects.map((one) => one.right - frame.left)) / scale + CARET;
      const top = bottom - line;
      const corners = [
        [-CARET, 0],
        [flow.offsetWidth + CARET, 0],
        [flow.offsetWidth + CARET, top],
        [right, top],
        [right, bottom],
        [left, bottom],
        [left, top],
        [-CARET, top],
      ];
      clip = `polygon(${corners.map(([x, y]) => `${x}px ${y}px`).join(", ")})`;
    }
    this.#box.style.clipPath = clip;
    this.#marks.draw();
  }
}

function name(text: string): string {
  if (INVISIBLE.test(text)) return codePoints(text);
  return text === '"' ? `'"'` : JSON.stringify(text);
}

/** Each name once, the first of them in full; empty if there are none. */
function list(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const once = [...new Set(names)];
  const more = once.length - NAMED;
  const end = more > 0 ? ` and ${more} more` : "";
  return `${what}: ${once.slice(0, NAMED).join(", ")}${end}`;
}
