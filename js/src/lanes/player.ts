import type { Chunk, Clear, Reason, Stop } from "../messages.ts";
import { GONE } from "../player.ts";
import type { FromKernel, LaneAsked, LanesChunk, LanesSettings, ToKernel } from "./messages.ts";

/** Milliseconds that the kernel may spend on one pull. */
const BUDGET = 30;
/** Pulls that may be unanswered at a time; with one only, a slow connection would not stream. */
const IN_FLIGHT = 2;
/** Seconds of text that one pull asks for, at least: fewer messages for a machine shared by a class. */
const PIECE = 0.06;
/** Characters of each lane that one pull asks for, at most. */
const LARGEST = 2000;
/** Seconds that one answer may count for in the round trip: a busy cell says nothing about the way. */
const LONGEST_TRIP = 0.5;
/** Milliseconds without an answer after which a request is made again; doubled each time. */
const PATIENCE = 4000;
/** Milliseconds without an answer after which the reader is told. */
const SLOW = 1000;
/** Milliseconds of silence after which a page goes on with a run that another one has left. */
const LEFT_ALONE = 1500;

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
  /** There is no text any more. */
  cleared(): void;
  /** The kernel does not answer for the moment, or answers again. */
  waiting(isWaiting: boolean): void;
}

export interface Source {
  send(message: ToKernel): void;
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

/** A run as this page follows it. */
interface Following {
  run: string;
  /** Whether this page asks for the texts; otherwise it shows what comes for another one. */
  pulls: boolean;
  begun: boolean;
  /** The message that is to end it, once the reader wants that. */
  ending: Stop | Clear | null;
  /** Characters received of each lane, from the start without a gap. */
  have: Map<string, number>;
  /** The unanswered pulls, in their order. */
  asked: Map<string, Asked>;
  /** The pull that asks for what was missed. */
  fetch: string;
}

/**
 * Follows the run of the lanes, and pulls it if it was started here; as `Player` does for one text. A pull
 * asks for all lanes at once, up to the same place: so a lane that came later catches up.
 */
export class LanesPlayer {
  #now: Following | null = null;
  /** Runs that were left; their last answers may still come. */
  readonly #left = new Set<string>();
  readonly #name = randomName();
  #pulls = 0;
  #roundTrip = 0.02;
  #patience = PATIENCE;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #isWaiting = false;

  constructor(
    private readonly source: Source,
    private readonly listener: Listener,
  ) {}

  get running(): boolean {
    return this.#now !== null;
  }

  start(settings: LanesSettings): void {
    const run = randomName();
    this.#follow(run, true);
    this.#send({ type: "start", run, settings, lanes: this.source.lanes() });
    this.pump();
  }

