// What the page of TemperatureLanes and the kernel say to each other, besides what is in ../messages.ts.
// The twin of lstm_widget/widgets/lanes_messages.py; change both together.
import type {
  Bounds,
  Change,
  Chunk,
  Clear,
  Cleared,
  CommonTraits,
  Failure,
  Hello,
  Here,
  Reason,
  Settings,
  Stop,
} from "./messages.ts";

/** What all lanes have in common. */
export type LanesSettings = Omit<Settings, "temperature">;

/** A lane as the page has it now. It keeps its name, wherever it stands. */
export interface LaneAsked {
  name: string;
  temperature: number;
}

/** I have (or have asked for) the characters of this lane before `position`. */
export interface LanePulled extends LaneAsked {
  position: number;
}

/** Begin; settings and lanes travel along, so that no trait update can be late. */
export interface LanesStart {
  type: "start";
  run: string;
  settings: LanesSettings;
  lanes: LaneAsked[];
}

/**
 * Write each of these lanes until it has `until` characters, in at most `budget` milliseconds together. A
 * name that is new begins a lane, with the same dice, at the first character; a lane that is not named is
 * written no further. Asking again gives the same characters again.
 */
export interface LanesPull {
  type: "pull";
  run: string;
  /** A name for this pull, which its answer repeats. */
  pull: string;
  until: number;
  budget: number;
  lanes: LanePulled[];
}

/** A run has begun, with the dice of this number; `seed` is without what the model does not know. */
export interface LanesBegin {
  type: "begin";
  run: string;
  seed: string;
  rng: number;
}

/**
 * What has been written of each lane that was asked for. The chunks are those of texts of their own, with
 * the name of the lane as that of the run.
 */
export interface LanesChunk {
  type: "lanes";
  run: string;
  /** The pull that this answers; null if a cell writes. */
  pull: string | null;
  lanes: Chunk[];
}

/** The run is over. */
export interface LanesEnd {
  type: "end";
  run: string;
  reason: Reason;
}

export type ToKernel = Hello | LanesStart | LanesPull | Stop | Clear;
export type FromKernel = Here | LanesBegin | LanesChunk | LanesEnd | Cleared | Failure;

/** From which the text of a lane comes out again. */
export interface LaneReceipt {
  run: string;
  lane: string;
  seed: string;
  temperatures: Change[];
  written: number;
  bits: number;
}

/** The traits of `TemperatureLanes` in lanes.py. */
export interface LanesTraits extends CommonTraits {
  /** From left to right. */
  temperatures: number[];
  /** The names of the lanes; for a moment there may be more or fewer than temperatures. */
  names: string[];
  texts: string[];
  receipts: Partial<LaneReceipt>[];
  bounds: CommonTraits["bounds"] & { lanes: Bounds };
}
