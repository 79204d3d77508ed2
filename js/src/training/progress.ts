import { element, paragraph, write } from "../dom/elements.ts";
import { about, bits, count } from "../dom/words.ts";
import type { Now, TrainingStatus } from "../kernel/protocol.ts";
import { stageName } from "./stage-name.ts";

const STOPPING =
  "Stopping after this update; the best model is kept. If nothing happens, interrupt the kernel.";
const STATUS: Record<TrainingStatus, string> = {
  ready: "Not trained yet. Run a cell that calls train() on this view.",
  training: "Training",
  "looking back": "Every stage writes a text",
  finished: "Finished",
  stopped: "Stopped",
  failed: "Training failed",
};

/** How far a training is. */
export class Progress {
  readonly bar = element("progress", { max: 1, value: 0, "aria-label": "Training progress" });
  /** What happens now that Stop is pressed. */
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
    write(this.hint, trains && !measures && isStopping ? STOPPING : "");
    const part = updates > 0 ? (update ?? 0) / updates : 0;
    this.bar.classList.toggle("lstm-off", !trains);
    if (reads) this.bar.removeAttribute("value");
    else this.bar.value = part;
    const ended = measures ? "Trained, measuring the loss" : STATUS[state];
    const name = reads ? "Reading the text" : ended;
    const figures = reached(now);
    const left = trains && !measures && !reads ? leftOf(now) : [];
    const expected = left.length > 0 ? expectedOf(now) : [];
    write(this.line, [name, ...left, ...figures, ...expected].join(" · "));
    if (trains) this.#sayQuarter(Math.floor(4 * part));
    else this.say(state === "ready" ? "" : [name, ...figures].join(", "));
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

function leftOf({ seconds_left: left }: Partial<Now>): string[] {
  return left === undefined ? [] : [`about ${about(left)} left`];
}

function expectedOf({ expected_bits: expected }: Partial<Now>): string[] {
  return expected == null ? [] : [`about ${expected.toFixed(1)} bits expected at the end`];
}
