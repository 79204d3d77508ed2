// A stand-in for what the kernel knows of a text: numbers that only look random, and dice that fit to them.
import type { FromKernel, ToKernel } from "../src/kernel/protocol.ts";
import { dice, MODEL } from "./fake-kernel.ts";

/** The characters that it knows; the text of a test has no others. */
export const VOCABULARY = [
  ...Array.from("abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\n"),
  null,
];
export const LAYERS = [3, 2];

/** The character of each id of a model; every text is one of `MODEL`. */
export function vocabularyOf(model: string): (string | null)[] {
  return model === MODEL ? VOCABULARY : [...VOCABULARY].reverse();
}

export interface Thinking {
  run: string;
  seed: string;
  text: string;
  temperatures: readonly number[];
  placed: readonly number[];
}

/** Logits before the character at an index; the same for the same index. */
export function logitsAt(index: number): number[] {
  const random = dice(index + 1);
  return VOCABULARY.map((one) => (one === null ? Number.NEGATIVE_INFINITY : 6 * random()));
}

/** Probabilities at a temperature, by id. */
export function sharesAt(index: number, temperature: number): number[] {
  const powers = logitsAt(index).map((logit) => Math.exp(logit / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** The die in the middle of what belongs to an id. */
export function dieFor(index: number, id: number, temperature: number): number {
  const shares = sharesAt(index, temperature);
  const own = shares[id] as number;
  const before = shares.filter((share) => share > own).reduce((a, b) => a + b, 0);
  return before + own / 2;
}

function activation(index: number, layer: number, unit: number): number {
  return Math.sin(index * (1 + layer) + unit);
}

function view(numbers: ArrayBufferView): DataView {
  return new DataView(numbers.buffer);
}

/** Answer a question about a text; undefined if it is none. */
export function think(
  message: ToKernel,
  { run, seed, text, temperatures, placed }: Thinking,
  model: string,
): { answer: FromKernel; buffers: DataView[] } | undefined {
  const whole = Array.from(seed + text);
  const seedLength = Array.from(seed).length;
  if (message.type === "expect") {
    const answer: FromKernel = {
      type: "expected",
      id: message.id,
      model,
      seed: message.seed,
      left: 0,
      vocabulary: vocabularyOf(model),
    };
    return { answer, buffers: [view(new Float32Array(logitsAt(message.seed.length)))] };
  }
  if (message.type !== "inspect" && message.type !== "activate") return undefined;
  const { position } = message;
  const indices = [...whole.keys()].slice(position, position + message.count);
  const count = indices.length;
  if (message.type === "activate") {
    const { layer, unit } = message;
    const values = indices.map((index) => activation(index, layer, unit));
    const answer: FromKernel = {
      type: "activated",
      id: message.id,
      run,
      layer,
      unit,
      position,
      count,
      left: 0,
    };
    return { answer, buffers: [view(new Float32Array(values))] };
  }
  const ids = indices.map((index) => VOCABULARY.indexOf(whole[index] as string));
  const heats = indices.map((index) => temperatures[index - seedLength] ?? Number.NaN);
  const thrown = indices.map((index, n) =>
    index < seedLength ? Number.NaN : dieFor(index, ids[n] as number, heats[n] as number),
  );
  const answer: FromKernel = {
    type: "inspected",
    id: message.id,
    run,
    position,
    count,
    left: 0,
    seed: seedLength,
    placed: placed.map((place) => place + seedLength),
    vocabulary: VOCABULARY,
  };
  return {
    answer,
    buffers: [
      view(new Float32Array(indices.flatMap(logitsAt))),
      view(new Int32Array(ids)),
      view(new Float64Array(thrown)),
      view(new Float64Array(heats)),
    ],
  };
}
