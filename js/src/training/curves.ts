import { bits } from "../dom/words.ts";
import type { Baseline, Now, Point, Tick } from "../kernel/protocol.ts";
import { Chart } from "./chart.ts";
import { ComparisonTable } from "./comparison.ts";
import { stageName } from "./stage-name.ts";

/** The losses of a training so far: the traits, and what the messages have brought since. */
export class Curves {
  readonly chart: Chart;
  readonly table = new ComparisonTable();
  #now: Partial<Now> = {};
  #training: readonly Point[] = [];
  #validation: readonly Point[] = [];

  constructor(signal: AbortSignal) {
    this.chart = new Chart(signal);
  }

  get isEmpty(): boolean {
    return this.#training.length === 0;
  }

  load(now: Partial<Now>, training: readonly Point[], validation: readonly Point[]): void {
    this.#now = now;
    this.#training = training;
    this.#validation = validation;
  }

  add({ now, training, validation }: Tick): void {
    this.load(now, longer(this.#training, training), longer(this.#validation, validation));
  }

  /** @param stage the update of the stage that is looked at; null if there is none */
  draw(references: readonly Baseline[], stage: number | null): void {
    const { update, updates = 0, training_bits } = this.#now;
    // The curve ends where the training is, though there is no point yet.
    const isAhead = update !== undefined && update > (this.#training.at(-1)?.[0] ?? 0);
    const live: Point[] = isAhead && training_bits !== undefined ? [[update, training_bits]] : [];
    const training = [...this.#training, ...live];
    const [validation, summary] = [this.#validation, this.#summary(references)];
    this.chart.root.hidden = this.isEmpty;
    this.chart.show({ training, validation, updates, references, stage, summary });
    this.table.show(references, validation);
  }

  #summary(references: readonly Baseline[]): string {
    const last = (curve: readonly Point[], name: string) => {
      const point = curve.at(-1);
      return point === undefined ? [] : [`${bits(point[1])} ${name} ${stageName(point[0])}`];
    };
    const inValidation = last(this.#validation, "in validation");
    const losses = [...last(this.#training, "in training"), ...inValidation];
    const others = references.map((one) => `${one.name} ${bits(one.bits)}`);
    const compared = others.length > 0 ? `; for comparison: ${others.join(", ")}` : "";
    return `Loss curves in bits per character: ${losses.join(", ")}${compared}.`;
  }
}

function longer(curve: readonly Point[], points: readonly Point[]): readonly Point[] {
  const last = curve.at(-1)?.[0] ?? 0;
  return [...curve, ...points.filter(([update]) => update > last)];
}
