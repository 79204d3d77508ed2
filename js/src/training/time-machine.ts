import { element, uniqueId } from "../dom/elements.ts";
import { bits } from "../dom/words.ts";
import type { Bounds, Stage, Written } from "../kernel/protocol.ts";
import { NumberField } from "../settings/number-field.ts";
import { showText } from "./samples.ts";
import { stageName } from "./stage-name.ts";

/** Milliseconds after which an answer is no longer waited for. */
const PATIENCE = 3000;

export interface TimeMachineListener {
  /** The reader goes to a stage. */
  moved(stage: number): void;
  heated(temperature: number): void;
  /** Have this stage write. */
  ask(stage: number, temperature: number): void;
}

/** A slider through the stages of a network, and what each of them writes. */
export class TimeMachine {
  readonly root: HTMLElement;
  readonly #slider: HTMLInputElement;
  readonly #told = element("p", { className: "lstm-stage-told" });
  readonly #text = element("div", { className: "lstm-text", tabIndex: 0 });
  readonly #waits = element("p", { className: "lstm-hint" });
  readonly #temperature: NumberField;
  #stages: readonly Stage[] = [];
  #seed = "";
  #writtenAt = 0;
  #heat = 0;
  /** What came, by stage and temperature. */
  readonly #texts = new Map<string, string>();
  /** What was asked for, and when: one at a time, so that a slider that is dragged piles up nothing. */
  #asked: { name: string; at: number } | null = null;

  constructor(
    bounds: Bounds,
    private readonly listener: TimeMachineListener,
    signal: AbortSignal,
  ) {
    const label = element("label", { textContent: "Stage", htmlFor: uniqueId() });
    this.#slider = element("input", { type: "range", id: label.htmlFor, min: "0", step: "1" });
    this.#slider.addEventListener(
      "input",
      () => {
        this.#show();
        listener.moved(this.stage);
      },
      { signal },
    );
    const heated = (temperature: number) => {
      this.#heat = temperature;
      this.#show();
      listener.heated(temperature);
    };
    this.#temperature = new NumberField("Temperature", bounds, { whole: false }, heated, signal);
    this.#told.id = uniqueId();
    this.#text.setAttribute("role", "region");
    this.#text.setAttribute("aria-label", "Text of the stage");
    this.#text.setAttribute("aria-describedby", this.#told.id);
    const slider = element("div", { className: "lstm-number" }, label, this.#slider);
    const hint = element("p", {
      className: "lstm-hint",
      textContent:
        "Every stage continues the same seed with the same random numbers. Only the network differs.",
    });
    this.root = element(
      "div",
      { className: "lstm-time-machine" },
      element("p", { className: "lstm-title", textContent: "Time machine" }),
      element("div", { className: "lstm-numbers" }, slider, this.#temperature.root),
      this.#told,
      this.#text,
      this.#waits,
      hint,
    );
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Time machine");
    this.root.hidden = true;
  }

  /** The stage that is shown, counted from 0. */
  get stage(): number {
    return this.#slider.valueAsNumber;
  }

  set stage(stage: number) {
    this.#slider.value = String(stage);
    this.#show();
  }

  /** The update of that stage; null if there is none. */
  get update(): number | null {
    return this.#stages[this.stage]?.update ?? null;
  }

  set temperature(temperature: number) {
    this.#heat = temperature;
    this.#temperature.value = temperature;
    this.#show();
  }

  /** Take the stages of a training, with what was written at one temperature. */
  load(stages: readonly Stage[], seed: string, writtenAt: number): void {
    this.#stages = stages;
    this.#seed = seed;
    this.#writtenAt = writtenAt;
    this.#texts.clear();
    this.#asked = null;
    this.root.hidden = stages.length === 0;
    this.#slider.max = String(Math.max(0, stages.length - 1));
    this.#show();
  }

  receive({ stage, temperature, text }: Written): void {
    this.#texts.set(nameOf(stage, temperature), text);
    this.#asked = null;
    this.#show();
  }

  /** What was asked for does not come. */
  refuse(): void {
    this.#asked = null;
  }

  #show(): void {
    const stage = this.#stages[this.stage];
    if (stage === undefined) return;
    const loss = stage.bits === null ? [] : [`${bits(stage.bits)} bits per character`];
    const kept = stage.kept ? ["the model that is kept"] : [];
    const told = [stageName(stage.update), ...loss, ...kept].join(", ");
    const place = `Stage ${this.stage + 1} of ${this.#stages.length}`;
    this.#slider.setAttribute("aria-valuetext", `${place}, ${told}`);
    this.#told.textContent = `${place}: ${told}`;

    const name = nameOf(this.stage, this.#heat);
    const recorded = stage.text ?? "";
    const isRecorded = stage.text !== null && this.#heat === this.#writtenAt;
    const text = isRecorded ? recorded : this.#texts.get(name);
    const before =
      stage.text === null ? "" : `This was written at temperature ${this.#writtenAt}. `;
    this.#waits.textContent =
      text === undefined ? `${before}At ${this.#heat} the kernel has to write it.` : "";
    showText(this.#text, this.#seed, text ?? recorded);
    if (text === undefined) this.#ask(name);
  }

  #ask(name: string): void {
    const now = performance.now();
    if (this.#asked !== null && now - this.#asked.at < PATIENCE) return;
    this.#asked = { name, at: now };
    this.listener.ask(this.stage, this.#heat);
  }
}

function nameOf(stage: number, temperature: number): string {
  return `${stage} ${temperature}`;
}
