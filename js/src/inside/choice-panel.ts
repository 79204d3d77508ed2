import type { AnyModel } from "@anywidget/types";
import { box, element, hide, labelFor, paragraph, write } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import type { Begin, Traits } from "../kernel/protocol.ts";
import type { Outcome } from "../kernel/questions.ts";
import type { SettingTraits } from "../settings/setting-traits.ts";
import type { TextArea } from "../sheet/text-area.ts";
import type { Alignment } from "./alignment.ts";
import { Bars } from "./bars.ts";
import { type Looked, lookAt, moodOf } from "./choice-words.ts";
import { Changed } from "./colours.ts";
import { DieBar } from "./die-bar.ts";
import type { InspectionClient } from "./inspection-client.ts";
import { LetterHead } from "./letter-head.ts";

const HINT =
  "Point at a letter, or click into the text and use the arrow keys, to see how it was chosen.";
/** Rows of bars where a letter is explained, and where only they are; by the room there is. */
const ROWS = { wide: [7, 11], narrow: [6, 6], phone: [5, 4] } as const;
export type Room = keyof typeof ROWS;

export interface ChoiceActions {
  /** Sets and shows what the reader chooses. */
  traits: SettingTraits<Traits>;
  /** Write the text once more with another character at a position. */
  branch(position: number, character: string): Promise<Outcome<Begin>>;
  /** Say it politely. */
  say(text: string): void;
  /** Whether the text is of the seed and model that are set. */
  belongs(): boolean;
}

/** One letter: how it was chosen, and what else could have come. Or, before there is one, what comes next. */
export class ChoicePanel {
  readonly root: HTMLElement;
  room: Room = "wide";
  readonly #head = new LetterHead();
  /** What the temperature does or, of a seed that was only read, how likely that is. */
  readonly #mood = paragraph("lstm-about lstm-mood");
  readonly #hint = paragraph("lstm-about", HINT);
  readonly #bars: Bars;
  readonly #die: DieBar;
  readonly #changed: Changed;
  readonly #typing: HTMLElement;
  /** The letter that is shown, counted from the first one of the seed. */
  #index: number | null = null;
  /** What is known of it. */
  #looked: Looked | null = null;

