// The texts of a run, one for each lane, as the session keeps them: lstm_widget/widgets/texts.py.
import type {
  End,
  Failure,
  LaneAsked,
  LaneChunk,
  Reason,
  Receipt,
  Settings,
} from "../../kernel/protocol.ts";
import { advanceTogether } from "../writing/batch.ts";
import { receiptOf } from "../writing/receipt.ts";
import type { Run } from "../writing/run.ts";
import { LaneText } from "./lane-text.ts";

/** Lanes that a run keeps, with those that are no longer named: an old pull may come late, and name one. */
const KEPT = 12;

/** Settings as they were asked for, with a number as `rng`. */
export type Given = Settings & { readonly rng: number };

/** What a text branches off, at `position` with `character`. */
export interface Fork {
  readonly parent: Texts;
  readonly position: number;
  readonly character: string;
}

/** A run with a name. */
export class Texts {
  /** What the views are sent, once it is over. */
  ending: End | Failure | null = null;
  /** Whether they were. */
  sent = false;
  length: number;
  readonly #lanes: Map<string, LaneText>;
  #named: string[];

  /**
   * @param model the name of its model
   * @param first the text of the first lane, which is called `lane`; others get the same weights
   */
  constructor(
    readonly name: string,
    readonly model: string,
    readonly given: Given,
    private readonly first: Run,
    lane: string,
    readonly fork: Fork | null = null,
  ) {
    this.length = first.settings.length;
    this.#lanes = new Map([[lane, new LaneText(first)]]);
    this.#named = [lane];
  }

  /** Whether nothing more is written, unless it is resumed. */
  get over(): boolean {
    return this.ending !== null;
  }

  /** Whether all is written that was asked for. */
  get finished(): boolean {
    return this.#runs.every((run) => run.finished);
  }

  /** The lane of a run that has but one. */
  get only(): LaneText {
    return this.#lane(this.#named[0] as string);
  }

  get #runs(): Run[] {
    return this.#named.map((name) => this.#lane(name).run);
  }

  #lane(name: string): LaneText {
    return this.#lanes.get(name) as LaneText;
  }

  /** Number of characters that are written of each lane. */
  written(): Map<string, number> {
    return new Map(this.#named.map((name) => [name, this.#lane(name).written]));
  }

  /** What the traits have of a lane, without the seed. */
  text(lane: string): string {
    const one = this.#lanes.get(lane);
    return one === undefined ? "" : one.text(0, one.shown);
  }

  /** What reproduces a lane, with its surprise and the name of the run. */
  receipt(lane: string): Receipt | null {
    const one = this.#lanes.get(lane);
    if (one === undefined) return null;
    return { ...receiptOf(one.run, this.model, this.given.rng), run: this.name, bits: one.bits };
  }

  /** The positions asked for, of the lanes of this run, and none beyond what is written. */
  reached(asked: ReadonlyMap<string, number>): Map<string, number> {
    const known = [...asked].filter(([name]) => this.#lanes.has(name));
    return new Map(known.map(([name, at]) => [name, Math.min(at, this.#lane(name).written)]));
  }

  /** Have a lane that was written elsewhere. */
  add(name: string, run: Run): void {
    this.#lanes.set(name, new LaneText(run));
    this.#named.push(name);
  }

  /** What is written of these lanes, each from a position on. */
  chunks(positions: ReadonlyMap<string, number>): LaneChunk[] {
    return Array.from(positions, ([name, position]) => this.#lane(name).chunk(name, position));
  }

  /** Let the traits have the first characters of each lane, or all. */
  show(position?: number): void {
    for (const one of this.#lanes.values()) one.shown = position ?? one.written;
  }

  /** End it, with what the views are then sent. */
  end(reason: Reason): void {
    const receipts: Record<string, Receipt> = {};
    for (const name of this.#named) {
      const receipt = this.receipt(name);
      if (receipt !== null) receipts[name] = receipt;
    }
    this.ending = { type: "end", run: this.name, reason, receipts };
  }

  /** Have each lane written until it has this length; while it is written, it gets no shorter. */
  resume(length: number): void {
    const wanted = Math.max(length, this.over ? 0 : this.length);
    for (const { run } of this.#lanes.values()) run.extend(Math.max(wanted, run.characters.length));
    this.length = wanted;
    if (this.over) {
      this.ending = null;
      this.sent = false;
    }
  }

  /** Have these lanes, in this order; their temperatures count where something is to be written. */
  arrange(lanes: readonly LaneAsked[], until: number): void {
    for (const { name, temperature } of lanes) {
      const known = this.#lanes.get(name);
      const one = known ?? new LaneText(this.first.beside(temperature, this.length));
      if (known === undefined) this.#lanes.set(name, one);
      if (one.written < until && !one.run.finished) one.run.changeTemperature(temperature);
    }
    this.#named = lanes.map(({ name }) => name);
    const unnamed = [...this.#lanes.keys()].filter((name) => !this.#named.includes(name));
    for (const name of unnamed.slice(0, Math.max(0, this.#lanes.size - KEPT))) {
      this.#lanes.delete(name);
    }
  }

  /**
   * Write each lane until it has `until` characters, for about this many milliseconds at most. A lane that came
   * later catches up first; that takes half of the time if others wait meanwhile.
   */
  write(until: number, milliseconds: number): void {
    const begun = performance.now();
    const runs = this.#runs;
    const goal = Math.min(until, this.length);
    const front = Math.max(...this.written().values());
    const share = front < goal ? milliseconds / 2 : milliseconds;
    const parts = [
      { least: 0, end: Math.min(front, goal), deadline: begun + share },
      { least: front, end: goal, deadline: begun + milliseconds },
    ];
    for (const { least, end, deadline } of parts) {
      for (;;) {
        const short = runs.filter(({ characters: { length }, finished }) => {
          return least <= length && length < end && !finished;
        });
        if (short.length === 0) break;
        const count = Math.min(...short.map((run) => end - run.characters.length));
        advanceTogether(short, count, Math.max(0, deadline - performance.now()));
        if (performance.now() >= deadline) break;
      }
    }
  }
}
