import type {
  Clear,
  LaneAsked,
  LaneChunk,
  LanePulled,
  Reason,
  Stop,
  ToKernel,
} from "./protocol.ts";

export interface Listener {
  /** A run begins, here or elsewhere, with this many characters of its parent: none, if it has no parent. */
  began(seed: string, shared: number): void;
  /** Another text of the tree is shown. */
  shown(): void;
  /** What is shown is written on. */
  resumed(): void;
  /** More characters of a lane, each exactly once and in order, with the rest of their chunk. */
  wrote(text: string, chunk: LaneChunk): void;
  /** All of an answer was passed on. */
  wroteAll(): void;
  /** Characters that are yet to be read before the next one can be written. */
  reading(left: number): void;
  /** The run is over; `have` characters of it came. */
  ended(reason: Reason, have: number): void;
  failed(message: string, have: number): void;
  /** What was asked for cannot be: everything stays as it is. */
  refused(message: string): void;
  /** There is no text any more. */
  cleared(): void;
  /** The kernel does not answer for the moment, or answers again. */
  waiting(isWaiting: boolean): void;
}

export interface Reader {
  send(message: ToKernel): void;
  /** The lanes that there are now, each with its temperature from the next character on. */
  lanes(): LaneAsked[];
  /** Characters per second that the reader sees of each lane; infinite: as fast as possible. */
  pace(): number;
  /** Of the lane that is furthest ahead: characters that have come but are not shown yet. */
  unseen(): number;
  /** Characters of the text that the kernel has kept, if a run can begin with some of another one. */
  kept(): number;
  /** Seed of the run that is being written, for a page that comes late. */
  seed(): string;
}

/** A message that is to end a run. */
export type Ending = Stop | Clear;

/** A pull that is not answered yet. */
interface Asked {
  until: number;
  lanes: Set<string>;
  at: number;
}

/** Characters that came of each lane, from the start without a gap. */
export type Have = Map<string, number>;

/** Number of characters of the lane that is the furthest, of those that there are. */
export function furthestOf(lanes: readonly LaneAsked[], have?: Have): number {
  return Math.max(0, ...lanes.map(({ name }) => have?.get(name) ?? 0));
}

/** Runs that were left, and whose last answers are still known as such. */
const MOST_LEFT = 50;

/** The names of runs that were left; their last answers may still come. */
export class LeftRuns extends Set<string> {
  override add(run: string): this {
    super.add(run);
    const [first] = this;
    if (this.size > MOST_LEFT && first !== undefined) this.delete(first);
    return this;
  }
}

/** A run as this page follows it. */
export class FollowedRun {
  begun = false;
  /** The message that is to end it, once the reader wants that. */
  ending: Ending | null = null;
  /** Number of characters to write it on to, until the kernel has taken that up. */
  resuming: number | null = null;
  /** The pull that asks for what was missed. */
  fetch = "";
  have: Have = new Map();
  /** The unanswered pulls, in their order. */
  readonly asked = new Map<string, Asked>();

  constructor(
    readonly run: string,
    /** Whether this page asks for what is written; otherwise it shows what comes for another one. */
    public pulls: boolean,
  ) {}

  /** Whether the kernel has something to answer. */
  get isOwed(): boolean {
    return this.asked.size > 0 || this.ending !== null || this.resuming !== null;
  }

  of(lane: string): number {
    return this.have.get(lane) ?? 0;
  }

  /** Note what came of a lane; the text that is new, or null if something before it is missing. */
  take({ name, position, count, text }: LaneChunk): string | null {
    const have = this.of(name);
    if (position > have) return null;
    if (position + count <= have) return "";
    this.have.set(name, position + count);
    return position === have
      ? text
      : Array.from(text)
          .slice(have - position)
          .join("");
  }

  /** Up to where the next pull is to ask, if there may be that much `ahead` of what came; null: not yet. */
  next(lanes: readonly LaneAsked[], count: number, ahead: number): number | null {
    const furthest = furthestOf(lanes, this.have);
    const until = Math.max(furthest, ...Array.from(this.asked.values(), (one) => one.until));
    if (until - furthest < ahead) return until + count;
    const isBehind = lanes.some(({ name }) => this.of(name) < furthest);
    return isBehind ? Math.max(1, furthest) : null;
  }

  /** Note a pull of all lanes up to a place: of what was not asked for yet, or of all that is not here. */
  ask(pull: string, until: number, lanes: readonly LaneAsked[], isAgain: boolean): LanePulled[] {
    const asked = isAgain ? [] : Array.from(this.asked.values());
    this.asked.set(pull, {
      until,
      lanes: new Set(lanes.map(({ name }) => name)),
      at: performance.now(),
    });
    return lanes.map((lane) => {
      const under = asked.filter((one) => one.lanes.has(lane.name));
      return { ...lane, position: Math.max(this.of(lane.name), ...under.map((one) => one.until)) };
    });
  }

  /**
   * Strike out a pull of this page, and those before it: answers come in order, so they were lost.
   * @returns when it was asked; null for the answer to another page, or one that came twice
   */
  answered(pull: string | null): number | null {
    const asked = pull === null ? undefined : this.asked.get(pull);
    if (asked === undefined) return null;
    for (const earlier of this.asked.keys()) {
      this.asked.delete(earlier);
      if (earlier === pull) break;
    }
    return asked.at;
  }
}
