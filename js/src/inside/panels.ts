import type { AnyModel } from "@anywidget/types";
import { copyText } from "../dom/clipboard.ts";
import { element, uniqueId, write } from "../dom/elements.ts";
import { Frame } from "../dom/frame.ts";
import { bitsPerCharacter, characters } from "../dom/words.ts";
import type { Begin, FromKernel, ToKernel, Traits } from "../kernel/protocol.ts";
import { type Outcome, Questions } from "../kernel/questions.ts";
import { follow } from "../kernel/traits.ts";
import type { SettingTraits } from "../settings/setting-traits.ts";
import type { TextArea } from "../sheet/text-area.ts";
import { Bars } from "./bars.ts";
import { BranchTree } from "./branch-tree.ts";
import { Caret } from "./caret.ts";
import { CellList } from "./cell-list.ts";
import { Colouring } from "./colouring.ts";
import { Changed } from "./colours.ts";
import { DieBar } from "./die-bar.ts";
import { InspectionClient } from "./inspection-client.ts";
import { pythonText, receiptText } from "./receipt.ts";

export interface Actions {
  send(message: ToKernel): void;
  /** Sets and shows what the reader chooses. */
  traits: SettingTraits<Traits>;
  /** Read the seed and write nothing. */
  read(): void;
  /** Write the text once more with another character at a position. */
  branch(position: number, character: string): Promise<Outcome<Begin>>;
  /** Say it politely. */
  say(text: string): void;
}

