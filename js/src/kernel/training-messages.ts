// What the page of TrainingView and the kernel say to each other, besides what is in ../messages.ts.
// The twin of lstm_widget/widgets/training_messages.py; change both together.
import type { Bounds, Hello, Here } from "./messages.ts";

/** End here and keep the best model. */
export interface StopTraining {
  type: "stop";
}

/** Have a stage, counted from 0, write at this temperature. */
export interface Write {
  type: "write";
  stage: number;
  temperature: number;
}

/** What that stage writes after the seed. */
export interface Written {
  type: "written";
  stage: number;
  temperature: number;
  text: string;
}

/** What was asked for cannot be done: one sentence for a person. */
export interface Refused {
  type: "error";
  message: string;
}

/** An update, and the loss in bits per character. */
export type Point = readonly [update: number, bits: number];

/** Where a training is; `training_bits` is the mean since the last point of the curve. */
export interface Now {
  update: number;
  updates: number;
  epoch: number;
  seconds: number;
  seconds_left: number;
  characters_per_second: number;
  training_bits: number;
  best_bits: number | null;
  best_update: number | null;
}

/** What the network wrote after an update. */
export interface Sample {
  update: number;
  temperature: number;
  seed: string;
  text: string;
}

/** How it goes, and the points that are new in the curves; the traits follow less often. */
export interface Tick {
  type: "tick";
  now: Now;
  training: Point[];
  validation: Point[];
  /** Empty if there are no new ones. */
  samples: Sample[];
}

/**
 * A stage: its loss on the beginning of the validation text, and what it writes at the temperature
 * `written_at`; null if they were not measured. `kept`: this is the model.
 */
export interface Stage {
  update: number;
  kept: boolean;
  bits: number | null;
  text: string | null;
}

/** What is reached without a network. */
export interface Reference {
  name: string;
  meaning: string;
  bits: number;
}

export type TrainingStatus =
  | "ready"
  | "training"
  | "looking back"
  | "finished"
  | "stopped"
  | "failed";

export type ToKernel = Hello | StopTraining | Write;
export type FromKernel = Here | Tick | Written | Refused;

/** The traits of `TrainingView` in view.py. */
export interface TrainingTraits {
  temperature: number;
  stage: number;
  status: TrainingStatus;
  error: string;
  notes: string[];
  indented: boolean;
  now: Partial<Now>;
  training_curve: Point[];
  validation_curve: Point[];
  references: Reference[];
  samples: Sample[];
  stages: Stage[];
  seed: string;
  written_at: number;
  bounds: Record<"temperature", Bounds>;
}
