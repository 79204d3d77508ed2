// What the page and the kernel say to each other. The twin of lstm_widget/messages.py; change both together.

export interface Settings {
  seed: string;
  length: number;
  temperature: number;
  rng: number | null;
}

/** Begin; the settings travel along, so that no trait update can be late. */
export interface Start {
  type: "start";
  run: string;
  settings: Settings;
}

/**
 * I have (or have asked for) the characters before `position`; give me at most `count` more, in at most
 * `budget` milliseconds. Asking again from the same position gives the same characters again.
 */
export interface Pull {
  type: "pull";
  run: string;
  /** A name for this pull, which its answer repeats. */
  pull: string;
  position: number;
  count: number;
  budget: number;
  temperature: number;
}

/** End here and keep the text. */
export interface Stop {
  type: "stop";
  run: string;
}

/** A run has begun; `seed` is without the characters that the model does not know. */
export interface Begin {
  type: "begin";
  run: string;
  seed: string;
}

/** The characters from `position` on, `count` of them (counted as Python does: code points). */
export interface Chunk {
  type: "chunk";
  run: string;
  /** The pull that this answers; null if a cell writes. */
  pull: string | null;
  position: number;
  count: number;
  text: string;
}

export type Reason = "finished" | "stopped";

export interface Receipt extends Settings {
  run: string;
}

/** The run is over; the receipt reproduces it. */
export interface End {
  type: "end";
  run: string;
  reason: Reason;
  receipt: Receipt;
}

/** The run is over because something is wrong: one sentence for a person. */
export interface Failure {
  type: "error";
  run: string;
  message: string;
}

export type ToKernel = Start | Pull | Stop;
export type FromKernel = Begin | Chunk | End | Failure;

/** The traits of `LSTMWidget` in widget.py. */
export interface Traits {
  seed: string;
  temperature: number;
  length: number;
  rng: number | null;
  text: string;
  status: "ready" | "writing" | "failed" | Reason;
  error: string;
  receipt: Partial<Receipt>;
  card: { title?: string };
  replacements: Replacement[];
  bounds: { temperature: Bounds; length: Bounds };
}

/** A place of the seed that is read as something else; `Replacement` in lookalikes.py. */
export interface Replacement {
  /** In code points. */
  position: number;
  character: string;
  /** Empty if the model knows nothing like it. */
  used: string;
}

/** Where a number may lie, and where its slider ends. */
export interface Bounds {
  least: number;
  most: number;
  slider_most: number;
  step: number;
}
