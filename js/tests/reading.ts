// A page without elements: a client, and a reader who reads one character after the other.
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { Chunk, FromKernel } from "../src/kernel/protocol.ts";
import { RunClient } from "../src/kernel/run-client.ts";
import {
  type Connection,
  counting,
  dice,
  FakeKernel,
  SEED,
  SETTINGS,
  type TextPull,
  type TextSettings,
  textPull,
} from "./fake-kernel.ts";

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

/** The same, with what promises do meanwhile. */
export async function later(number: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(number * 1000);
}

export class Reading {
  readonly client: RunClient;
  readonly connection: Connection;
  /** What the listener received, but for the text and the waiting. */
  readonly events: string[] = [];
  /** How much was yet to be read, each time it was reported. */
  readonly left: number[] = [];
  /** What it received about waiting. */
  readonly notices: { at: number; isWaiting: boolean }[] = [];
  /** The pulls, how much had been seen when they were sent, and when that was. */
  readonly asked: { pull: TextPull; seen: number; at: number }[] = [];
  /** Characters that came, as the end reports. */
  have = 0;
  /** The text since the last beginning. */
  text = "";
  seen = 0;
  /** The most characters that came and were not seen yet. */
  mostUnseen = 0;
  temperature = SETTINGS.temperature;
  /** Characters per second; if it is infinite, the reader sees all that came, 50 times a second. */
  pace = PACE;
  #came = 0;
  #seed: string;
  #kept: string;
  /** What is left of the character after the last that was seen, or rather of the time for it. */
  #rest = 0;
  readonly #clock: ReturnType<typeof setInterval>;

  constructor(readonly kernel: FakeKernel) {
    this.#seed = kernel.state.receipt?.seed ?? "";
    this.#kept = kernel.state.text ?? "";
    this.connection = kernel.connect(
      (message) => this.client.receive(message),
      (state) => {
        this.#seed = state.receipt?.seed ?? this.#seed;
        this.#kept = state.text ?? this.#kept;
      },
    );
    this.client = new RunClient(
      {
        send: (message) => {
          if (message.type === "pull") {
            this.asked.push({ pull: textPull(message), seen: this.seen, at: performance.now() });
          }
          this.connection.send(message);
        },
        lanes: () => [{ name: "text", temperature: this.temperature }],
        pace: () => this.pace,
        unseen: () => this.unseen,
        kept: () => Array.from(this.#kept).length,
        seed: () => this.#seed,
      },
      {
        began: (seed, shared) => {
          this.events.push(`began ${seed}`);
          this.#empty();
          this.text = Array.from(this.#kept).slice(0, shared).join("");
          this.#came = this.seen = shared;
        },
        shown: () => {
          this.events.push("shown");
          this.#empty();
          this.text = this.#kept;
          this.#came = this.seen = Array.from(this.#kept).length;
        },
        reading: (left) => this.left.push(left),
        resumed: () => this.events.push("resumed"),
        wrote: (text) => {
          this.text += text;
          this.#came += Array.from(text).length;
          this.mostUnseen = Math.max(this.mostUnseen, this.unseen);
        },
        wroteAll: () => {},
        cleared: () => {
          this.events.push("cleared");
          this.#empty();
        },
        ended: (reason, have) => {
          this.have = have;
          this.events.push(`ended ${reason}`);
        },
        failed: (message) => this.events.push(`failed ${message}`),
        refused: (message) => this.events.push(`refused ${message}`),
        waiting: (isWaiting) => this.notices.push({ at: performance.now(), isWaiting }),
      },
    );
    this.#clock = setInterval(() => this.#read(), 1000 / PACE);
  }

  /** A page that comes while a run is written. */
  static joining(kernel: FakeKernel): Reading {
    const reading = new Reading(kernel);
    reading.client.join(kernel.run.name);
    return reading;
  }

  get unseen(): number {
    return this.#came - this.seen;
  }

  start(settings: Partial<TextSettings> = {}): void {
    const { temperature, ...rest } = { ...SETTINGS, ...settings };
    this.temperature = settings.temperature ?? this.temperature;
    this.client.start(rest);
  }

  receive(...messages: FromKernel[]): void {
    for (const message of messages) this.client.receive(message);
  }

  /** Look away: nothing is shown any more. */
  rest(): void {
    clearInterval(this.#clock);
  }

  /** The page is closed. */
  close(): void {
    this.rest();
    this.client.dispose();
    this.kernel.disconnect(this.connection);
  }

  #empty(): void {
    this.text = "";
    this.seen = this.#came = 0;
  }

  #read(): void {
    if (this.unseen === 0) return;
    const due = this.#rest + this.pace / PACE;
    const count = Math.min(Math.floor(due), this.unseen);
    this.#rest = Math.min(due - count, 1);
    if (count === 0) return;
    this.seen += count;
    this.client.pump();
  }
}

/** A piece of a text as the kernel sends it. */
export function piece(
  run: string,
  position: number,
  text: string,
  pull: string | null = null,
): Chunk {
  const count = Array.from(text).length;
  const lanes = [{ name: "text", position, count, text, temperatures: [], bits: 0 }];
  return { type: "chunk", run, pull, lanes };
}

/** A page that has begun to let a kernel write. */
export function started(length = 300, kernel = new FakeKernel(counting(length))): Reading {
  const reading = new Reading(kernel);
  reading.start({ length });
  return reading;
}

/** A reader got a text whole, once and in order, with one beginning, one end, and this between. */
export function expectWhole(reading: Reading, text = counting(300), ...between: string[]): void {
  expect(reading.text).toBe(text);
  expect(reading.events).toEqual([`began ${SEED}`, ...between, "ended finished"]);
  expect(reading.client.running).toBe(false);
}
