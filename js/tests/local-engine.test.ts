import { afterEach, describe, expect, it, vi } from "vitest";
import { engineOf } from "../src/local/backend.ts";
import { choose } from "../src/local/choosing.ts";
import { rowOf } from "../src/local/engine.ts";
import { SettingError } from "../src/local/errors.ts";
import { CharLSTM } from "../src/local/model.ts";
import { PlainEngine } from "../src/local/plain.ts";
import { surpriseOf } from "../src/local/scoring.ts";
import type { Tensor } from "../src/local/tensor.ts";
import { WasmEngine } from "../src/local/wasm-engine.ts";
import { assembled } from "../src/local/weights.ts";

const UNITS = [6, 9];
const CHARACTERS = ["a", "b", "c", "d"];

/** Numbers that look random and are the same every time. */
function tensor(...shape: number[]): Tensor {
  const length = shape.reduce((size, count) => size * count, 1);
  return { shape, data: Float32Array.from({ length }, (_, n) => Math.sin(7 * n + length)) };
}

function model(): CharLSTM {
  const parts = {
    embedding: tensor(5, 3),
    "layer_0/kernel": tensor(9, 24),
    "layer_0/bias": tensor(24),
    "layer_1/kernel": tensor(15, 36),
    "layer_1/bias": tensor(36),
    softmax_w: tensor(9, 5),
    softmax_b: tensor(5),
  };
  const vocab = Object.fromEntries(CHARACTERS.map((character, id) => [character, id]));
  return new CharLSTM(assembled(new Map(Object.entries(parts)), "This"), vocab);
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("which engine computes", () => {
  it("is WebAssembly where there is one", () => {
    expect(engineOf(model()).math).toBe("wasm");
  });

  it("is plain JavaScript where there is none, or where a page forbids it", () => {
    vi.spyOn(console, "info").mockImplementation(() => {});
    vi.stubGlobal("WebAssembly", undefined);
    expect(engineOf(model()).math).toBe("javascript");
  });
});

describe.each([WasmEngine, PlainEngine])("%o", (Kind) => {
  const engine = new Kind(model());

  it("begins in the zero state, and never gives an id without a character a chance", () => {
    const lane = engine.lane();
    expect(lane.state.c.map(({ length }) => length)).toEqual(UNITS);
    expect(lane.state.h.flatMap((h) => [...h]).every((value) => value === 0)).toBe(true);
    expect(lane.step([2])[4]).toBe(Number.NEGATIVE_INFINITY);
  });

  it("gives its states by value and takes them by value", () => {
    const lane = engine.lane();
    lane.step([0]);
    const { state } = lane;
    const kept = [...state.c, ...state.h].map((array) => array.slice());
    const expected = lane.step([1]).slice();
    expect([...state.c, ...state.h]).toEqual(kept);
    const other = engine.lane();
    other.state = state;
    for (const array of [...state.c, ...state.h]) array.fill(0);
    expect(other.step([1])).toEqual(expected);
  });

  it("goes on with several texts from the states of each", () => {
    const alone = [0, 1, 2].map((id) => {
      const lane = engine.lane();
      lane.step([id]);
      return lane;
    });
    const together = engine.lane(3);
    together.states = alone.map(({ state }) => state);
    const logits = together.step([3, 2, 1]);
    alone.forEach((lane, n) => {
      expect(rowOf(logits, n, engine.vocabSize)).toEqual(lane.step([3 - n]));
    });
    expect(together.states).toEqual(alone.map(({ state }) => state));
  });

  it("takes turns: what another lane computes changes nothing", () => {
    const [one, other] = [engine.lane(), engine.lane()];
    const expected = [0, 1, 2].map((id) => one.step([id]).slice());
    const again = engine.lane();
    expected.forEach((logits, id) => {
      other.step([3]);
      engine.lane(5).step([0, 1, 2, 3, 0]);
      expect(again.step([id])).toEqual(logits);
    });
  });

  it("reads a text as it would step through it", () => {
    const ids = [0, 1, 2, 3, 2, 1, 0];
    const [reading, stepping] = [engine.lane(), engine.lane()];
    const cells = new Float32Array(ids.length * 15);
    const logits = reading.read(ids, cells);
    ids.forEach((id, n) => {
      expect(stepping.step([id])).toEqual(rowOf(logits, n, engine.vocabSize));
      const c = stepping.state.c.flatMap((layer) => [...layer]);
      expect([...cells.subarray(n * 15, (n + 1) * 15)]).toEqual(c);
    });
    expect(reading.state).toEqual(stepping.state);
    expect(reading.logits()).toEqual(rowOf(logits, ids.length - 1, engine.vocabSize));
  });

  it("refuses a state that does not fit", () => {
    const lane = engine.lane();
    const { c, h } = lane.state;
    expect(() => {
      lane.state = { c: [...h], h: [c[0] as Float32Array] };
    }).toThrow(new SettingError("A state of this model has layers of 6, 9 units."));
    expect(() => {
      lane.state = { c, h: h.map((layer) => layer.map(() => Number.NaN)) };
    }).toThrow(new SettingError("A state must hold finite numbers only."));
    expect(() => {
      lane.states = [];
    }).toThrow(SettingError);
  });
});

it("says that weights are too large where the logits are no numbers", () => {
  for (const logit of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const logits = new Float32Array([1, logit, 2]);
    const sentence = /^The model's weights are too large to compute with: /;
    expect(() => choose(logits, 1, 0.5)).toThrow(sentence);
    expect(() => choose(logits, 0, 0.5)).toThrow(sentence);
    expect(() => surpriseOf(logits, 0)).toThrow(sentence);
  }
});
