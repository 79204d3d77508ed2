import type { Chunk, Clear, End, FromKernel, Settings, Stop, ToKernel } from "./messages.ts";

/** Milliseconds that the kernel may spend on one pull. */
const BUDGET = 30;
/** Pulls that may be unanswered at a time; with one only, a slow connection would not stream. */
const IN_FLIGHT = 2;
/** Seconds of text that one pull asks for, at least: fewer messages for a machine shared by a class. */
const PIECE = 0.06;
/** Characters that one pull asks for, at most. */
const LARGEST = 5000;
/** Seconds that one answer may count for in the round trip: a busy cell says nothing about the way. */
const LONGEST_TRIP = 0.5;
/** Milliseconds without an answer after which a request is made again; doubled each time. */
const PATIENCE = 4000;
/** Milliseconds without an answer after which the reader is told. */
const SLOW = 1000;
/** Milliseconds of silence after which a page goes on with a run that another one has left. */
const LEFT_ALONE = 1500;

/** What is said when the connection to the kernel was closed. */
export const GONE = "The kernel is gone: run the cell again.";

export interface Listener {
  /** A run begins, here or elsewhere, with so many characters of its parent: none, if it has no parent. */
  began(seed: string, shared: number): void;
  /** Another text of the tree is shown. */
  shown(): void;
  /** The text that is shown is written on. */
  resumed(): void;
  /** More characters, each exactly once and in order; what else the chunk tells. */
  wrote(text: string, chunk: Chunk): void;
  /** The run is over; `have` characters of it came. */
  ended(reason: End["reason"], have: number): void;
  failed(message: string, have: number): void;
  /** There is no text any more. */
  cleared(): void;
  /** The kernel does not answer for the moment, or answers again. */
  waiting(isWaiting: boolean): void;
}

export interface Source {
  send(message: ToKernel): void;
  /** The temperature from the next character on. */
  temperature(): number;
  /** Characters per second that the reader sees; infinite: as fast as it goes. */
  pace(): number;
  /** Characters that came but are not shown yet. */
  unseen(): number;
  /** Characters of the text that the kernel has kept. */
  kept(): number;
  /** Seed of the run that is being written, for a page that comes late. */
  seed(): string;
}

interface Asked {
  count: number;
  at: number;
}

/** A run as this page follows it. */
interface Following {
  run: string;
  /** Whether this page asks for the text; otherwise it shows what comes for another one. */
  pulls: boolean;
  begun: boolean;
  /** Number of characters to write it on to, until the kernel has taken that up. */
  resuming: number | null;
  /** The message that is to end it, once the reader wants that. */
  ending: Stop | Clear | null;
  /** Characters received, from the start without a gap. */
  have: number;
  /** The unanswered pulls, in their order. */
  asked: Map<string, Asked>;
  /** The pull that asks for what was missed. */
  fetch: string;
}

/**
 * Follows the run of a widget, and pulls it if it was started here.
 *
 * A pull asks for a few characters only, no further ahead than the reader sees: so a new temperature
 * counts from (nearly) the next character, and a page that is not looked at asks for nothing.
 */
export class Player {
  #now: Following | null = null;
  /** The run that was followed last, and how much of it came. */
  #last: { run: string; have: number } | null = null;
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

  /** The run that is followed, or was last. */
  get run(): string | undefined {
    return this.#now?.run ?? this.#last?.run;
  }

  start(settings: Settings): void {
    const run = randomName();
    this.#follow(run, true);
    this.send({ type: "start", run, settings });
    this.pump();
  }

  /** Read the seed only. */
  read(settings: Settings): void {
    const run = randomName();
    this.#follow(run, false);
    this.send({ type: "read", run, settings });
    this.#watch();
  }

