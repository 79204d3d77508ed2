import { details, element } from "../dom/elements.ts";
import { bits } from "../dom/words.ts";
import type { Baseline, Point } from "../kernel/protocol.ts";
import { stageName } from "./stage-name.ts";

const HEADS = ["What", "Bits per character", "Network beats it"];

/** The baselines as a table: what they are, and when the network was better. */
export class ComparisonTable {
  readonly root: HTMLDetailsElement;
  readonly #body = element("tbody");
  #shown = "";

  constructor() {
    const cells = HEADS.map((textContent) => element("th", { scope: "col", textContent }));
    const head = element("thead", {}, element("tr", {}, ...cells));
    this.root = details("lstm-compared", "Baselines", element("table", {}, head, this.#body));
  }

  show(references: readonly Baseline[], validation: readonly Point[]): void {
    this.root.hidden = references.length === 0;
    const rows = references.map((one) => {
      const [update] = validation.find(([, loss]) => loss < one.bits) ?? [];
      return { ...one, beaten: update === undefined ? "not yet" : stageName(update) };
    });
    const now = JSON.stringify(rows);
    if (now === this.#shown) return; // leave what somebody may be reading or copying
    this.#shown = now;
    this.#body.replaceChildren(...rows.map(rowOf));
  }
}

function rowOf({ name, meaning, bits: loss, beaten }: Baseline & { beaten: string }): HTMLElement {
  const explained = element("span", { className: "lstm-meaning", textContent: meaning });
  const head = element("th", { scope: "row" }, name, explained);
  const figures = [bits(loss), beaten].map((textContent) => element("td", { textContent }));
  return element("tr", {}, head, ...figures);
}
