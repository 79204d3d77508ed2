// Arrays of numbers as a file holds them: float32, or float16, which stays as it is until it is needed.

import { refuse } from "./errors.ts";

export interface Tensor {
  readonly shape: readonly number[];
  /** A `Uint16Array` holds the bits of float16 numbers. In C order. */
  readonly data: Float32Array | Uint16Array;
}

/** The numbers of a tensor; of a float32 one its own array. */
export function numbersOf({ data }: Tensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data, fromHalf);
}

/** The number that 16 bits stand for, exactly. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
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
  if (data instanceof Float32Array) return data.every(Number.isFinite);
  return data.every((bits) => (bits & 0x7c00) !== 0x7c00);
}

/** A shape as an error quotes it, as Python does. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}
