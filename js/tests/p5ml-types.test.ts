// The types that the npm package comes with are those of what it holds.

import { expect, it } from "vitest";
import type * as declared from "../npm/lstm-generator.d.ts";
import * as made from "../src/p5ml/index.ts";
import type * as settings from "../src/p5ml/settings.ts";

it("declares what there is", () => {
  const exported: Omit<typeof declared, "LSTMGenerator" | "LSTM"> = made;
  const instance = (lstm: made.LSTMGenerator): declared.LSTMGenerator => lstm;
  const options = (given: Required<declared.Options>): Required<settings.Options> => given;
  const back = (given: Required<settings.Options>): Required<declared.Options> => given;
  expect([exported, instance, options, back]).toHaveLength(4);
  const names: Record<keyof typeof declared, true> = {
    LSTM: true,
    LSTMError: true,
    LSTMGenerator: true,
    ModelError: true,
    NotReadyError: true,
    SettingError: true,
    UnknownCharactersError: true,
  };
  expect(Object.keys(made).sort()).toEqual(Object.keys(names).sort());
  const members = Object.getOwnPropertyNames(made.LSTMGenerator.prototype);
  const promised: Record<Exclude<keyof declared.LSTMGenerator, "defaults">, true> = {
    cellsAmount: true,
    feed: true,
    generate: true,
    getState: true,
    loadCheckpoints: true,
    loadVocab: true,
    math: true,
    model: true,
    predict: true,
    ready: true,
    reset: true,
    setState: true,
    vocab: true,
    vocabSize: true,
  };
  expect(members.filter((name) => name !== "constructor").sort()).toEqual(
    Object.keys(promised).sort(),
  );
});
