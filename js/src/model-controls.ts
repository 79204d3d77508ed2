import type { AnyModel } from "@anywidget/types";
import { element } from "./dom.ts";
import type { CommonTraits, Settings } from "./messages.ts";
import { ModelChooser } from "./model-chooser.ts";
import { NumberField } from "./number-field.ts";
import { Saver } from "./saver.ts";
import { SeedBox } from "./seed-box.ts";
import { SpeedSlider } from "./speed-slider.ts";
import { follow } from "./traits.ts";

/** What the reader sets in both widgets. */
export class ModelControls {
  readonly root: HTMLElement;
  /** What is needed less often: more settings, and the card of the model. */
  readonly details: HTMLElement;
  protected readonly saver: Saver;
  /** The numbers that are always there. */
  protected readonly numbers: HTMLElement;
  protected readonly fields: NumberField<number | null>[];
  protected readonly rng: NumberField<number | null>;
  /** What the rng is good for. */
  protected readonly hint = element("p", { className: "lstm-hint" });
  readonly #more: HTMLDetailsElement;

  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(
    private readonly common: AnyModel<CommonTraits>,
    lost: () => void,
    signal: AbortSignal,
  ) {
    this.saver = new Saver(() => {
      this.prepare();
      try {
        common.save_changes();
      } catch {
        lost();
      }
    }, signal);
    const set = setter(common, this.saver);

    const seed = new SeedBox(set("seed"), signal);
    follow(common, "seed", (text) => (seed.value = text), signal);
    follow(common, "replacements", (places) => (seed.replacements = places), signal);

    const chooser = new ModelChooser(set("model"), signal);
    const showModels = () => chooser.show(common.get("models"), common.get("model"));
    follow(common, "models", showModels, signal);
    follow(common, "model", showModels, signal);
    follow(common, "card", (card) => (chooser.card = card), signal);

    const number = <K extends "length" | "top_k" | "top_p" | "rng">(
      trait: K,
      name: string,
      whole: boolean,
    ) => {
      const range = common.get("bounds")[trait];
      const kind = { whole, optional: trait !== "length" };
      const field = new NumberField<CommonTraits[K]>(name, range, kind, set(trait), signal);
      follow(common, trait, (value) => (field.value = value), signal);
      return field;
    };
    const length = number("length", "Length", true);
    const topK = number("top_k", "Top-k", true);
    const topP = number("top_p", "Top-p", false);
    this.rng = number("rng", "rng", true);
    this.fields = [length, topK, topP, this.rng] as NumberField<number | null>[];

    const speed = new SpeedSlider(set("speed"), signal);
    follow(common, "speed", (value) => (speed.value = value), signal);

    const row = (...parts: HTMLElement[]) =>
      element("div", { className: "lstm-numbers" }, ...parts);
    this.numbers = row(length.root, speed.root, chooser.root);
    this.root = element("div", { className: "lstm-controls" }, seed.root, this.numbers);
    this.#more = element(
      "details",
      { className: "lstm-more" },
      element("summary", { textContent: "More" }),
      row(topK.root, topP.root, this.rng.root),
      this.hint,
    );
    this.details = element("div", { className: "lstm-details" }, this.#more, chooser.about);
  }

  /** Called before what was changed is saved. */
  protected prepare(): void {}

  /** What the reader has set; undefined, with the focus on it, if something is wrong. */
  settings(): Omit<Settings, "temperature"> | undefined {
    const wrong = this.fields.find((field) => field.problem);
    if (wrong) {
      if (this.#more.contains(wrong.root)) this.#more.open = true;
      wrong.focus(); // what is wrong stands beside it
      return undefined;
    }
    this.saver.flush();
    const { common } = this;
    return {
      seed: common.get("seed"),
      length: common.get("length"),
      top_k: common.get("top_k"),
      top_p: common.get("top_p"),
      rng: common.get("rng"),
    };
  }
}

/** Returns what makes, of the name of a trait, what sets it: for this page, and soon for the kernel. */
export function setter<T extends object>(model: AnyModel<T>, saver: Saver) {
  return <K extends keyof T>(name: K) =>
    (value: T[K]): void => {
      model.set(name, value);
      saver.touch();
    };
}
