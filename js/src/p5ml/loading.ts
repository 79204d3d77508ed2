// Reading a model, or a part of it, from its address.

import { refuse } from "../local/errors.ts";
import { CharLSTM } from "../local/model.ts";
import { shortRepr } from "../local/python-repr.ts";
import { parseSafetensors } from "../local/safetensors.ts";
import type { Weights } from "../local/weights.ts";
import { addressOf, shownAddress } from "./address.ts";
import { readCheckpoints } from "./checkpoints.ts";
import { download } from "./download.ts";
import { isTable, MAX_JSON_BYTES, parseJson, type Table } from "./json.ts";
import { parseVocabulary, readVocabulary } from "./vocabulary.ts";
import { WebFolder } from "./web-folder.ts";

const CARD = "card.json"; // p5ML itself has no such file
const MAX_BYTES = 512 * 2 ** 20; // of a file that is a whole model

/** Read a p5ML / ml5.js folder, or a `.safetensors` file of lstm-widget. */
export async function loadModel(path: unknown): Promise<CharLSTM> {
  const address = addressOf(path);
  if (/\.safetensors$/i.test(address.pathname)) return loadFile(address);
  const folder = new WebFolder(address);
  const weights = await readCheckpoints(folder);
  const [vocab, card] = await Promise.all([readVocabulary(folder), readCard(folder)]);
  return new CharLSTM(weights, vocab, { title: folder.title, ...card });
}

/** Read the weights of a folder alone. */
export async function loadWeights(path: unknown): Promise<Weights> {
  return readCheckpoints(new WebFolder(addressOf(path)));
}

/** Read the vocabulary alone: a `.json` file, or the one in a folder. */
export async function loadVocabulary(path: unknown): Promise<Table> {
  const address = addressOf(path);
  if (!/\.json$/i.test(address.pathname)) return readVocabulary(new WebFolder(address));
  const name = address.pathname.replace(/^.*\//, "");
  const data = await download(address, MAX_JSON_BYTES, name);
  if (!data) {
    refuse(`There is no vocabulary ${shortRepr(shownAddress(address))}: check the path.`);
  }
  return parseVocabulary(data, name);
}

async function loadFile(address: URL): Promise<CharLSTM> {
  const name = shownAddress(address);
  const data = await download(address, MAX_BYTES, `The model at ${shortRepr(name)}`);
  if (!data) refuse(`There is no model at ${shortRepr(name)}: check the address.`);
  return parseSafetensors(data, name);
}

async function readCard(folder: WebFolder): Promise<Table> {
  const data = await folder.read(CARD, MAX_JSON_BYTES);
  if (!data) return {};
  const card = parseJson(data, CARD);
  return isTable(card) ? card : refuse(`${CARD} must be a JSON object.`);
}
