// One `.safetensors` file with weights, vocabulary and card, as lstm_widget/formats/safetensors.py writes it.

import { ModelError, refuse } from "./errors.ts";
import { CharLSTM } from "./model.ts";
import { shortRepr } from "./python-repr.ts";
import type { Tensor } from "./tensor.ts";
import { assembled, isPart, type Weights } from "./weights.ts";

const FORMAT = "lstm-widget 1";
const MAX_HEADER_BYTES = 32 * 2 ** 20; // vocabulary and card
const LENGTH = 8; // bytes that hold the length of the header
const BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2 };
const NAMES: Readonly<Record<string, string>> = { BF: "bfloat", F: "float", I: "int", U: "uint" };

/** Where a tensor is in a file. */
interface Place {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

type Table = Readonly<Record<string, unknown>>;

/**
 * Make a model of what a file holds.
 * @param name where it comes from, for the errors
 */
export function parseSafetensors(data: Uint8Array, name: string): CharLSTM {
  const { metadata, places, start } = headerOf(data, name);
  if (metadata.format !== FORMAT) refuse(`${name} holds no model of this package.`);
  function parsed(part: string, noun: string): Table {
    const text = metadata[part] ?? refuse(`The ${noun} is missing in ${name}.`);
    return parsedObject(text, `The ${noun} in ${name}`);
  }
  const [vocab, card] = [parsed("vocab", "vocabulary"), parsed("card", "card")];
  const numbers = data.subarray(start);
  checkPlaces(places, numbers.length, name);
  return new CharLSTM(weightsOf(numbers, places, name), vocab, card);
}

interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly places: readonly [string, unknown][];
  /** Where the numbers begin. */
  readonly start: number;
}

function headerOf(data: Uint8Array, name: string): Header {
  if (data.length < LENGTH) throw invalid(name);
  const lengths = new DataView(data.buffer, data.byteOffset, LENGTH);
  const size = lengths.getUint32(0, true) + 2 ** 32 * lengths.getUint32(4, true);
  if (size === 0 || size > Math.min(data.length - LENGTH, MAX_HEADER_BYTES)) throw invalid(name);
  let table: Table;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      data.subarray(LENGTH, LENGTH + size),
    );
    table = parsedObject(text, name);
  } catch {
    throw invalid(name);
  }
  const { __metadata__: metadata = {}, ...others } = table;
  if (!isTable(metadata) || !Object.values(metadata).every((text) => typeof text === "string")) {
    throw invalid(name);
  }
  return {
    metadata: metadata as Record<string, string>,
    places: Object.entries(others),
    start: LENGTH + size,
  };
}

/** Each tensor begins where the one before it ends, and the last one ends with the file. */
function checkPlaces(
  places: readonly [string, unknown][],
  room: number,
  name: string,
): asserts places is readonly [string, Place][] {
  const ends = places.map(([, place]) => {
    if (!isPlace(place)) throw invalid(name);
    return place.data_offsets;
  });
  let end = 0;
  for (const [first, last] of ends.sort(
    ([one, oneEnd], [two, twoEnd]) => one - two || oneEnd - twoEnd,
  )) {
    if (first !== end) throw invalid(name);
    end = last;
  }
  if (end !== room) throw invalid(name);
}

/** Whether it says where a tensor is, of the size that its shape asks for. */
function isPlace(place: unknown): place is Place {
  if (!isTable(place)) return false;
  const { dtype, shape, data_offsets: offsets } = place;
  if (typeof dtype !== "string" || !areCounts(shape) || !areCounts(offsets)) return false;
  const [first, last, ...rest] = offsets;
  if (first === undefined || last === undefined || rest.length > 0 || last < first) return false;
  const bytes = BYTES[dtype];
  // Another type is refused by its name later.
  return bytes === undefined || last - first === shape.reduce((size, count) => size * count, bytes);
}

function areCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

function weightsOf(numbers: Uint8Array, places: readonly [string, Place][], name: string): Weights {
  const tensors = new Map<string, Tensor>();
  for (const [key, { dtype, shape, data_offsets: offsets }] of places) {
    const bytes = BYTES[dtype];
    if (bytes === undefined) {
      const type = dtype.replace(/^[A-Z]+(?=\d)/, (kind) => NAMES[kind] ?? kind);
      refuse(`The tensor ${shortRepr(key)} in ${name} must be float32 or float16, not ${type}.`);
    }
    if (!isPart(key)) refuse(`${name} holds the unknown tensor ${shortRepr(key)}.`);
    const part = numbers.subarray(...offsets);
    // A typed array begins at a multiple of its numbers' size only.
    const { buffer, byteOffset } = part.byteOffset % bytes ? part.slice() : part;
    const count = part.length / bytes;
    const data =
      bytes === 2
        ? new Uint16Array(buffer, byteOffset, count)
        : new Float32Array(buffer, byteOffset, count);
    tensors.set(key, { shape, data });
  }
  return assembled(tensors, name);
}

function parsedObject(text: string, name: string): Table {
  let table: unknown;
  try {
    table = JSON.parse(text);
  } catch (error) {
    refuse(`${name} is not valid JSON: ${(error as Error).message}`);
  }
  return isTable(table) ? table : refuse(`${name} must be a JSON object.`);
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(name: string): ModelError {
  return new ModelError(`${name} is not a valid safetensors file: download or save it again.`);
}
