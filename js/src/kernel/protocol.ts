// Generated from protocol.py and training_protocol.py; do not edit. `make protocol` writes it.

/** What a receipt says; positions count the written characters from 0. */
export interface WritingReceipt {
  model: string;
  fingerprint: string;
  seed: string;
  length: number;
  temperature: number;
  top_k: number | null;
  top_p: number | null;
  rng: number | null;
  temperatures: (readonly [number, number])[];
  placed: (readonly [number, string])[];
  written: number;
}

/**
 * Where a number may lie.
 *
 * `above`: `least` itself is outside. A slider ends at `slider_most`; the field beside it goes on to `most`.
 */
export interface Bounds {
  least: number;
  above?: boolean;
  most: number;
  step: number;
  slider_most?: number;
}

/** From this generated character on, counted from 0, the temperature was this one. */
export type Change = readonly [number, number];

export type Reason = "finished" | "stopped";

export type Status = "ready" | "writing" | "finished" | "stopped" | "failed";

export type Colour = "none" | "surprise" | "probability" | "rank" | "cell";

/** From the page: ask whether the kernel is there. */
export interface Hello {
  type: "hello";
}

/** To the page: the answer to `Hello`. */
export interface Here {
  type: "here";
}

/** What is about a run, by its name. */
export interface OfRun {
  run: string;
}

/** What all lanes of a run have in common. */
export interface Settings {
  seed: string;
  length: number;
  top_k: number | null;
  top_p: number | null;
  rng: number | null;
}

/**
 * A lane as the page has it now. It keeps its name when others come and go.
 *
 * The only lane of `LSTMWidget` is called "text".
 */
export interface LaneAsked {
  name: string;
  temperature: number;
}

/** The page has (or has asked for) the characters of this lane before `position`. */
export interface LanePulled extends LaneAsked {
  position: number;
}

/**
 * From the page: begin; settings and lanes travel along, so that no trait update can be late.
 *
 * With `only_read` the seed is read and nothing is written yet: answered with `Begin` and `End`.
 */
export interface Start extends OfRun {
  type: "start";
  settings: Settings;
  lanes: LaneAsked[];
  only_read?: boolean;
}

/**
 * From the page: write on, until each lane has `length` characters.
 *
 * Always answered with `Begin`, so that what is still under way from before can be recognised.
 */
export interface Resume extends OfRun {
  type: "resume";
  length: number;
}

/**
 * From the page: write each of these lanes until it has `until` characters.
 *
 * For at most `budget` milliseconds together, from the next character of each on at its temperature. A
 * name that is new begins a lane, with the same dice, at the first character; a lane that is not named
 * is written no further. Asking again gives the same characters again. The answer repeats the name
 * `pull`, so that the page knows what is still unanswered.
 */
export interface Pull extends OfRun {
  type: "pull";
  pull: string;
  until: number;
  budget: number;
  lanes: LanePulled[];
}

/** From the page: end here and keep the text. */
export interface Stop extends OfRun {
  type: "stop";
}

/** From the page: end the run, if there is one, and forget its text. */
export interface Clear {
  type: "clear";
}

/** From the page: go back to a text of the tree. Answered with `Shown`. */
export interface Show extends OfRun {
  type: "show";
}

/** From the page: forget a text of the tree, with the branches that begin in it. */
export interface Remove extends OfRun {
  type: "remove";
}

/**
 * To the page: a run has begun with the dice of this number, or goes on.
 *
 * The seed is without the characters that the model does not know. Each lane goes on behind its first
 * `position` characters, or behind all it has if those are more; if the run is another one than before, the
 * trait `text` has them. What answers `BranchOff` has its `id`.
 */
export interface Begin extends OfRun {
  type: "begin";
  seed: string;
  rng: number;
  position: number;
  id?: string;
}

/**
 * The characters of a lane from `position` on, `count` of them.
 *
 * `temperatures` are the changes among them, as in the receipt. `bits` is the surprise of the whole
 * text up to their end: -log2 of its probability at temperature 1. Before the first one, `left`
 * characters may be yet to be read.
 */
export interface LaneChunk {
  name: string;
  position: number;
  count: number;
  text: string;
  temperatures: Change[];
  bits: number;
  left?: number;
}

/** To the page: what was written of each lane that was asked for; `pull` is None from a cell. */
export interface Chunk extends OfRun {
  type: "chunk";
  pull: string | null;
  lanes: LaneChunk[];
}

/** What reproduces a text, with its surprise and the name of its run. */
export interface Receipt extends WritingReceipt {
  run: string;
  bits: number;
}

/** To the page: the run is over, and this reproduces each lane, by its name. */
export interface End extends OfRun {
  type: "end";
  reason: Reason;
  receipts: Record<string, Receipt>;
}

/** To the page: this text of the tree, which is over, is the one that the traits have now. */
export interface Shown extends OfRun {
  type: "shown";
  written: number;
}

/** To the page: there is no text any more. */
export interface Cleared {
  type: "cleared";
}

