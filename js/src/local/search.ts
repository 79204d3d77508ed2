// Finds cells, and nothing else, when the kernel is too slow for it: lstm_widget/inspection/units.py.
import type { CommonBounds } from "../kernel/protocol.ts";
import { engineOf } from "./backend.ts";
import { CellFinder } from "./inspection/units.ts";
import { parseSafetensors } from "./safetensors.ts";
import type { ToPage } from "./session/messages.ts";
import { checksOf } from "./writing/settings.ts";

/** Milliseconds between two reports. Without a worker, the page does other things in between. */
const PIECE = 30;

/**
 * Look for cells, and report the progress.
 * @returns what ends the search early
 */
export function search(bytes: Uint8Array, bounds: CommonBounds, tell: ToPage): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const go = (act: () => void) => {
    timer = setTimeout(() => {
      try {
        act();
      } catch (error) {
        console.error("The search for cells could not go on", error);
        tell({ method: "searched", done: 1, cells: null });
      }
    });
  };
  const advance = (finder: CellFinder) => {
    const done = finder.advance(PIECE);
    tell({ method: "searched", done, cells: done < 1 ? [] : finder.cells });
    if (done < 1) go(() => advance(finder));
  };
  go(() => {
    const model = parseSafetensors(bytes, "The model");
    const writer = {
      name: "",
      model,
      engine: engineOf(model),
      fingerprint: "",
      checks: checksOf(bounds),
    };
    advance(new CellFinder(writer));
  });
  return () => clearTimeout(timer);
}
