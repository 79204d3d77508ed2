import { buttonMaker } from "../dom/buttons.ts";
import { box, paragraph, write } from "../dom/elements.ts";
import { about, count } from "../dom/words.ts";
import type { Plan, TrainingStatus } from "../kernel/protocol.ts";

/** About how long a training takes, before it begins; and a shorter one, if it is long. */
export class PlanLine {
  readonly root: HTMLElement;
  readonly #line = paragraph("lstm-hint");
  readonly #shorter: HTMLButtonElement;

  constructor(shorten: () => void, signal: AbortSignal) {
    this.#shorter = buttonMaker(signal)("", shorten, "lstm-shorter");
    this.root = box("lstm-plan", this.#line, this.#shorter);
  }

  show(state: TrainingStatus, plan: Partial<Plan>): void {
    const { seconds, epochs, shorter_seconds: less, shorter_epochs: fewer } = plan;
    this.root.hidden = state !== "ready" || seconds === undefined || epochs === undefined;
    if (this.root.hidden || seconds === undefined || epochs === undefined) return;
    const reads = `to read the text ${count(epochs, "time")}`;
    write(
      this.#line,
      `Roughly ${about(seconds)} on this machine, ${reads}. Stop keeps the best model so far.`,
    );
    this.#shorter.hidden = less == null || fewer == null;
    if (less == null || fewer == null) return;
    const times = fewer === 1 ? "once" : count(fewer, "time");
    write(this.#shorter, `Shorter: ${times}, ${about(less)}`);
  }
}
