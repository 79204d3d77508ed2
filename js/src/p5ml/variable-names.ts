// What the variables of a p5ML / ml5.js folder are called, and which part of the network each is, as
// lstm_widget/formats/p5ml_names.py tells them.

import { refuse } from "../local/errors.ts";
import { shortRepr } from "../local/python-repr.ts";

/** An example of each part's name; "{}" is the number of the layer. */
export const EXAMPLES = {
  softmax_w: "rnnlm/softmax_w",
  softmax_b: "rnnlm/softmax_b",
  kernel: "rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell/kernel",
  bias: "rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell/bias",
  embedding: "embedding",
};

export interface Role {
  readonly part: keyof typeof EXAMPLES;
  /** For a kernel or a bias. */
  readonly layer: number;
}

const CELL =
  /^(?:.*?\/)?(?:multi_rnn_cell\/)?(?:cell_(?<number>\d{1,9})\/)?(?:basic_lstm_cell|lstm_cell)\/(?<part>kernel|weights|bias|biases)$/;
const OTHER_CELL = /(?:^|\/)\w+_cell\/(?!cell_\d)/;
const SOFTMAX = /^(?:.*\/)?(?:softmax_(?<short>[wb])|fully_connected\/(?<long>weights|biases))$/;
// What a training leaves behind: optimizer slots, counters.
const LEFTOVER =
  /^(?:.*\/)?(?:(?:Ada\w*|Momentum|RMSProp|Ftrl|ExponentialMovingAverage)(?:_\d+)?|beta\d_power|global_step)$/;

/** What a variable is, from its name; `null` if it is no part of the network. */
export function roleOf(name: string): Role | null {
  if (LEFTOVER.test(name)) return null;
  const cell = CELL.exec(name)?.groups;
  if (cell) {
    const isKernel = cell.part === "kernel" || cell.part === "weights";
    return { part: isKernel ? "kernel" : "bias", layer: Number(cell.number ?? 0) };
  }
  if (OTHER_CELL.test(name)) {
    refuse(
      `The model has cells of another kind (${shortRepr(name)}); only plain LSTM cells can be run.`,
    );
  }
  const softmax = SOFTMAX.exec(name)?.groups;
  if (softmax) {
    const isWeights = softmax.short === "w" || softmax.long === "weights";
    return { part: isWeights ? "softmax_w" : "softmax_b", layer: 0 };
  }
  return /(?:^|\/)embedding$/.test(name) ? { part: "embedding", layer: 0 } : null;
}
