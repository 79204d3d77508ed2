import { element } from "../dom.ts";
import { ModelChooser } from "../model-chooser.ts";
import { NumberField } from "../number-field.ts";
import { Saver } from "../saver.ts";
import { SeedBox } from "../seed-box.ts";
import { SpeedSlider } from "../speed-slider.ts";
import type { LaneAsked, LanesSettings, LanesTraits } from "./messages.ts";
import { follow, type LanesModel } from "./traits.ts";

/** What the reader sets for all lanes. */
export class LanesControls {
  readonly root: HTMLElement;
  /** What is needed less often: more settings, and the card of the model. */
  readonly details: HTMLElement;
  readonly #more: HTMLDetailsElement;
  readonly #fields: NumberField<number | null>[];
  readonly #saver: Saver;

  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(
    private readonly model: LanesModel,
    lost: () => void,
    signal: AbortSignal,
  ) {
    this.#saver = new Saver(() => {
      try {
        model.save_changes();
      } catch {
        lost();
      }
    }, signal);
    const set =
      <K extends keyof LanesTraits>(name: K) =>
      (value: LanesTraits[K]) => {
        model.set(name, value);
        this.#saver.touch();
      };

    const seed = new SeedBox(set("seed"), signal);
    follow(model, "seed", (text) => (seed.value = text), signal);
    follow(model, "replacements", (places) => (seed.replacements = places), signal);

    const chooser = new ModelChooser(set("model"), signal);
    const showModels = () => chooser.show(model.get("models"), model.get("model"));
    follow(model, "models", showModels, signal);
    follow(model, "model", showModels, signal);
    follow(model, "card", (card) => (chooser.card = card), signal);

    const number = <K extends "length" | "top_k" | "top_p" | "rng">(
      trait: K,
      name: string,
      whole: boolean,
    ) => {
      const kind = { whole, optional: trait !== "length" };
      const field = new NumberField<LanesTraits[K]>(
        name,
        model.get("bounds")[trait],
        kind,
        set(trait),
        signal,
      );
      follow(model, trait, (value) => (field.value = value), signal);
      return field;
    };
    const length = number("length", "Length", true);
    const topK = number("top_k", "Top-k", true);
    const topP = number("top_p", "Top-p", false);
    const rng = number("rng", "rng", true);
    this.#fields = [length, topK, topP, rng] as NumberField<number | null>[];

    const speed = new SpeedSlider(set("speed"), signal);
    follow(model, "speed", (value) => (speed.value = value), signal);

    const hint = element("p", {
      className: "lstm-hint",
      textContent:
        "All lanes throw the same dice: the same rng throws them again. Empty, each run has its own.",
    });
    this.root = element(
      "div",
      { className: "lstm-controls" },
      seed.root,
      element("div", { className: "lstm-numbers" }, length.root, speed.root, chooser.root),
    );
    this.#more = element(
      "details",
      { className: "lstm-more" },
      element("summary", { textContent: "More" }),
      element("div", { className: "lstm-numbers" }, topK.root, topP.root, rng.root),
      hint,
    );
    this.details = element("div", { className: "lstm-details" }, this.#more, chooser.about);
  }

  /** The reader has set the lanes. */
  setLanes(lanes: readonly LaneAsked[]): void {
    const { model } = this;
    // The temperatures first: without their names, those that have come or gone are let wait.
    model.set(
      "temperatures",
      lanes.map(({ temperature }) => temperature),
    );
    model.set(
      "names",
      lanes.map(({ name }) => name),
    );
    this.#saver.touch();
  }

  /** What the reader has set; undefined, with the focus on it, if something is wrong. */
  settings(): LanesSettings | undefined {
    const wrong = this.#fields.find((field) => field.problem);
    if (wrong) {
      if (this.#more.contains(wrong.root)) this.#more.open = true;
      wrong.focus(); // what is wrong stands beside it
      return undefined;
    }
    this.#saver.flush();
    const { model } = this;
    return {
      seed: model.get("seed"),
      length: model.get("length"),
      top_k: model.get("top_k"),
      top_p: model.get("top_p"),
      rng: model.get("rng"),
    };
  }
}
