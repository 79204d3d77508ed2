// A model so small that a test can hold it, as an exported page has it.
import type { Traits } from "../src/kernel/protocol.ts";
import type { Saved } from "../src/local/session/messages.ts";
import { TRAITS } from "./fake-model.ts";

const UNITS = 5;
const CHARACTERS = ["a", "b", "c", "d", " "];
const SHAPES = {
  "layer_0/kernel": [CHARACTERS.length + UNITS, 4 * UNITS],
  "layer_0/bias": [4 * UNITS],
  softmax_w: [UNITS, CHARACTERS.length],
  softmax_b: [CHARACTERS.length],
};

/** The file of the model, in base64. */
export function weights(): string {
  const header: Record<string, unknown> = {
    __metadata__: {
      format: "lstm-widget 1",
      vocab: JSON.stringify(Object.fromEntries(CHARACTERS.map((one, id) => [one, id]))),
      card: JSON.stringify({ title: "A small model" }),
    },
  };
  const numbers: number[] = [];
  for (const [name, shape] of Object.entries(SHAPES)) {
    const start = 4 * numbers.length;
    const size = shape.reduce((product, one) => product * one, 1);
    for (let n = 0; n < size; n += 1) numbers.push(2 * Math.sin(7 * n + size));
    header[name] = { dtype: "F32", shape, data_offsets: [start, 4 * numbers.length] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + 4 * numbers.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 8);
  bytes.set(new Uint8Array(Float32Array.from(numbers).buffer), 8 + text.length);
  return btoa(String.fromCharCode(...bytes));
}

/** The widget of a text with that model, before anything was written. */
export function saved(traits: Partial<Traits> = {}): Saved & { kind: "text" } {
  const own = { model: "small", models: [{ name: "small", title: "A small model" }], seed: "ab " };
  const network = { units: [UNITS] };
  return {
    kind: "text",
    traits: { ...TRAITS, ...own, ...network, length: 40, speed: null, ...traits },
    fingerprint: "0123456789abcdef",
    texts: [],
    current: null,
  };
}
