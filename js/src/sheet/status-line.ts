import { paragraph, write } from "../dom/elements.ts";
import type { State } from "../kernel/presence.ts";
import type { Reason } from "../kernel/protocol.ts";
import { GONE } from "../kernel/run-client.ts";
import { Notices } from "./notices.ts";

const ENDINGS: Record<Reason, string> = { finished: "Finished", stopped: "Stopped" };
const READY = "Ready · Ctrl + Enter generates";
export const BUSY = "No answer from the kernel (busy or not running).";

export const DEAF = "This widget did not start. Run its cell again.";

/** What a view says in words: how far it has come, what is wrong, whether there is a kernel. */
export class StatusLine extends Notices {
  // The line changes with every character; what is read out, at the beginning and the end only.
  readonly status = paragraph("lstm-status");
  /** How the run has ended; shown once all of its text is. */
  ended: Reason | null = null;
  #said = ""; // of the ending, politely; once
  #isWaiting = false;
  #isReady = false;
  #progress: string[] = [];
  #changed = "";

  /**
   * @param record what there is to see without a kernel, once something was written
   * @param isInPage whether the model is in the page, and no kernel is needed
   */
  constructor(
    private readonly record: string,
    private readonly isInPage: boolean,
  ) {
    super();
  }

  /** What is set is no longer that of the text; empty if it is. It is not read out while somebody types. */
  changed(sentence: string): void {
    this.#changed = sentence;
  }

  /** Something is written, or written on. */
  begin(): void {
    this.ended = null;
    this.#said = "";
    this.problem.textContent = "";
  }

  /**
   * Show how far it has come: "20 characters", with figures of it.
   * @param isRead whether that was only read, and nothing was written
   */
  progress(isWriting: boolean, reached: string, figures: string[], isRead = false): void {
    const ended = this.ended && (isRead ? "Read" : ENDINGS[this.ended]);
    const state = isWriting ? "Writing" : ended;
    const spoken = state === null ? "" : `${state}: ${reached}`; // a dot in the middle would be read out
    this.#progress = state === null ? [] : [state, reached, ...figures];
    this.#show();
    if (!isWriting && spoken !== this.#said) {
      this.#said = spoken;
      this.say(spoken);
    }
  }

  /** The kernel does not answer for the moment, or answers again. */
  waiting(isWaiting: boolean, isRunning: boolean): void {
    this.#isWaiting = isWaiting;
    this.say(isWaiting ? `Waiting for the ${this.#answerer}` : isRunning ? "Writing" : "");
  }

  /** Whether there is a kernel, and something that was written. */
  presence(state: State, isWritten: boolean): void {
    this.#isReady = state === "here";
    const record = isWritten ? this.record : "Run the cell to start it.";
    const silent = this.isInPage ? "The model is still loading." : `${BUSY} ${record}`;
    write(this.notice, state === "silent" ? silent : state === "deaf" ? DEAF : "");
    if (state !== "gone" && this.problem.textContent === GONE) this.problem.textContent = "";
    this.#show();
  }

  get #answerer(): string {
    return this.isInPage ? "model" : "kernel";
  }

  #show(): void {
    const isIdle = this.#isReady && this.#progress.length === 0 && !this.problem.textContent;
    const waiting = this.#isWaiting ? `waiting for the ${this.#answerer}…` : "";
    const line = [isIdle ? READY : "", ...this.#progress, waiting];
    write(this.status, this.#changed || line.filter(Boolean).join(" · "));
  }
}
