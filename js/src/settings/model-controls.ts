import type { AnyModel } from "@anywidget/types";
import { box, details, paragraph } from "../dom/elements.ts";
import type { CommonTraits, Receipt, Replacement, Settings } from "../kernel/protocol.ts";
import { follow } from "../kernel/traits.ts";
import { ModelChooser } from "./model-chooser.ts";
import { NumberField } from "./number-field.ts";
import { SeedBox } from "./seed-box.ts";
import { SettingTraits } from "./setting-traits.ts";
import { SpeedSlider } from "./speed-slider.ts";

/** What the reader sets in both widgets. */
export class ModelControls<T extends CommonTraits> {
  readonly root: HTMLElement;
  /** What is needed less often: more settings, and the card of the model. */
  readonly details: HTMLElement;
  readonly traits: SettingTraits<T>;
  /** The numbers that are always there. */
  protected readonly numbers: HTMLElement;
  protected readonly fields: NumberField<number | null>[];
  protected readonly rng: NumberField<number | null>;
  /** What the rng is good for. */
  protected readonly hint = paragraph("lstm-hint");
  readonly #more: HTMLDetailsElement;

  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(
    protected readonly model: AnyModel<T>,
    lost: () => void,
    signal: AbortSignal,
  ) {
    this.traits = new SettingTraits(model, lost, signal);
    // What both widgets have.
    const common = model as unknown as AnyModel<CommonTraits>;
    const traits = this.traits as unknown as SettingTraits<CommonTraits>;

    const seed = new SeedBox(traits.setter("seed"), signal);
    traits.show("seed", seed.root, (text) => (seed.value = text));
    follow(common, "replacements", (places) => (seed.replacements = places), signal);

    const chooser = new ModelChooser(traits.setter("model"), signal);
    const showModels = () => chooser.show(common.get("models"), common.get("model"));
    follow(common, "models", showModels, signal);
    traits.show("model", chooser.root, showModels);
    follow(common, "card", (card) => (chooser.card = card), signal);

    const bounds = common.get("bounds");
    const number = <K extends "length" | "top_k" | "top_p" | "rng">(
      trait: K,
      name: string,
      whole: boolean,
    ) => {
      const kind = { whole, optional: trait !== "length" };
      const set = traits.setter(trait);
      const field = new NumberField<CommonTraits[K]>(name, bounds[trait], kind, set, signal);
      traits.show(trait, field.root, (value) => (field.value = value));
      return field;
    };
    const length = number("length", "Length", true);
    const topK = number("top_k", "Top-k", true);
    const topP = number("top_p", "Top-p", false);
    this.rng = number("rng", "rng", true);
    this.fields = [length, topK, topP, this.rng] as NumberField<number | null>[];

    const speed = new SpeedSlider(traits.setter("speed"), signal);
    traits.show("speed", speed.root, (value) => (speed.value = value));

    this.numbers = box("lstm-numbers", length.root, speed.root, chooser.root);
    this.root = box("lstm-controls", seed.root, this.numbers);
    const less = box("lstm-numbers", topK.root, topP.root, this.rng.root);
    this.#more = details("lstm-more", "More", less, this.hint);
    this.details = box("lstm-details", this.#more, chooser.about);
  }

  /** What the reader has set; undefined, with the focus on it, if something is wrong. */
  settings(): Settings | undefined {
    const wrong = this.fields.find((field) => field.problem);
    if (wrong) {
      if (this.#more.contains(wrong.root)) this.#more.open = true;
      wrong.focus(); // what is wrong is beside it
      return undefined;
    }
    const { model } = this;
    return {
      seed: model.get("seed"),
      length: model.get("length"),
      top_k: model.get("top_k"),
      top_p: model.get("top_p"),
      rng: model.get("rng"),
    };
  }

  /** Whether a text with this receipt is one of the seed and the model that are set. */
  belongs({ run, model: name, seed }: Partial<Receipt>): boolean {
    const now = known(this.model.get("seed"), this.model.get("replacements"));
    return run !== undefined && name === this.model.get("model") && seed === now;
  }
}

/** A seed as the kernel takes it: without what the model does not know. */
function known(seed: string, replacements: readonly Replacement[]): string {
  const points = Array.from(seed);
  for (const { position, character, used } of replacements) {
    const end = position + Array.from(character).length;
    // The places may be those of a seed before.
    const isThere = points.slice(position, end).join("") === character;
    if (!used && isThere) points.fill("", position, end);
  }
  return points.join("");
}
