// Compiles the AssemblyScript in `assembly/` where the page imports it: `./network.wasm` is made of
// `assembly/network.ts`, and its bytes become a part of the bundle.
import { readFileSync } from "node:fs";
import { basename } from "node:path";

const OPTIONS = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", "simd"];

async function compiled(name) {
  const { default: asc } = await import("assemblyscript/asc"); // large, and most bundles do without
  const source = readFileSync(new URL(`assembly/${name}.ts`, import.meta.url), "utf8");
  let bytes;
  const { error, stderr } = await asc.main(["source.ts", "--outFile", "source.wasm", ...OPTIONS], {
    readFile: (file) => (file === "source.ts" ? source : null),
    writeFile: (_, contents) => {
      bytes = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString());
  return bytes;
}

/** For esbuild. */
export const wasm = {
  name: "wasm",
  setup(build) {
    build.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({
      path: basename(path, ".wasm"),
      namespace: "wasm",
    }));
    build.onLoad({ filter: /.*/, namespace: "wasm" }, async ({ path }) => ({
      contents: await compiled(path),
      loader: "binary",
      watchFiles: [new URL(`assembly/${path}.ts`, import.meta.url).pathname],
    }));
  },
};

/** For vitest. */
export const wasmInTests = {
  name: "wasm",
  enforce: "pre",
  resolveId: (id) => (id.endsWith(".wasm") ? `\0${basename(id)}` : null),
  async load(id) {
    if (!id.startsWith("\0") || !id.endsWith(".wasm")) return null;
    const bytes = await compiled(basename(id.slice(1), ".wasm"));
    return `export default new Uint8Array([${bytes.join()}]);`;
  },
};
