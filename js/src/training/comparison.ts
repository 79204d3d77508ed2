import { element } from "../dom/elements.ts";
import { bits } from "../dom/words.ts";
import type { Baseline, Point } from "../kernel/protocol.ts";
import { stageName } from "./stage-name.ts";

/** When a loss came below a reference; null if it has not. */
export function beaten(reference: Baseline, curve: readonly Point[]): number | null {
  return curve.find(([, loss]) => loss < reference.bits)?.[0] ?? null;
}

/** The references as a table: what they are, and when the network was better. */
export class ComparisonTable {
  readonly root: HTMLDetailsElement;
  readonly #body = element("tbody");
  #shown = "";

  constructor() {
    const head = element(
      "tr",
      {},
      ...["What", "Bits per character", "Network beats it"].map((textContent) =>
        element("th", { scope: "col", textContent }),
      ),
    );
    this.root = element(
      "details",
      { className: "lstm-compared" },
      element("summary", { textContent: "Baselines" }),
      element("table", {}, element("thead", {}, head), this.#body),
    );
  }

  show(references: readonly Baseline[], validation: readonly Point[]): void {
    this.root.hidden = references.length === 0;
    const rows = references.map((one) => {
      const update = beaten(one, validation);
      return [
        one.name,
        one.meaning,
        bits(one.bits),
        update === null ? "not yet" : stageName(update),
      ];
    });
    const now = JSON.stringify(rows);
    if (now === this.#shown) return;
    this.#shown = now;
    this.#body.replaceChildren(
      ...rows.map(([name = "", meaning = "", loss = "", told = ""]) =>
        element(
          "tr",
          {},
          element(
            "th",
            { scope: "row" },
            name,
            element("span", { className: "lstm-meaning", textContent: meaning }),
          ),
          element("td", { textContent: loss }),
          element("td", { textContent: told }),
        ),
      ),
    );
  }
}
