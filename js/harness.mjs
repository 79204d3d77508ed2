// Bundles the engine of the page for Node, as the tests and benchmarks that compare it with Python want it:
// `node harness.mjs OUTPUT`; or another program of the tests: `node harness.mjs OUTPUT tests/NAME.ts`.
import { build } from "esbuild";
import { wasm } from "./wasm.mjs";

await build({
  entryPoints: [process.argv[3] ?? "tests/local-harness.ts"],
  outfile: process.argv[2],
  bundle: true,
  platform: "node",
  format: "esm",
  target: "es2022",
  charset: "utf8",
  plugins: [wasm],
});
