import { buttonMaker } from "../dom/buttons.ts";
import { box, element } from "../dom/elements.ts";
import type { Traits } from "../kernel/protocol.ts";

export interface Inviting {
  /** Begin with this. */
  begin(seed: string): void;
  /** Read the seed and write nothing. */
  read(): void;
}

/** What stands below the seed before anything is written. */
export class Invitation {
  readonly root: HTMLElement;
  readonly #beginnings = box("lstm-beginnings");
  readonly #button: ReturnType<typeof buttonMaker>;

  constructor(
    private readonly inviting: Inviting,
    signal: AbortSignal,
  ) {
    this.#button = buttonMaker(signal);
    const generate = element("strong", { textContent: "Generate" });
    const read = this.#button("Only read the seed", () => inviting.read(), "lstm-linky");
    this.root = box(
      "lstm-invitation",
      element(
        "p",
        {},
        "Type a beginning of your own. Press ",
        generate,
        ", and the text goes on right behind it.",
      ),
      this.#beginnings,
      element("p", {}, "Or paste a text of your own and press ", read, "."),
    );
  }

  /** The beginnings that a model has to offer. */
  set card({ beginnings, seed }: Traits["card"]) {
    const given = Array.isArray(beginnings) ? beginnings : [];
    const own = typeof seed === "string" && given.length > 0 ? [seed] : [];
    const buttons = [...new Set([...own, ...given])].map((text) =>
      this.#button(text, () => this.inviting.begin(text), "lstm-beginning"),
    );
    this.#beginnings.replaceChildren(element("span", { textContent: "Or begin with" }), ...buttons);
    this.#beginnings.hidden = buttons.length === 0;
  }
}
