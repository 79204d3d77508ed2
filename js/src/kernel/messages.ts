// What the page and the kernel say to each other. The twin of lstm_widget/widgets/messages.py; change both together.

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

/** Read the seed only: a text of which nothing is written yet. Answered with `Begin` and `End`. */
export interface Read {
  type: "read";
  run: string;
  settings: Settings;
}

/** Write `run` once more with another character at one place, as a text of the name `branch`. */
export interface BranchOff {
  type: "branch";
  run: string;
  branch: string;
  position: number;
  character: string;
}

/** Go back to a text of the tree; answered with `Shown`. */
export interface Show {
  type: "show";
  run: string;
}

/** Forget a text of the tree, with the branches that begin in it. */
export interface Remove {
  type: "remove";
  run: string;
}

// A question has an id; what answers it, or the `Failure` that refuses it, has the same one.

/** What comes after this seed? Answered with `Expected`. */
export interface Expect {
  type: "expect";
  id: string;
  seed: string;
}

/**
 * How were these characters chosen? Positions count from the first character of the seed, as the model reads
 * it. Answered with `Inspected`.
 */
export interface Inspect {
  type: "inspect";
  id: string;
  run: string;
  position: number;
  count: number;
}

/** What did a cell do at these characters? Answered with `Activated`. */
export interface Activate {
  type: "activate";
  id: string;
  run: string;
  layer: number;
  unit: number;
  position: number;
  count: number;
}

/** Look for cells that follow something a person can name, for a moment. Answered with `Finding`. */
export interface Find {
  type: "find";
  id: string;
}

/** The answer to `Hello`. */
export interface Here {
  type: "here";
}

/**
 * A run has begun, or goes on behind the first `position` characters; if it is another one than before, the
 * trait `text` has those. `seed` is without the characters
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
  /** Characters that are yet to be read before the first one can be written. */
  left?: number;
}

export type Reason = "finished" | "stopped";

export interface Receipt extends Settings {
  run: string;
  model: string;
  fingerprint: string;
  placed: [position: number, character: string][];
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

/** This text of the tree, which is over, is the one that the traits have now. */
export interface Shown {
  type: "shown";
  run: string;
  written: number;
}

/** There is no text any more. */
export interface Cleared {
  type: "cleared";
}

/** One sentence for a person: a run cannot go on or cannot begin, or the question `id` is refused. */
export interface Failure {
  type: "error";
  run: string;
  message: string;
  id?: string;
}

/**
 * After the seed; the buffer holds the logits of the next character, float32 [V]. The kernel is never busy for
 * long: here and in the next two, `left` characters are yet to be read before the answer is there. Ask again.
 */
export interface Expected {
  type: "expected";
  id: string;
  left: number;
  model: string;
  seed: string;
}

/**
 * How characters were chosen. Buffers, all little-endian: logits float32 [count, V], ids int32, dice float64,
 * temperatures float64 [count]. For the characters of the seed, the last two are NaN.
 */
export interface Inspected {
  type: "inspected";
  id: string;
  left: number;
  run: string;
  position: number;
  count: number;
  /** Number of characters of the seed, as the model reads it. */
  seed: number;
  /** Positions, counted as above, of characters that were put there by hand. */
  placed: number[];
}

/** What a cell did: the buffer holds tanh(c) after each character, float32 [count], -1 to 1. */
export interface Activated {
  type: "activated";
  id: string;
  left: number;
  run: string;
  layer: number;
  unit: number;
  position: number;
  count: number;
}

/** How far the search for cells has come, 0 to 1; at 1 the trait `cells` has them. */
export interface Finding {
  type: "finding";
  id: string;
  model: string;
  done: number;
}

export type ToKernel =
  | Hello
  | Start
  | Read
  | Resume
  | Pull
  | Stop
  | Clear
  | BranchOff
  | Show
  | Remove
  | Expect
  | Inspect
  | Activate
  | Find;
export type FromKernel =
  | Here
  | Begin
  | Chunk
  | End
  | Shown
  | Cleared
  | Failure
  | Expected
  | Inspected
  | Activated
  | Finding;

/** A text of the tree; the first one has no parent. */
export interface Branch {
  run: string;
  parent: string | null;
  /** Where it leaves its parent, and with which character; 0 and "" of the first one. */
  position: number;
  character: string;
  written: number;
  bits: number;
  /** The beginning of what it has from `position` on. */
  excerpt: string;
}

/** A cell that follows something. */
export interface Cell {
  layer: number;
  unit: number;
  /** What it follows, for a person: "position in the line". */
  follows: string;
  /** The correlation of the two, -1 to 1. */
  correlation: number;
}

export type Colour = "none" | "surprise" | "probability" | "rank" | "cell";

/** The traits of both widgets: of `ModelWidget` in base.py. */
export interface CommonTraits extends Omit<Settings, "temperature"> {
  /** The name of the model. */
  model: string;
  /** Characters per second that are shown; null: as fast as it goes. */
  speed: number | null;
  status: "ready" | "writing" | "failed" | Reason;
  error: string;
  models: { name: string; title: string }[];
  card: Record<string, string | number | boolean>;
  replacements: Replacement[];
  bounds: Record<"temperature" | "length" | "speed" | "top_k" | "top_p" | "rng", Bounds>;
}

/** The traits of `LSTMWidget` in widget.py. */
export interface Traits extends CommonTraits, Settings {
  text: string;
  receipt: Partial<Receipt>;
  /** Whether the look inside is open. */
  inside: boolean;
  /** The temperature of the what-if; null: that of the text. */
  what_if: number | null;
  colour: Colour;
  /** The cell that the text is coloured by. */
  cell: [layer: number, unit: number] | null;
  /** The character of each id; null if it has none. */
  vocabulary: (string | null)[];
  /** Cells in each layer of the network. */
  units: number[];
  branches: Branch[];
  cells: Cell[];
  bounds: CommonTraits["bounds"] & { what_if: Bounds };
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
  /** Whether `least` itself is outside. */
  above?: boolean;
  most: number;
  step: number;
  /** Where its slider ends, if it has one; the field beside it goes on to `most`. */
  slider_most?: number;
}
