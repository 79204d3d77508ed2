import type { AnyModel } from "@anywidget/types";
import { buttonMaker, enable } from "../dom/buttons.ts";
import { box, element, paragraph } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { Popover } from "../dom/popover.ts";
import type { CommonTraits, Receipt, Replacement, Settings } from "../kernel/protocol.ts";
import { follow } from "../kernel/traits.ts";
import { EMPTY_SEED } from "../local/errors.ts";
import { ModelChooser } from "./model-chooser.ts";
import { type Kind, NumberField } from "./number-field.ts";
import { SeedBox } from "./seed-box.ts";
import { SettingTraits } from "./setting-traits.ts";
import { SpeedSlider } from "./speed-slider.ts";

const TOP_K = "consider only the k most likely letters";
const TOP_P = "keep the most likely letters up to this total probability";
const RNG = "the number of the dice: the same number, settings and seed give the same text";

/** What the reader sets in both widgets. */
export class ModelControls<T extends CommonTraits> {
  /** The model, its length and speed, and the way to the rest. */
  readonly set: HTMLElement;
  readonly seed: SeedBox;
  readonly traits: SettingTraits<T>;
  protected readonly fields: NumberField<number | null>[];
  protected readonly rng: NumberField<number | null>;
  /** What the rng is good for. */
  protected readonly hint = paragraph("lstm-hint");
  readonly #more: Popover;

  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(
    protected readonly model: AnyModel<T>,
    lost: () => void,
    private readonly signal: AbortSignal,
  ) {
    this.traits = new SettingTraits(model, lost, signal);
    // What both widgets have.
    const common = model as unknown as AnyModel<CommonTraits>;
    const traits = this.traits as unknown as SettingTraits<CommonTraits>;

    const seed = new SeedBox(traits.setter("seed"), signal);
    this.seed = seed;
    traits.show("seed", seed.over, (text) => (seed.value = text));
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
      meaning?: string,
      empty?: string,
    ) => {
      const kind: Kind = { whole, optional: trait !== "length" };
      if (meaning !== undefined) kind.meaning = meaning;
      if (empty !== undefined) kind.empty = empty;
      const set = traits.setter(trait);
      const field = new NumberField<CommonTraits[K]>(name, bounds[trait], kind, set, signal);
      traits.show(trait, field.root, (value) => (field.value = value));
      return field;
    };
    const length = number("length", "Length", true);
    const topK = number("top_k", "Top-k", true, TOP_K, "all");
    const topP = number("top_p", "Top-p", false, TOP_P, "1");
    this.rng = number("rng", "rng", true, RNG);
    this.fields = [length, topK, topP, this.rng] as NumberField<number | null>[];

    const speed = new SpeedSlider(traits.setter("speed"), signal);
    traits.show("speed", speed.root, (value) => (speed.value = value));

    const more = buttonMaker(signal)("More", () => undefined, "lstm-quiet");
    this.#more = new Popover(more, "More settings", "lstm-more", signal);
    this.#more.root.append(topK.root, topP.root, this.rng.root, this.hint);
    length.root.classList.add("lstm-push");
    const presenting = element("input", { type: "checkbox" });
    on(presenting, "change", signal, () => traits.set({ presenting: presenting.checked }));
    traits.show("presenting", presenting, (is) => (presenting.checked = is));
    const larger = element(
      "label",
      { className: "lstm-presenter" },
      presenting,
      "Larger, for a projector",
    );
    this.#more.root.append(larger);
    const roots = { model: chooser.root, seed: seed.over, length: length.root, speed: speed.root };
    const others = { top_k: topK.root, top_p: topP.root, rng: this.rng.root };
    for (const [name, root] of Object.entries({ ...roots, ...others })) this.lockable(name, root);
    // What opens stands behind its button, so that Tab goes there next.
    this.set = box("lstm-set", chooser.root, length.root, speed.root, more, this.#more.root);
  }

  /** Disable the controls of a setting that the notebook has locked. */
  protected lockable(name: string, root: HTMLElement): void {
    const common = this.model as unknown as AnyModel<CommonTraits>;
    const lock = (names: readonly string[]) => {
      const isLocked = names.includes(name);
      root.title = isLocked ? "Set by the notebook" : "";
      for (const one of root.querySelectorAll("input, select, textarea")) {
        (one as HTMLInputElement).disabled = isLocked;
      }
      for (const button of root.matches(".lstm-dice") ? root.querySelectorAll("button") : []) {
        enable(button, !isLocked);
      }
    };
    follow(common, "locked", lock, this.signal);
  }

  /** What the reader has set; undefined, with the focus on it, if something is wrong. */
  settings(): Settings | undefined {
    const wrong = this.fields.find((field) => field.problem);
    if (wrong) {
      if (this.#more.root.contains(wrong.root)) this.#more.open = true;
      wrong.focus(); // what is wrong is beside it
      return undefined;
    }
    const { model } = this;
    const seed = model.get("seed");
    if (seed === "") {
      this.seed.problem = EMPTY_SEED;
      this.seed.focus();
      return undefined;
    }
    return {
      seed,
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