/**
 * To the page: one sentence for a person; a traceback goes to the log.
 *
 * It names the run that cannot go on or cannot begin, or the `id` of the question that is refused.
 */
export interface Failure extends OfRun {
  type: "error";
  message: string;
  id?: string;
}

/**
 * From the page: write `run` once more with another character at one place, as the text `branch`.
 *
 * Answered with the `Begin` of the branch, which all pages get.
 */
export interface BranchOff {
  type: "branch";
  id: string;
  run: string;
  branch: string;
  position: number;
  character: string;
}

/** From the page: what comes after this seed? Answered with `Expected`. */
export interface Expect {
  type: "expect";
  id: string;
  seed: string;
}

/** Characters of a run; a question about them, or its answer. */
export interface Span extends OfRun {
  id: string;
  position: number;
  count: number;
}

/**
 * From the page: how were these characters chosen? Answered with `Inspected`.
 *
 * Positions count from the first character of the seed, as the model reads it.
 */
export interface Inspect extends Span {
  type: "inspect";
}

/** From the page: what did a unit do at these characters? Answered with `Activated`. */
export interface Activate extends Span {
  type: "activate";
  layer: number;
  unit: number;
}

/**
 * From the page: look for units that follow something, for a moment. Answered with `Finding`.
 *
 * With `cells` the page has found them itself, for the model with that `fingerprint`.
 */
export interface Find {
  type: "find";
  id: string;
  cells?: Cell[];
  fingerprint?: string;
}

/**
 * From the page: hand over a model, so that a slow kernel need not look for units. Answered with `Lent`.
 *
 * Bytes are asked for from `position` on.
 */
export interface Lend {
  type: "lend";
  id: string;
  position: number;
}

/** From the page: these messages, one after the other. One is quicker on its way than several. */
export interface Several {
  type: "several";
  messages: ToKernel[];
}

/**
 * To the page: what comes after the seed; the buffer holds the logits, float32 [V].
 *
 * `vocabulary` has the character of each id, or None: here that of the model that is chosen, in `Inspected`
 * that of the model that wrote the text. The kernel is never busy for long. Here and in the next two, `left`
 * characters are yet to be read before the answer is there: ask again.
 */
export interface Expected {
  type: "expected";
  id: string;
  model: string;
  seed: string;
  left: number;
  vocabulary: (string | null)[];
}

/**
 * To the page: how characters were chosen.
 *
 * Buffers, little-endian: logits float32 [count, V], ids int32, dice float64, temperatures float64 [count];
 * for the characters of the seed, the last two are NaN. `seed` is the number of those, and `placed` are the
 * positions, counted as above, of characters that were put there by hand.
 */
export interface Inspected extends Span {
  type: "inspected";
  left: number;
  seed: number;
  placed: number[];
  vocabulary: (string | null)[];
}

/** To the page: what a unit did; the buffer holds tanh(c) after each character, float32 [count]. */
export interface Activated extends Span {
  type: "activated";
  layer: number;
  unit: number;
  left: number;
}

/**
 * To the page: a piece of a script that computes in a page, and of the model's file behind it.
 *
 * The buffer holds bytes from `position` on. `script` is the size of the script, `size` that of all.
 */
export interface Lent {
  type: "lent";
  id: string;
  position: number;
  script: number;
  size: number;
  fingerprint: string;
}

/** To the page: how far the search for units has come, 0 to 1; at 1 the trait `cells` has them. */
export interface Finding {
  type: "finding";
  id: string;
  model: string;
  done: number;
}

/**
 * A place of the seed that is read as something else.
 *
 * `used` is empty if the model knows nothing like it.
 */
export interface Replacement {
  position: number;
  character: string;
  used: string;
}

/** A model to choose. */
export interface ModelChoice {
  name: string;
  title: string;
}

/**
 * A text of the tree; the first one has no parent.
 *
 * It leaves its parent at `position` with `character`, where that has `instead`; `excerpt` is how it goes on
 * from there, and `before` what is before it.
 */
export interface Branch {
  run: string;
  parent: string | null;
  position: number;
  character: string;
  instead: string;
  before: string;
  written: number;
  bits: number;
  excerpt: string;
}

/** A unit that follows something, and the correlation of the two, -1 to 1. */
export interface Cell {
  layer: number;
  unit: number;
  follows: string;
  correlation: number;
}

/** What reproduces the text of a lane. */
export interface LaneReceipt extends Receipt {
  lane: string;
}

/** The ranges of the settings. */
export interface CommonBounds {
  temperature: Bounds;
  length: Bounds;
  speed: Bounds;
  top_k: Bounds;
  top_p: Bounds;
  rng: Bounds;
}

/** The ranges of the settings of `TemperatureLanes`; `lanes` is that of their number. */
export interface LanesBounds extends CommonBounds {
  lanes: Bounds;
}

/** The ranges of the settings of `TrainingView`. */
export interface TrainingBounds {
  temperature: Bounds;
}

