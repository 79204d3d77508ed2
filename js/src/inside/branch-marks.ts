import { forms } from "../dom/characters.ts";
import { element } from "../dom/elements.ts";
import { onResize } from "../dom/events.ts";
import type { Branch } from "../kernel/protocol.ts";
import { Layer } from "../sheet/highlights.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";
import { TextLayout } from "./text-layout.ts";

/**
 * Shows in a text where it branched: what it shares is faint, the letter that was put there is framed and labelled,
 * and letters with branches of their own are dotted. The label lies over the text, which stays as it is.
 */
export class BranchMarks {
  readonly #label = element("span", { className: "lstm-branch-label", role: "img" });
  readonly #shared = new Layer("lstm-shared", -1);
  readonly #put = new Layer("lstm-put", 1);
  readonly #branched = new Layer("lstm-branched");
  readonly #layout: TextLayout;
  /** What is drawn; empty if nothing is. */
  #drawn = "";
  #index: number | null = null;

  constructor(
    private readonly page: TextArea,
    signal: AbortSignal,
  ) {
    this.#layout = new TextLayout(page);
    onResize([page.root], signal, () => this.#place()); // other lines
    page.root.addEventListener(REPLACED, () => this.#clear(), { signal });
    signal.addEventListener("abort", () => this.#clear());
  }

  /** @param run the text that is shown; undefined: no marks */
  show(branches: readonly Branch[], run: string | undefined): void {
    const { length, seedLength } = this.page;
    const isThere = ({ position }: Branch) => position < length;
    const own = branches.find((one) => one.run === run && one.parent !== null && isThere(one));
    const children = branches.filter((one) => one.parent === run && isThere(one));
    const places = [...new Set(children.map(({ position }) => position))];
    const wanted = run === undefined ? "" : JSON.stringify([run, own?.position, places]);
    if (wanted === this.#drawn) return;
    this.#clear();
    this.#drawn = wanted;
    if (run === undefined) return;
    const letter = (position: number) =>
      this.page.range(seedLength + position, seedLength + position + 1);
    for (const position of places) this.#branched.add(letter(position));
    if (own === undefined) return;
    const { position, character, instead } = own;
    if (position > 0) this.#shared.add(this.page.range(seedLength, seedLength + position));
    this.#put.add(letter(position));
    const [now, was] = [forms(character).sign, forms(instead).sign];
    this.#label.dataset.label = `${now} instead of ${was}`; // no text of the page, which can be copied
    this.#label.setAttribute("aria-label", `Branched here: ${now} instead of ${was}`);
    this.#index = seedLength + position;
    this.page.flow.prepend(this.#label); // first, as the end is where the text grows
    this.#place();
  }

  #clear(): void {
    for (const layer of [this.#shared, this.#put, this.#branched]) layer.clear();
    this.#label.remove();
    this.#index = null;
    this.#drawn = "";
  }

  /** Put the label over its letter; where the line ends, it reaches to the left. */
  #place(): void {
    const rect = this.#index === null ? null : this.#layout.rectOf(this.#index);
    if (rect === null) return;
    const { flow } = this.page;
    const frame = flow.getBoundingClientRect();
    const scale = frame.width / flow.offsetWidth || 1; // of a page that is shown larger or smaller
    this.#label.style.left = `${(rect.left - frame.left) / scale}px`;
    this.#label.style.top = `${(rect.top - frame.top) / scale}px`;
    this.#label.classList.remove("lstm-turned");
    const isBeyond = this.#label.getBoundingClientRect().right > frame.right;
    this.#label.classList.toggle("lstm-turned", isBeyond);
  }
}
