import { defineConfig } from "vitest/config";
import { wasmInTests } from "./wasm.mjs";

export default defineConfig({
  plugins: [wasmInTests],
  // A test of a whole page with axe needs its time on a busy machine.
  test: { environment: "jsdom", include: ["tests/**/*.test.ts"], testTimeout: 60_000 },
});
