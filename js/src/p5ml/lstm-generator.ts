// `LSTMGenerator`: the p5ML interface in a page, as lstm_widget/generator.py has it in Python.

import type { State } from "../local/engine.ts";
import { refuseSetting } from "../local/errors.ts";
import { CharLSTM } from "../local/model.ts";
import type { Weights } from "../local/weights.ts";
import { DEFAULTS } from "./bounds.ts";
import type { Table } from "./json.ts";
import { loadModel, loadVocabulary, loadWeights } from "./loading.ts";
import { Memory, type Prediction } from "./memory.ts";
import { Network } from "./network.ts";
import { notReady } from "./not-ready.ts";
import {
  checkCallback,
  checkSettings,
  checkTemperature,
  diceOf,
  type Options,
  optionsOf,
} from "./settings.ts";
import { shown } from "./shown.ts";
import { Turns } from "./turns.ts";

/** Writes text with a character-level LSTM. */
export class LSTMGenerator {
  /** What is taken for a setting that is not given; a model that does not know "a" brings its own seed. */
  defaults: { seed: string; length: number; temperature: number } = { ...DEFAULTS };
  #ownSeed = DEFAULTS.seed;
  #memory: Memory | null = null;
  #weights: Weights | null = null; // loaded, with or without the vocabulary
  #table: Table | null = null; // a vocabulary that waits for its weights
  #vocab: Readonly<Record<string, number>> = Object.freeze({});
  #callback: (() => unknown) | null;
  readonly #dice = diceOf(null);
  readonly #loads = new Turns();
  readonly #turns = new Turns();

  /**
   * @param model the path or address of a p5ML / ml5.js folder or of a `.safetensors` file; or the `model` of
   *   another generator; with nothing, give it weights with `loadCheckpoints` and `loadVocab`
   * @param callback called once, when the model is loaded
   */
  constructor(model?: string | URL | CharLSTM | null, callback?: (() => unknown) | null) {
    checkCallback(callback, "");
    this.#callback = callback ?? null;
    if (model instanceof CharLSTM) this.#use(model);
    else if (model !== undefined && model !== null) {
      void this.#loads.take(async () => this.#use(await loadModel(model)));
    }
  }

  /** Whether weights and vocabulary are loaded. */
  get ready(): boolean {
    return this.#memory !== null;
  }

  /** Architecture and weights; `null` until they are loaded. */
  get model(): CharLSTM | null {
    return this.#memory?.network.model ?? null;
  }

  /** Number of LSTM layers; 0 until they are loaded. */
  get cellsAmount(): number {
    return this.#weights?.layers.length ?? 0;
  }

  /** Character to id. */
  get vocab(): Readonly<Record<string, number>> {
    return this.#vocab;
  }

  /** Number of ids, counted from the softmax; 0 until the weights are loaded. */
  get vocabSize(): number {
    return this.#weights?.vocabSize ?? 0;
  }

  /** What computes: "wasm", or "javascript" where a page or browser does not allow that. */
  get math(): "wasm" | "javascript" | null {
    return this.#memory?.network.engine.math ?? null;
  }

  /** Read the weights of a p5ML / ml5.js folder; the vocabulary comes from `loadVocab`. */
  loadCheckpoints(path: string | URL): Promise<void> {
    return this.#loads.take(async () => {
      const weights = await loadWeights(path);
      if (this.#table) this.#use(new CharLSTM(weights, this.#table));
      else {
        this.#weights = weights;
        this.#memory = null;
        this.#vocab = Object.freeze({});
      }
    });
  }

  /** Read a vocabulary: `vocab.json` or the folder it lies in. */
  loadVocab(path: string | URL): Promise<void> {
    return this.#loads.take(async () => {
      const table = await loadVocabulary(path);
      if (this.#weights) this.#use(new CharLSTM(this.#weights, table));
      else this.#table = table;
    });
  }

  /**
   * Write a text, once the model is loaded.
   * @param callback called with the text at the end
   * @returns the text without the seed
   */
  async generate(
    options?: Options | null,
    callback?: ((text: string) => unknown) | null,
  ): Promise<string> {
    checkCallback(callback, " that takes the text");
    const given = optionsOf(options);
    const { network } = await this.#loaded(); // which may change the defaults
    const text = await network.write(checkSettings({ ...this.defaults, ...given }));
    callback?.(text);
    return text;
  }

  /**
   * Let the network read a text on from where it is, each character once; line ends as they stand.
   * What is fed, predicted and reset happens in the order in which it was asked for.
   */
  async feed(text: string, callback?: (() => unknown) | null): Promise<void> {
    checkCallback(callback, "");
    if (typeof text !== "string") {
      refuseSetting(`Give a text to feed to the network, not ${shown(text)}.`);
    }
    await this.#turns.take(async () => (await this.#loaded()).feed(text));
    callback?.();
  }

  /**
   * Predict the next character, and choose one; the state stays as it is.
   * @param temperature by default that of `defaults`
   * @param rng for the die; by default a new die each time
   */
  async predict(
    temperature?: number | null,
    callback?: ((prediction: Prediction) => unknown) | null,
    rng?: number | bigint | null,
  ): Promise<Prediction> {
    checkCallback(callback, " that takes the prediction");
    const heat = checkTemperature(temperature ?? this.defaults.temperature);
    const dice = rng === undefined || rng === null ? this.#dice : diceOf(rng);
    const found = await this.#turns.take(async () => (await this.#loaded()).predict(heat, dice));
    callback?.(found);
    return found;
  }

  /** Forget what was fed. */
  reset(): void {
    this.#turns.takeNow(() => this.#memory?.reset());
  }

  /** Where the network is in what it was fed so far, by value. */
  getState(): State {
    return this.#known().state;
  }

  /** Go on from a state that `getState` has returned. */
  setState(state: State): void {
    this.#turns.takeNow(() => {
      this.#known().state = state;
    });
  }

  #use(model: CharLSTM): void {
    const network = new Network(model);
    // It was not set to another one.
    if (this.defaults.seed === this.#ownSeed) this.defaults.seed = network.seed;
    this.#ownSeed = network.seed;
    this.#memory = new Memory(network);
    this.#weights = model.weights;
    this.#table = null;
    this.#vocab = Object.freeze(Object.fromEntries(model.vocab));
    // Later: whoever makes a generator of a model has none yet; and what it throws is no fault of the model.
    if (this.#callback) queueMicrotask(this.#callback);
    this.#callback = null;
  }

  /** Wait for what is being loaded. An older model stays where another one cannot be loaded. */
  async #loaded(): Promise<Memory> {
    try {
      await this.#loads.done;
    } catch (error) {
      if (!this.#memory) throw error;
    }
    return this.#known();
  }

  #known(): Memory {
    if (this.#memory) return this.#memory;
    throw notReady(this.#weights !== null, this.#table !== null);
  }
}
