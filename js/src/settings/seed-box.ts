import { codePoints } from "../dom/characters.ts";
import { box, describe, element, labelFor, paragraph } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import type { Replacement } from "../kernel/protocol.ts";
import { edited, inBox } from "./seed-edits.ts";
import { SeedMarks } from "./seed-marks.ts";

/** Different characters that the hint names, at most. */
const NAMED = 10;
/** Nothing to see: of no width, a control, half of a pair, an accent without its letter. Tab and line end have names. */
const INVISIBLE = /(?![ \t\n\r])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]|^\p{M}/u;

/** The seed, in which each character that the model does not know is marked with what it reads instead. */
export class SeedBox {
  readonly root: HTMLElement;
  readonly #box = element("textarea", { rows: 2, dir: "auto", spellcheck: false });
  readonly #hint = paragraph("lstm-hint");
  readonly #marks: SeedMarks;
  #seed = "";
  #replacements: readonly Replacement[] = [];

  constructor(changed: (seed: string) => void, signal: AbortSignal) {
    for (const name of ["autocomplete", "autocapitalize", "autocorrect"]) {
      this.#box.setAttribute(name, "off");
    }
    const label = labelFor(this.#box, "Seed");
    describe(this.#box, this.#hint);
    this.#marks = new SeedMarks(this.#box, label, signal);
    const both = box("lstm-seed-box", this.#box, this.#marks.root);
    this.root = box("lstm-seed", label, both, this.#hint);
    on(this.#box, "input", signal, () => {
      this.#seed = edited(this.#seed, this.#box.value, this.#box.selectionEnd);
      this.#update();
      changed(this.#seed);
    });
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
    this.#hint.textContent = parts.filter(Boolean).join(". ");
    this.#update();
  }

  #update(): void {
    this.#marks.update(this.#seed, this.#replacements);
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
