import type { AnyModel } from "@anywidget/types";
import { ModelControls } from "../model-controls.ts";
import type { LaneAsked, LanesTraits } from "./messages.ts";

/** What the reader sets for all lanes. */
export class LanesControls extends ModelControls {
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

  /** The reader has set the lanes. */
  setLanes(lanes: readonly LaneAsked[]): void {
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
    this.saver.touch();
  }
}
