// Arrays of numbers as a file holds them: float32, or float16, which stays as it is until it is needed.

import { refuse } from "./errors.ts";

export interface Tensor {
  readonly shape: readonly number[];
  /** A `Uint16Array` holds the bits of float16 numbers. In C order. */
  readonly data: Float32Array | Uint16Array;
}

/** The first `count` numbers of a tensor, or all; of a float32 one a view. */
export function numbersOf({ data }: Tensor, count = data.length): Float32Array {
  if (data instanceof Float32Array) return data.subarray(0, count);
  // A float16 has its parts in the order of a float32, with an exponent that is smaller by 112.
  const bits = new Uint32Array(count);
  for (let n = 0; n < count; n += 1) {
    const half = data[n] as number;
    bits[n] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
  }
  const numbers = new Float32Array(bits.buffer);
  for (let n = 0; n < count; n += 1) (numbers[n] as number) *= 2 ** 112;
  return numbers;
}

/** Whether the numbers of a tensor are float16 ones whose exponent is below another; 31 is that of infinity. */
export function areHalvesBelow(exponent: number, { data }: Tensor): boolean {
  if (!(data instanceof Uint16Array)) return false;
  for (let n = 0; n < data.length; n += 1) {
    if (((data[n] as number) & 0x7fff) >= exponent << 10) return false;
  }
  return true;
}

/** Refuse a tensor that has not `ndim` dimensions, or holds what is no number. */
export function checkTensor(name: string, tensor: Tensor, ndim: number): void {
  const { shape, data } = tensor;
  if (shape.length !== ndim || shape.includes(0)) {
    refuse(
      `The ${name} must have ${ndim} non-empty dimension(s), but its shape is ${shapeText(shape)}.`,
    );
  }
  if (!(data instanceof Float32Array ? allFinite(data) : areHalvesBelow(31, tensor))) {
    refuse(
      `The ${name} holds values that are not finite numbers (NaN or infinity): the file is damaged.`,
    );
  }
}

function allFinite(data: Float32Array): boolean {
  for (let n = 0; n < data.length; n += 1) if (!Number.isFinite(data[n])) return false;
  return true;
}

/** A shape as an error quotes it, as Python does. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}
