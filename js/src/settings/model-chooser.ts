import { box, details, element, labelFor } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import type { Traits } from "../kernel/protocol.ts";

/** What the entries of a card are called, those that are known; in this order. */
const ENTRIES: Record<string, string> = {
  text: "Trained on",
  characters: "Characters of text",
  licence: "Licence",
  network: "Network",
  validation_loss_bits: "Bits per character on held-out text",
  trained_with: "Trained with",
};
/** What somebody needs who trains it again, but no reader. */
const RECORD = new Set([
  "title",
  "command",
  "seed",
  "characters_left_out",
  "characters_read_as_similar",
  "undecodable_bytes",
  "validation",
  "validation_loss_nats",
  "best_epoch",
  "training_seconds",
]);

/** The models to choose from, and the card of the one that is chosen. */
export class ModelChooser {
  readonly root: HTMLElement;
  /** The card. */
  readonly about: HTMLDetailsElement;
  readonly #select = element("select");
  readonly #card = element("dl");

  constructor(changed: (name: string) => void, signal: AbortSignal) {
    on(this.#select, "change", signal, () => changed(this.#select.value));
    this.root = box("lstm-number", labelFor(this.#select, "Model"), this.#select);
    this.about = details("lstm-card", "About this model", this.#card);
  }

  /** What there is to choose from, and which is chosen. */
  show(models: Traits["models"], chosen: string): void {
    this.#select.replaceChildren(
      ...models.map(({ name, title }) => element("option", { value: name, textContent: title })),
    );
    this.#select.value = chosen;
  }

  set card(card: Traits["card"]) {
    const known = Object.keys(ENTRIES).filter((key) => key in card);
    const others = Object.keys(card).filter((key) => !(key in ENTRIES) && !RECORD.has(key));
    this.#card.replaceChildren(
      ...[...known, ...others].flatMap((key) => [
        element("dt", { textContent: ENTRIES[key] ?? spelled(key) }),
        element("dd", { textContent: card[key]?.toLocaleString("en") ?? "" }),
      ]),
    );
  }
}

/** The name of an entry that is not in the table: "best_epoch" as "Best epoch". */
function spelled(key: string): string {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
