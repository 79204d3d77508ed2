// States of the network along a text, so that it need not be read from its beginning again:
// lstm_widget/network/kept_states.py.
import type { Lane, State } from "../engine.ts";

/** Characters between two states, until there are too many. */
const EVERY = 64;
const MOST_BYTES = 4_000_000;

/** Some of the states that a network passes through; the longer the text, the further apart. */
export class KeptStates {
  /** By the number of characters read. */
  #states = new Map<number, State>();
  #every = EVERY;
  #next = EVERY;

  /** Keep the state of a lane that has read `position` characters, if it is time to. */
  offer(position: number, lane: Lane): void {
    if (position < this.#next) return;
    const { state } = lane;
    const size = [...state.c, ...state.h].reduce((sum, { byteLength }) => sum + byteLength, 0);
    if ((this.#states.size + 1) * size > Math.max(MOST_BYTES, 2 * size)) this.#thin();
    this.#states.set(position, state);
    this.#next = position + this.#every;
  }

  /** The last place up to a position from which the text can be read on, and the state there. */
  before(position: number): { place: number; state: State | null } {
    const place = Math.max(0, ...[...this.#states.keys()].filter((one) => one <= position));
    return { place, state: this.#states.get(place) ?? null };
  }

  /** Those of another text that is the same up to a position. */
  upTo(position: number): KeptStates {
    const other = new KeptStates();
    other.#states = new Map([...this.#states].filter(([place]) => place <= position));
    other.#every = this.#every;
    other.#next = Math.max(0, ...other.#states.keys()) + other.#every;
    return other;
  }

  #thin(): void {
    this.#every *= 2;
    let last = 0;
    for (const place of [...this.#states.keys()]) {
      if (place >= last + this.#every) last = place;
      else this.#states.delete(place);
    }
  }
}
