import type { AnyModel } from "@anywidget/types";
import { enable } from "../dom/buttons.ts";
import { box, paragraph } from "../dom/elements.ts";
import { Frame } from "../dom/frame.ts";
import { characters, perSecond } from "../dom/words.ts";
import type { LaneAsked, LaneChunk, LanesTraits, Receipt, Settings } from "../kernel/protocol.ts";
import { follow } from "../kernel/traits.ts";
import { type Report, RunView } from "../sheet/run-view.ts";
import { Board } from "./board.ts";
import { LanesControls } from "./controls.ts";

const RECORD = "These texts were saved with the notebook. Run the cell to generate new ones.";

const SAME_DICE = "Same seed, same dice: only the temperature tells the lanes apart.";

/** One view of the lanes. */
class LanesView extends RunView<LanesTraits, LanesControls> {
  readonly #board: Board;
  readonly #add: HTMLButtonElement;
  readonly #frame: Frame;
  /** The lanes are shown up to here, side by side. */
  #front = 0;

  constructor(model: AnyModel<LanesTraits>, signal: AbortSignal) {
    super(model, (lost) => new LanesControls(model, lost, signal), RECORD, signal);
    const { controls } = this;
    const changed = (lanes: LaneAsked[]) => {
      controls.setLanes(lanes);
      this.client.pump(); // a lane that is new is asked for at once
      this.progress();
    };
    const board = new Board(model.get("bounds"), { changed }, signal);
    this.#board = board;
    this.#add = this.button("Add a lane", () => board.add(), "lstm-quiet");
    this.#frame = new Frame(() => this.#draw(), signal);
    this.root.classList.add("lstm-lanes");
    board.lanes = controls.lanes ?? [];
    this.go.append(this.clear, this.#add);
    const lock = (locked: readonly string[]) => {
      board.locked = locked.includes("temperatures");
      this.progress();
    };
    const hint = paragraph("lstm-hint", SAME_DICE);
    this.open("LSTM temperature lanes", hint, [
      box("lstm-lanes-seed", controls.seed.alone()),
      board.root,
    ]);
    follow(model, "receipts", () => this.progress(), signal);
    follow(model, "locked", lock, signal);
    const showLanes = () => {
      const { lanes } = controls;
      if (lanes === undefined) return;
      board.lanes = lanes;
      this.client.pump();
      this.progress();
    };
    controls.traits.show("names", board.root, showLanes);
    controls.traits.show("temperatures", board.root, showLanes);
  }

  protected get receipts(): readonly Partial<Receipt>[] {
    return this.model.get("receipts");
  }

  protected get length(): number {
    return this.#board.shown + this.typewriter.unseen;
  }

  protected get beginning(): string {
    return `Writing ${this.#board.lanes.length} lanes`;
  }

  lanes(): LaneAsked[] {
    return this.#board.lanes;
  }

  unseen(): number {
    return this.#board.came - this.length;
  }

  override resumed(): void {
    this.#front = this.length;
    super.resumed();
  }

  wrote(text: string, chunk: LaneChunk): void {
    this.#board.receive(text, chunk);
  }

  override wroteAll(): void {
    // The clock of all lanes: it types one sign for each character of the lane that is the furthest.
    const ahead = this.#board.came - this.#front - this.typewriter.waiting;
    if (ahead > 0) this.typewriter.push(" ".repeat(ahead));
    // What a lane has that catches up is shown at once: in the next frame, with all the others.
    this.#frame.ask();
  }

  protected empty(_run: string | undefined, seed: string): void {
    this.#front = 0;
    this.#board.begin(seed);
  }

  protected typed(signs: string): void {
    this.#front += signs.length;
    this.#draw();
  }

  protected override showAll(): void {
    super.showAll();
    this.#front = Math.max(this.#front, this.#board.came);
    this.#draw();
  }

  protected isPublished(): boolean {
    return this.#published.some(([name, written]) => written > this.#board.cameOf(name));
  }

  protected showPublished(): void {
    this.typewriter.clear();
    this.#board.restore(this.model.get("texts"), this.receipts);
    this.#front = this.length;
    const run = this.receipts.find((one) => one.run !== undefined)?.run;
    if (run !== undefined) this.client.remember(run, this.#published);
  }

  protected override settings(): Settings | undefined {
    const { wrong } = this.#board;
    wrong?.focus("temperature"); // what is wrong stands beside it
    return wrong === undefined ? super.settings() : undefined;
  }

  protected report(_: boolean, speed: number | null): Report {
    const { open, lanes } = this.#board;
    this.root.style.setProperty("--lstm-lanes", String(lanes.length));
    enable(this.clear, this.length > 0);
    enable(this.#add, open);
    const figures = speed === null ? [] : [`${perSecond(speed)} in each`];
    return { reached: `${lanes.length} lanes of ${characters(this.length)}`, figures };
  }

  /** The published number of characters of each lane. */
  get #published(): [name: string, written: number][] {
    const texts = this.model.get("texts");
    return this.model.get("names").map((name, n) => [name, Array.from(texts[n] ?? "").length]);
  }

  /** Show what is due of all lanes. */
  #draw(): void {
    this.#frame.cancel();
    this.#board.show(this.#front);
    this.grew();
  }
}

/** One view of the lanes. Everything it hangs on to goes when `signal` is aborted. */
export function createLanesView(model: AnyModel<LanesTraits>, signal: AbortSignal): HTMLElement {
  return new LanesView(model, signal).root;
}
