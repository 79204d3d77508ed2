import type { AnyModel } from "@anywidget/types";
import { Frame } from "../dom/frame.ts";
import type { Colour, FromKernel, ToKernel, Traits } from "../kernel/protocol.ts";
import { Questions } from "../kernel/questions.ts";
import { follow } from "../kernel/traits.ts";
import type { TextArea } from "../sheet/text-area.ts";
import { Alignment } from "./alignment.ts";
import type { Place } from "./any-cell.ts";
import { BranchMarks } from "./branch-marks.ts";
import { BranchTree } from "./branch-tree.ts";
import { Caret } from "./caret.ts";
import { CellList } from "./cell-list.ts";
import { CellSearch } from "./cell-search.ts";
import { type ChoiceActions, ChoicePanel, type Room } from "./choice-panel.ts";
import { Colouring } from "./colouring.ts";
import { InspectionClient } from "./inspection-client.ts";
import { hintFor, LetterHint } from "./letter-hint.ts";
import { Sparks } from "./sparks.ts";

/** Milliseconds for which the newest letter is shown, at least. */
const GLANCE = 200;

export type Tab = "letter" | "cells" | "branches";

export interface Actions extends ChoiceActions {
  send(message: ToKernel): void;
}

/** What the margin shows, and the colours of the text. What is not shown is not asked for. */
export class Panels {
  readonly tools: HTMLElement;
  readonly letter: HTMLElement;
  readonly cells: HTMLElement;
  readonly branches: HTMLElement;
  /** Takes what the reader has the text coloured by. */
  chose: (colour: Colour) => void = () => {};
  /** The reader has chosen a letter, by a click or by keys. */
  pinned: () => void = () => {};
  readonly #questions: Questions;
  readonly #source: InspectionClient;
  readonly #alignment: Alignment;
  readonly #caret: Caret;
  readonly #choice: ChoicePanel;
  readonly #colouring: Colouring;
  readonly #cells: CellList;
  readonly #search: CellSearch;
  readonly #sparks: Sparks;
  readonly #tree: BranchTree;
  readonly #forks: BranchMarks;
  readonly #hint: LetterHint;
  readonly #frame: Frame;
  #open = false;
  #tab: Tab = "letter";
  /** Whether something was written while the page is open. */
  #hasWritten = false;
  #run: string | undefined;
  /** The newest letter as it is shown, and since when. */
  #newest: number | null = null;
  #since = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The letter that is chosen and was not told about yet. */
  #unsaid: number | null = null;
  /** Where the caret goes once that letter is shown again: to the one that was put there. */
  #return: number | null = null;

