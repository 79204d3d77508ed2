import type { AnyModel } from "@anywidget/types";
import { element } from "../dom/elements.ts";
import type { Traits } from "../kernel/protocol.ts";
import { follow } from "../kernel/traits.ts";
import { ModelControls } from "../settings/model-controls.ts";
import { NumberField } from "../settings/number-field.ts";

/** Dice that a roll chooses from: few enough digits to be told to a neighbour. */
const DICE = 10_000;

/** What the reader sets before, or while, a text is written. */
export class Controls extends ModelControls<Traits> {
  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(model: AnyModel<Traits>, lost: () => void, signal: AbortSignal) {
    super(model, lost, signal);
    const { hint, rng, traits } = this;

    const temperature = new NumberField<number>(
      "Temperature",
      model.get("bounds").temperature,
      { whole: false },
      traits.setter("temperature"),
      signal,
    );
    traits.show("temperature", temperature.root, (value) => (temperature.value = value));
    this.numbers.prepend(temperature.root);
    this.fields.unshift(temperature as NumberField<number | null>);

    const roll = element("button", { type: "button", textContent: "Roll new dice" });
    roll.addEventListener(
      "click",
      () => {
        const thrown = Math.floor(Math.random() * DICE);
        rng.value = thrown;
        traits.set({ rng: thrown });
      },
      { signal },
    );
    rng.root.append(roll);
    follow(
      model,
      "receipt",
      ({ rng: last }) => {
        const told = last === undefined || last === null ? "" : ` The last text used ${last}.`;
        hint.textContent = `With the same number, the same settings give the same text. Leave it empty for a new text each time.${told}`;
      },
      signal,
    );
  }
}
