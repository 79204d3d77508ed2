// What a notebook keeps beside a model, so that a widget goes on where there is no kernel: the session.
// The page loads this script, and makes a worker of it.
import type { AnyModel } from "@anywidget/types";
import { nulls } from "./kernel/nulls.ts";
import type { Cell, CommonBounds, ModelChoice } from "./kernel/protocol.ts";
import { type Connect, LocalModel } from "./local/local-model.ts";
import type { Saved } from "./local/session/messages.ts";
import { beginSession, serve } from "./local/worker.ts";

/** What a host has of a widget that was saved with its model. */
interface Attributes {
  readonly _kind: Saved["kind"];
  /** What was written; and the traits to have if that is nothing. */
  readonly _texts: Pick<Saved, "fingerprint" | "texts" | "current"> & { readonly traits: object };
  readonly model: string;
  readonly models: readonly ModelChoice[];
}

/** What a host adds to every widget. */
const OF_THE_HOST = /^(?:_.*|layout|tooltip|tabbable)$/;

/**
 * Begin the session of a widget that was saved.
 * @param source this script
 * @param saved what the host has of it; it stays as it is
 * @returns what stands in for the host's model
 */
export function begin(source: string, saved: Attributes, weights: DataView): AnyModel {
  const { traits: unwritten, ...texts } = saved._texts;
  const own = Object.entries(saved).filter(([name]) => !OF_THE_HOST.test(name));
  const models = saved.models.filter(({ name }) => name === saved.model); // the others stayed behind
  const traits = nulls({ ...Object.fromEntries(own), ...unwritten, models });
  const whole = { kind: saved._kind, traits, ...texts } as unknown as Saved;
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  const connect: Connect = (hear) => {
    const post = beginSession(source, hear);
    post({ method: "load", saved: whole, weights: bytes });
    return post;
  };
  return new LocalModel<Record<string, unknown>>(traits, connect);
}

/**
 * Look for cells in a worker.
 * @param source this script
 * @param report takes the progress, 0 to 1, and the cells: none before the end, null if the search failed
 * @returns what ends the search early
 */
export function search(
  source: string,
  weights: Uint8Array,
  bounds: CommonBounds,
  report: (done: number, cells: readonly Cell[] | null) => void,
): () => void {
  const post = beginSession(source, (message) => {
    if (message.method === "searched") report(message.done, message.cells);
  });
  post({ method: "search", bounds, weights });
  return () => post({ method: "stop" });
}

if (typeof document === "undefined") {
  serve(globalThis as unknown as Parameters<typeof serve>[0]);
}
