/** What to write; what is not given is taken from `LSTMGenerator.defaults`. */
export interface Options {
  /** The text to continue, at least one character. */
  seed?: string;
  /** Number of characters, 1 to 1,000,000. */
  length?: number;
  /** 0 to 100; 0 always takes the most likely character. */
  temperature?: number;
  /** Choose only among this many of the most likely characters. */
  topK?: number | null;
  /** Choose only among the fewest whose probability reaches this; above 0, at most 1. */
  topP?: number | null;
  /** A whole number from 0 gives the same dice every time, as in Python; without one they are new. */
  rng?: number | bigint | null;
}

/** What `LSTMGenerator.predict` finds. */
export interface Prediction {
  /** One character, chosen by a die. */
  sample: string;
  /** Of every character of the vocabulary, by id; they sum to 1. */
  probabilities: { char: string; probability: number }[];
}

/** Where a network is in a text: cell state c and output h, one array per layer from the input upwards. */
export interface State {
  readonly c: readonly Float32Array[];
  readonly h: readonly Float32Array[];
}

/** A model that is loaded; another generator can be made of it. */
export interface Model {
  readonly vocab: ReadonlyMap<string, number>;
  readonly vocabSize: number;
  /** What a reader should know of the model. */
  readonly card: Readonly<Record<string, unknown>>;
}

/** Writes text with a character-level LSTM. */
export class LSTMGenerator {
  /**
   * @param model the path or address of a p5ML / ml5.js folder or of a `.safetensors` file; or the `model` of another
   *   generator; with nothing, give it weights with `loadCheckpoints` and `loadVocab`
   * @param callback called once, when the model is loaded
   */
  constructor(model?: string | URL | Model | null, callback?: (() => unknown) | null);

  /** What is taken for a setting that is not given; a model that does not know "a" brings its own seed. */
  defaults: { seed: string; length: number; temperature: number };
  /** Whether weights and vocabulary are loaded. */
  readonly ready: boolean;
  /** Architecture and weights; `null` until they are loaded. */
  readonly model: Model | null;
  /** Number of LSTM layers; 0 until they are loaded. */
  readonly cellsAmount: number;
  /** Character to id. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Number of ids, counted from the softmax; 0 until the weights are loaded. */
  readonly vocabSize: number;
  /** What computes: "wasm", or "javascript" where a page or browser does not allow that. */
  readonly math: "wasm" | "javascript" | null;

  /** Read the weights of a p5ML / ml5.js folder; the vocabulary comes from `loadVocab`. */
  loadCheckpoints(path: string | URL): Promise<void>;
  /** Read a vocabulary: `vocab.json` or the folder it lies in. */
  loadVocab(path: string | URL): Promise<void>;
  /** Write a text, once the model is loaded; it comes without the seed. */
  generate(
    options?: Options | null,
    callback?: ((text: string) => unknown) | null,
  ): Promise<string>;
  /** Let the network read a text on from where it is, each character once. */
  feed(text: string, callback?: (() => unknown) | null): Promise<void>;
  /** Predict the next character, and choose one; the state stays as it is. */
  predict(
    temperature?: number | null,
    callback?: ((prediction: Prediction) => unknown) | null,
    rng?: number | bigint | null,
  ): Promise<Prediction>;
  /** Forget what was fed. */
  reset(): void;
  /** Where the network is in what it was fed so far, by value. */
  getState(): State;
  /** Go on from a state that `getState` has returned. */
  setState(state: State): void;
}

/** As the example of p5ML's documentation calls it. */
export { LSTMGenerator as LSTM };

/** Base of every error that is raised on purpose; its message is one clear sentence. */
export class LSTMError extends Error {}
/** A model cannot be used: a file is missing or damaged, or its parts do not fit together. */
export class ModelError extends LSTMError {}
/** A setting is out of its range or of the wrong type. */
export class SettingError extends LSTMError {}
/** A text holds characters that are not in the model's vocabulary. */
export class UnknownCharactersError extends SettingError {
  constructor(characters: readonly string[]);
  /** Each once, in the order of first appearance. */
  readonly characters: readonly string[];
}
/** The generator has weights but no vocabulary yet, or the other way round, or neither. */
export class NotReadyError extends LSTMError {}
