import { defineConfig } from "vitest/config";

export default defineConfig({
  // A test of a whole page with axe needs its time on a busy machine.
  test: { environment: "jsdom", include: ["tests/**/*.test.ts"], testTimeout: 60_000 },
});
