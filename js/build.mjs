// Bundles the page into the Python package. `--watch` rebuilds at every change, with a source map.
import { context } from "esbuild";
import { wasm } from "./wasm.mjs";

const watch = process.argv.includes("--watch");
const bundle = await context({
  entryPoints: {
    loader: "src/kernel/loader.ts",
    page: "src/page.ts",
  },
  outdir: process.env.LSTM_WIDGET_STATIC ?? "../lstm_widget/static",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  charset: "utf8",
  plugins: [wasm],
  logLevel: "info",
});
if (watch) {
  await bundle.watch();
} else {
  await bundle.rebuild();
  await bundle.dispose();
}
