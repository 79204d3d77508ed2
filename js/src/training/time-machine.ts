import { box, describe, element, labelFor, numberInput, paragraph } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { showHeat } from "../dom/heat.ts";
import { bitsPerCharacter } from "../dom/words.ts";
import type { Bounds, Stage, Written } from "../kernel/protocol.ts";
import { NumberField } from "../settings/number-field.ts";
import { showText } from "./samples.ts";
import { stageName } from "./stage-name.ts";

/** Milliseconds after which an answer is no longer waited for. */
const PATIENCE = 3000;
const NAME = "Time machine";
const HINT =
  "Every stage continues the same seed with the same random numbers. Only the network differs.";

interface TimeMachineListener {
  /** The reader goes to a stage. */
  moved(stage: number): void;
  heated(temperature: number): void;
  /** Have this stage write. */
  ask(stage: number, temperature: number): void;
}

/** A slider through the stages of a network, and what each of them writes. */
export class TimeMachine {
  readonly root: HTMLElement;
  readonly #slider = numberInput("range", 0, 0, 1);
  readonly #name = paragraph("lstm-stage-name");
  readonly #text: HTMLElement;
  readonly #waits = paragraph("lstm-hint");
  readonly #temperature: NumberField;
  #stages: readonly Stage[] = [];
  #seed = "";
  #writtenAt = 0;
  #heat = 0;
  /** What came, by stage and temperature. */
  readonly #texts = new Map<string, string>();
  /** When a text was asked for: one at a time, so that a slider that is dragged piles up nothing. */
  #asked = Number.NEGATIVE_INFINITY;

  constructor(
    bounds: Bounds,
    private readonly listener: TimeMachineListener,
    signal: AbortSignal,
  ) {
    on(this.#slider, "input", signal, () => {
      this.#show();
      listener.moved(this.stage);
    });
    const heated = (temperature: number) => {
      this.#heat = temperature;
      this.#show();
      listener.heated(temperature);
    };
    this.#temperature = new NumberField("Temperature", bounds, { whole: false }, heated, signal);
    const region = { role: "region", "aria-label": "Text of the stage" };
    this.#text = element("div", { className: "lstm-text", tabIndex: 0, ...region });
    describe(this.#text, this.#name);
    const slider = box("lstm-knob lstm-stages", labelFor(this.#slider, "Stage"), this.#slider);
    this.root = element(
      "div",
      { className: "lstm-time-machine", role: "group", "aria-label": NAME, hidden: true },
      box("lstm-machine-head", paragraph("lstm-title", NAME), slider, this.#temperature.root),
      this.#name,
      this.#text,
      this.#waits,
      paragraph("lstm-hint", HINT),
    );
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
    this.#asked = Number.NEGATIVE_INFINITY;
    this.root.hidden = stages.length === 0;
    this.#slider.max = String(Math.max(0, stages.length - 1));
    this.#show();
  }

  receive({ stage, temperature, text }: Written): void {
    this.#texts.set(nameOf(stage, temperature), text);
    this.#asked = Number.NEGATIVE_INFINITY;
    this.#show();
  }

  /** What was asked for does not come. */
  refuse(): void {
    this.#asked = Number.NEGATIVE_INFINITY;
  }

  #show(): void {
    const stage = this.#stages[this.stage];
    if (stage === undefined) return;
    const loss = stage.bits === null ? [] : [bitsPerCharacter(stage.bits)];
    const kept = stage.kept ? ["the model that is kept"] : [];
    const facts = [stageName(stage.update), ...loss, ...kept].join(", ");
    const place = `Stage ${this.stage + 1} of ${this.#stages.length}`;
    this.#slider.setAttribute("aria-valuetext", `${place}, ${facts}`);
    this.#name.textContent = `${place}: ${facts}`;
    const last = Math.max(1, this.#stages.length - 1);
    this.#slider.style.setProperty("--lstm-share", `${(100 * this.stage) / last}%`);
    showHeat(this.root, this.#heat);

    const isRecorded = stage.text !== null && this.#heat === this.#writtenAt;
    const text = isRecorded ? stage.text : this.#texts.get(nameOf(this.stage, this.#heat));
    const before =
      stage.text === null ? "" : `This was written at temperature ${this.#writtenAt}. `;
    this.#waits.textContent =
      text === undefined ? `${before}At ${this.#heat} the kernel has to write it.` : "";
    showText(this.#text, this.#seed, text ?? stage.text ?? "");
    if (text === undefined) this.#ask();
  }

  #ask(): void {
    const now = performance.now();
    if (now - this.#asked < PATIENCE) return;
    this.#asked = now;
    this.listener.ask(this.stage, this.#heat);
  }
}

function nameOf(stage: number, temperature: number): string {
  return `${stage} ${temperature}`;
}
