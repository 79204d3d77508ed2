/** Pulls that may be unanswered at a time; with one only, a slow connection would not stream. */
export const IN_FLIGHT = 2;
/** Seconds of text that one pull asks for, at least: fewer messages for a machine shared by a class. */
const SHORTEST = 0.12;
/** Characters of each lane that one pull asks for, at most: of the only one, and of several. */
const LARGEST = { one: 5000, several: 2000 };
/** Seconds that one answer may count for in the round trip: a busy cell says nothing about the way. */
const LONGEST_TRIP = 0.5;
/** Milliseconds without an answer after which a request is made again; doubled each time. */
const PATIENCE = 4000;
/** Milliseconds without an answer after which the reader is told. */
const SLOW = 1000;
/** Milliseconds of silence after which a page goes on with a run that another one has left. */
const LEFT_ALONE = 1500;

/** What a clock notices. */
export interface Alarms {
  /** The kernel does not answer for the moment, or answers again. */
  waiting(isWaiting: boolean): void;
  /** An answer was lost: ask again. */
  again(): void;
  /** The page that pulled this run is silent: pull it here. */
  takeOver(): void;
}

/** Measures how long the kernel takes to answer, and notices when it does not. */
export class RunClock {
  #roundTrip = 0.02;
  #patience = PATIENCE;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #isWaiting = false;

  constructor(private readonly alarms: Alarms) {}

  /** Characters of each lane that one pull asks for, and how far ahead of the reader that may be. */
  portion(pace: number, lanes: number): { count: number; ahead: number } {
    const largest = lanes > 1 ? LARGEST.several : LARGEST.one;
    const wished = Math.ceil(pace * Math.max(SHORTEST, this.#roundTrip / IN_FLIGHT));
    const count = Math.min(Math.max(1, wished), largest);
    return { count, ahead: count + Math.min(pace * this.#roundTrip, IN_FLIGHT * largest) };
  }

  /** A request that was made at this time is answered. */
  answered(at: number): void {
    const trip = Math.min((performance.now() - at) / 1000, LONGEST_TRIP);
    this.#roundTrip += 0.2 * (trip - this.#roundTrip);
    this.#patience = PATIENCE;
  }

  /** Follow nothing, or something else. */
  reset(): void {
    this.#patience = PATIENCE;
    this.wait(false);
    this.stop();
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  /** Start again, for an answer that is owed or to see whether the run was left. */
  start(what: "answer" | "silence"): void {
    this.stop();
    const after = (delay: number, act: () => void) => this.#timers.push(setTimeout(act, delay));
    if (what === "silence") {
      // Not all pages at the same moment: the first one is enough.
      after(LEFT_ALONE * (1 + Math.random()), () => this.alarms.takeOver());
      return;
    }
    after(SLOW, () => this.wait(true));
    after(this.#patience, () => {
      this.#patience *= 2;
      this.alarms.again();
    });
  }

  wait(isWaiting: boolean): void {
    if (isWaiting === this.#isWaiting) return;
    this.#isWaiting = isWaiting;
    this.alarms.waiting(isWaiting);
  }
}
