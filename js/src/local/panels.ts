// Kernels in the order in which `assembly/network.ts` reads them: panels of 16 outputs, with 16 weights for each
// input. Of a layer a panel has four units with their four gates i, j, f, o, so that a unit's sums lie together.

import { areHalvesBelow, numbersOf, type Tensor } from "./tensor.ts";

export const OUTPUTS = 16;
/** Inputs that are summed at a time: a kernel has a multiple of so many, and each layer's output, too. */
export const INPUTS = 16;
const UNITS = 4;

/** What each half weight is multiplied with, so that none is subnormal; see `assembly/network.ts`. */
export const HALF_SCALE = 2 ** 10;
const SHIFT = 10;

/** A size made a multiple of another. */
export function padded(size: number, step: number): number {
  return Math.ceil(size / step) * step;
}

/** Where each output of a panel is in a kernel; -1 where there is none. */
export function gateColumns(units: number): Int32Array {
  const columns = new Int32Array(4 * padded(units, UNITS));
  return columns.map((_, n) => {
    const unit = Math.floor(n / OUTPUTS) * UNITS + (n % UNITS);
    const gate = Math.floor(n / UNITS) % 4;
    return unit < units ? gate * units + unit : -1;
  });
}

/** The same for a kernel whose outputs stay in their order. */
export function plainColumns(count: number): Int32Array {
  return new Int32Array(padded(count, OUTPUTS)).map((_, n) => (n < count ? n : -1));
}

/** The rows of a kernel that reads several vectors, each of them padded; -1 where there is none. */
export function rowsOf(first: number, ...sizes: readonly number[]): Int32Array {
  let row = first;
  return Int32Array.from(
    sizes.flatMap((size) =>
      Array.from({ length: padded(size, INPUTS) }, (_, n) => (n < size ? row++ : -1)),
    ),
  );
}

/** Whether the weights of all tensors are float16, and none too large to be scaled. */
export function areHalves(tensors: readonly Tensor[]): boolean {
  return tensors.every((tensor) => areHalvesBelow(31 - SHIFT, tensor));
}

/** Lay the weights of a kernel in panels, scaled float16 ones into a `Uint16Array`. */
export function pack(
  kernel: Tensor,
  rows: Int32Array,
  columns: Int32Array,
  into: Float32Array | Uint16Array,
): void {
  const width = kernel.shape[1] as number;
  const half = into instanceof Uint16Array;
  const source = half ? kernel.data : numbersOf(kernel);
  let place = 0;
  for (let panel = 0; panel < columns.length; panel += OUTPUTS) {
    for (const row of rows) {
      const start = row * width;
      for (let n = panel; n < panel + OUTPUTS; n += 1, place += 1) {
        const column = columns[n] as number;
        if (row < 0 || column < 0) continue; // what is missing counts as zero
        const weight = source[start + column] as number;
        into[place] = half ? scaled(weight) : weight;
      }
    }
  }
}

/** The bits of a float16 number times 2^10. The exponent may be one that else means infinity. */
function scaled(bits: number): number {
  if (bits & 0x7c00) return bits + (SHIFT << 10);
  const fraction = bits & 0x3ff;
  if (fraction === 0) return bits;
  const places = Math.clz32(fraction) - 21; // to the bit that goes without saying
  return (bits & 0x8000) | ((SHIFT - places + 1) << 10) | ((fraction << places) & 0x3ff);
}
