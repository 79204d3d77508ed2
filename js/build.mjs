// Bundles the page into the Python package. `--watch` rebuilds at every change, with a source map.
import { readFile, writeFile } from "node:fs/promises";
import { context } from "esbuild";
import { minify } from "terser";
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
  metafile: true,
};
const bundles = [
  // What a notebook loads.
  { entryPoints: { loader: "src/kernel/loader.ts", page: "src/page.ts" }, format: "esm" },
  // p5ML's words for any web page.
  { entryPoints: { "lstm-generator": "src/p5ml/index.ts" }, format: "esm" },
  // What an exported page has in it: a script that can be read where it stands, as a worker is made of it.
  { entryPoints: { alive: "src/alive.ts" }, format: "iife" },
  // What a notebook has in it with a model: a worker is made of it, and what it exports is `portable`.
  { entryPoints: { portable: "src/portable.ts" }, format: "iife", globalName: "portable" },
];
for (const options of bundles) {
  const bundle = await context({ ...common, ...options });
  if (watch) {
    await bundle.watch();
    continue;
  }
  const { metafile } = await bundle.rebuild();
  await bundle.dispose();
  const scripts = Object.keys(metafile.outputs).filter((file) => file.endsWith(".js"));
  for (const file of scripts) await shrink(file, options.format === "esm");
}

/** terser finds a little more to leave out than esbuild. Names that other scripts use stay. */
async function shrink(file, isModule) {
  const { code } = await minify(await readFile(file, "utf8"), { ecma: 2022, module: isModule });
  await writeFile(file, `${code}\n`);
}
