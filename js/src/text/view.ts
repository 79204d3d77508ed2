import type { AnyModel } from "@anywidget/types";
import { enable } from "../dom/buttons.ts";
import { copyText } from "../dom/clipboard.ts";
import { bitsPerCharacter, characters, perSecond } from "../dom/words.ts";
import { Inside } from "../inside/inside.ts";
import type { FromKernel, LaneAsked, LaneChunk, Receipt, Traits } from "../kernel/protocol.ts";
import { follow } from "../kernel/traits.ts";
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
  #bits: number | null = null; // per character
  #unread = 0; // characters that the network reads before it writes

  constructor(model: AnyModel<Traits>, signal: AbortSignal) {
    super(model, (lost) => new Controls(model, lost, signal), RECORD, signal);
    const { client, controls, line } = this;
    this.#page = new TextArea(signal);
    this.#copy = this.button("Copy", async () => {
      line.announcement.textContent = await copyText(this.#page.whole);
    });
    const actions = {
      send: client.send.bind(client),
      traits: controls.traits,
      read() {
        const settings = controls.settings();
        if (settings !== undefined) client.start(settings, true);
      },
      branch(position: number, character: string) {
        line.problem.textContent = "";
        return client.branch(position, character);
      },
      say: (text: string) => line.say(text),
    };
    this.#inside = new Inside(model, this.#page, actions, signal);
    this.open("LSTM text generator", [this.#copy], [this.#page.root, this.#inside.root]);
    follow(model, "receipt", () => this.progress(), signal);
  }

  protected get receipts(): readonly Partial<Receipt>[] {
    return [this.model.get("receipt")];
  }

  protected get length(): number {
    return this.#page.length;
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
    this.#bits = bits / (position + count);
    this.#unread = 0;
    this.typewriter.push(text);
  }

  override reading(left: number): void {
    this.#unread = left;
    this.progress();
  }

  protected empty(run: string | undefined, seed: string, shared: number): void {
    const { temperatures } = this.model.get("receipt");
    this.#bits = null;
    this.#page.show(seed, shared > 0 ? this.model.get("text") : "", temperatures);
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
    const { run, seed = "", temperatures, written, bits } = this.model.get("receipt");
    this.typewriter.clear();
    this.#page.show(seed, this.model.get("text"), temperatures);
    this.#inside.begin(run);
    this.#bits = written && bits !== undefined ? bits / written : null;
    if (run !== undefined) this.client.remember(run, [[LANE, this.length]]);
  }

  protected report(isWriting: boolean, speed: number | null): Report {
    const { length } = this;
    const { seedLength } = this.#page;
    const isEmpty = length === 0 && seedLength > 0;
    const isRead = isEmpty && !isWriting && this.line.ended === "finished";
    enable(this.clear, length > 0 || (isEmpty && !isWriting));
    enable(this.#copy, length > 0);
    const figures: string[] = [];
    if (speed !== null) figures.push(perSecond(speed));
    if (this.#bits !== null) figures.push(bitsPerCharacter(this.#bits));
    if (isWriting && this.#unread > 0) {
      figures.push(`${characters(this.#unread)} to read first`);
    }
    return { reached: characters(isRead ? seedLength : length), figures, isRead };
  }
}

/** One view of the widget. Everything it hangs on to goes when `signal` is aborted. */
export function createView(model: AnyModel<Traits>, signal: AbortSignal): HTMLElement {
  return new TextView(model, signal).root;
}