/** The panels of the look inside: what comes next, the die, colours, cells and branches. At rest they ask for nothing. */
export class Panels {
  readonly root: HTMLElement;
  readonly #questions: Questions;
  readonly #source: InspectionClient;
  readonly #caret: Caret;
  readonly #bars: Bars;
  readonly #die: DieBar;
  readonly #changed: Changed;
  readonly #colouring: Colouring;
  readonly #cells: CellList;
  readonly #tree: BranchTree;
  readonly #typed: HTMLInputElement;
  readonly #typing: HTMLElement;
  readonly #frame: Frame;
  /** How likely the seed is, which may be a text of the reader's own. */
  readonly #read = element("p", { className: "lstm-inside-read" });
  #run: string | undefined;
  /** Where the caret goes once that character is shown again: to the one that was put there. */
  #return: number | null = null;

  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly page: TextArea,
    private readonly actions: Actions,
    signal: AbortSignal,
  ) {
    const { send, traits } = actions;
    this.#frame = new Frame(() => this.#draw(), signal);
    this.#questions = new Questions(send, signal);
    this.#source = new InspectionClient(this.#questions, () => this.#frame.ask(), signal);
    this.#caret = new Caret(page, () => this.#pointed(), signal);
    this.#bars = new Bars((id) => void this.#branch(model.get("vocabulary")[id] ?? ""), signal);
    this.#die = new DieBar(traits.setter("what_if"), model.get("bounds").what_if, signal);
    this.#changed = new Changed(page, signal);
    this.#colouring = new Colouring(page, traits, signal);
    const find = () => {
      this.#cells.showProgress(0);
      void this.#find();
    };
    const cancel = () => this.#cancel();
    const choose = (cell: readonly [number, number] | null) => {
      traits.set({
        cell: cell === null ? null : [...cell],
        colour: cell === null ? "none" : "cell",
      });
    };
    this.#cells = new CellList({ find, cancel, choose }, model.get("units"), signal);
    this.#tree = new BranchTree(
      {
        show: (run) => send({ type: "show", run }),
        remove: (run) => send({ type: "remove", run }),
      },
      signal,
    );

    // Another character, typed.
    this.#typed = element("input", { type: "text", id: uniqueId(), autocomplete: "off" });
    this.#typed.addEventListener("change", () => this.#branchTyped(), { signal });
    this.#typing = element(
      "p",
      { className: "lstm-inside-typed", hidden: true },
      element("label", { htmlFor: this.#typed.id, textContent: "Or type another character" }),
      this.#typed,
    );

    const button = (textContent: string, act: () => void) => {
      const made = element("button", { type: "button", textContent });
      made.addEventListener("click", act, { signal });
      return made;
    };
    const copy = async (text: string) => {
      const done = await copyText(text);
      actions.say(done ? "Copied" : "The browser blocked copying");
    };
    const receipt = () => model.get("receipt");
    this.root = element(
      "div",
      {},
      element(
        "div",
        { className: "lstm-inside-panels" },
        element("div", {}, this.#bars.root, this.#typing),
        this.#die.root,
      ),
      this.#tree.root,
      this.#colouring.root,
      this.#cells.root,
      this.#read,
      element(
        "div",
        { className: "lstm-buttons" },
        button("Read seed only", () => actions.read()),
        button("Copy receipt", () => copy(receiptText(receipt()))),
        button("Copy as Python", () => copy(pythonText(receipt()))),
      ),
    );

    traits.show("what_if", this.#die.root, (temperature) => (this.#die.whatIf = temperature));
    follow(model, "units", (units) => (this.#cells.layers = units), signal);
    follow(model, "cells", (cells) => this.#cells.showCells(cells), signal);
    follow(model, "branches", (branches) => (this.#tree.branches = branches), signal);
    traits.show("cell", this.#cells.root, (cell) => (this.#cells.chosen = cell));
    const drawn = ["colour", "what_if", "cell", "seed", "model", "temperature", "top_k", "top_p"];
    for (const trait of [...drawn, "vocabulary", "receipt"] as (keyof Traits)[]) {
      follow(model, trait, () => this.#frame.ask(), signal);
    }
  }

  /** At rest, the text has its own colours and nothing is asked. */
  get active(): boolean {
    return this.#caret.active;
  }

  set active(is: boolean) {
    this.#caret.active = is;
    if (is) this.#frame.ask();
    else {
      this.#source.rest();
      this.#cancel();
      this.#colouring.clear();
      this.#changed.clear();
    }
  }

  /** Another text is shown, with this many characters of its parent, or none. */
  begin(run: string | undefined, shared = 0): void {
    const parent = this.model.get("branches").find((one) => one.run === run)?.parent;
    const { seedLength } = this.#source;
    const isBranch = shared > 0 && parent === this.#run && seedLength !== null;
    this.#source.begin(run, isBranch ? seedLength + shared : 0);
    if (!isBranch) this.#return = null;
    this.#run = run;
    this.#tree.shown = run;
    this.#colouring.forget();
    this.#frame.ask();
  }

  /** More of the text is shown. */
  grew(): void {
    if (!this.active) return;
    if (this.#return !== null && this.page.seedLength + this.page.length > this.#return) {
      this.#caret.index = this.#return;
      this.#return = null;
    }
    this.#frame.ask();
  }

  receive(message: FromKernel, buffers: readonly DataView[]): void {
    this.#questions.receive(message, buffers);
  }

  /** Look for cells, a moment at a time. */
  async #find(): Promise<void> {
    const outcome = await this.#questions.ask({ type: "find" });
    if (outcome.is === "refused") {
      this.#cells.showProgress(null, outcome.sentence);
      return;
    }
    if (outcome.is === "dropped") return;
    if (outcome.is === "answered") this.#cells.showProgress(outcome.answer.done);
    if (outcome.is === "lost" || outcome.answer.done < 1) void this.#find();
  }

  #cancel(): void {
    if (!this.#questions.isOpen("find")) return;
    this.#questions.drop("find");
    this.#cells.showProgress(null);
  }

  /** A character was pointed at, or none. */
  #pointed(): void {
    this.#draw();
    const { summary } = this.#die;
    if (this.#caret.pinned && summary) this.actions.say(summary);
  }

  // The kernel counts the characters of the seed as the model reads it, which may be fewer than are shown.

  /** Characters that the seed has more on the page than in the kernel. */
  get #more(): number {
    return this.page.seedLength - (this.#source.seedLength ?? this.page.seedLength);
  }

  /** The place in the kernel of a character on the page; null if it is not known. */
  #known(index: number | null): number | null {
    if (index === null || (index < this.page.seedLength && this.#more !== 0)) return null;
    const place = index - this.#more;
    return place < this.#source.choices.length ? place : null;
  }

  async #branch(character: string): Promise<void> {
    const { index } = this.#caret;
    if (index === null || index < this.page.seedLength || !character) return;
    this.#return = index;
    const outcome = await this.actions.branch(index - this.page.seedLength, character);
    if (outcome.is === "refused") this.#return = null;
  }

  #branchTyped(): void {
    const [character] = this.#typed.value;
    this.#typed.value = "";
    if (character !== undefined) void this.#branch(character);
  }

  #draw(): void {
    if (!this.active) return;
    const { model, page } = this;
    const source = this.#source;
    source.expect(model.get("seed"), model.get("model"));
    source.cell = model.get("colour") === "cell" ? model.get("cell") : null;
    source.want(page.seedLength + page.length - this.#more);
    const { top_k: topK = null, top_p: topP = null } = model.get("receipt");
    source.choices.topK = topK;
    source.choices.topP = topP;
    this.#drawChoice();
    this.#drawChanged();
    this.#colouring.draw(model.get("colour"), model.get("cell"), source, this.#more, (index) =>
      this.#known(index),
    );
    this.#drawRead();
  }

  #drawRead(): void {
    const { choices, seedLength } = this.#source;
    if (seedLength === null || choices.length < seedLength) {
      this.#read.textContent = "";
      return;
    }
    let bits = 0;
    for (let index = 0; index < seedLength; index += 1) bits += choices.surprise(index);
    write(
      this.#read,
      `The seed: ${characters(seedLength)}, ${bitsPerCharacter(bits / seedLength)}.`,
    );
  }

  #drawChoice(): void {
    const { model, page } = this;
    const { choices, expected } = this.#source;
    const vocabulary = model.get("vocabulary");
    const index = this.#caret.index;
    let known = this.#known(index);
    if (known !== null && !choices.has(known)) {
      this.#source.point(known);
      known = null;
    }
    if (index === null || known === null) {
      this.#bars.show({
        logits: expected,
        vocabulary,
        temperature: model.get("temperature"),
        topK: model.get("top_k"),
        topP: model.get("top_p"),
        chosen: null,
        title: "What comes after the seed",
      });
      this.#die.own = model.get("receipt").temperature ?? model.get("temperature");
      this.#die.show(null);
    } else {
      const { id, temperature } = choices.at(known);
      this.#bars.show({
        logits: choices.logits(known),
        vocabulary,
        temperature: model.get("what_if") ?? temperature ?? 1,
        topK: choices.topK,
        topP: choices.topP,
        chosen: id,
        title:
          index < page.seedLength
            ? `What the model expected at character ${index + 1} of the seed`
            : `What could have come as character ${index - page.seedLength + 1}`,
      });
      this.#die.show({ choices, index: known, vocabulary });
    }
    const isWritten = known !== null && index !== null && index >= page.seedLength;
    this.#bars.choosable = isWritten;
    this.#typing.hidden = !isWritten;
  }

  #drawChanged(): void {
    const { choices, seedLength } = this.#source;
    const whatIf = this.model.get("what_if");
    if (whatIf === null || seedLength === null) {
      this.#changed.clear();
      this.#die.changed = null;
      return;
    }
    const changed = choices.changed(whatIf);
    this.#changed.show(changed.map((place) => place + this.#more));
    const first = Math.max(seedLength, choices.first);
    this.#die.changed = {
      count: changed.length,
      of: choices.length - first,
      isLast: first > seedLength,
    };
  }
}
