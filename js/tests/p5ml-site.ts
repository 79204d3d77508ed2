// A site in memory with a small p5ML folder on it, for the tests of `src/p5ml/`.

import { vi } from "vitest";

export const CHARACTERS = [..."abc <&\n"];
export const FOLDER = "http://localhost:3000/models/small/"; // beside the page of the tests
const [UNITS, WIDTH, V] = [6, 3, CHARACTERS.length];
const CELL = "rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell/";

/** What is at each address: content, or an answer of its own. */
export type Site = Map<string, BodyInit | (() => Response | Promise<Response>)>;

/** Put a site in the place of the network; it holds a model of two layers. */
export function site(scale = 1): Site {
  const pages: Site = new Map();
  const manifest: Record<string, object> = { Variable: { filename: "Variable", shape: [] } };
  function variable(name: string, ...shape: number[]): void {
    const length = shape.reduce((size, count) => size * count, 1);
    const numbers = Float32Array.from({ length }, (_, n) => scale * Math.sin(7 * n + length));
    const filename = `file${pages.size}`;
    manifest[name] = { filename, shape };
    pages.set(FOLDER + filename, new Uint8Array(numbers.buffer));
  }
  variable("embedding", V, WIDTH);
  for (const [layer, inputs] of [WIDTH, UNITS].entries()) {
    const cell = CELL.replace("{}", String(layer));
    variable(`${cell}kernel`, inputs + UNITS, 4 * UNITS);
    variable(`${cell}bias`, 4 * UNITS);
  }
  variable("rnnlm/softmax_w", UNITS, V);
  variable("rnnlm/softmax_b", V);
  pages.set(`${FOLDER}manifest.json`, JSON.stringify(manifest));
  const ids = CHARACTERS.map((character, id) => [character, id]);
  pages.set(`${FOLDER}vocab.json`, JSON.stringify(Object.fromEntries(ids)));
  vi.stubGlobal("fetch", async (address: URL, { signal }: { signal: AbortSignal }) => {
    const content = pages.get(String(address));
    if (content === undefined) return new Response("", { status: 404 });
    if (typeof content !== "function") return new Response(content);
    return Promise.race([content(), aborted(signal)]);
  });
  return pages;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });
}
