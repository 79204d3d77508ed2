import { buttonMaker } from "../dom/buttons.ts";
import { oneLine } from "../dom/characters.ts";
import { box, element, paragraph } from "../dom/elements.ts";
import { bitsPerCharacter } from "../dom/words.ts";
import type { Branch } from "../kernel/protocol.ts";

/** Characters of a branch that its button shows. */
const EXCERPT = 40;

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
    const hint = "Choose another character above to see how the text would have continued.";
    this.root = box("lstm-branches", this.#list, paragraph("lstm-hint", hint));
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
    this.root.hidden = this.#branches.length === 0;
    this.#list.replaceChildren(...(first === undefined ? [] : [this.#listOf([first])]));
    if (focused === undefined) return;
    // The buttons are new ones. From one that has gone, the focus goes to the text that is shown,
    // or out of the list if another text is begun, and it is empty.
    const buttons = [...this.#list.querySelectorAll<HTMLElement>("button[data-run]")];
    const same = buttons.find(({ dataset }) => dataset.run === focused);
    const current = buttons.find((button) => button.getAttribute("aria-current") === "true");
    (same ?? current ?? this.root.closest("details")?.querySelector("summary"))?.focus();
  }

  #listOf(branches: readonly Branch[]): HTMLUListElement {
    return element("ul", {}, ...branches.map((branch) => this.#entry(branch)));
  }

  #entry(branch: Branch): HTMLLIElement {
    const button = buttonMaker(this.signal);
    const { run, parent, position, character, written, bits } = branch;
    const excerpt = oneLine(Array.from(branch.excerpt).slice(0, EXCERPT).join(""));
    const where = parent === null ? "The first text" : `“${oneLine(character)}” at ${position + 1}`;
    const each = written > 0 ? bitsPerCharacter(bits / written) : "nothing written yet";
    const about = [
      element("strong", { textContent: where }),
      element("span", { className: "lstm-branch-excerpt", textContent: excerpt && `${excerpt}…` }),
      element("span", { className: "lstm-branch-bits", textContent: each }),
    ];
    const show = button("", () => this.actions.show(run), "lstm-branch");
    show.append(...about);
    show.dataset.run = run;
    show.setAttribute("aria-current", String(run === this.#shown));
    const entry = element("li", {}, show);
    if (parent !== null) {
      const remove = button("Remove", () => this.actions.remove(run));
      remove.dataset.run = `remove ${run}`;
      remove.setAttribute("aria-label", `Remove the branch ${where}`);
      entry.append(remove);
    }
    const children = this.#branches.filter((one) => one.parent === run);
    if (children.length > 0) entry.append(this.#listOf(children));
    return entry;
  }
}
