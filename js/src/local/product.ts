// The product of a vector and a kernel in plain JavaScript.

/**
 * Add x @ kernel to the sums z, four rows at a time; in float64, which costs nothing here.
 * @param kernel [length of x, length of z]
 */
export function addProduct(z: Float64Array, x: Float32Array, kernel: Float32Array): void {
  const columns = z.length;
  let row = 0;
  for (; row + 3 < x.length; row += 4) addRows(z, x, kernel, row);
  for (; row < x.length; row += 1) {
    const factor = x[row] as number;
    const start = row * columns;
    for (let n = 0; n < columns; n += 1) {
      (z[n] as number) += factor * (kernel[start + n] as number);
    }
  }
}

function addRows(z: Float64Array, x: Float32Array, kernel: Float32Array, row: number): void {
  const columns = z.length;
  const [x0, x1] = [x[row] as number, x[row + 1] as number];
  const [x2, x3] = [x[row + 2] as number, x[row + 3] as number];
  const first = row * columns;
  const second = first + columns;
  const third = second + columns;
  const fourth = third + columns;
  for (let n = 0; n < columns; n += 1) {
    (z[n] as number) +=
      x0 * (kernel[first + n] as number) +
      x1 * (kernel[second + n] as number) +
      (x2 * (kernel[third + n] as number) + x3 * (kernel[fourth + n] as number));
  }
}