  /** @param put takes the letter of the text that another one was put in the place of; null: it was refused */
  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly page: TextArea,
    private readonly source: InspectionClient,
    private readonly alignment: Alignment,
    private readonly actions: ChoiceActions,
    private readonly put: (index: number | null) => void,
    signal: AbortSignal,
  ) {
    const { traits } = actions;
    this.#die = new DieBar(traits.setter("what_if"), model.get("bounds").temperature, signal);
    traits.show("what_if", this.#die.root, (temperature) => (this.#die.whatIf = temperature));
    this.#bars = new Bars(
      (id) => void this.#branch(this.#looked?.vocabulary[id] ?? ""),
      (id) => (this.#die.framed = id),
      signal,
    );
    this.#changed = new Changed(page, signal);
    const typed = element("input", { type: "text", autocomplete: "off" });
    const take = () => {
      const [character = ""] = typed.value;
      typed.value = "";
      if (character !== "") void this.#branch(character);
    };
    on(typed, "input", signal, (event) => {
      if (!(event as InputEvent).isComposing) take();
    });
    on(typed, "compositionend", signal, take);
    const label = labelFor(typed, "Or type another");
    label.append(element("span", { className: "lstm-unseen", textContent: " character" }));
    this.#typing = element("span", { className: "lstm-typed" }, label, typed);
    this.#bars.foot.prepend(this.#typing);
    const parts = [this.#head.root, this.#mood, this.#die.root, this.#bars.root];
    this.root = box("lstm-letter", this.#hint, ...parts);
    this.forget();
  }

  /** The letter that is shown; null: none. */
  get index(): number | null {
    return this.#index;
  }

  /** What is shown, to be read out. */
  get summary(): string {
    return this.#die.summary;
  }

  /** Another text is shown. What is drawn belongs to the one before, and stays until there is something to replace it. */
  begin(): void {
    this.#index = null;
    this.#bars.choosable = false;
  }

  /** Nothing is known. */
  forget(): void {
    this.begin();
    this.#show([this.#hint]);
  }

  /** Show what comes after the seed. */
  drawNext(): void {
    const { model, source } = this;
    const temperature = model.get("temperature");
    this.#index = null;
    this.#show([this.#head.root, this.#mood, this.#bars.root]);
    // What is drawn may be about the seed before: a long one takes the kernel seconds to read.
    this.#head.showNext(source.expected?.seed ?? model.get("seed"));
    const read = this.actions.belongs() ? source.read : null;
    write(this.#mood, read ?? moodOf(temperature));
    this.#die.show(null);
    this.#bars.choosable = false;
    this.#bars.show({
      logits: source.expected?.logits ?? null,
      vocabulary: source.expected?.vocabulary ?? [],
      temperature,
      topK: model.get("top_k"),
      topP: model.get("top_p"),
      chosen: null,
      title: "Next letter",
      rows: ROWS[this.room][1],
    });
  }

  /**
   * Show a letter, as soon as all is known of it.
   * @param isLive whether the next one takes its place at once
   */
  drawLetter(index: number, isLive: boolean): void {
    const { model } = this;
    const place = this.alignment.placeOf(index);
    const known = place === null ? null : this.source.look(place);
    if (known === null) {
      if (place === null) this.forget();
      return; // the one before stays meanwhile
    }
    const whatIf = isLive ? null : model.get("what_if");
    const looked = lookAt(known, whatIf);
    if (looked === null) return;
    const { choice, vocabulary } = looked;
    const isWritten = index >= this.page.seedLength;
    this.#index = index;
    this.#looked = looked;
    const canBranch = isWritten && !isLive;
    this.#show([this.#head.root, this.#die.root, this.#bars.root], canBranch);
    this.root.classList.toggle("lstm-live", isLive);
    this.#head.showLetter(looked, isLive);
    this.#die.show(known, isLive);
    this.#bars.choosable = canBranch;
    this.#bars.show({
      logits: known.choices.logits(known.index),
      vocabulary,
      temperature: choice.die === null ? 1 : looked.temperature,
      ...(choice.die === null ? { topK: null, topP: null } : known.choices.limits),
      chosen: choice.id,
      title: isLive
        ? "It could have been"
        : isWritten
          ? "Try another letter"
          : "What the network expected here",
      rows: ROWS[this.room][0],
    });
  }

  /**
   * Mark what another temperature would change; null: nothing is asked.
   * @returns how many letters that are; null while nothing is asked or known
   */
  drawChanged(whatIf: number | null): number | null {
    const { choices, seedLength } = this.source;
    if (whatIf === null || seedLength === null || choices.length === 0) {
      this.#changed.clear();
      this.#die.changed = null;
      return null;
    }
    const changed = choices.changed(whatIf);
    this.#changed.show(
      changed.map((place) => place + this.alignment.more),
      whatIf,
    );
    const first = Math.max(seedLength, choices.first);
    const [count, of] = [changed.length, choices.length - first];
    this.#die.changed = { count, of, isLast: first > seedLength };
    return count;
  }

  /** @param canBranch whether another letter can be put here */
  #show(parts: HTMLElement[], canBranch = false): void {
    for (const part of [this.#hint, this.#head.root, this.#mood, this.#bars.root]) {
      hide(part, !parts.includes(part));
    }
    if (!parts.includes(this.#die.root)) this.#die.show(null);
    hide(this.#typing, !canBranch);
  }

  async #branch(character: string): Promise<void> {
    const index = this.#index;
    if (index === null || index < this.page.seedLength || !character) return;
    const looked = this.#looked;
    if (looked?.vocabulary[looked.choice.id] === character) return; // it would be the same text once more
    this.put(index);
    const outcome = await this.actions.branch(index - this.page.seedLength, character);
    if (outcome.is === "refused") this.put(null);
  }
}