  /** Write the last text once more, with another character at one place. */
  branch(position: number, character: string): void {
    const { run } = this;
    if (run === undefined) return;
    const branch = randomName();
    this.#follow(branch, true);
    if (this.#now !== null) this.#now.have = position;
    this.send({ type: "branch", run, branch, position, character });
    this.pump();
  }

  /** Have the last text written on until it has so many characters. */
  resume(length: number): void {
    if (this.#last === null || this.running) return;
    this.#followOn(this.#last, true);
    if (this.#now === null) return;
    this.#now.resuming = length;
    this.send({ type: "resume", run: this.#now.run, length });
    this.#watch();
  }

  /** Forget the text, here and in the kernel. */
  clear(): void {
    this.#endWith({ type: "clear" });
  }

  /** A text that was there before this page. */
  remember(run: string, have: number): void {
    this.#last = { run, have };
  }

  /** Number of characters of the last text that came. */
  get have(): number {
    return this.#now?.have ?? this.#last?.have ?? 0;
  }

  stop(): void {
    if (this.#now !== null) this.#endWith({ type: "stop", run: this.#now.run });
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
        // Written on elsewhere; a position before the end of the text is that of a message that came late.
        if (
          now === null &&
          this.#last?.run === message.run &&
          message.position >= this.#last.have
        ) {
          this.#followOn(this.#last, false);
          this.listener.resumed();
          return;
        }
        if (this.#left.has(message.run) && now?.run !== message.run) return;
        if (now?.run === message.run && now.resuming !== null) {
          now.resuming = null;
          this.listener.resumed();
        } else if (now?.run !== message.run) {
          if (now !== null && !now.begun) return; // ours was asked for later, and will end that one
          this.#follow(message.run, false);
        }
        this.#begin(message.seed, message.position);
        this.#heard();
        this.pump();
        break;
      case "chunk":
        if (now === null && !this.#left.has(message.run)) this.join(message.run);
        // Before its answer to `resume` the kernel may still tell of what was before.
        if (this.#now?.run === message.run && this.#now.resuming === null) {
          this.#chunk(this.#now, message);
        }
        break;
      case "end":
        if (now?.run !== message.run || now.resuming !== null) return;
        this.#leave();
        this.listener.ended(message.reason, now.have);
        break;
      case "error":
        if (now?.run !== message.run) return;
        this.#leave();
        this.listener.failed(message.message, now.have);
        break;
      case "shown":
        this.#leave();
        this.#left.delete(message.run);
        this.remember(message.run, message.written);
        this.listener.shown();
        break;
      case "cleared":
        // A run of this page that has not begun was asked for later, and will begin.
        if (now === null || now.begun || now.ending !== null) this.#leave();
        this.#last = null;
        this.listener.cleared();
        break;
      default: // for others
    }
  }

  /** Ask for more if it is time to; called whenever something came or was shown. */
  pump(): void {
    const now = this.#now;
    if (!now?.pulls || now.resuming !== null) return;
    const pace = this.source.pace();
    const wished = Math.ceil(pace * Math.max(PIECE, this.#roundTrip / IN_FLIGHT));
    const count = Math.min(Math.max(1, wished), LARGEST);
    const ahead = count + Math.min(pace * this.#roundTrip, IN_FLIGHT * LARGEST);
    while (
      this.#now === now &&
      now.asked.size < IN_FLIGHT &&
      this.source.unseen() + expected(now) < ahead
    ) {
      this.#pull(now, now.have + expected(now), count);
    }
  }

  /** The kernel turned out to be gone. */
  lost(): void {
    const { have } = this;
    this.#leave();
    this.listener.failed(GONE, have);
  }

  dispose(): void {
    this.#leave();
  }

  /** Send what has nothing to do with the run that is followed, too. */
  send(message: ToKernel): void {
    try {
      this.source.send(message);
    } catch {
      // The connection was closed: the kernel was restarted or has died.
      this.lost();
    }
  }

  #chunk(now: Following, chunk: Chunk): void {
    this.#answered(now, chunk.pull);
    this.#begin(this.source.seed()); // if the message that told so was lost
    if (chunk.position > now.have) {
      // Something is missing before it: ask for that and this again, which makes the kernel write nothing.
      if (!now.asked.has(now.fetch)) {
        now.fetch = this.#pull(now, now.have, chunk.position + chunk.count - now.have);
      }
      return;
    }
    const known = now.have - chunk.position;
    if (chunk.count > known) {
      now.have += chunk.count - known;
      const text = known === 0 ? chunk.text : Array.from(chunk.text).slice(known).join("");
      this.listener.wrote(text, chunk);
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

  #pull(now: Following, position: number, count: number): string {
    this.#pulls += 1;
    const pull = `${this.#name}:${this.#pulls}`;
    now.asked.set(pull, { count, at: performance.now() });
    this.#watch();
    const temperature = this.source.temperature();
    this.send({
      type: "pull",
      run: now.run,
      pull,
      position,
      count,
      budget: BUDGET,
      temperature,
    });
    return pull;
  }

  #follow(run: string, pulls: boolean): void {
    this.#leave();
    const nothing = { begun: false, ending: null, resuming: null, have: 0, fetch: "" };
    this.#now = { run, pulls, asked: new Map(), ...nothing };
  }

  #followOn({ run, have }: { run: string; have: number }, pulls: boolean): void {
    this.#follow(run, pulls);
    if (this.#now !== null) Object.assign(this.#now, { begun: true, have });
  }

  #begin(seed: string, shared = 0): void {
    if (this.#now === null || this.#now.begun) return;
    this.#now.begun = true;
    // Else what is before is asked for like anything that was missed.
    this.#now.have = shared === this.source.kept() ? shared : 0;
    this.listener.began(seed, this.#now.have);
  }

  #leave(): void {
    if (this.#now !== null) {
      const { run, begun, have } = this.#now;
      this.#left.add(run);
      if (begun) this.#last = { run, have };
    }
    this.#now = null;
    this.#patience = PATIENCE;
    this.#heard();
  }

  /** Send what is to end the run, if there is one. */
  #endWith(message: Stop | Clear): void {
    if (this.#now !== null) Object.assign(this.#now, { pulls: false, ending: message });
    this.send(message);
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
    if (now.asked.size > 0 || now.ending !== null || now.resuming !== null) {
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
    if (now.resuming !== null) {
      this.send({ type: "resume", run: now.run, length: now.resuming });
    }
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

/** Characters that the unanswered pulls ask for. */
function expected(now: Following): number {
  return [...now.asked.values()].reduce((sum, { count }) => sum + count, 0);
}

function randomName(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
