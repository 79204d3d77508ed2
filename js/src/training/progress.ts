import { element, paragraph } from "../dom/elements.ts";
import { bits, count, time } from "../dom/words.ts";
import type { Now, TrainingStatus } from "../kernel/protocol.ts";
import { stageName } from "./stage-name.ts";

const INTERRUPT =
  "If Stop has no effect, interrupt the kernel (in JupyterLab: Kernel, Interrupt Kernel).";
const STOPPING = "Stopping after the current update; the best model is kept.";
const STATUS: Record<TrainingStatus, string> = {
  ready: "Not trained yet. Run a cell that calls train() on this view.",
  training: "Training",
  "looking back": "Trained, generating samples",
  finished: "Finished",
  stopped: "Stopped",
  failed: "Training failed",
};

/** How far a training is. */
export class Progress {
  readonly bar = element("progress", { max: 1, value: 0, "aria-label": "Training progress" });
  /** How to stop it. */
  readonly hint = paragraph("lstm-hint");
  /** Changes with every update; what is read out, now and then only. */
  readonly line = paragraph("lstm-status");
  /** The last quarter that was read out. */
  #quarter = 0;

  /** @param say has a sentence read out, politely */
  constructor(private readonly say: (sentence: string) => void) {}

  /** Another training begins, or this one has ended. */
  begin(): void {
    this.#quarter = 0;
  }

  /**
   * @param isStopping whether the reader has asked for a stop
   * @returns whether there is something to stop
   */
  show(state: TrainingStatus, now: Partial<Now>, isStopping: boolean): boolean {
    const { update, updates = 0 } = now;
    const trains = state === "training";
    const reads = trains && update === undefined;
    const measures = trains && update !== undefined && update === updates;
    this.hint.textContent =
      trains && !measures ? (isStopping ? `${STOPPING} ${INTERRUPT}` : INTERRUPT) : "";
    const part = updates > 0 ? (update ?? 0) / updates : 0;
    this.bar.hidden = !trains;
    if (reads) this.bar.removeAttribute("value");
    else this.bar.value = part;
    const ended = measures ? "Trained, measuring the loss" : STATUS[state];
    const figures = [reads ? "Reading the text" : ended, ...reached(now)];
    const speed = trains && !measures && !reads ? speedOf(now) : [];
    this.line.textContent = [...figures, ...speed].join(" · ");
    if (trains) this.#sayQuarter(Math.floor(4 * part));
    else this.say(state === "ready" ? "" : figures.join(", "));
    return trains && !isStopping && !measures;
  }

  #sayQuarter(quarter: number): void {
    if (quarter === 0) this.say("Training");
    else if (quarter > this.#quarter && quarter < 4) {
      this.say(`Training, ${25 * quarter} percent done`);
    }
    this.#quarter = quarter;
  }
}

function reached({ update, updates = 0, best_bits, best_update }: Partial<Now>): string[] {
  if (update === undefined) return [];
  const done = `${update.toLocaleString("en")} of ${count(updates, "update")}`;
  if (best_bits == null) return [done];
  const when = best_update == null ? "" : `, ${stageName(best_update)}`;
  return [done, `best in validation ${bits(best_bits)} bits${when}`];
}

function speedOf({ characters_per_second: speed, seconds_left, expected_bits }: Partial<Now>) {
  const figures: string[] = [];
  if (speed !== undefined) {
    figures.push(`${Math.round(speed).toLocaleString("en")} characters per second`);
  }
  if (seconds_left !== undefined) figures.push(`about ${time(seconds_left)} left`);
  if (expected_bits != null) figures.push(`about ${expected_bits.toFixed(1)} bits expected`);
  return figures;
}
