// The weights of a p5ML / ml5.js folder: `manifest.json` and one raw file per variable, as
// lstm_widget/formats/p5ml.py reads them. Names and shapes are checked before any weights are read.

import { refuse } from "../local/errors.ts";
import { shortRepr } from "../local/python-repr.ts";
import type { Tensor } from "../local/tensor.ts";
import { assembled, type Weights } from "../local/weights.ts";
import { MANIFEST } from "./address.ts";
import { TooLargeError } from "./download.ts";
import { checkContent, isTable, MAX_JSON_BYTES, parseJson, type Table } from "./json.ts";
import { shown } from "./shown.ts";
import { EXAMPLES, type Role, roleOf } from "./variable-names.ts";
import type { WebFolder } from "./web-folder.ts";

const MAX_LAYERS = 100;
const MAX_DIMENSIONS = 4;
/** Of weights, in memory; far above any character-level LSTM. */
const MAX_MODEL_BYTES = 2 * 2 ** 30;
const FLOAT = 4; // bytes

interface Variable {
  readonly name: string;
  readonly filename: string;
  readonly shape: readonly number[];
  /** In bytes. */
  readonly size: number;
}

/** Read the weights alone. */
export async function readCheckpoints(folder: WebFolder): Promise<Weights> {
  const manifest = await readManifest(folder);
  const variables = Array.from(
    placesOf(Object.keys(manifest)),
    ([place, name]) => [place, variableOf(name, manifest[name] as Table)] as const,
  );
  const total = variables.reduce((sum, [, { size }]) => sum + size, 0);
  if (total > MAX_MODEL_BYTES) {
    refuse(`${MANIFEST} announces ${total} bytes of weights; at most ${MAX_MODEL_BYTES} are read.`);
  }
  const tensors = variables.map(
    async ([place, variable]) => [place, await readVariable(folder, variable)] as const,
  );
  return assembled(new Map(await Promise.all(tensors)), MANIFEST);
}

async function readManifest(folder: WebFolder): Promise<Table> {
  const data = await folder.read(MANIFEST, MAX_JSON_BYTES);
  if (!data) {
    refuse(
      `The file ${MANIFEST} is missing ${folder.where}: give the folder with that file, or a .safetensors file.`,
    );
  }
  const manifest = parseJson(data, MANIFEST);
  if (!isTable(manifest) || !Object.values(manifest).every(isTable)) {
    refuse(
      `${MANIFEST} must map each variable to its file name and shape; ` +
        `the one ${folder.where} belongs to something else, such as a web app.`,
    );
  }
  return manifest;
}

/** The name of the variable for each part of the network, by the name that `assembled` knows it by. */
function placesOf(names: readonly string[]): Map<string, string> {
  const places = new Map<string, string>();
  let count = 1;
  for (const name of names) {
    const role = roleOf(name);
    if (!role) continue; // the learning rate, a counter
    const place = placeOf(role);
    if (places.has(place)) {
      refuse(
        `${MANIFEST} has the ${role.part} of layer ${role.layer} twice, also as ${shortRepr(name)}.`,
      );
    }
    places.set(place, name);
    count = Math.max(count, role.layer + 1);
  }
  if (count > MAX_LAYERS) {
    refuse(`The model has ${count} layers; at most ${MAX_LAYERS} can be read.`);
  }
  const missing = needed(count).find((role) => !places.has(placeOf(role)));
  if (missing) {
    const example = EXAMPLES[missing.part].replace("{}", String(missing.layer));
    refuse(`A variable is missing in ${MANIFEST}: there is none like '${example}'.`);
  }
  return places;
}

function placeOf({ part, layer }: Role): string {
  return part === "kernel" || part === "bias" ? `layer_${layer}/${part}` : part;
}

/** What a network of so many layers cannot do without. */
function needed(count: number): Role[] {
  const layers = Array.from({ length: count }, (_, layer): Role[] => [
    { part: "kernel", layer },
    { part: "bias", layer },
  ]);
  return [{ part: "softmax_w", layer: 0 }, { part: "softmax_b", layer: 0 }, ...layers.flat()];
}

function variableOf(name: string, { filename, shape }: Table): Variable {
  if (typeof filename !== "string" || filename === "") {
    refuse(`${MANIFEST} gives no file name for ${shortRepr(name)}.`);
  }
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS || !shape.every(isSize)) {
    refuse(`${MANIFEST} gives no valid shape for ${shortRepr(name)}: ${shown(shape)}.`);
  }
  return { name, filename, shape, size: shape.reduce((size, one) => size * one, FLOAT) };
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && 0 < (value as number) && (value as number) <= MAX_MODEL_BYTES;
}

async function readVariable(folder: WebFolder, variable: Variable): Promise<Tensor> {
  const { name, filename, shape, size } = variable;
  let data: Uint8Array<ArrayBuffer> | null;
  try {
    data = await folder.read(filename, size);
  } catch (error) {
    if (error instanceof TooLargeError) refuseSize(variable, error.size ?? "too many");
    throw error;
  }
  if (!data) {
    refuse(
      `The file ${shortRepr(filename)} of the variable ${shortRepr(name)} is missing ${folder.where}.`,
    );
  }
  if (data.length !== size) {
    checkContent(data, filename);
    refuseSize(variable, data.length);
  }
  return { shape, data: new Float32Array(data.buffer) };
}

function refuseSize({ filename, shape, size }: Variable, found: number | string): never {
  const has = `The file ${shortRepr(filename)} has ${found} bytes`;
  refuse(`${has}, but the shape [${shape.join(", ")}] needs ${size}.`);
}
