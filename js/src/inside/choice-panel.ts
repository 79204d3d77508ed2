import type { AnyModel } from "@anywidget/types";
import { box, element, labelFor } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import type { Begin, Traits } from "../kernel/protocol.ts";
import type { Outcome } from "../kernel/questions.ts";
import type { SettingTraits } from "../settings/setting-traits.ts";
import type { TextArea } from "../sheet/text-area.ts";
import type { Alignment } from "./alignment.ts";
import { Bars, type Next } from "./bars.ts";
import { Caret } from "./caret.ts";
import { Changed } from "./colours.ts";
import { DieBar } from "./die-bar.ts";
import type { InspectionClient } from "./inspection-client.ts";

export interface ChoiceActions {
  /** Sets and shows what the reader chooses. */
  traits: SettingTraits<Traits>;
  /** Write the text once more with another character at a position. */
  branch(position: number, character: string): Promise<Outcome<Begin>>;
  /** Say it politely. */
  say(text: string): void;
}

/** The character at the caret: what else could have come, and how it was chosen. Without one, what comes next. */
export class ChoicePanel {
  readonly root: HTMLElement;
  readonly #caret: Caret;
  readonly #bars: Bars;
  readonly #die: DieBar;
  readonly #changed: Changed;
  readonly #typing: HTMLElement;
  /** Where the caret goes once that character is shown again: to the one that was put there. */
  #return: number | null = null;

  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly page: TextArea,
    private readonly source: InspectionClient,
    private readonly alignment: Alignment,
    private readonly actions: ChoiceActions,
    signal: AbortSignal,
  ) {
    this.#caret = new Caret(page, () => this.#pointed(), signal);
    this.#bars = new Bars((id) => void this.#branch(model.get("vocabulary")[id] ?? ""), signal);
    const { traits } = actions;
    this.#die = new DieBar(traits.setter("what_if"), model.get("bounds").what_if, signal);
    traits.show("what_if", this.#die.root, (temperature) => (this.#die.whatIf = temperature));
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
    const label = labelFor(typed, "Or type another character");
    const typing = { className: "lstm-inside-typed", hidden: true };
    this.#typing = element("p", typing, label, typed);
    this.root = box("lstm-inside-panels", box("", this.#bars.root, this.#typing), this.#die.root);
  }

  get active(): boolean {
    return this.#caret.active;
  }

  set active(is: boolean) {
    this.#caret.active = is;
    if (!is) this.#changed.clear();
  }

  /** Another text is shown: a branch of the one before, or not. */
  begin(isBranch: boolean): void {
    if (!isBranch) this.#return = null;
  }

  /** More of the text is shown. */
  grew(): void {
    if (this.#return === null || this.page.total <= this.#return) return;
    this.#caret.index = this.#return;
    this.#return = null;
  }

  draw(): void {
    const { index } = this.#caret;
    const { choices } = this.source;
    let place = this.alignment.placeOf(index);
    if (place !== null && !choices.has(place)) {
      this.source.point(place);
      place = null;
    }
    const next = this.#next(index, place);
    const { vocabulary } = next;
    this.#bars.show(next);
    const isWritten = index !== null && place !== null && index >= this.page.seedLength;
    this.#bars.choosable = isWritten;
    this.#typing.hidden = !isWritten;
    this.#die.own = this.model.get("receipt").temperature ?? this.model.get("temperature");
    this.#die.show(place === null ? null : { choices, index: place, vocabulary });
    this.#drawChanged();
  }

  #next(index: number | null, place: number | null): Next {
    const { model, source } = this;
    const { choices } = source;
    const vocabulary = model.get("vocabulary");
    if (index === null || place === null) {
      return {
        logits: source.expected,
        vocabulary,
        temperature: model.get("temperature"),
        topK: model.get("top_k"),
        topP: model.get("top_p"),
        chosen: null,
        title: "What comes after the seed",
      };
    }
    const { id, temperature } = choices.at(place);
    const position = index - this.page.seedLength;
    return {
      logits: choices.logits(place),
      vocabulary,
      temperature: model.get("what_if") ?? temperature ?? 1,
      ...choices.limits,
      chosen: id,
      title:
        position < 0
          ? `What the model expected at character ${index + 1} of the seed`
          : `What could have come as character ${position + 1}`,
    };
  }

  #drawChanged(): void {
    const { choices, seedLength } = this.source;
    const whatIf = this.model.get("what_if");
    if (whatIf === null || seedLength === null) {
      this.#changed.clear();
      this.#die.changed = null;
      return;
    }
    const changed = choices.changed(whatIf);
    this.#changed.show(changed.map((place) => place + this.alignment.more));
    const first = Math.max(seedLength, choices.first);
    const [count, of] = [changed.length, choices.length - first];
    this.#die.changed = { count, of, isLast: first > seedLength };
  }

  /** A character was pointed at, or none. */
  #pointed(): void {
    if (!this.active) return;
    this.draw();
    const { summary } = this.#die;
    if (this.#caret.pinned && summary) this.actions.say(summary);
  }

  async #branch(character: string): Promise<void> {
    const { index } = this.#caret;
    if (index === null || index < this.page.seedLength || !character) return;
    this.#return = index;
    const outcome = await this.actions.branch(index - this.page.seedLength, character);
    if (outcome.is === "refused") this.#return = null;
  }
}
