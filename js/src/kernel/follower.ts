import type { Clear, Stop } from "./protocol.ts";

/** Milliseconds that the kernel may spend on one pull. */
export const BUDGET = 30;
/** Pulls that may be unanswered at a time; with one only, a slow connection would not stream. */
export const IN_FLIGHT = 2;
/** Seconds of text that one pull asks for, at least: fewer messages for a machine shared by a class. */
const PIECE = 0.12;
/** Seconds that one answer may count for in the round trip: a busy cell says nothing about the way. */
const LONGEST_TRIP = 0.5;
/** Milliseconds without an answer after which a request is made again; doubled each time. */
const PATIENCE = 4000;
/** Milliseconds without an answer after which the reader is told. */
const SLOW = 1000;
/** Milliseconds of silence after which a page goes on with a run that another one has left. */
const LEFT_ALONE = 1500;
/** Runs that were left, and whose last answers are still known as such. */
const MOST_LEFT = 50;

/** What is said when the connection to the kernel was closed. */
export const GONE = "The kernel is gone: run the cell again.";

/** A run as this page follows it. */
export interface Following<Asked extends { at: number } = { at: number }> {
  run: string;
  /** Whether this page asks for what is written; otherwise it shows what comes for another one. */
  pulls: boolean;
  begun: boolean;
  /** The message that is to end it, once the reader wants that. */
  ending: Stop | Clear | null;
  /** The unanswered pulls, in their order. */
  asked: Map<string, Asked>;
  /** The pull that asks for what was missed. */
  fetch: string;
}

/** Follows the run of a widget: what the players of both widgets have in common, with the clocks. */
export abstract class Follower<Message, Now extends Following> {
  protected abstract readonly source: {
    send(message: Message | Stop | Clear): void;
    /** Characters per second that the reader sees; infinite: as fast as it goes. */
    pace(): number;
    /** Seed of the run that is being written, for a page that comes late. */
    seed(): string;
  };
  protected abstract readonly listener: {
    /** The kernel does not answer for the moment, or answers again. */
    waiting(isWaiting: boolean): void;
  };
  protected now: Now | null = null;
  /** What was followed when this page asked for another run, until that has begun: it may be refused. */
  protected held: Now | null = null;
  /** Runs that were left; their last answers may still come. */
  protected readonly left = new Set<string>();
  readonly #name = randomName();
  #pulls = 0;
  #roundTrip = 0.02;
  #patience = PATIENCE;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #isWaiting = false;

  /** Number of runs that were left, of which it still knows. */
  get remembered(): number {
    return this.left.size;
  }

  get running(): boolean {
    return this.now !== null;
  }

  stop(): void {
    if (this.now !== null) this.endWith({ type: "stop", run: this.now.run });
  }

  /** Forget what is written, here and in the kernel. */
  clear(): void {
    this.endWith({ type: "clear" });
  }

  /** Follow a run that was begun before this page was there. */
  join(run: string): void {
    this.follow(run, false);
    this.begin(this.source.seed());
    this.watch();
  }

  /** Ask for more if it is time to; called whenever something came or was shown. */
  abstract pump(): void;

  /** The kernel turned out to be gone. */
  abstract lost(): void;

  dispose(): void {
    this.leave();
  }

  /** Send what has nothing to do with the run that is followed, too. */
  send(message: Message | Stop | Clear): void {
    try {
      this.source.send(message);
    } catch {
      // The connection was closed: the kernel was restarted or has died.
      this.lost();
    }
  }

  protected abstract follow(run: string, pulls: boolean): void;

  /** Follow a run that this page asks for. */
  protected ask(run: string, pulls: boolean): void {
    const held = this.now === null || this.now.begun ? this.now : this.held;
    this.follow(run, pulls);
    this.held = held;
  }

  /** The kernel has begun another run than the one that was asked for later. */
  protected elsewhere(run: string): void {
    if (this.now !== null) this.held = { ...this.now, run, begun: false };
  }

  /** What was asked for is refused: go on with what was followed before. */
  protected refused(): void {
    const { now, held } = this;
    this.leave();
    if (held === null) return;
    this.left.delete(held.run);
    if (!held.begun) {
      this.join(held.run);
      return;
    }
    held.asked.clear(); // what was answered meanwhile was not taken
    this.now = held;
    const ending = now?.ending ?? held.ending;
    if (ending !== null)
      this.endWith(ending.type === "stop" ? { ...ending, run: held.run } : ending);
    this.pump();
    this.watch();
  }

  protected abstract begin(seed: string): void;

  protected leave(): void {
    for (const one of [this.now, this.held]) if (one !== null) this.left.add(one.run);
    for (const run of this.left) {
      if (this.left.size <= MOST_LEFT) break;
      this.left.delete(run);
    }
    this.now = this.held = null;
    this.#patience = PATIENCE;
    this.heard();
  }

  /** Characters that one pull asks for, and how far ahead of the reader that may be. */
  protected portion(largest: number): { count: number; ahead: number } {
    const pace = this.source.pace();
    const wished = Math.ceil(pace * Math.max(PIECE, this.#roundTrip / IN_FLIGHT));
    const count = Math.min(Math.max(1, wished), largest);
    return { count, ahead: count + Math.min(pace * this.#roundTrip, IN_FLIGHT * largest) };
  }

  /** A name for the next pull. */
  protected nextPull(): string {
    this.#pulls += 1;
    return `${this.#name}:${this.#pulls}`;
  }

  /** Strike out a pull of this page, and those before it: answers come in order, so they were lost. */
  protected answered(now: Now, pull: string | null): void {
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

  /** Send what is to end the run, if there is one. */
  protected endWith(message: Stop | Clear): void {
    if (this.now !== null) Object.assign(this.now, { pulls: false, ending: message });
    this.send(message);
    this.watch();
  }

  /** The kernel has answered, or need not. */
  protected heard(): void {
    this.#wait(false);
    this.watch();
  }

  /** (Re)start the clocks that notice a kernel that does not answer, or a run that was left alone. */
  protected watch(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    const { now } = this;
    if (now === null) return;
    if (this.isOwed(now)) {
      this.#timers.push(setTimeout(() => this.#wait(true), SLOW));
      this.#timers.push(setTimeout(() => this.#again(now), this.#patience));
    } else if (!now.pulls) {
      // Not all at the same moment: the first one is enough.
      this.#timers.push(setTimeout(() => this.#takeOver(now), LEFT_ALONE * (1 + Math.random())));
    }
  }

  /** Whether the kernel has something to answer. */
  protected isOwed(now: Now): boolean {
    return now.asked.size > 0 || now.ending !== null;
  }

  /** Make the requests again that are no pulls. */
  protected resend(now: Now): void {
    if (now.ending !== null) this.endWith(now.ending);
  }

  #again(now: Now): void {
    this.#patience *= 2;
    now.asked.clear();
    this.resend(now);
    this.pump();
    this.watch();
  }

  #takeOver(now: Now): void {
    now.pulls = true;
    this.pump();
  }

  #wait(isWaiting: boolean): void {
    if (isWaiting === this.#isWaiting) return;
    this.#isWaiting = isWaiting;
    this.listener.waiting(isWaiting);
  }
}

export function randomName(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
