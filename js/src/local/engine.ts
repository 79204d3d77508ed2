// What runs a network, whatever computes: an engine with its weights, and lanes, which are streams through it.

import { refuseSetting, tooLarge } from "./errors.ts";

/** Where a network is in a text: cell state c and output h of every layer, by value. */
export interface State {
  /** One array [H] per layer, from the input upwards. */
  readonly c: readonly Float32Array[];
  readonly h: readonly Float32Array[];
}

/** The packed weights; any number of lanes share them. */
export interface Engine {
  /** What computes. */
  readonly math: "wasm" | "javascript";
  /** Units of each layer. */
  readonly units: readonly number[];
  /** Number of ids V. */
  readonly vocabSize: number;
  /** A new stream through the network, or `count` side by side, in the zero state. */
  lane(count?: number): Lane;
}

/** L streams through a network, side by side. Each computes bit by bit what it would compute alone. */
export interface Lane {
  readonly engine: Engine;
  readonly count: number;

  /**
   * Feed one character to each stream.
   * @param ids [L]
   * @returns logits [L, V] of the next character; the array is the lane's own: the next step overwrites it
   */
  step(ids: ArrayLike<number>): Float32Array;

  /** The logits of the next character without a step, as `step` returns them. */
  logits(): Float32Array;

  /**
   * Feed T characters to a single lane.
   * @param ids [T]
   * @param cells [T, sum of all units], takes the cell state c of all layers after each character
   * @returns logits [T, V] after each character, by value
   */
  read(ids: ArrayLike<number>, cells?: Float32Array): Float32Array;

  /** The state of each stream, by value: neither side sees what the other does with it later. */
  states: readonly State[];
  /** That of a single lane. */
  state: State;
}

/** One row of an array [..., V], such as the logits of one stream; a view of it. */
export function rowOf(rows: Float32Array, row: number, vocabSize: number): Float32Array {
  return rows.subarray(row * vocabSize, (row + 1) * vocabSize);
}

/** What a lane is on every engine but for its arithmetic: states that are read and set by value. */
export abstract class StatefulLane implements Lane {
  /** c and h of each stream, [L, sum of all units]. */
  protected readonly c: Float32Array;
  protected readonly h: Float32Array;

  constructor(
    readonly engine: Engine,
    readonly count: number,
  ) {
    const size = count * engine.units.reduce((sum, units) => sum + units, 0);
    this.c = new Float32Array(size);
    this.h = new Float32Array(size);
  }

  abstract step(ids: ArrayLike<number>): Float32Array;
  abstract logits(): Float32Array;
  abstract read(ids: ArrayLike<number>, cells?: Float32Array): Float32Array;

  get states(): readonly State[] {
    const { units } = this.engine;
    const [cs, hs] = [this.c, this.h].map((array) => {
      if (!array.every(Number.isFinite)) throw tooLarge();
      let end = 0;
      return Array.from({ length: this.count }, () =>
        units.map((count) => {
          end += count;
          return array.slice(end - count, end);
        }),
      );
    }) as [Float32Array[][], Float32Array[][]];
    return cs.map((c, lane) => ({ c, h: hs[lane] as Float32Array[] }));
  }

  set states(states: readonly State[]) {
    if (states.length !== this.count) {
      refuseSetting(
        `There must be ${this.count} state(s), one for each text, not ${states.length}.`,
      );
    }
    for (const state of states) checkState(state, this.engine.units);
    let end = 0;
    for (const { c, h } of states) {
      c.forEach((array, layer) => {
        this.c.set(array, end);
        this.h.set(h[layer] as Float32Array, end);
        end += array.length;
      });
    }
  }

  get state(): State {
    return this.states[0] as State;
  }

  set state(state: State) {
    this.states = [state];
  }
}

/** Refuse what is no state of a network with these units per layer. */
function checkState({ c, h }: State, units: readonly number[]): void {
  const fits = [c, h].every(
    (arrays) => arrays.length === units.length && arrays.every((one, n) => one.length === units[n]),
  );
  if (!fits) refuseSetting(`A state of this model has layers of ${units.join(", ")} units.`);
  if (![...c, ...h].every((array) => array.every(Number.isFinite))) {
    refuseSetting("A state must hold finite numbers only.");
  }
}
