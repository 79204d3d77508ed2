import {
  type Ending,
  FollowedRun,
  furthestOf,
  type Have,
  LeftRuns,
  type Listener,
  type Reader,
} from "./followed-run.ts";
import { randomName } from "./names.ts";
import { Outbox } from "./outbox.ts";
import type { Begin, Chunk, End, Failure, FromKernel, Settings, ToKernel } from "./protocol.ts";
import { type Outcome, Questions } from "./questions.ts";
import { IN_FLIGHT, RunClock } from "./run-clock.ts";

/** Milliseconds that the kernel may spend on one pull. */
const BUDGET = 40;
/** What is said when the connection to the kernel was closed. */
export const GONE = "The kernel has stopped. Run the cell again.";

/**
 * Follows the run of a widget, of one lane or several, and pulls it if it was started here.
 *
 * A pull asks for a few characters only, no further ahead than the reader sees: so a new temperature counts
 * from (nearly) the next character, and a page that is not looked at asks for nothing. It asks for all lanes
 * at once, up to the same place: so a lane that came later catches up.
 */
export class RunClient {
  #now: FollowedRun | null = null;
  /** What was followed when this page asked for another run, until that has begun: it may be refused. */
  #held: FollowedRun | null = null;
  /** The run that was followed last, and how much of it came. */
  #last: { run: string; have: Have } | null = null;
  readonly #left = new LeftRuns();
  readonly #name = randomName();
  #pulls = 0;
  readonly #clock: RunClock;
  readonly #outbox = new Outbox(
    (message) => this.reader.send(message),
    () => this.lost(),
  );
  readonly #questions = new Questions((message) => this.send(message));

  constructor(
    private readonly reader: Reader,
    private readonly listener: Listener,
  ) {
    this.#clock = new RunClock({
      waiting: (is) => listener.waiting(is),
      again: () => this.#again(),
      takeOver: () => {
        if (this.#now !== null) this.#now.pulls = true;
        this.pump();
      },
    });
  }

  get running(): boolean {
    return this.#now !== null;
  }

  /** The run that is followed, or was last. */
  get run(): string | undefined {
    return this.#now?.run ?? this.#last?.run;
  }

  /** Number of characters that came of the lane that is the furthest. */
  get have(): number {
    return furthestOf(this.reader.lanes(), this.#now?.have ?? this.#last?.have);
  }

  /** @param onlyRead whether nothing is to be written after the seed */
  start(settings: Settings, onlyRead = false): void {
    const run = randomName();
    this.#ask(run, !onlyRead);
    const message = { type: "start", run, settings, lanes: this.reader.lanes() } as const;
    this.#outbox.together(() => {
      this.send(onlyRead ? { ...message, only_read: true } : message);
      this.pump();
    });
    this.#watch();
  }

  /** Write the last text once more, with another character at one place. */
  branch(position: number, character: string): Promise<Outcome<Begin>> {
    const shown = this.#now?.begun ? this.#now : (this.#held ?? this.#last);
    if (shown === null) return Promise.resolve({ is: "dropped" });
    const branch = randomName();
    this.#ask(branch, true);
    if (this.#now !== null) this.#now.have = this.#all(position);
    // The question has the name of the run that it asks for: what refuses it names that.
    const question = { type: "branch", run: shown.run, branch, position, character } as const;
    return this.#outbox.together(() => {
      const outcome = this.#questions.ask(question, branch);
      this.pump();
      return outcome;
    });
  }

  /** Have the last text written on until each lane has this many characters. */
  resume(length: number): void {
    if (this.#last === null || this.running) return;
    const now = this.#followOn(this.#last, true);
    now.resuming = length;
    this.send({ type: "resume", run: now.run, length });
    this.#watch();
  }

  /** A text that was there before this page; its lanes in order, each with its number of characters. */
  remember(run: string, have: readonly (readonly [lane: string, count: number])[]): void {
    this.#last = { run, have: new Map(have) };
  }

  /** Follow a run that was begun before this page was there. */
  join(run: string): void {
    this.#follow(run, false);
    this.#begin(this.reader.seed());
    this.#watch();
  }

  stop(): void {
    if (this.#now !== null) this.#endWith({ type: "stop", run: this.#now.run });
  }

  /** Forget what is written, here and in the kernel. */
  clear(): void {
    this.#endWith({ type: "clear" });
  }

  /** The kernel turned out to be gone. */
  lost(): void {
    const { have } = this;
    this.#leave();
    this.listener.failed(GONE, have);
  }

  /** The page that it follows the run for has gone. */
  dispose(): void {
    this.#leave();
  }

  /** Send what has nothing to do with the run that is followed, too. */
  send(message: ToKernel): void {
    this.#outbox.send(message);
  }

  receive(message: FromKernel): void {
    const now = this.#now;
    this.#questions.receive(message, []);
    switch (message.type) {
      case "begin":
        this.#began(message);
        break;
      case "chunk":
        if (now === null && !this.#left.has(message.run)) this.join(message.run);
        // Before its answer to `resume` the kernel may still send what was before.
        if (this.#now?.run === message.run && this.#now.resuming === null) {
          this.#chunk(this.#now, message);
        }
        break;
      case "end":
      case "error":
        this.#over(message);
        break;
      case "shown":
        this.#leave();
        this.#left.delete(message.run);
        this.#last = { run: message.run, have: this.#all(message.written) };
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

  /** Ask for more if it is time to; called whenever something came or was shown, or the lanes changed. */
  pump(): void {
    const now = this.#now;
    if (!now?.pulls || now.resuming !== null) return;
    const lanes = this.reader.lanes();
    const { count, ahead } = this.#clock.portion(this.reader.pace(), lanes.length);
    while (this.#now === now && now.asked.size < IN_FLIGHT) {
      const until = now.next(lanes, count, ahead - this.reader.unseen());
      if (until === null) break;
      this.#pull(now, until);
    }
  }

  #began(message: Begin): void {
    const now = this.#now;
    const last = this.#last;
    if (now === null && last?.run === message.run) {
      // Written on elsewhere; a position before the end of the text is that of a message that came late.
      const here = this.reader.lanes().map(({ name }) => last.have.get(name) ?? 0);
      if (message.position >= Math.min(...here)) {
        this.#followOn(last, false);
        this.listener.resumed();
        return;
      }
    }
    if (this.#left.has(message.run) && now?.run !== message.run) return;
    if (now?.run === message.run && now.resuming !== null) {
      now.resuming = null;
      this.listener.resumed();
    } else if (now?.run !== message.run) {
      if (now !== null && !now.begun) {
        // Ours was asked for later, and will end that one.
        this.#held = new FollowedRun(message.run, now.pulls);
        return;
      }
      this.#follow(message.run, false);
    }
    this.#begin(message.seed, message.position);
    this.#heard();
    this.pump();
  }

  #over(message: End | Failure): void {
    const now = this.#now;
    if (message.type === "error") {
      if (now?.run === (message.id ?? message.run)) this.#failed(message.message);
    } else if (now?.run === message.run && now.resuming === null) {
      const { have } = this;
      this.#leave();
      this.listener.ended(message.reason, have);
    }
  }

  #failed(sentence: string): void {
    const { have } = this;
    if (this.#now?.begun && this.#now.resuming === null) {
      this.#leave();
      this.listener.failed(sentence, have);
    } else {
      this.#refused();
      this.listener.refused(sentence);
    }
  }

  #chunk(now: FollowedRun, { pull, lanes }: Chunk): void {
    const at = now.answered(pull);
    if (at !== null) this.#clock.answered(at);
    this.#begin(this.reader.seed()); // if the message that said so was lost
    const here = new Set(this.reader.lanes().map(({ name }) => name));
    let missed = 0;
    for (const chunk of lanes) {
      const { name, position, count, left } = chunk;
      if (!here.has(name)) continue; // removed, or added elsewhere a moment ago
      const text = now.take(chunk);
      if (text === null) missed = Math.max(missed, position + count);
      else if (left !== undefined) this.listener.reading(left);
      if (text) this.listener.wrote(text, chunk);
    }
    this.listener.wroteAll();
    if (this.#now !== now) return;
    if (missed > 0) {
      // Something is missing before it: ask for that and this again, which makes the kernel write nothing.
      if (!now.asked.has(now.fetch)) now.fetch = this.#pull(now, missed, true);
      if (lanes.length === 1) return;
    }
    // What is to end it may be lost, and another page have it go on.
    if (now.ending === null) this.#heard();
    this.pump();
  }

  /** Ask for all lanes up to a place: for what was not asked for yet, or for all that is not here. */
  #pull(now: FollowedRun, until: number, isAgain = false): string {
    this.#pulls += 1;
    const pull = `${this.#name}:${this.#pulls}`;
    const lanes = now.ask(pull, until, this.reader.lanes(), isAgain);
    this.#watch();
    this.send({ type: "pull", run: now.run, pull, until, budget: BUDGET, lanes });
    return pull;
  }

  /** So many characters of each lane. */
  #all(count: number): Have {
    return new Map(this.reader.lanes().map(({ name }) => [name, count]));
  }

  #follow(run: string, pulls: boolean): FollowedRun {
    this.#leave();
    this.#now = new FollowedRun(run, pulls);
    return this.#now;
  }

  #followOn({ run, have }: { run: string; have: Have }, pulls: boolean): FollowedRun {
    return Object.assign(this.#follow(run, pulls), { have, begun: true });
  }

  /** Follow a run that this page asks for. */
  #ask(run: string, pulls: boolean): void {
    const held = this.#now === null || this.#now.begun ? this.#now : this.#held;
    this.#follow(run, pulls);
    this.#held = held;
  }

  #begin(seed: string, position = 0): void {
    const now = this.#now;
    if (now === null || now.begun) return;
    now.begun = true;
    this.#held = null;
    // Else what is before is asked for like anything that was missed.
    const shared = position === this.reader.kept() ? position : 0;
    now.have = this.#all(shared);
    this.listener.began(seed, shared);
  }

  /** What was asked for is refused: go on with what was followed before. */
  #refused(): void {
    const now = this.#now;
    const held = this.#held;
    this.#leave();
    if (held === null) return;
    this.#left.delete(held.run);
    if (!held.begun) {
      this.join(held.run);
      return;
    }
    held.asked.clear(); // what was answered meanwhile was not taken
    this.#now = held;
    const ending = now?.ending ?? held.ending;
    if (ending !== null)
      this.#endWith(ending.type === "stop" ? { ...ending, run: held.run } : ending);
    this.pump();
    this.#watch();
  }

  #leave(): void {
    if (this.#now?.begun) this.#last = { run: this.#now.run, have: this.#now.have };
    for (const one of [this.#now, this.#held]) if (one !== null) this.#left.add(one.run);
    this.#now = this.#held = null;
    this.#questions.rest();
    this.#clock.reset();
  }

  /** Send what is to end the run, if there is one. */
  #endWith(message: Ending): void {
    if (this.#now !== null) Object.assign(this.#now, { pulls: false, ending: message });
    this.send(message);
    this.#watch();
  }

  /** The kernel has answered, or need not. */
  #heard(): void {
    this.#clock.wait(false);
    this.#watch();
  }

  /** (Re)start the clock that notices a kernel that does not answer, or a run that was left alone. */
  #watch(): void {
    const now = this.#now;
    if (now?.isOwed) this.#clock.start("answer");
    else if (now?.pulls === false) this.#clock.start("silence");
    else this.#clock.stop();
  }

  #again(): void {
    const now = this.#now;
    if (now === null) return;
    now.asked.clear();
    if (now.resuming !== null) this.send({ type: "resume", run: now.run, length: now.resuming });
    if (now.ending !== null) this.#endWith(now.ending);
    this.pump();
    this.#watch();
  }
}
