// Arrays of numbers as a file holds them: float32, or float16, which stays as it is until it is needed.

import { refuse } from "./errors.ts";

export interface Tensor {
  readonly shape: readonly number[];
  /** A `Uint16Array` holds the bits of float16 numbers. In C order. */
  readonly data: Float32Array | Uint16Array;
}

/** The numbers of a tensor; of a float32 one its own array. */
export function numbersOf({ data }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  // A float16 has its parts in the order of a float32, with an exponent that is smaller by 112.
  const bits = new Uint32Array(data.length);
  for (let n = 0; n < data.length; n += 1) {
    const half = data[n] as number;
    bits[n] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
  }
  const numbers = new Float32Array(bits.buffer);
  for (let n = 0; n < numbers.length; n += 1) (numbers[n] as number) *= 2 ** 112;
  return numbers;
}

/** Refuse a tensor that has not `ndim` dimensions, or holds what is no number. */
export function checkTensor(name: string, { shape, data }: Tensor, ndim: number): void {
  if (shape.length !== ndim || shape.includes(0)) {
    refuse(
      `The ${name} must have ${ndim} non-empty dimension(s), but its shape is ${shapeText(shape)}.`,
    );
  }
  if (!allFinite(data)) {
    refuse(
      `The ${name} holds values that are not finite numbers (NaN or infinity): the file is damaged.`,
    );
  }
}

function allFinite(data: Float32Array | Uint16Array): boolean {
  const whole = data instanceof Float32Array;
  for (let n = 0; n < data.length; n += 1) {
    const number = data[n] as number;
    if (whole ? !Number.isFinite(number) : (number & 0x7c00) === 0x7c00) return false;
  }
  return true;
}

/** A shape as an error quotes it, as Python does. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}
