import { buttonMaker } from "../dom/buttons.ts";
import { forms, oneLine } from "../dom/characters.ts";
import { box, element, paragraph } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import { bitsPerCharacter } from "../dom/words.ts";
import type { Branch } from "../kernel/protocol.ts";

/** Characters of a branch that its button shows. */
const EXCERPT = 40;
const HINT =
  "Bits per character: the fewer, the surer the network was of this text. To add a branch, point at a letter and press another one.";

/** The texts that branched off one another, as a list in a list; each can be shown, all but the first removed. */
export class BranchTree {
  readonly root: HTMLElement;
  readonly #list = element("div");
  #branches: readonly Branch[] = [];
  #shown: string | undefined;

  constructor(
    private readonly actions: { show(run: string): void; remove(run: string): void },
    private readonly signal: AbortSignal,
  ) {
    const intro = paragraph("lstm-about", "The same later dice, another letter at one place.");
    this.root = box("lstm-branches", intro, this.#list, paragraph("lstm-small", HINT));
  }

  set branches(branches: readonly Branch[]) {
    this.#branches = branches;
    this.#draw();
  }

  /** The text that is shown now. */
  set shown(run: string | undefined) {
    if (run === this.#shown) return;
    this.#shown = run;
    this.#draw();
  }

  #draw(): void {
    const focused = this.#list.querySelector<HTMLElement>(":focus")?.dataset.run;
    const first = this.#branches.find(({ parent }) => parent === null);
    this.#list.replaceChildren(...(first === undefined ? [] : [this.#listOf([first])]));
    if (focused === undefined) return;
    // The buttons are new ones. From one that has gone, the focus goes to the text that is shown,
    // or out of the list if another text is begun, and it is empty.
    const buttons = [...this.#list.querySelectorAll<HTMLElement>("button[data-run]")];
    const same = buttons.find(({ dataset }) => dataset.run === focused);
    const current = buttons.find((button) => button.getAttribute("aria-current") === "true");
    (same ?? current ?? this.root.closest<HTMLElement>("[tabindex]"))?.focus();
  }

  #listOf(branches: readonly Branch[]): HTMLUListElement {
    return element("ul", {}, ...branches.map((branch) => this.#entry(branch)));
  }

  #entry(branch: Branch): HTMLLIElement {
    const button = buttonMaker(this.signal);
    const { run, parent, position, character, before, instead, written, bits } = branch;
    const excerpt = Array.from(branch.excerpt).slice(parent === null ? 0 : 1, EXCERPT);
    const each = written > 0 ? (bits / written).toFixed(2) : "";
    const where = `“${oneLine(character)}” at ${position + 1}`;
    const what =
      parent === null
        ? ["The first text"]
        : [
            letter(character, "lstm-branch-now"),
            " instead of ",
            letter(instead, "lstm-branch-was"),
            element("small", { textContent: ` at ${position + 1}` }),
          ];
    const own =
      parent === null ? [] : [`…${oneLine(before)}`, element("b", {}, oneLine(character))];
    const show = button("", () => this.actions.show(run), "lstm-branch");
    show.append(
      element("span", { className: "lstm-branch-what" }, ...what),
      element("span", { className: "lstm-branch-bits", textContent: each && `${each} bits` }),
      element(
        "span",
        { className: "lstm-branch-excerpt" },
        ...own,
        `${oneLine(excerpt.join(""))}…`,
      ),
    );
    const told = parent === null ? "The first text" : `${where}, instead of “${oneLine(instead)}”`;
    const mean = written > 0 ? bitsPerCharacter(bits / written) : "nothing written yet";
    show.setAttribute("aria-label", `${told}, ${mean}: ${oneLine(branch.excerpt)}`);
    show.dataset.run = run;
    show.setAttribute("aria-current", String(run === this.#shown));
    const entry = element("li", {}, show);
    if (parent !== null) {
      const remove = button("", () => this.actions.remove(run), "lstm-icon lstm-remove");
      remove.append(icon("close"));
      remove.dataset.run = `remove ${run}`;
      remove.setAttribute("aria-label", `Remove the branch ${where}`);
      entry.append(remove);
    }
    const children = this.#branches.filter((one) => one.parent === run);
    if (children.length > 0) entry.append(this.#listOf(children));
    return entry;
  }
}

function letter(character: string, className: string): HTMLElement {
  return element("span", { className, textContent: forms(character).sign });
}
