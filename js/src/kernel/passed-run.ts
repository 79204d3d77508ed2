import type { Listener } from "./followed-run.ts";
import type { LaneChunk } from "./protocol.ts";

/** Notes what came of a run, for a view that comes late. */
export class PassedRun implements Partial<Listener> {
  #run: string | undefined;
  #seed = "";
  #shared = 0;
  /** Of each lane, all as one chunk. */
  readonly #lanes = new Map<string, LaneChunk>();

  /** @param run names the run that is followed */
  constructor(private readonly run: () => string | undefined) {}

  /** Let a view have all of a run; false if not all of that one is known. */
  replay(run: string, view: Listener): boolean {
    if (run !== this.#run) return false;
    view.began(this.#seed, this.#shared);
    for (const chunk of this.#lanes.values()) view.wrote(chunk.text, chunk);
    view.wroteAll();
    return true;
  }

  began(seed: string, shared: number): void {
    this.#run = this.run();
    this.#seed = seed;
    this.#shared = shared;
    this.#lanes.clear();
  }

  wrote(text: string, chunk: LaneChunk): void {
    const nothing = { position: this.#shared, count: 0, text: "", temperatures: [] };
    const before = this.#lanes.get(chunk.name) ?? nothing;
    const end = before.position + before.count;
    const count = chunk.position + chunk.count - before.position;
    // What was lost before it is shown from the traits.
    if (end + Array.from(text).length !== before.position + count) this.shown();
    const temperatures = chunk.temperatures.filter(([from]) => from >= end);
    this.#lanes.set(chunk.name, {
      ...chunk,
      position: before.position,
      count,
      text: before.text + text,
      temperatures: [...before.temperatures, ...temperatures],
    });
  }

  /** Another text is there, or none. */
  shown(): void {
    this.#run = undefined;
  }

  cleared(): void {
    this.#run = undefined;
  }
}
