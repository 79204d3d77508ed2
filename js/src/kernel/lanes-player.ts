import { BUDGET, Follower, type Following, GONE, IN_FLIGHT, randomName } from "./follower.ts";
import type {
  Chunk,
  LaneAsked,
  LanesChunk,
  LanesFromKernel,
  LanesSettings,
  LanesToKernel,
  Reason,
} from "./protocol.ts";

/** Characters of each lane that one pull asks for, at most. */
const LARGEST = 2000;

export interface Listener {
  /** A run begins, here or elsewhere: empty pages. */
  began(seed: string): void;
  /** More characters of a lane, each exactly once and in order; what else the chunk tells. */
  wrote(lane: string, text: string, chunk: Chunk): void;
  /** All that an answer brought was told. */
  wroteAll(): void;
  /** The run is over. */
  ended(reason: Reason): void;
  failed(message: string): void;
  /** What was asked for cannot be: everything stays as it is. */
  refused(message: string): void;
  /** There is no text any more. */
  cleared(): void;
  /** The kernel does not answer for the moment, or answers again. */
  waiting(isWaiting: boolean): void;
}

export interface Source {
  send(message: LanesToKernel): void;
  /** The lanes that there are now, each with its temperature from the next character on. */
  lanes(): LaneAsked[];
  /** Characters per second that the reader sees of each lane; infinite: as fast as it goes. */
  pace(): number;
  /** Number of characters that are shown of the lane that is the furthest. */
  shown(): number;
  /** Seed of the run that is being written, for a page that comes late. */
  seed(): string;
}

/** A pull that is not answered yet. */
interface Asked {
  until: number;
  lanes: Set<string>;
  at: number;
}

interface FollowedLanes extends Following<Asked> {
  /** Characters received of each lane, from the start without a gap. */
  have: Map<string, number>;
}

/**
 * Follows the run of the lanes, and pulls it if it was started here; as `Player` does for one text. A pull
 * asks for all lanes at once, up to the same place: so a lane that came later catches up.
 */
export class LanesPlayer extends Follower<LanesToKernel, FollowedLanes> {
  constructor(
    protected readonly source: Source,
    protected readonly listener: Listener,
  ) {
    super();
  }

  start(settings: LanesSettings): void {
    const run = randomName();
    this.ask(run, true);
    this.send({ type: "start", run, settings, lanes: this.source.lanes() });
    this.pump();
  }

  receive(message: LanesFromKernel): void {
    const { now } = this;
    switch (message.type) {
      case "begin":
        if (this.left.has(message.run) && now?.run !== message.run) return;
        if (now?.run !== message.run) {
          if (now !== null && !now.begun) {
            this.elsewhere(message.run); // ours was asked for later, and will end that one
            return;
          }
          this.follow(message.run, false);
        }
        this.begin(message.seed);
        this.heard();
        this.pump();
        break;
      case "lanes":
        if (now === null && !this.left.has(message.run)) this.join(message.run);
        if (this.now?.run === message.run) this.#lanes(this.now, message);
        break;
      case "end":
        if (now?.run !== message.run) return;
        this.leave();
        this.listener.ended(message.reason);
        break;
      case "error":
        if (now?.run !== message.run) return;
        if (now.begun) {
          this.leave();
          this.listener.failed(message.message);
        } else {
          this.refused();
          this.listener.refused(message.message);
        }
        break;
      case "cleared":
        // A run of this page that has not begun was asked for later, and will begin.
        if (now === null || now.begun || now.ending !== null) this.leave();
        this.listener.cleared();
        break;
      default: // for others
    }
  }

  /** Ask for more if it is time to; called whenever something came or was shown, or the lanes changed. */
  pump(): void {
    const { now } = this;
    if (!now?.pulls) return;
    const { count, ahead } = this.portion(LARGEST);
    while (this.now === now && now.asked.size < IN_FLIGHT) {
      const furthest = this.#furthest(now);
      const until = Math.max(furthest, ...Array.from(now.asked.values(), ({ until }) => until));
      const isDue = until - this.source.shown() < ahead;
      if (!isDue && !this.#isBehind(now, furthest)) break;
      this.#pull(now, Math.max(1, isDue ? until + count : furthest));
    }
  }

  /** The kernel turned out to be gone. */
  lost(): void {
    this.leave();
    this.listener.failed(GONE);
  }

  #lanes(now: FollowedLanes, { pull, lanes }: LanesChunk): void {
    this.answered(now, pull);
    this.begin(this.source.seed()); // if the message that told so was lost
    const here = new Set(this.source.lanes().map(({ name }) => name));
    let missed = 0;
    for (const chunk of lanes) {
      const { run: lane, position, count } = chunk;
      if (!here.has(lane)) continue; // removed, or added elsewhere a moment ago
      const have = now.have.get(lane) ?? 0;
      if (position > have) missed = Math.max(missed, position + count);
      else if (position + count > have) {
        now.have.set(lane, position + count);
        const known = have - position;
        const text = known === 0 ? chunk.text : Array.from(chunk.text).slice(known).join("");
        this.listener.wrote(lane, text, chunk);
      }
    }
    this.listener.wroteAll();
    if (this.now !== now) return;
    if (missed > 0 && !now.asked.has(now.fetch)) {
      // Something is missing before it: ask for that and this again, which makes the kernel write nothing.
      now.fetch = this.#pull(now, missed, true);
    }
    // What is to end it may be lost, and another page have it go on.
    if (now.ending === null) this.heard();
    this.pump();
  }

  /** Ask for all lanes up to a place: for what was not asked for yet, or for all that is not here. */
  #pull(now: FollowedLanes, until: number, again = false): string {
    const pull = this.nextPull();
    const asked = Array.from(now.asked.values());
    const lanes = this.source.lanes().map((lane) => {
      const under = asked.filter(({ lanes }) => !again && lanes.has(lane.name));
      const position = Math.max(now.have.get(lane.name) ?? 0, ...under.map(({ until }) => until));
      return { ...lane, position };
    });
    const names = new Set(lanes.map(({ name }) => name));
    now.asked.set(pull, { until, lanes: names, at: performance.now() });
    this.watch();
    this.send({ type: "pull", run: now.run, pull, until, budget: BUDGET, lanes });
    return pull;
  }

  /** Number of characters of the lane that is the furthest. */
  #furthest(now: FollowedLanes): number {
    return Math.max(0, ...this.source.lanes().map(({ name }) => now.have.get(name) ?? 0));
  }

  #isBehind(now: FollowedLanes, furthest: number): boolean {
    return this.source.lanes().some(({ name }) => (now.have.get(name) ?? 0) < furthest);
  }

  protected follow(run: string, pulls: boolean): void {
    this.leave();
    const nothing = { begun: false, ending: null, have: new Map(), asked: new Map(), fetch: "" };
    this.now = { run, pulls, ...nothing };
  }

  protected begin(seed: string): void {
    if (this.now === null || this.now.begun) return;
    this.now.begun = true;
    this.held = null;
    this.listener.began(seed);
  }
}
