// Bundles the page into the Python package. `--watch` rebuilds at every change, with a source map.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { context } from "esbuild";
import { minify } from "terser";
import { wasm } from "./wasm.mjs";

const watch = process.argv.includes("--watch");
const outdir = process.env.LSTM_WIDGET_STATIC ?? "../lstm_widget/static";
const common = {
  outdir,
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

// What is sent to every page is made as small as it gets; names that another script uses stay.
for (const name of watch ? [] : ["loader", "page", "lstm-generator", "alive", "portable"]) {
  const file = join(outdir, `${name}.js`);
  const isModule = !["alive", "portable"].includes(name);
  const { code } = await minify(await readFile(file, "utf8"), { ecma: 2022, module: isModule });
  await writeFile(file, `${code}\n`);
}
