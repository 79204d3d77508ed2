// The receipt of a text, from which the same text comes out again: lstm_widget/writing/receipt.py.
import type { Receipt } from "../../kernel/protocol.ts";
import type { Run } from "./run.ts";

/** The receipt of a text as far as it is written. */
export function receiptOf(
  { settings, writer, temperatures, forced, characters }: Run,
  model: string,
  rng: number,
): Omit<Receipt, "run" | "bits"> {
  return {
    model,
    fingerprint: writer.fingerprint,
    ...settings,
    rng,
    temperatures: [...temperatures],
    placed: [...forced],
    written: characters.length,
  };
}
