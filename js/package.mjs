// Makes a folder for npm of what `npm run build` has built: `node package.mjs [FOLDER]`, by default `build/lstm-generator`.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const folder = process.argv[2] ?? join(root, "build", "lstm-generator");

/** The version is that of the Python package. */
function version() {
  const project = readFileSync(join(root, "pyproject.toml"), "utf8");
  return /^version = "(.*)"$/m.exec(project)[1];
}

mkdirSync(folder, { recursive: true });
for (const name of ["README.md", "lstm-generator.d.ts"]) {
  cpSync(join(here, "npm", name), join(folder, name));
}
cpSync(join(root, "LICENSE"), join(folder, "LICENSE"));
cpSync(join(root, "lstm_widget", "static", "lstm-generator.js"), join(folder, "lstm-generator.js"));
const { name, ...rest } = JSON.parse(readFileSync(join(here, "npm", "package.json"), "utf8"));
const manifest = { name, version: version(), ...rest };
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`The package is in ${folder}.`);
