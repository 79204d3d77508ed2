// Bundles the page into the Python package. `--watch` rebuilds at every change, with a source map.
import { context } from "esbuild";
import { wasm } from "./wasm.mjs";

const watch = process.argv.includes("--watch");
const common = {
  outdir: process.env.LSTM_WIDGET_STATIC ?? "../lstm_widget/static",
  bundle: true,
  target: "es2022",
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  charset: "utf8",
  plugins: [wasm],
  logLevel: "info",
};
const bundles = await Promise.all([
  // What a notebook loads.
  context({
    ...common,
    entryPoints: { loader: "src/kernel/loader.ts", page: "src/page.ts" },
    format: "esm",
  }),
  // p5ML's words for any web page.
  context({
    ...common,
    entryPoints: { "lstm-generator": "src/p5ml/index.ts" },
    format: "esm",
  }),
  // What an exported page has in it: a script that can be read where it stands, as a worker is made of it.
  context({ ...common, entryPoints: { alive: "src/alive.ts" }, format: "iife" }),
  // What a notebook has in it with a model: a worker is made of it, and what it exports is `portable`.
  context({
    ...common,
    entryPoints: { portable: "src/portable.ts" },
    format: "iife",
    globalName: "portable",
  }),
]);
for (const bundle of bundles) {
  if (watch) {
    await bundle.watch();
  } else {
    await bundle.rebuild();
    await bundle.dispose();
  }
}
