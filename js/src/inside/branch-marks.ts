import { forms } from "../dom/characters.ts";
import type { Branch } from "../kernel/protocol.ts";
import { Layer } from "../sheet/highlights.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";
import { LetterLabel } from "./letter-label.ts";

/**
 * Shows in a text where it branched: what it shares is faint, the letter that was put there is framed and labelled,
 * and letters with branches of their own are dotted. The label lies over the text, which stays as it is.
 */
export class BranchMarks {
  readonly #label: LetterLabel;
  readonly #shared = new Layer("lstm-shared", -1);
  readonly #put = new Layer("lstm-put", 1);
  readonly #branched = new Layer("lstm-branched");
  /** What is drawn; empty if nothing is. */
  #drawn = "";

  constructor(
    private readonly page: TextArea,
    signal: AbortSignal,
  ) {
    this.#label = new LetterLabel(page, "lstm-branch-label", signal);
    this.#label.root.setAttribute("role", "img");
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
    this.#label.root.setAttribute("aria-label", `Branched here: ${now} instead of ${was}`);
    this.#label.show(seedLength + position, `${now} instead of ${was}`);
  }

  #clear(): void {
    for (const layer of [this.#shared, this.#put, this.#branched]) layer.clear();
    this.#label.hide();
    this.#drawn = "";
  }
}
