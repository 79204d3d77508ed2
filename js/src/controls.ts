import type { AnyModel } from "@anywidget/types";
import { element, uniqueId } from "./dom.ts";
import type { Settings, Traits } from "./messages.ts";
import { ModelChooser } from "./model-chooser.ts";
import { NumberField } from "./number-field.ts";
import { Saver } from "./saver.ts";
import { SeedBox } from "./seed-box.ts";
import { SpeedSlider } from "./speed-slider.ts";
import { follow } from "./traits.ts";

/** Dice that a roll chooses from: few enough digits to be told to a neighbour. */
const DICE = 10_000;

/** What the reader sets before, or while, a text is written. */
export class Controls {
  readonly root: HTMLElement;
  /** What is needed less often: more settings, and the card of the model. */
  readonly details: HTMLElement;
  readonly #more: HTMLDetailsElement;
  readonly #fields: NumberField<number | null>[];
  readonly #saver: Saver;
  /** Returns what sets a trait, for this page and soon for the kernel. */
  readonly set: <K extends keyof Traits>(name: K) => (value: Traits[K]) => void;

  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(
    private readonly model: AnyModel<Traits>,
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
    this.set = (name) => (value) => {
      model.set(name, value);
      this.#saver.touch();
    };
    const { set } = this;

    const seed = new SeedBox(set("seed"), signal);
    follow(model, "seed", (text) => (seed.value = text), signal);
    follow(model, "replacements", (places) => (seed.replacements = places), signal);

    const chooser = new ModelChooser(set("model"), signal);
    const showModels = () => chooser.show(model.get("models"), model.get("model"));
    follow(model, "models", showModels, signal);
    follow(model, "model", showModels, signal);
    follow(model, "card", (card) => (chooser.card = card), signal);

    const number = <K extends "temperature" | "length" | "top_k" | "top_p" | "rng">(
      trait: K,
      name: string,
      whole: boolean,
      optional = false,
    ) => {
      const range = model.get("bounds")[trait];
      const field = new NumberField<Traits[K]>(
        name,
        range,
        { whole, optional },
        set(trait),
        signal,
      );
      follow(model, trait, (value) => (field.value = value), signal);
      return field;
    };
    const temperature = number("temperature", "Temperature", false);
    const length = number("length", "Length", true);
    const topK = number("top_k", "Top-k", true, true);
    const topP = number("top_p", "Top-p", false, true);
    const rng = number("rng", "rng", true, true);
    this.#fields = [temperature, length, topK, topP, rng] as NumberField<number | null>[];

    const speed = new SpeedSlider(set("speed"), signal);
    follow(model, "speed", (value) => (speed.value = value), signal);

    const hint = element("p", { className: "lstm-hint", id: uniqueId() });
    const roll = element("button", { type: "button", textContent: "Roll new dice" });
    roll.addEventListener(
      "click",
      () => {
        const thrown = Math.floor(Math.random() * DICE);
        rng.value = thrown;
        set("rng")(thrown);
      },
      { signal },
    );
    rng.root.append(roll);
    follow(
      model,
      "receipt",
      ({ rng: last }) => {
        const told = last === undefined || last === null ? "" : ` The last text had ${last}.`;
        hint.textContent = `The same rng throws the same dice: the same settings then give the same text. Empty, each text has its own.${told}`;
      },
      signal,
    );

    this.root = element(
      "div",
      { className: "lstm-controls" },
      seed.root,
      element(
        "div",
        { className: "lstm-numbers" },
        temperature.root,
        length.root,
        speed.root,
        chooser.root,
      ),
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

  /** What the reader has set; undefined, with the focus on it, if something is wrong. */
  settings(): Settings | undefined {
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
      temperature: model.get("temperature"),
      top_k: model.get("top_k"),
      top_p: model.get("top_p"),
      rng: model.get("rng"),
    };
  }
}
