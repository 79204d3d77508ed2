import type { AnyModel } from "@anywidget/types";
import { enable } from "../dom/buttons.ts";
import { copyText } from "../dom/clipboard.ts";
import { box } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import { bitsPerCharacter, characters, perSecond } from "../dom/words.ts";
import { Inside } from "../inside/inside.ts";
import { pythonText, receiptText } from "../inside/receipt.ts";
import type { FromKernel, LaneAsked, LaneChunk, Receipt, Traits } from "../kernel/protocol.ts";
import { follow } from "../kernel/traits.ts";
import { Invitation } from "../sheet/invitation.ts";
import { type Report, RunView } from "../sheet/run-view.ts";
import { TextArea } from "../sheet/text-area.ts";
import { Controls } from "./controls.ts";

/** The name of the only lane. */
const LANE = "text";
const RECORD = "This text was saved with the notebook. Run the cell to generate a new one.";

/** One view of the widget. */
class TextView extends RunView<Traits, Controls> {
  readonly #page: TextArea;
  readonly #inside: Inside;
  readonly #copy: HTMLButtonElement;
  readonly #receipts: readonly HTMLButtonElement[];
  #bits: number | null = null; // per character
  #unread = 0; // characters that the network reads before it writes

  constructor(model: AnyModel<Traits>, signal: AbortSignal) {
    super(model, (lost) => new Controls(model, lost, signal), RECORD, signal);
    const { client, controls, line } = this;
    this.#page = new TextArea(signal, controls.seed);
    this.#copy = this.button("Copy", async () => {
      line.announcement.textContent = await copyText(this.#copied);
    });
    const copied = (name: string, text: (receipt: Partial<Receipt>) => string) =>
      this.button(name, async () => line.say(await copyText(text(model.get("receipt")))));
    this.#receipts = [copied("Copy receipt", receiptText), copied("Copy as Python", pythonText)];
    this.acts.append(this.#copy, ...this.#receipts, this.clear);
    const actions = {
      send: client.send.bind(client),
      traits: controls.traits,
      belongs: () => controls.belongs(model.get("receipt")),
      branch(position: number, character: string) {
        line.problem.textContent = "";
        return client.branch(position, character);
      },
      say: (text: string) => line.say(text),
    };
    this.#inside = new Inside(model, this.#page, actions, signal);
    const begin = (seed: string) => {
      controls.seed.value = seed;
      controls.traits.set({ seed });
      controls.seed.focus();
    };
    const invitation = new Invitation({ begin, read: () => this.#read() }, signal);
    const showCard = (card: Traits["card"]) => {
      invitation.card = card;
      this.#page.root.lang = typeof card.language === "string" ? card.language : "";
    };
    follow(model, "card", showCard, signal);
    const setHeight = (height: number | null) => {
      if (height === null) this.root.style.removeProperty("--lstm-bench");
      else this.root.style.setProperty("--lstm-bench", `${height}px`);
    };
    follow(model, "height", setHeight, signal);
    const { hint, wrong } = controls.seed;
    const page = box("lstm-page", this.#page.root, wrong, hint, invitation.root);
    on(page, "click", signal, ({ target }) => {
      if (target === page && this.length === 0) controls.seed.focus();
    });
    const sheet = box("lstm-sheet", this.#inside.tools, page);
    const bench = box("lstm-bench", sheet, this.#inside.root);
    this.open("LSTM text generator", controls.thermometer.root, [bench]);
    const showReceipt = ({ temperature }: Traits["receipt"]) => {
      if (temperature !== undefined) this.#page.temperature = temperature;
      this.progress();
    };
    follow(model, "receipt", showReceipt, signal);
  }

  /** What is shown; behind another seed, the text with its own, as it was written. */
  get #copied(): string {
    const { whole, seedLength } = this.#page;
    if (!this.isOther) return whole;
    const { seed = "" } = this.model.get("receipt");
    return seed + Array.from(whole).slice(seedLength).join("");
  }

  /** Read the seed, which may be a text of the reader's own, and write nothing. */
  #read(): void {
    const settings = this.settings();
    if (settings !== undefined) this.client.start(settings, true);
  }

  protected get receipts(): readonly Partial<Receipt>[] {
    return [this.model.get("receipt")];
  }

  protected get length(): number {
    return this.#page.length + this.typewriter.unseen;
  }

  protected get beginning(): string {
    return "Writing";
  }

  lanes(): LaneAsked[] {
    return [{ name: LANE, temperature: this.model.get("temperature") }];
  }

  unseen(): number {
    return this.typewriter.waiting;
  }

  override kept(): number {
    return Array.from(this.model.get("text")).length;
  }

  override heard(message: FromKernel, buffers: readonly DataView[]): void {
    super.heard(message, buffers);
    this.#inside.receive(message, buffers);
  }

  override resumed(): void {
    this.#unread = 0;
    super.resumed();
  }

  wrote(text: string, { position, count, temperatures, bits }: LaneChunk): void {
    for (const [from, temperature] of temperatures) this.#page.change(from, temperature);
    if (temperatures.length > 0) this.controls.thermometer.changes = this.#page.changes;
    this.#bits = bits / (position + count);
    this.#unread = 0;
    this.typewriter.push(text);
  }

  override reading(left: number): void {
    this.#unread = left;
    this.progress();
  }

  protected empty(run: string | undefined, seed: string, shared: number): void {
    const receipt = this.model.get("receipt");
    // What is set now is not what the beginning of a branch was written at.
    const isPublished = run !== undefined && receipt.run === run;
    const { temperature = this.model.get("temperature"), temperatures } = isPublished
      ? receipt
      : {};
    this.#bits = null;
    this.#page.temperature = temperature;
    this.#page.show(seed, shared > 0 ? this.model.get("text") : "", temperatures);
    this.controls.thermometer.changes = this.#page.changes;
    this.#inside.begin(run, shared);
  }

  protected typed(text: string): void {
    this.#page.append(text);
    this.#inside.grew();
    this.grew();
  }

  protected isPublished(have: number): boolean {
    return this.kept() > have;
  }

  protected showPublished(): void {
    const { run, seed = "", temperature, temperatures, written, bits } = this.model.get("receipt");
    this.typewriter.clear();
    if (temperature !== undefined) this.#page.temperature = temperature;
    this.#page.show(seed, this.model.get("text"), temperatures);
    this.controls.thermometer.changes = this.#page.changes;
    this.#inside.begin(run);
    this.#bits = written && bits !== undefined ? bits / written : null;
    if (run !== undefined) this.client.remember(run, [[LANE, this.length]]);
  }

  protected report(isWriting: boolean, speed: number | null): Report {
    const { length } = this;
    const { seedLength } = this.#page;
    const isEmpty = length === 0 && this.client.run !== undefined;
    const isRead = isEmpty && !isWriting && this.line.ended === "finished";
    this.root.classList.toggle("lstm-first", length === 0 && !isWriting && !isRead);
    enable(this.clear, length > 0 || (isEmpty && !isWriting));
    enable(this.#copy, length > 0);
    const { run } = this.model.get("receipt");
    for (const button of this.#receipts) enable(button, run !== undefined);
    const figures: string[] = [];
    if (speed !== null) figures.push(perSecond(speed));
    if (this.#bits !== null) figures.push(bitsPerCharacter(this.#bits));
    if (isWriting && this.#unread > 0) {
      figures.push(`${characters(this.#unread)} to read first`);
    }
    const isUnderWay = isWriting && length <= this.goal;
    const reached = isUnderWay
      ? `${length.toLocaleString("en")} of ${this.goal.toLocaleString("en")}`
      : characters(isRead ? seedLength : length);
    return { reached, figures, isRead };
  }
}

/** One view of the widget. Everything it hangs on to goes when `signal` is aborted. */
export function createView(model: AnyModel<Traits>, signal: AbortSignal): HTMLElement {
  return new TextView(model, signal).root;
}
