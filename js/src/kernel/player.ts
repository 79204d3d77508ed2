import { BUDGET, Follower, type Following, GONE, IN_FLIGHT, randomName } from "./follower.ts";
import type { Chunk, End, FromKernel, Settings, ToKernel } from "./protocol.ts";

/** Characters that one pull asks for, at most. */
const LARGEST = 5000;

export interface Listener {
  /** A run begins, here or elsewhere, with so many characters of its parent: none, if it has no parent. */
  began(seed: string, shared: number): void;
  /** Another text of the tree is shown. */
  shown(): void;
  /** The text that is shown is written on. */
  resumed(): void;
  /** More characters, each exactly once and in order; what else the chunk tells. */
  wrote(text: string, chunk: Chunk): void;
  /** So many characters are yet to be read before the next one can be written. */
  reading(left: number): void;
  /** The run is over; `have` characters of it came. */
  ended(reason: End["reason"], have: number): void;
  failed(message: string, have: number): void;
  /** What was asked for cannot be: everything stays as it is. */
  refused(message: string): void;
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

interface FollowedText extends Following<Asked> {
  /** Number of characters to write it on to, until the kernel has taken that up. */
  resuming: number | null;
  /** Characters received, from the start without a gap. */
  have: number;
}

/**
 * Follows the run of a widget, and pulls it if it was started here.
 *
 * A pull asks for a few characters only, no further ahead than the reader sees: so a new temperature
 * counts from (nearly) the next character, and a page that is not looked at asks for nothing.
 */
export class Player extends Follower<ToKernel, FollowedText> {
  /** The run that was followed last, and how much of it came. */
  #last: { run: string; have: number } | null = null;

  constructor(
    protected readonly source: Source,
    protected readonly listener: Listener,
  ) {
    super();
  }

  /** The run that is followed, or was last. */
  get run(): string | undefined {
    return this.now?.run ?? this.#last?.run;
  }

  start(settings: Settings): void {
    const run = randomName();
    this.ask(run, true);
    this.send({ type: "start", run, settings });
    this.pump();
  }

  /** Read the seed only. */
  read(settings: Settings): void {
    const run = randomName();
    this.ask(run, false);
    this.send({ type: "read", run, settings });
    this.watch();
  }

  /** Write the last text once more, with another character at one place. */
  branch(position: number, character: string): void {
    const { run } = this;
    if (run === undefined) return;
    const branch = randomName();
    this.ask(branch, true);
    if (this.now !== null) this.now.have = position;
    this.send({ type: "branch", run, branch, position, character });
    this.pump();
  }

  /** Have the last text written on until it has so many characters. */
  resume(length: number): void {
    if (this.#last === null || this.running) return;
    this.#followOn(this.#last, true);
    if (this.now === null) return;
    this.now.resuming = length;
    this.send({ type: "resume", run: this.now.run, length });
    this.watch();
  }

  /** A text that was there before this page. */
  remember(run: string, have: number): void {
    this.#last = { run, have };
  }

  /** Number of characters of the last text that came. */
  get have(): number {
    return this.now?.have ?? this.#last?.have ?? 0;
  }

  receive(message: FromKernel): void {
    const { now } = this;
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
        if (this.left.has(message.run) && now?.run !== message.run) return;
        if (now?.run === message.run && now.resuming !== null) {
          now.resuming = null;
          this.listener.resumed();
        } else if (now?.run !== message.run) {
          if (now !== null && !now.begun) {
            this.elsewhere(message.run); // ours was asked for later, and will end that one
            return;
          }
          this.follow(message.run, false);
        }
        this.begin(message.seed, message.position);
        this.heard();
        this.pump();
        break;
      case "chunk":
        if (now === null && !this.left.has(message.run)) this.join(message.run);
        // Before its answer to `resume` the kernel may still tell of what was before.
        if (this.now?.run === message.run && this.now.resuming === null) {
          this.#chunk(this.now, message);
        }
        break;
      case "end":
        if (now?.run !== message.run || now.resuming !== null) return;
        this.leave();
        this.listener.ended(message.reason, now.have);
        break;
      case "error":
        if (now?.run !== message.run) return;
        if (now.begun && now.resuming === null) {
          this.leave();
          this.listener.failed(message.message, now.have);
        } else {
          this.refused();
          this.listener.refused(message.message);
        }
        break;
      case "shown":
        this.leave();
        this.left.delete(message.run);
        this.remember(message.run, message.written);
        this.listener.shown();
        break;
      case "cleared":
        // A run of this page that has not begun was asked for later, and will begin.
        if (now === null || now.begun || now.ending !== null) this.leave();
        this.#last = null;
        this.listener.cleared();
        break;
      default: // for others
    }
  }

  /** Ask for more if it is time to; called whenever something came or was shown. */
  pump(): void {
    const { now } = this;
    if (!now?.pulls || now.resuming !== null) return;
    const { count, ahead } = this.portion(LARGEST);
    while (
      this.now === now &&
      now.asked.size < IN_FLIGHT &&
      this.source.unseen() + expected(now) < ahead
    ) {
      this.#pull(now, now.have + expected(now), count);
    }
  }

  /** The kernel turned out to be gone. */
  lost(): void {
    const { have } = this;
    this.leave();
    this.listener.failed(GONE, have);
  }

  #chunk(now: FollowedText, chunk: Chunk): void {
    this.answered(now, chunk.pull);
    this.begin(this.source.seed()); // if the message that told so was lost
    if (chunk.position > now.have) {
      // Something is missing before it: ask for that and this again, which makes the kernel write nothing.
      if (!now.asked.has(now.fetch)) {
        now.fetch = this.#pull(now, now.have, chunk.position + chunk.count - now.have);
      }
      return;
    }
    if (chunk.left !== undefined) this.listener.reading(chunk.left);
    const known = now.have - chunk.position;
    if (chunk.count > known) {
      now.have += chunk.count - known;
      const text = known === 0 ? chunk.text : Array.from(chunk.text).slice(known).join("");
      this.listener.wrote(text, chunk);
    }
    // What is to end it may be lost, and another page have it go on.
    if (now.ending === null) this.heard();
    this.pump();
  }

  #pull(now: FollowedText, position: number, count: number): string {
    const pull = this.nextPull();
    now.asked.set(pull, { count, at: performance.now() });
    this.watch();
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

  protected follow(run: string, pulls: boolean): void {
    this.leave();
    const nothing = { begun: false, ending: null, resuming: null, have: 0, fetch: "" };
    this.now = { run, pulls, asked: new Map(), ...nothing };
  }

  #followOn({ run, have }: { run: string; have: number }, pulls: boolean): void {
    this.follow(run, pulls);
    if (this.now !== null) Object.assign(this.now, { begun: true, have });
  }

  protected begin(seed: string, shared = 0): void {
    if (this.now === null || this.now.begun) return;
    this.now.begun = true;
    this.held = null;
    // Else what is before is asked for like anything that was missed.
    this.now.have = shared === this.source.kept() ? shared : 0;
    this.listener.began(seed, this.now.have);
  }

  protected override leave(): void {
    if (this.now?.begun) this.remember(this.now.run, this.now.have);
    super.leave();
  }

  protected override isOwed(now: FollowedText): boolean {
    return super.isOwed(now) || now.resuming !== null;
  }

  protected override resend(now: FollowedText): void {
    if (now.resuming !== null) {
      this.send({ type: "resume", run: now.run, length: now.resuming });
    }
    super.resend(now);
  }
}

/** Characters that the unanswered pulls ask for. */
function expected(now: FollowedText): number {
  return [...now.asked.values()].reduce((sum, { count }) => sum + count, 0);
}