  /** @param drawn called when something else may be looked at */
  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly page: TextArea,
    private readonly actions: Actions,
    private readonly drawn: () => void,
    signal: AbortSignal,
  ) {
    const { send, traits } = actions;
    this.#frame = new Frame(() => this.#draw(), signal);
    const learnt = () => this.#frame.ask();
    this.#questions = new Questions(send, signal);
    this.#source = new InspectionClient(this.#questions, learnt, signal);
    this.#alignment = new Alignment(page, this.#source);
    this.#sparks = new Sparks(this.#questions, this.#source, learnt);
    this.#caret = new Caret(page, () => this.#pointed(), signal);
    const put = (index: number | null) => (this.#return = index);
    this.#choice = new ChoicePanel(
      model,
      page,
      this.#source,
      this.#alignment,
      actions,
      put,
      signal,
    );
    this.#colouring = new Colouring(page, traits, (colour) => this.chose(colour), signal);
    const search = {
      find: () => this.#search.begin(),
      cancel: () => this.#search.cancel(),
      choose: (cell: Place | null) => {
        if (cell === null) traits.set({ cell, colour: "none" });
        else traits.set({ cell: [...cell], colour: "cell" });
      },
    };
    this.#cells = new CellList(search, model.get("units"), signal);
    const showProgress = (done: number | null, refusal?: string) =>
      this.#cells.showProgress(done, refusal);
    this.#search = new CellSearch(this.#questions, model.get("bounds"), showProgress, signal);
    const branches = {
      show: (run: string) => send({ type: "show", run }),
      remove: (run: string) => send({ type: "remove", run }),
    };
    this.#tree = new BranchTree(branches, signal);
    this.#forks = new BranchMarks(page, signal);
    this.#hint = new LetterHint(page, signal);
    this.tools = this.#colouring.root;
    this.letter = this.#choice.root;
    this.cells = this.#cells.root;
    this.branches = this.#tree.root;

    follow(model, "units", (units) => (this.#cells.layers = units), signal);
    follow(model, "cells", (cells) => this.#cells.showCells(cells), signal);
    follow(model, "branches", (tree) => (this.#tree.branches = tree), signal);
    traits.show("cell", this.#cells.root, (cell) => (this.#cells.chosen = cell));
    const shown = ["colour", "what_if", "cell", "seed", "model", "temperature", "top_k", "top_p"];
    for (const trait of [...shown, "receipt", "status", "cells", "branches", "pointed"] as const) {
      follow(model, trait as keyof Traits, learnt, signal);
    }
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Folded, it asks for nothing but the colours of the text. */
  set open(is: boolean) {
    if (is === this.#open) return;
    this.#open = is;
    this.#caret.active = is;
    if (!is) this.#search.cancel();
    this.#settle();
  }

  set tab(tab: Tab) {
    this.#tab = tab;
    this.#settle();
  }

  /** There is more room, or less. */
  set room(room: Room) {
    if (room === this.#choice.room) return;
    this.#choice.room = room;
    this.#caret.follows = room === "wide";
    this.#frame.ask();
  }

  get room(): Room {
    return this.#choice.room;
  }

  /** The letter that the reader looks at; null: none. */
  get looked(): number | null {
    return this.#caret.index;
  }

  /** Whether a letter is explained, or what comes next. */
  get isLetter(): boolean {
    return this.#open && this.#tab === "letter";
  }

  get #isWriting(): boolean {
    return this.model.get("status") === "writing";
  }

  get isNext(): boolean {
    const { page } = this;
    if (this.#caret.index !== null) return false;
    return page.length === 0 || (!this.#isWriting && !this.actions.belongs());
  }

  /** Look at no letter any more. */
  letGo(): void {
    this.#caret.clear();
    this.page.root.focus({ preventScroll: true });
    this.#pointed();
  }

  /** Another text is shown, with this many characters of its parent, or none. */
  begin(run: string | undefined, shared = 0): void {
    const parent = this.model.get("branches").find((one) => one.run === run)?.parent;
    const { seedLength } = this.#source;
    const isBranch = shared > 0 && parent === this.#run && seedLength !== null;
    this.#source.begin(run, isBranch ? seedLength + shared : 0);
    if (!isBranch) this.#return = null;
    this.#newest = null;
    this.#run = run;
    this.#tree.shown = run;
    this.#sparks.clear();
    this.#choice.begin();
    this.#colouring.clear();
    this.#frame.ask();
  }

  /** More of the text is shown. */
  grew(): void {
    if (this.#return !== null && this.page.total > this.#return) {
      this.#caret.index = this.#return;
      this.#return = null;
    }
    this.#frame.ask();
  }

  receive(message: FromKernel, buffers: readonly DataView[]): void {
    this.#questions.receive(message, buffers);
  }

  /** What is asked for may be wanted no more. */
  #settle(): void {
    this.#source.rest();
    this.#draw();
  }

  #draw(): void {
    const { model, page } = this;
    const source = this.#source;
    const [colour, cell] = [model.get("colour"), model.get("cell")];
    const whatIf = this.isLetter ? model.get("what_if") : null;
    const all = page.total - this.#alignment.more;
    source.cell = colour === "cell" ? cell : null;
    const isRead = this.isLetter && page.length === 0 && !this.#isWriting ? page.seedLength : 0;
    // Of the first character the kernel says, too, where the text begins.
    const least = colour === "cell" ? Math.min(1, all) : 0;
    const isAll = whatIf !== null || (colour !== "none" && colour !== "cell");
    source.want(isAll ? all : Math.max(isRead, least), all);
    const { top_k: topK = null, top_p: topP = null } = model.get("receipt");
    source.limits = { topK, topP };
    if (this.isLetter) this.#drawLetter();
    const hint = hintFor(this.room);
    this.#colouring.hint = hint;
    this.#colouring.marks.show(whatIf, this.#choice.drawChanged(whatIf));
    this.#colouring.draw(colour, cell, source, this.#alignment);
    const { written } = model.get("receipt");
    this.#hasWritten ||= this.#isWriting;
    const isWritten = this.#hasWritten && all > 0 && written === page.length;
    const isFree = this.isLetter && !this.isNext && this.#caret.index === null;
    const isDue = isWritten && isFree && !model.get("pointed");
    this.#hint.show(isDue ? hint : null);
    const isOfBranches = this.#open && this.#tab === "branches";
    this.#forks.show(model.get("branches"), isOfBranches ? this.#run : undefined);
    if (this.#open && this.#tab === "cells") {
      const place = this.#alignment.placeOf(this.#caret.index);
      this.#sparks.draw(this.#cells, model.get("cells"), place, all);
    }
    this.drawn();
  }

  #drawLetter(): void {
    const { model, page } = this;
    const pointed = this.#caret.index;
    const isWriting = this.#isWriting;
    if (isWriting) this.#source.expectNothing(); // it would take the time of the text, which reads the seed, too
    if (this.isNext) {
      if (!isWriting) this.#source.expect(model.get("seed"), model.get("model"));
      this.#choice.drawNext();
      return;
    }
    if (pointed === null && this.room !== "wide") return; // there is no place for it
    const isLive = pointed === null && isWriting;
    this.#choice.drawLetter(pointed ?? this.#glance(page.total - 1), isLive);
    this.#say();
  }

  /** The newest letter, or the one before that was shown only just now. */
  #glance(newest: number): number {
    const left = this.#since + GLANCE - performance.now();
    if (this.#newest !== null && newest !== this.#newest && left > 0) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#frame.ask(), left);
      return Math.min(this.#newest, newest);
    }
    if (newest !== this.#newest) this.#since = performance.now();
    this.#newest = newest;
    return newest;
  }

  /** A letter was pointed at, or none. */
  #pointed(): void {
    if (!this.#open) return;
    const { index, pinned } = this.#caret;
    if (index !== null && !this.model.get("pointed")) this.actions.traits.set({ pointed: true });
    if (pinned) this.pinned();
    this.#unsaid = pinned ? index : null;
    this.#draw();
  }

  /** Say politely how the letter was chosen that the reader has chosen, as soon as that is known. */
  #say(): void {
    const { index, summary } = this.#choice;
    if (this.#unsaid === null || this.#unsaid !== index || !summary) return;
    this.#unsaid = null;
    this.actions.say(summary);
  }
}
