// The model of a training widget as a page has it, with a kernel that only notes what it gets.
import { setMaxListeners } from "node:events";
import type { AnyModel } from "@anywidget/types";
import type {
  Now,
  Point,
  Stage,
  TrainingFromKernel,
  TrainingToKernel,
  TrainingTraits,
} from "../src/kernel/protocol.ts";
import { createTrainingView } from "../src/training/view.ts";

setMaxListeners(0); // a view has many, which Node would warn of

/** Any function; what it takes depends on the name of the event. */
type Callback = (...parameters: never[]) => void;
type State = Partial<TrainingTraits>;

export const SEED = "It was ";

export function now(update: number, more: Partial<Now> = {}): Now {
  return {
    update,
    updates: 1000,
    epoch: update / 100,
    seconds: update,
    seconds_left: 1000 - update,
    characters_per_second: 12_345.6,
    training_bits: 4,
    best_bits: null,
    best_update: null,
    expected_bits: null,
    ...more,
  };
}

/** A curve that falls from 6 bits. */
export function curve(updates: readonly number[]): Point[] {
  return updates.map((update) => [update, 6 / (1 + 0.1 * Math.log2(update))] as const);
}

export const REFERENCES = [
  { name: "guessing evenly", meaning: "Each of the 64 characters is as likely.", bits: 6 },
  { name: "letter frequencies", meaning: "How often each character comes.", bits: 4.3 },
  { name: "2-gram", meaning: "After the one before it.", bits: 3.6 },
  { name: "3-gram", meaning: "After the 2 before it.", bits: 2.9 },
  { name: "5-gram", meaning: "After the 4 before it.", bits: 2.4 },
];

export const UPDATES = [0, 1, 2, 4, 8, 16, 30];

export function textOf(stage: number, temperature: number): string {
  return `stage ${stage} at ${temperature} writes this`;
}

export const STAGES: Stage[] = UPDATES.map((update, n) => ({
  update,
  kept: update === 30,
  bits: 6 - n / 2,
  text: textOf(n, 0.6),
}));

/** The traits of a training that is over. */
export const OVER: State = {
  status: "finished",
  now: now(1000, { best_bits: 2.25, best_update: 900, training_bits: 2 }),
  training_curve: curve([1, 2, 3, 10, 100, 1000]),
  validation_curve: curve([10, 100, 500, 1000]),
  references: REFERENCES,
  samples: [0.3, 0.6, 1].map((temperature) => ({
    update: 1000,
    temperature,
    seed: SEED,
    text: `a sample <b>at</b> ${temperature}`,
  })),
  stages: STAGES,
  stage: 6,
  seed: SEED,
};

const EMPTY: TrainingTraits = {
  temperature: 0.6,
  stage: 0,
  status: "ready",
  error: "",
  notes: [],
  indented: false,
  plan: {},
  now: {},
  training_curve: [],
  validation_curve: [],
  references: [],
  samples: [],
  stages: [],
  seed: "",
  written_at: 0.6,
  bounds: { temperature: { least: 0, most: 100, slider_most: 2, step: 0.01 } },
};

export class TrainingPage implements AnyModel<TrainingTraits> {
  readonly sent: TrainingToKernel[] = [];
  readonly saved: State[] = [];
  /** Whether the connection to the kernel is open. */
  open = true;
  readonly widget_manager: AnyModel<TrainingTraits>["widget_manager"] = {
    get_model: () => Promise.reject(new Error("There is only one model.")),
  };
  #traits: TrainingTraits;
  #changed: State = {};
  #listeners: { name: string; callback: Callback }[] = [];

  constructor(traits: State = {}) {
    this.#traits = { ...EMPTY, ...traits };
  }

  get listeners(): number {
    return this.#listeners.length;
  }

  get<K extends keyof TrainingTraits>(key: K): TrainingTraits[K] {
    return this.#traits[key];
  }

  set<K extends keyof TrainingTraits>(key: K, value: TrainingTraits[K]): void {
    this.#changed[key] = value;
    if (this.#traits[key] === value) return;
    this.#traits[key] = value;
    this.#emit(`change:${key}`);
  }

  save_changes(): void {
    if (!this.open) throw new Error("The connection is closed.");
    this.saved.push(this.#changed);
    this.#changed = {};
  }

  send(message: TrainingToKernel): void {
    if (!this.open) throw new Error("The connection is closed.");
    this.sent.push(message);
  }

  on(name: string, callback: Callback): void {
    this.#listeners.push({ name, callback });
  }

  off(name?: string | null, callback?: Callback | null): void {
    this.#listeners = this.#listeners.filter(
      (one) => (name && one.name !== name) || (callback && one.callback !== callback),
    );
  }

  /** The kernel sends a message. */
  receive(message: TrainingFromKernel): void {
    this.#emit("msg:custom", message, []);
  }

  /** The kernel changes traits; what one message brings is there before any listener is called. */
  update(state: State): void {
    this.#traits = { ...this.#traits, ...state };
    for (const name of Object.keys(state)) this.#emit(`change:${name}`);
  }

  /** Every stage that was asked for, with its temperature. */
  asked(): [stage: number, temperature: number][] {
    const found = this.sent.filter((message) => message.type === "write");
    return found.map(({ stage, temperature }) => [stage, temperature]);
  }

  #emit(event: string, ...parameters: unknown[]): void {
    for (const { name, callback } of this.#listeners) {
      if (name === event) (callback as (...all: unknown[]) => void)(...parameters);
    }
  }
}

/** Show a view of a model on the page. */
export function show(model: TrainingPage): { root: HTMLElement; close(): void } {
  const controller = new AbortController();
  const root = createTrainingView(model, controller.signal);
  document.body.append(root);
  return {
    root,
    close() {
      controller.abort();
      root.remove();
    },
  };
}
