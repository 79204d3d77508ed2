// A page without elements: a player, and a reader who reads one character after the other.
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { FromKernel, Pull, Settings } from "../src/messages.ts";
import { Player } from "../src/player.ts";
import { type Connection, counting, dice, FakeKernel, SEED, SETTINGS } from "./fake-kernel.ts";

/** Characters per second that the reader reads. */
export const PACE = 50;

/** Let the tests of a file run on a clock and with dice of their own. */
export function onFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockImplementation(dice(1));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });
}

export function seconds(number: number): void {
  vi.advanceTimersByTime(number * 1000);
}

export class Reading {
  readonly player: Player;
  readonly connection: Connection;
  /** What the listener was told, but for the text and the waiting. */
  readonly events: string[] = [];
  /** What it was told about waiting. */
  readonly notices: { at: number; isWaiting: boolean }[] = [];
  /** The pulls, how much had been seen when they were sent, and when that was. */
  readonly asked: { pull: Pull; seen: number; at: number }[] = [];
  /** The text since the last beginning. */
  /** Characters that came, as it is told at the end. */
  have = 0;
  text = "";
  seen = 0;
  temperature = SETTINGS.temperature;
  #seed: string;
  readonly #clock: ReturnType<typeof setInterval>;

  constructor(readonly kernel: FakeKernel) {
    this.#seed = kernel.state.receipt?.seed ?? "";
    this.connection = kernel.connect(
      (message) => this.player.receive(message),
      (state) => {
        this.#seed = state.receipt?.seed ?? this.#seed;
      },
    );
    this.player = new Player(
      {
        send: (message) => {
          if (message.type === "pull") {
            this.asked.push({ pull: message, seen: this.seen, at: performance.now() });
          }
          this.connection.send(message);
        },
        temperature: () => this.temperature,
        pace: () => PACE,
        unseen: () => this.unseen,
        seed: () => this.#seed,
      },
      {
        began: (seed) => {
          this.events.push(`began ${seed}`);
          this.text = "";
          this.seen = 0;
        },
        wrote: (text) => {
          this.text += text;
        },
        ended: (reason, have) => {
          this.have = have;
          this.events.push(`ended ${reason}`);
        },
        failed: (message) => this.events.push(`failed ${message}`),
        waiting: (isWaiting) => this.notices.push({ at: performance.now(), isWaiting }),
      },
    );
    this.#clock = setInterval(() => this.#read(), 1000 / PACE);
  }

  /** A page that comes while a run is written. */
  static joining(kernel: FakeKernel): Reading {
    const reading = new Reading(kernel);
    reading.player.join(kernel.run.name);
    return reading;
  }

  get unseen(): number {
    return Array.from(this.text).length - this.seen;
  }

  start(settings: Partial<Settings> = {}): void {
    this.player.start({ ...SETTINGS, ...settings });
  }

  receive(...messages: FromKernel[]): void {
    for (const message of messages) this.player.receive(message);
  }

  /** Look away: nothing is shown any more. */
  rest(): void {
    clearInterval(this.#clock);
  }

  /** The page is closed. */
  close(): void {
    this.rest();
    this.player.dispose();
    this.kernel.disconnect(this.connection);
  }

  #read(): void {
    if (this.unseen === 0) return;
    this.seen += 1;
    this.player.pump();
  }
}

/** A page that has begun to let a kernel write. */
export function started(length = 300, kernel = new FakeKernel(counting(length))): Reading {
  const reading = new Reading(kernel);
  reading.start({ length });
  return reading;
}

/** A reader got a text whole, once and in order, and was told of one beginning and one end. */
export function expectWhole(reading: Reading, text = counting(300)): void {
  expect(reading.text).toBe(text);
  expect(reading.events).toEqual([`began ${SEED}`, "ended finished"]);
  expect(reading.player.running).toBe(false);
}
