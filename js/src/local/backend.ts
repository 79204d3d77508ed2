// Which engine computes: WebAssembly where there is one with SIMD, else plain JavaScript.

import type { Engine } from "./engine.ts";
import type { CharLSTM } from "./model.ts";
import { PlainEngine } from "./plain.ts";
import { WasmEngine } from "./wasm-engine.ts";

/** The fastest engine that this browser has, with the weights of a model. */
export function engineOf(model: CharLSTM): Engine {
  try {
    return new WasmEngine(model);
  } catch (error) {
    // Not there, without SIMD, forbidden by the page, or no memory of this size.
    console.info("WebAssembly cannot be used; plain JavaScript computes:", error);
    return new PlainEngine(model);
  }
}
