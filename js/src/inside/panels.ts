import type { AnyModel } from "@anywidget/types";
import { buttonMaker } from "../dom/buttons.ts";
import { copyText } from "../dom/clipboard.ts";
import { box, paragraph, write } from "../dom/elements.ts";
import { Frame } from "../dom/frame.ts";
import { bitsPerCharacter, characters } from "../dom/words.ts";
import type { FromKernel, ToKernel, Traits } from "../kernel/protocol.ts";
import { Questions } from "../kernel/questions.ts";
import { follow } from "../kernel/traits.ts";
import type { TextArea } from "../sheet/text-area.ts";
import { Alignment } from "./alignment.ts";
import type { Place } from "./any-cell.ts";
import { BranchTree } from "./branch-tree.ts";
import { CellList } from "./cell-list.ts";
import { type ChoiceActions, ChoicePanel } from "./choice-panel.ts";
import { Colouring } from "./colouring.ts";
import { InspectionClient } from "./inspection-client.ts";
import { pythonText, receiptText } from "./receipt.ts";

export interface Actions extends ChoiceActions {
  send(message: ToKernel): void;
  /** Read the seed and write nothing. */
  read(): void;
}

/** The panels of the look inside: what comes next, the die, colours, cells and branches. At rest they ask for nothing. */
export class Panels {
  readonly root: HTMLElement;
  readonly #questions: Questions;
  readonly #source: InspectionClient;
  readonly #alignment: Alignment;
  readonly #choice: ChoicePanel;
  readonly #colouring: Colouring;
  readonly #cells: CellList;
  readonly #tree: BranchTree;
  readonly #frame: Frame;
  /** How likely the seed is, which may be a text of the reader's own. */
  readonly #read = paragraph("lstm-inside-read");
  #run: string | undefined;

  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly page: TextArea,
    actions: Actions,
    signal: AbortSignal,
  ) {
    const { send, traits } = actions;
    this.#frame = new Frame(() => this.#draw(), signal);
    this.#questions = new Questions(send, signal);
    const source = new InspectionClient(this.#questions, () => this.#frame.ask(), signal);
    this.#source = source;
    this.#alignment = new Alignment(page, source);
    this.#choice = new ChoicePanel(model, page, source, this.#alignment, actions, signal);
    this.#colouring = new Colouring(page, traits, signal);
    const search = {
      find: () => {
        this.#cells.showProgress(0);
        void this.#find();
      },
      cancel: () => this.#cancel(),
      choose: (cell: Place | null) => {
        if (cell === null) traits.set({ cell, colour: "none" });
        else traits.set({ cell: [...cell], colour: "cell" });
      },
    };
    this.#cells = new CellList(search, model.get("units"), signal);
    const branches = {
      show: (run: string) => send({ type: "show", run }),
      remove: (run: string) => send({ type: "remove", run }),
    };
    this.#tree = new BranchTree(branches, signal);
    const button = buttonMaker(signal);
    const copy = async (text: string) => actions.say(await copyText(text));
    const buttons = [
      button("Read seed only", () => actions.read()),
      button("Copy receipt", () => copy(receiptText(model.get("receipt")))),
      button("Copy as Python", () => copy(pythonText(model.get("receipt")))),
    ];
    const parts = [this.#choice, this.#tree, this.#colouring, this.#cells].map(({ root }) => root);
    this.root = box("", ...parts, this.#read, box("lstm-buttons", ...buttons));

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
    return this.#choice.active;
  }

  set active(is: boolean) {
    this.#choice.active = is;
    if (is) {
      this.#frame.ask();
      return;
    }
    this.#source.rest();
    this.#cancel();
    this.#colouring.clear();
  }

  /** Another text is shown, with this many characters of its parent, or none. */
  begin(run: string | undefined, shared = 0): void {
    const parent = this.model.get("branches").find((one) => one.run === run)?.parent;
    const { seedLength } = this.#source;
    const isBranch = shared > 0 && parent === this.#run && seedLength !== null;
    this.#source.begin(run, isBranch ? seedLength + shared : 0);
    this.#choice.begin(isBranch);
    this.#run = run;
    this.#tree.shown = run;
    this.#colouring.clear();
    this.#frame.ask();
  }

  /** More of the text is shown. */
  grew(): void {
    if (!this.active) return;
    this.#choice.grew();
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

  #draw(): void {
    if (!this.active) return;
    const { model, page } = this;
    const source = this.#source;
    const [colour, cell] = [model.get("colour"), model.get("cell")];
    source.expect(model.get("seed"), model.get("model"));
    source.cell = colour === "cell" ? cell : null;
    source.want(page.total - this.#alignment.more);
    const { top_k: topK = null, top_p: topP = null } = model.get("receipt");
    source.choices.limits = { topK, topP };
    this.#choice.draw();
    this.#colouring.draw(colour, cell, source, this.#alignment);
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
    const mean = bitsPerCharacter(bits / seedLength);
    write(this.#read, `The seed: ${characters(seedLength)}, ${mean}.`);
  }
}
