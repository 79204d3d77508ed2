import type { AnyModel } from "@anywidget/types";
import { buttonMaker } from "../dom/buttons.ts";
import type { Traits } from "../kernel/protocol.ts";
import { follow } from "../kernel/traits.ts";
import { ModelControls } from "../settings/model-controls.ts";
import { NumberField } from "../settings/number-field.ts";

/** Dice that a roll chooses from: few enough digits to pass on. */
const DICE = 10_000;

/** What the reader sets before, or while, a text is written. */
export class Controls extends ModelControls<Traits> {
  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(model: AnyModel<Traits>, lost: () => void, signal: AbortSignal) {
    super(model, lost, signal);
    const { hint, rng, traits } = this;

    const range = model.get("bounds").temperature;
    const set = traits.setter("temperature");
    const temperature = new NumberField("Temperature", range, { whole: false }, set, signal);
    traits.show("temperature", temperature.root, (value) => (temperature.value = value));
    this.numbers.prepend(temperature.root);
    this.fields.unshift(temperature as NumberField<number | null>);

    const roll = buttonMaker(signal)("Roll new dice", () => {
      const thrown = Math.floor(Math.random() * DICE);
      rng.value = thrown;
      traits.set({ rng: thrown });
    });
    rng.root.append(roll);
    const explain = ({ rng: last }: Traits["receipt"]) => {
      const used = last === undefined || last === null ? "" : ` The last text used ${last}.`;
      hint.textContent = `With the same number, the same settings give the same text. Leave it empty for a new text each time.${used}`;
    };
    follow(model, "receipt", explain, signal);
  }
}
