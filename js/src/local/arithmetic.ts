// What `assembly/network.ts` exports; places are in bytes, and sizes in numbers.

import bytes from "./network.wasm";

export interface Arithmetic {
  addHalf: AddProduct;
  addFloat: AddProduct;
  cell(z: number, groups: number, c: number, h: number, scale: number): void;
}

type AddProduct = (
  w: number,
  panels: number,
  inputs: number,
  x: number,
  z: number,
  texts: number,
  apart: number,
) => void;

let module: WebAssembly.Module | null = null;

/** The arithmetic in a memory; an error where there is no WebAssembly with SIMD, or where a page forbids it. */
export function arithmeticIn(memory: WebAssembly.Memory): Arithmetic {
  module ??= new WebAssembly.Module(bytes);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as Arithmetic;
}