/** The traits of `LSTMWidget` and `TemperatureLanes`; a `speed` of None is as fast as it goes. */
export interface CommonTraits extends Settings {
  model: string;
  speed: number | null;
  status: Status;
  error: string;
  models: ModelChoice[];
  card: Record<string, string | number | boolean | string[]>;
  locked: string[];
  presenting: boolean;
  replacements: Replacement[];
  bounds: CommonBounds;
}

/**
 * The traits of `LSTMWidget`. A `what_if` of None is the temperature of the text.
 *
 * `units`, `cells` and `cell` are of the model that wrote the text; as long as there is none, of `model`.
 */
export interface Traits extends CommonTraits {
  temperature: number;
  text: string;
  receipt: Partial<Receipt>;
  height: number | null;
  inside: boolean;
  pointed: boolean;
  what_if: number | null;
  colour: Colour;
  cell: readonly [number, number] | null;
  units: number[];
  branches: Branch[];
  cells: Cell[];
}

/**
 * The traits of `TemperatureLanes`, from left to right.
 *
 * For a moment there may be more or fewer names than temperatures.
 */
export interface LanesTraits extends CommonTraits {
  temperatures: number[];
  names: string[];
  texts: string[];
  receipts: Partial<LaneReceipt>[];
  bounds: LanesBounds;
}

/** The text of a lane as it was: `ids` are those of its characters, `surprise` is that of each in bits. */
export interface SavedLane {
  name: string;
  length: number;
  temperature: number;
  ids: number[];
  surprise: number[];
  temperatures: Change[];
  placed: (readonly [number, string])[];
}

/** A run that is over; `seed` is what the model reads, `parent` what it branches off. */
export interface SavedTexts extends OfRun {
  given: Settings;
  seed: string;
  reason: Reason;
  parent: string | null;
  position: number;
  character: string;
  lanes: SavedLane[];
}

export type ToKernel = Hello | Start | Resume | Pull | Stop | Clear | Show | Remove | BranchOff | Expect | Inspect | Activate | Find | Lend | Several;

export type FromKernel = Here | Begin | Chunk | End | Shown | Cleared | Failure | Expected | Inspected | Activated | Finding | Lent;

/**
 * A line in the chart of a training.
 *
 * `name` is short, `meaning` a sentence, and `bits` the loss in bits per character.
 */
export interface Baseline {
  name: string;
  meaning: string;
  bits: number;
}

export type TrainingStatus = "ready" | "training" | "looking back" | "finished" | "stopped" | "failed";

/** From the page: end here and keep the best model. */
export interface StopTraining {
  type: "stop";
}

/** From the page: take the shorter run of the plan. */
export interface Shorten {
  type: "shorten";
}

/** About how long a training takes that has not begun, and a shorter one; see `training.estimate`. */
export interface Plan {
  seconds: number;
  epochs: number;
  shorter_seconds: number | null;
  shorter_epochs: number | null;
}

/** From the page: have a stage, counted from 0, write at this temperature. */
export interface Write {
  type: "write";
  stage: number;
  temperature: number;
}

/** To the page: what that stage writes after the seed. */
export interface Written {
  type: "written";
  stage: number;
  temperature: number;
  text: string;
}

/** To the page: what was asked for cannot be done; one sentence for a person. */
export interface Refused {
  type: "error";
  message: string;
}

/** The mean loss of all updates since the point before, up to this one. */
export type Point = readonly [update: number, bits: number];

/**
 * Where a training is; see `lstm_widget.training.Progress`.
 *
 * `training_bits` is the mean since the last point of the curve.
 */
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
  expected_bits: number | null;
}

/** What the network wrote after an update. */
export interface Sample {
  update: number;
  temperature: number;
  seed: string;
  text: string;
}

/**
 * To the page: how it goes, and the new points of the curves; the traits follow less often.
 *
 * `samples` is empty if there are no new ones.
 */
export interface Tick {
  type: "tick";
  now: Now;
  training: Point[];
  validation: Point[];
  samples: Sample[];
}

/**
 * What is known of a stage.
 *
 * `bits` is its loss on the beginning of the validation text, `text` what it writes at the temperature of
 * the trait `written_at`; both are None if they were not measured. `kept`: this is the model.
 */
export interface Stage {
  update: number;
  kept: boolean;
  bits: number | null;
  text: string | null;
}

/** The traits of `TrainingView`. */
export interface TrainingTraits {
  temperature: number;
  stage: number;
  status: TrainingStatus;
  error: string;
  notes: string[];
  indented: boolean;
  plan: Partial<Plan>;
  now: Partial<Now>;
  training_curve: Point[];
  validation_curve: Point[];
  references: Baseline[];
  samples: Sample[];
  stages: Stage[];
  seed: string;
  written_at: number;
  bounds: TrainingBounds;
}

export type TrainingToKernel = Hello | StopTraining | Shorten | Write;

export type TrainingFromKernel = Here | Tick | Written | Refused;
