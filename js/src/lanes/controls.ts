import type { AnyModel } from "@anywidget/types";
import type { LaneAsked, LanesTraits } from "../kernel/protocol.ts";
import { ModelControls } from "../settings/model-controls.ts";

/** What the reader sets for all lanes. */
export class LanesControls extends ModelControls<LanesTraits> {
  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(model: AnyModel<LanesTraits>, lost: () => void, signal: AbortSignal) {
    super(model, lost, signal);
    this.hint.textContent = "All lanes use the same dice. Leave rng empty for new texts each time.";
  }

  /** The lanes that there are to be; undefined while their names and temperatures do not match. */
  get lanes(): readonly LaneAsked[] | undefined {
    const [names, temperatures] = [this.model.get("names"), this.model.get("temperatures")];
    if (names.length !== temperatures.length) return undefined; // what belongs to it comes in a moment
    return names.map((name, n) => ({ name, temperature: temperatures[n] ?? 0 }));
  }

  /** The reader has set the lanes. */
  setLanes(lanes: readonly LaneAsked[]): void {
    // The temperatures first: without their names, those that have come or gone are let wait.
    this.traits.set({
      temperatures: lanes.map(({ temperature }) => temperature),
      names: lanes.map(({ name }) => name),
    });
  }
}