  stop(): void {
    if (this.#now !== null) this.#endWith({ type: "stop", run: this.#now.run });
  }

  /** Forget the texts, here and in the kernel. */
  clear(): void {
    this.#endWith({ type: "clear" });
  }

  /** Follow a run that was begun before this page was there. */
  join(run: string): void {
    this.#follow(run, false);
    this.#begin(this.source.seed());
    this.#watch();
  }

  receive(message: FromKernel): void {
    const now = this.#now;
    switch (message.type) {
      case "begin":
        if (this.#left.has(message.run) && now?.run !== message.run) return;
        if (now?.run !== message.run) {
          if (now !== null && !now.begun) return; // ours was asked for later, and will end that one
          this.#follow(message.run, false);
        }
        this.#begin(message.seed);
        this.#heard();
        this.pump();
        break;
      case "lanes":
        if (now === null && !this.#left.has(message.run)) this.join(message.run);
        if (this.#now?.run === message.run) this.#lanes(this.#now, message);
        break;
      case "end":
        if (now?.run !== message.run) return;
        this.#leave();
        this.listener.ended(message.reason);
        break;
      case "error":
        if (now?.run !== message.run) return;
        this.#leave();
        this.listener.failed(message.message);
        break;
      case "cleared":
        // A run of this page that has not begun was asked for later, and will begin.
        if (now === null || now.begun || now.ending !== null) this.#leave();
        this.listener.cleared();
        break;
      default: // for others
    }
  }

  /** Ask for more if it is time to; called whenever something came or was shown, or the lanes changed. */
  pump(): void {
    const now = this.#now;
    if (!now?.pulls) return;
    const pace = this.source.pace();
    const wished = Math.ceil(pace * Math.max(PIECE, this.#roundTrip / IN_FLIGHT));
    const count = Math.min(Math.max(1, wished), LARGEST);
    const ahead = count + Math.min(pace * this.#roundTrip, IN_FLIGHT * LARGEST);
    while (this.#now === now && now.asked.size < IN_FLIGHT) {
      const furthest = this.#furthest(now);
      const until = Math.max(furthest, ...Array.from(now.asked.values(), ({ until }) => until));
      const isDue = until - this.source.shown() < ahead;
      if (!isDue && !this.#isBehind(now, furthest)) break;
      this.#pull(now, Math.max(1, isDue ? until + count : furthest));
    }
  }

  /** The kernel turned out to be gone. */
  lost(): void {
    this.#leave();
    this.listener.failed(GONE);
  }

  dispose(): void {
    this.#leave();
  }

  #lanes(now: Following, { pull, lanes }: LanesChunk): void {
    this.#answered(now, pull);
    this.#begin(this.source.seed()); // if the message that told so was lost
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
    if (this.#now !== now) return;
    if (missed > 0 && !now.asked.has(now.fetch)) {
      // Something is missing before it: ask for that and this again, which makes the kernel write nothing.
      now.fetch = this.#pull(now, missed, true);
    }
    // What is to end it may be lost, and another page have it go on.
    if (now.ending === null) this.#heard();
    this.pump();
  }

  /** Strike out a pull of this page, and those before it: answers come in order, so they were lost. */
  #answered(now: Following, pull: string | null): void {
    const asked = pull === null ? undefined : now.asked.get(pull);
    if (!asked) return; // the answer to another page, or one that came twice
    for (const earlier of now.asked.keys()) {
      now.asked.delete(earlier);
      if (earlier === pull) break;
    }
    const trip = Math.min((performance.now() - asked.at) / 1000, LONGEST_TRIP);
    this.#roundTrip += 0.2 * (trip - this.#roundTrip);
    this.#patience = PATIENCE;
  }

  /** Ask for all lanes up to a place: for what was not asked for yet, or for all that is not here. */
  #pull(now: Following, until: number, again = false): string {
    this.#pulls += 1;
    const pull = `${this.#name}:${this.#pulls}`;
    const asked = Array.from(now.asked.values());
    const lanes = this.source.lanes().map((lane) => {
      const under = asked.filter(({ lanes }) => !again && lanes.has(lane.name));
      const position = Math.max(now.have.get(lane.name) ?? 0, ...under.map(({ until }) => until));
      return { ...lane, position };
    });
    const names = new Set(lanes.map(({ name }) => name));
    now.asked.set(pull, { until, lanes: names, at: performance.now() });
    this.#watch();
    this.#send({ type: "pull", run: now.run, pull, until, budget: BUDGET, lanes });
    return pull;
  }

  /** Number of characters of the lane that is the furthest. */
  #furthest(now: Following): number {
    return Math.max(0, ...this.source.lanes().map(({ name }) => now.have.get(name) ?? 0));
  }

  #isBehind(now: Following, furthest: number): boolean {
    return this.source.lanes().some(({ name }) => (now.have.get(name) ?? 0) < furthest);
  }

  #send(message: ToKernel): void {
    try {
      this.source.send(message);
    } catch {
      // The connection was closed: the kernel was restarted or has died.
      this.lost();
    }
  }

  #follow(run: string, pulls: boolean): void {
    this.#leave();
    const nothing = { begun: false, ending: null, have: new Map(), asked: new Map(), fetch: "" };
    this.#now = { run, pulls, ...nothing };
  }

  #begin(seed: string): void {
    if (this.#now === null || this.#now.begun) return;
    this.#now.begun = true;
    this.listener.began(seed);
  }

  #leave(): void {
    if (this.#now !== null) this.#left.add(this.#now.run);
    this.#now = null;
    this.#patience = PATIENCE;
    this.#heard();
  }

  /** Send what is to end the run, if there is one. */
  #endWith(message: Stop | Clear): void {
    if (this.#now !== null) Object.assign(this.#now, { pulls: false, ending: message });
    this.#send(message);
    this.#watch();
  }

  /** The kernel has answered, or need not. */
  #heard(): void {
    this.#wait(false);
    this.#watch();
  }

  /** (Re)start the clocks that notice a kernel that does not answer, or a run that was left alone. */
  #watch(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    const now = this.#now;
    if (now === null) return;
    if (now.asked.size > 0 || now.ending !== null) {
      this.#timers.push(setTimeout(() => this.#wait(true), SLOW));
      this.#timers.push(setTimeout(() => this.#again(now), this.#patience));
    } else if (!now.pulls) {
      // Not all at the same moment: the first one is enough.
      this.#timers.push(setTimeout(() => this.#takeOver(now), LEFT_ALONE * (1 + Math.random())));
    }
  }

  #again(now: Following): void {
    this.#patience *= 2;
    now.asked.clear();
    if (now.ending !== null) this.#endWith(now.ending);
    this.pump();
    this.#watch();
  }

  #takeOver(now: Following): void {
    now.pulls = true;
    this.pump();
  }

  #wait(isWaiting: boolean): void {
    if (isWaiting === this.#isWaiting) return;
    this.#isWaiting = isWaiting;
    this.listener.waiting(isWaiting);
  }
}

function randomName(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
