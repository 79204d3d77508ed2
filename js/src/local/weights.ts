// The arrays of a network, checked as lstm_widget/network/model.py checks them.

import { refuse } from "./errors.ts";
import { checkTensor, shapeText, type Tensor } from "./tensor.ts";

export const GATES = 4;
export const FORGET_BIAS = 1;

/** One layer of H units that reads E inputs. */
export interface Layer {
  /** [E + H, 4H]: input rows above recurrent rows; column blocks i, j, f, o. */
  readonly kernel: Tensor;
  /** [4H], without the forget bias, which is added when the network runs. */
  readonly bias: Tensor;
  readonly units: number;
  readonly inputs: number;
}

export interface Weights {
  /** From the input upwards. */
  readonly layers: readonly Layer[];
  /** [H of the last layer, V] */
  readonly softmaxW: Tensor;
  /** [V] */
  readonly softmaxB: Tensor;
  /** [V, E]; without one the first layer reads the id one-hot. */
  readonly embedding: Tensor | null;
  /** V, counted from the softmax. */
  readonly vocabSize: number;
}

/**
 * The network that tensors make, by the names they have in a file.
 * @param where what holds them, for the errors
 */
export function assembled(tensors: ReadonlyMap<string, Tensor>, where: string): Weights {
  const count = [...tensors.keys()].reduce((most, name) => Math.max(most, layerOf(name) + 1), 1);
  function need(name: string): Tensor {
    return tensors.get(name) ?? refuse(`${where} lacks the tensor '${name}'.`);
  }
  const softmaxW = need("softmax_w");
  const softmaxB = need("softmax_b");
  const parts = Array.from({ length: count }, (_, n) => ({
    kernel: need(`layer_${n}/kernel`),
    bias: need(`layer_${n}/bias`),
  }));
  const layers = parts.map(({ kernel, bias }) => checkedLayer(kernel, bias));
  checkTensor("softmax weights", softmaxW, 2);
  checkTensor("softmax bias", softmaxB, 1);
  const embedding = tensors.get("embedding") ?? null;
  if (embedding) checkTensor("embedding", embedding, 2);
  const weights = { layers, softmaxW, softmaxB, embedding, vocabSize: softmaxB.shape[0] as number };
  checkFit(weights);
  return weights;
}

const TENSOR = /^(?:layer_(0|[1-9]\d?)\/(?:kernel|bias)|softmax_[wb]|embedding)$/;

/** Whether a network has a tensor of this name. */
export function isPart(name: string): boolean {
  return TENSOR.test(name);
}

function layerOf(name: string): number {
  return Number(TENSOR.exec(name)?.[1] ?? 0);
}

function checkedLayer(kernel: Tensor, bias: Tensor): Layer {
  checkTensor("kernel of a layer", kernel, 2);
  checkTensor("bias of a layer", bias, 1);
  const [rows, columns] = kernel.shape as [number, number];
  const [size] = bias.shape as [number];
  if (size % GATES) {
    refuse(`The bias of a layer must hold 4 values per unit, but it holds ${size}.`);
  }
  const units = size / GATES;
  if (columns !== size || rows <= units) {
    refuse(
      `A layer of ${units} units needs a kernel of (inputs + ${units}) x ${size}, ` +
        `but its shape is ${shapeText(kernel.shape)}.`,
    );
  }
  return { kernel, bias, units, inputs: rows - units };
}

function checkFit({ layers, softmaxW, embedding, vocabSize }: Weights): void {
  let width = vocabSize;
  if (embedding) {
    const [rows, columns] = embedding.shape as [number, number];
    if (rows !== vocabSize) {
      refuse(`The embedding has ${rows} rows, but the softmax has ${vocabSize} ids.`);
    }
    width = columns;
  }
  layers.forEach(({ inputs, units }, number) => {
    if (inputs !== width) {
      const hint = number === 0 && !embedding ? "; is the embedding missing?" : ".";
      refuse(`Layer ${number} reads ${inputs} inputs, but it is given ${width}${hint}`);
    }
    width = units;
  });
  const needed = shapeText([width, vocabSize]);
  if (shapeText(softmaxW.shape) !== needed) {
    refuse(
      `The softmax weights must have the shape ${needed}, but it is ${shapeText(softmaxW.shape)}.`,
    );
  }
}
