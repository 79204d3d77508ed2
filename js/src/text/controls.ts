import type { AnyModel } from "@anywidget/types";
import { buttonMaker } from "../dom/buttons.ts";
import { box, element } from "../dom/elements.ts";
import type { Traits } from "../kernel/protocol.ts";
import { follow } from "../kernel/traits.ts";
import { ModelControls } from "../settings/model-controls.ts";
import type { NumberField } from "../settings/number-field.ts";
import { Thermometer } from "../settings/thermometer.ts";

/** Dice that a roll chooses from: few enough digits to pass on. */
const DICE = 10_000;

/** What the reader sets before, or while, a text is written. */
export class Controls extends ModelControls<Traits> {
  readonly thermometer: Thermometer;

  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(model: AnyModel<Traits>, lost: () => void, signal: AbortSignal) {
    super(model, lost, signal);
    const { hint, rng, traits } = this;

    const range = model.get("bounds").temperature;
    const set = traits.setter("temperature");
    const thermometer = new Thermometer(range, set, signal);
    this.thermometer = thermometer;
    traits.show("temperature", thermometer.root, (value) => (thermometer.value = value));
    this.fields.unshift(thermometer.field as NumberField<number | null>);
    this.lockable("temperature", thermometer.root);

    const roll = buttonMaker(signal)("Roll new dice", () => {
      const thrown = Math.floor(Math.random() * DICE);
      rng.value = thrown;
      traits.set({ rng: thrown });
    });
    const keep = buttonMaker(signal)("", () => {
      const last = model.get("receipt").rng ?? null;
      rng.value = last;
      traits.set({ rng: last });
    });
    const used = element("span");
    const dice = box("lstm-dice", roll, used, keep);
    hint.after(dice);
    this.lockable("rng", dice);
    const showUsed = ({ rng: last }: Traits["receipt"]) => {
      keep.hidden = last === undefined || last === null;
      keep.textContent = `Keep ${last}`;
      used.textContent = keep.hidden ? "" : `The last text used ${last}.`;
    };
    hint.textContent = "Leave rng empty for a new text each time.";
    follow(model, "receipt", showUsed, signal);
  }
}
