// A model to write with, and what is around it.
import type { Engine } from "../engine.ts";
import type { CharLSTM } from "../model.ts";
import type { Checks } from "./settings.ts";

export interface Writer {
  /** Its name, for a person. */
  readonly name: string;
  readonly model: CharLSTM;
  readonly engine: Engine;
  /** Identifies the model, in the receipts; Python computes it. */
  readonly fingerprint: string;
  readonly checks: Checks;
}
