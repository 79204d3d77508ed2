import type { AnyModel } from "@anywidget/types";
import { buttonMaker } from "../dom/buttons.ts";
import { box, element } from "../dom/elements.ts";
import { followInk } from "../dom/ink.ts";
import { takeKeys } from "../dom/keys.ts";
import { Meter } from "../dom/meter.ts";
import { ignoreWheel } from "../dom/wheel.ts";
import { followWindow } from "../dom/window.ts";
import { IN_PAGE, Presence } from "../kernel/presence.ts";
import type {
  CommonTraits,
  FromKernel,
  LaneAsked,
  LaneChunk,
  Reason,
  Receipt,
  Settings,
} from "../kernel/protocol.ts";
import type { RunClient } from "../kernel/run-client.ts";
import { type ClientView, SharedClient } from "../kernel/shared-client.ts";
import { follow, listen } from "../kernel/traits.ts";
import type { ModelControls } from "../settings/model-controls.ts";
import { GoButtons } from "./go-buttons.ts";
import { StatusLine } from "./status-line.ts";
import { Typewriter } from "./typewriter.ts";

/** What a status line says of what is shown. */
export interface Report {
  reached: string;
  figures: string[];
  /** Whether that was only read, and nothing was written. */
  isRead?: boolean;
}

/**
 * A view of a widget that writes: its controls, its buttons, its status line, and what is written below. Everything
 * it hangs on to goes when `signal` is aborted. What makes one lacks nothing any more when it calls `open`.
 */
