import type { AnyModel } from "@anywidget/types";
import { ModelControls } from "../model-controls.ts";
import type { LaneAsked, LanesTraits } from "./messages.ts";

/** What the reader sets for all lanes. */
export class LanesControls extends ModelControls {
  /** What the reader has set and the kernel has not been told yet: what it says meanwhile is of before. */
  #wished: readonly LaneAsked[] | null = null;

  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(
    private readonly model: AnyModel<LanesTraits>,
    lost: () => void,
    signal: AbortSignal,
  ) {
    super(model, lost, signal);
    this.hint.textContent =
      "All lanes throw the same dice: the same rng throws them again. Empty, each run has its own.";
  }

  /** The lanes that there are to be; undefined while their names and temperatures do not match. */
  get lanes(): readonly LaneAsked[] | undefined {
    if (this.#wished !== null) return this.#wished;
    const [names, temperatures] = [this.model.get("names"), this.model.get("temperatures")];
    if (names.length !== temperatures.length) return undefined; // what belongs to it comes in a moment
    return names.map((name, n) => ({ name, temperature: temperatures[n] ?? 0 }));
  }

  /** The reader has set the lanes. */
  setLanes(lanes: readonly LaneAsked[]): void {
    this.#wished = lanes;
    this.#put(lanes);
    this.saver.touch();
  }

  protected override prepare(): void {
    if (this.#wished !== null) this.#put(this.#wished); // once more, as others may lie over it
    this.#wished = null;
  }

  #put(lanes: readonly LaneAsked[]): void {
    const { model } = this;
    // The temperatures first: without their names, those that have come or gone are let wait.
    model.set(
      "temperatures",
      lanes.map(({ temperature }) => temperature),
    );
    model.set(
      "names",
      lanes.map(({ name }) => name),
    );
  }
}
