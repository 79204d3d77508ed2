// What the page and the kernel say to each other. The twin of lstm_widget/messages.py; change both together.

export interface Settings {
  seed: string;
  length: number;
  temperature: number;
  top_k: number | null;
  top_p: number | null;
  rng: number | null;
}

/** Is anybody there? */
export interface Hello {
  type: "hello";
}

/** Begin; the settings travel along, so that no trait update can be late. */
export interface Start {
  type: "start";
  run: string;
  settings: Settings;
}

/** Write this text on, until it has `length` characters. Always answered with `Begin`. */
export interface Resume {
  type: "resume";
  run: string;
  length: number;
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

/** End the run, if there is one, and forget its text. */
export interface Clear {
  type: "clear";
}

/** The answer to `Hello`. */
export interface Here {
  type: "here";
}

/**
 * A run has begun, or goes on behind the first `position` characters; `seed` is without the characters
 * that the model does not know.
 */
export interface Begin {
  type: "begin";
  run: string;
  seed: string;
  position: number;
}

/** From that generated character on, counted from 0, this temperature. */
export type Change = readonly [position: number, temperature: number];

/** The characters from `position` on, `count` of them (counted as Python does: code points). */
export interface Chunk {
  type: "chunk";
  run: string;
  /** The pull that this answers; null if a cell writes. */
  pull: string | null;
  position: number;
  count: number;
  text: string;
  /** The changes of temperature among them. */
  temperatures: Change[];
  /** The surprise of the whole text up to their end: -log2 of its probability at temperature 1. */
  bits: number;
}

export type Reason = "finished" | "stopped";

export interface Receipt extends Settings {
  run: string;
  model: string;
  temperatures: Change[];
  written: number;
  bits: number;
}

/** The run is over; the receipt reproduces it. */
export interface End {
  type: "end";
  run: string;
  reason: Reason;
  receipt: Receipt;
}

/** There is no text any more. */
export interface Cleared {
  type: "cleared";
}

/** The run is over because something is wrong: one sentence for a person. */
export interface Failure {
  type: "error";
  run: string;
  message: string;
}

export type ToKernel = Hello | Start | Resume | Pull | Stop | Clear;
export type FromKernel = Here | Begin | Chunk | End | Cleared | Failure;

/** The traits of `LSTMWidget` in widget.py. */
export interface Traits extends Settings {
  /** The name of the model. */
  model: string;
  /** Characters per second that are shown; null: as fast as it goes. */
  speed: number | null;
  text: string;
  status: "ready" | "writing" | "failed" | Reason;
  error: string;
  receipt: Partial<Receipt>;
  models: { name: string; title: string }[];
  card: Record<string, string | number | boolean>;
  replacements: Replacement[];
  bounds: Record<"temperature" | "length" | "speed" | "top_k" | "top_p" | "rng", Bounds>;
}

/** A place of the seed that is read as something else; `Replacement` in lookalikes.py. */
export interface Replacement {
  /** In code points. */
  position: number;
  character: string;
  /** Empty if the model knows nothing like it. */
  used: string;
}

/** Where a number may lie. */
export interface Bounds {
  least: number;
  most: number;
  step: number;
  /** Where its slider ends, if it has one; the field beside it goes on to `most`. */
  slider_most?: number;
}