export abstract class RunView<T extends CommonTraits, Controls extends ModelControls<T>>
  implements ClientView
{
  readonly root = element("section", { className: "lstm-widget" });
  protected readonly controls: Controls;
  protected readonly line: StatusLine;
  protected readonly typewriter: Typewriter;
  /** What the kernel and the page tell each other, for all views of the widget. */
  protected readonly client: RunClient;
  protected readonly button: ReturnType<typeof buttonMaker>;
  protected readonly clear: HTMLButtonElement;
  /** What can be done with the text, in the foot. */
  protected readonly acts = box("lstm-acts");
  readonly #shared: SharedClient;
  readonly #common: AnyModel<CommonTraits>;
  readonly #meter = new Meter();
  readonly #buttons: GoButtons;
  readonly #bar = element("i");
  #presence: Presence | null = null;
  /** The run that began last here. */
  #begun: Partial<Receipt> = {};
  /** What the reader asked for; null if somebody else did. */
  #goal: number | null = null;

  /** @param record what there is to see without a kernel, once something was written */
  constructor(
    protected readonly model: AnyModel<T>,
    makeControls: (lost: () => void) => Controls,
    record: string,
    protected readonly signal: AbortSignal,
  ) {
    this.#common = model as unknown as AnyModel<CommonTraits>;
    const length = () => this.#common.get("length");
    this.#shared = SharedClient.of(model as AnyModel, this, signal);
    this.client = this.#shared.run;
    this.controls = makeControls(() => this.client.lost());
    this.button = buttonMaker(signal);
    const resumed = (have: number) => (have < length() ? length() : have + length());
    this.#buttons = new GoButtons(this.button, {
      generate: () => this.#begin(),
      stop: () => this.#halt(),
      step: () => this.#goOn((have) => have + 1),
      resume: () => this.#goOn(resumed),
    });
    this.clear = this.button("Clear", () => this.client.clear(), "lstm-quiet");
    this.line = new StatusLine(record, IN_PAGE in model);
    this.typewriter = new Typewriter(
      () => this.pace(),
      (text) => this.typed(text),
      () => this.grew(),
    );
  }

  /** What begins, ends and goes on. */
  protected get go(): HTMLElement {
    return this.#buttons.root;
  }

  // What is written, and how it is shown.

  /** The receipts of the lanes, as they were published. */
  protected abstract get receipts(): readonly Partial<Receipt>[];
  /** Number of characters that are shown, of the lane that is the furthest. */
  protected abstract get length(): number;
  /** What is said when a run begins. */
  protected abstract get beginning(): string;
  abstract lanes(): LaneAsked[];
  abstract unseen(): number;
  abstract wrote(text: string, chunk: LaneChunk): void;
  /** Show the empty text of a run, or of none, but for the seed and what it shares with another one. */
  protected abstract empty(run: string | undefined, seed: string, shared: number): void;
  /** The typewriter shows more. */
  protected abstract typed(text: string): void;
  /** Show the texts that are published. */
  protected abstract showPublished(): void;
  /** Whether more is published than the `have` characters that came. */
  protected abstract isPublished(have: number): boolean;
  /** Report what is shown, and enable the buttons of this view. */
  protected abstract report(isWriting: boolean, speed: number | null): Report;

  /** Show all that came. */
  protected showAll(): void {
    this.typewriter.flush();
  }

  /** What the reader has set; undefined, with the focus on it, if something is wrong. */
  protected settings(): Settings | undefined {
    return this.controls.settings();
  }

  /**
   * Put all in its place, and show what there is.
   * @param heat what stands beside the buttons
   */
  protected open(label: string, heat: HTMLElement, parts: HTMLElement[]): void {
    const { controls, line, root, signal } = this;
    const common = this.#common;
    heat.classList.add("lstm-heat");
    const deck = box("lstm-deck", controls.set, this.go, heat);
    const words = box("lstm-words", line.notice, line.problem, line.status);
    const foot = box("lstm-foot", words, this.acts);
    const progress = box("lstm-progress", this.#bar);
    root.append(box("lstm-case", deck, ...parts, progress, foot));
    root.append(line.announcement);
    followInk(root, signal);
    follow(common, "presenting", (is) => root.classList.toggle("lstm-presenting", is), signal);
    followWindow(root, signal);
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", label);
    takeKeys(root, () => this.#begin(), this.#buttons.stop, signal);
    ignoreWheel(root, signal);

    follow(common, "error", (error) => (line.problem.textContent = error), signal);
    const presence = new Presence(
      common,
      (state) => {
        line.presence(state, this.length > 0);
        if (state === "gone") this.client.lost();
      },
      signal,
    );
    this.#presence = presence;
    // This is how ipywidgets reports that a kernel was restarted or has died.
    listen(common, "comm_live_update", () => presence.ask(), signal);
    signal.addEventListener("abort", () => this.typewriter.clear());

    this.showPublished();
    const status = common.get("status");
    const run = this.receipts.find((one) => one.run !== undefined)?.run;
    if (status === "writing" && run !== undefined) this.#shared.join(run, this);
    else if (status === "finished" || status === "stopped") line.ended = status;
    for (const trait of ["seed", "replacements", "model"] as const) {
      follow(common, trait, () => this.progress(), signal);
    }
  }

  // What the client asks and says.

  heard(message: FromKernel, _buffers: readonly DataView[]): void {
    this.#presence?.heard();
    if (message.type === "error" && message.run === "" && !("id" in message)) {
      this.line.problem.textContent = message.message;
    }
  }

  kept(): number {
    return 0;
  }

  wroteAll(): void {}

  reading(_left: number): void {}

  pace(): number {
    return this.#common.get("speed") ?? Number.POSITIVE_INFINITY;
  }

  seed(): string {
    return this.receipts.find(({ seed }) => seed !== undefined)?.seed ?? "";
  }

  began(seed: string, shared: number): void {
    this.#begun = { run: this.client.run ?? "", seed, model: this.#common.get("model") };
    this.typewriter.clear();
    this.empty(this.client.run, seed, shared);
    this.resumed();
  }

  shown(): void {
    this.line.problem.textContent = "";
    this.showPublished();
    this.line.ended = this.#common.get("status") === "stopped" ? "stopped" : "finished";
    this.progress();
  }

  resumed(): void {
    this.line.begin();
    this.#meter.begin(this.length);
    this.line.say(this.beginning);
    this.progress();
  }

  ended(reason: Reason | null, have: number): void {
    this.line.ended = reason;
    if (reason !== "finished") this.showAll();
    if (this.isPublished(have)) this.showPublished(); // answers were lost
    if (reason === null) this.line.say("");
    this.progress();
  }

  failed(message: string, have: number): void {
    this.line.problem.textContent = message;
    this.ended(null, have);
  }

  refused(message: string): void {
    this.line.problem.textContent = message;
    this.progress();
  }

  cleared(): void {
    this.line.ended = null;
    this.typewriter.clear();
    this.empty(undefined, "", 0);
    this.line.problem.textContent = "";
    this.progress();
    this.line.say("Cleared");
  }

  waiting(isWaiting: boolean): void {
    this.line.waiting(isWaiting, this.client.running);
    this.progress();
  }

  /** More is shown, or counted where nothing can be seen. */
  protected grew(): void {
    this.#meter.add(this.length);
    this.client.pump();
    this.progress();
  }

  protected progress(): void {
    const writing = this.client.running || this.typewriter.waiting > 0;
    this.root.classList.toggle("lstm-writing", writing);
    this.#buttons.show(writing, this.#belongs);
    const { isOther } = this;
    this.root.classList.toggle("lstm-other", isOther);
    this.line.changed(isOther && !writing ? this.#changed : "");
    const speed = writing ? this.#meter.now : this.#meter.whole;
    const { reached, figures, isRead = false } = this.report(writing, speed);
    this.line.progress(writing, reached, figures, isRead);
    const share = Math.min(1, this.length / Math.max(1, this.goal));
    this.#bar.style.width = writing ? `${100 * share}%` : "0";
  }

  /** Number of characters that a lane is to have at the end. */
  protected get goal(): number {
    return this.#goal ?? this.#common.get("length");
  }

  /** Whether what is there is of this seed and model, so that it can be written on. */
  get #belongs(): boolean {
    return this.receipts.some((receipt) => this.controls.belongs(receipt));
  }

  /** Whether the text that is there is of another seed or model than those that are set. */
  protected get isOther(): boolean {
    const shown = this.#shownReceipts;
    return shown.length > 0 && !shown.some((one) => this.controls.belongs(one));
  }

  /** The receipts of what is there, or what is known of them while it is written. */
  get #shownReceipts(): Partial<Receipt>[] {
    const { run } = this.client;
    if (run === undefined) return [];
    const receipts = this.receipts.filter((receipt) => receipt.run === run);
    return receipts.length > 0 || this.#begun.run !== run ? receipts : [this.#begun];
  }

  /** What is said of a text that is of another seed or model. */
  get #changed(): string {
    const name = this.#common.get("model");
    if (this.#shownReceipts.some(({ model }) => model === name)) {
      return "The seed has changed: Generate starts anew.";
    }
    const title = this.#common.get("models").find((one) => one.name === name)?.title ?? name;
    return `The model has changed: Generate starts anew with ${title}.`;
  }

  // What the reader does.

  #begin(): void {
    const settings = this.#checked();
    if (settings === undefined) return;
    this.#goal = settings.length;
    this.client.start(settings);
    this.#asked();
  }

  /** Respond at once: it can be stopped, and less is left to draw when the first letter comes. */
  #asked(): void {
    this.#buttons.show(this.client.running, this.#belongs);
  }

  /** Write on up to some length, or, if this seed and model have no text yet, a new one of that length. */
  #goOn(length: (have: number) => number): void {
    const settings = this.#checked();
    if (settings === undefined) return;
    const goal = length(this.#belongs ? this.client.have : 0);
    this.#goal = goal;
    if (this.#belongs) this.client.resume(goal);
    else this.client.start({ ...settings, length: goal });
    this.#asked();
  }

  #checked(): Settings | undefined {
    const settings = this.settings();
    if (settings !== undefined) this.line.problem.textContent = "";
    return settings;
  }

  #halt(): void {
    this.client.stop(); // first: what is shown makes it ask for more
    this.showAll();
  }
}
