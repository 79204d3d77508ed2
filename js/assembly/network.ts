// The arithmetic of the network in WebAssembly with SIMD; `src/local/wasm-network.ts` packs the weights and calls it.
// This is AssemblyScript: the types are those of the machine, and a v128 holds four float32 numbers.
//
// Nearly all of the time goes into products of a kernel and a vector, so a kernel lies in the order in which
// it is read: in panels of 16 outputs, and a panel holds 16 weights of one input after the other. Sixteen inputs
// are summed at a time, and that sum is added to the whole: it is small, so it is rounded less. One text alone
// and several side by side sum in the same order, so each becomes the same, bit by bit.

const FLOAT: usize = 4; // bytes
const VECTOR: usize = 16;
const PANEL: usize = 4 * VECTOR; // of sums
const BLOCK: i32 = 16; // inputs that are summed at a time

/**
 * Add x @ w to the sums z of each text: w [panels, inputs, 16] in float16, x [inputs], z [panels, 16].
 * @param apart bytes from what belongs to one text to what belongs to the next, in x and in z
 */
export function addHalf(
  w: usize,
  panels: i32,
  inputs: i32,
  x: usize,
  z: usize,
  texts: i32,
  apart: usize,
): void {
  add<u16>(w, panels, inputs, x, z, texts, apart);
}

/** The same with weights in float32. */
export function addFloat(
  w: usize,
  panels: i32,
  inputs: i32,
  x: usize,
  z: usize,
  texts: i32,
  apart: usize,
): void {
  add<f32>(w, panels, inputs, x, z, texts, apart);
}

function add<T>(
  w: usize,
  panels: i32,
  inputs: i32,
  x: usize,
  z: usize,
  texts: i32,
  apart: usize,
): void {
  for (let panel = 0; panel < panels; panel += 1) {
    let text = 0;
    for (; text + 1 < texts; text += 2)
      addTwo<T>(w, inputs, x + text * apart, z + text * apart, apart);
    if (text < texts) addOne<T>(w, inputs, x + text * apart, z + text * apart);
    w += inputs * 16 * sizeof<T>();
    z += PANEL;
  }
}

/** Add what one panel makes of one text. */
function addOne<T>(w: usize, inputs: i32, x: usize, z: usize): void {
  let z0 = v128.load(z);
  let z1 = v128.load(z, VECTOR);
  let z2 = v128.load(z, 2 * VECTOR);
  let z3 = v128.load(z, 3 * VECTOR);
  for (const end = x + inputs * FLOAT; x < end; ) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (const last = x + BLOCK * FLOAT; x < last; x += FLOAT) {
      const one = v128.load32_splat(x);
      s0 = f32x4.add(s0, f32x4.mul(one, four<T>(w)));
      s1 = f32x4.add(s1, f32x4.mul(one, four<T>(w + 4 * sizeof<T>())));
      s2 = f32x4.add(s2, f32x4.mul(one, four<T>(w + 8 * sizeof<T>())));
      s3 = f32x4.add(s3, f32x4.mul(one, four<T>(w + 12 * sizeof<T>())));
      w += 16 * sizeof<T>();
    }
    z0 = f32x4.add(z0, s0);
    z1 = f32x4.add(z1, s1);
    z2 = f32x4.add(z2, s2);
    z3 = f32x4.add(z3, s3);
  }
  v128.store(z, z0);
  v128.store(z, z1, VECTOR);
  v128.store(z, z2, 2 * VECTOR);
  v128.store(z, z3, 3 * VECTOR);
}

/** The same for two texts at once, which share every weight. */
function addTwo<T>(w: usize, inputs: i32, x: usize, z: usize, apart: usize): void {
  for (const end = x + inputs * FLOAT; x < end; ) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let t0 = s0;
    let t1 = s0;
    let t2 = s0;
    let t3 = s0;
    for (const last = x + BLOCK * FLOAT; x < last; x += FLOAT) {
      const one = v128.load32_splat(x);
      const two = v128.load32_splat(x + apart);
      const w0 = four<T>(w);
      s0 = f32x4.add(s0, f32x4.mul(one, w0));
      t0 = f32x4.add(t0, f32x4.mul(two, w0));
      const w1 = four<T>(w + 4 * sizeof<T>());
      s1 = f32x4.add(s1, f32x4.mul(one, w1));
      t1 = f32x4.add(t1, f32x4.mul(two, w1));
      const w2 = four<T>(w + 8 * sizeof<T>());
      s2 = f32x4.add(s2, f32x4.mul(one, w2));
      t2 = f32x4.add(t2, f32x4.mul(two, w2));
      const w3 = four<T>(w + 12 * sizeof<T>());
      s3 = f32x4.add(s3, f32x4.mul(one, w3));
      t3 = f32x4.add(t3, f32x4.mul(two, w3));
      w += 16 * sizeof<T>();
    }
    accumulate(z, s0, s1, s2, s3);
    accumulate(z + apart, t0, t1, t2, t3);
  }
}

function accumulate(z: usize, s0: v128, s1: v128, s2: v128, s3: v128): void {
  v128.store(z, f32x4.add(v128.load(z), s0));
  v128.store(z, f32x4.add(v128.load(z, VECTOR), s1), VECTOR);
  v128.store(z, f32x4.add(v128.load(z, 2 * VECTOR), s2), 2 * VECTOR);
  v128.store(z, f32x4.add(v128.load(z, 3 * VECTOR), s3), 3 * VECTOR);
}

/**
 * Four weights in float32. Those in float16 are then 2^102 times too small: the page keeps 2^10 times the
 * weight, and has made what is multiplied with it 2^102 times as large. So no exponent needs to be changed
 * here, and no number is subnormal, which processors are slow with.
 */
function four<T>(w: usize): v128 {
  if (sizeof<T>() === sizeof<f32>()) return v128.load(w);
  const parts = i32x4.shl(v128.load16x4_s(w), 13); // sign and exponent are where a float32 has them,
  return v128.and(parts, i32x4.splat(0x8fffe000)); // but for copies of the sign
}

/**
 * Turn the sums of the gates of a layer into its next c and h, of one text.
 * @param z for every four units four vectors, of the gates i, j, f, o
 * @param scale what h is multiplied with
 */
export function cell(z: usize, groups: i32, c: usize, h: usize, scale: f32): void {
  const half = f32x4.splat(0.5);
  const whole = f32x4.splat(1);
  const factor = f32x4.splat(0.5 * scale);
  for (let group = 0; group < groups; group += 1) {
    // sigmoid(a) = (1 + tanh(a / 2)) / 2; the outer halves are saved up.
    const i = f32x4.add(tanh(f32x4.mul(v128.load(z), half)), whole);
    const j = tanh(v128.load(z, VECTOR));
    const f = f32x4.add(tanh(f32x4.mul(v128.load(z, 2 * VECTOR), half)), whole);
    const o = f32x4.add(tanh(f32x4.mul(v128.load(z, 3 * VECTOR), half)), whole);
    const next = f32x4.mul(f32x4.add(f32x4.mul(f, v128.load(c)), f32x4.mul(i, j)), half);
    v128.store(c, next);
    v128.store(h, f32x4.mul(f32x4.mul(tanh(next), o), factor));
    z += PANEL;
    c += VECTOR;
    h += VECTOR;
  }
}

/** The formula of lstm_widget/network/compiled.py: x P(x^2) / Q(x^2) up to 8.3, where tanh is nearly 1. */
function tanh(a: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(a, f32x4.splat(8.3)), f32x4.splat(-8.3)); // what is no number remains so
  const y = f32x4.mul(x, x);
  let p = f32x4.splat(1.1457672144388198e-8);
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(1.678780245129019e-5));
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(0.0027664427179843187));
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(0.10458286106586456));
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(0.7788207530975342));
  let q = f32x4.splat(6.480838692368707e-7);
  q = f32x4.add(f32x4.mul(q, y), f32x4.splat(0.00026313832495361567));
  q = f32x4.add(f32x4.mul(q, y), f32x4.splat(0.020320333540439606));
  q = f32x4.add(f32x4.mul(q, y), f32x4.splat(0.3641897439956665));
  q = f32x4.add(f32x4.mul(q, y), f32x4.splat(0.7788207530975342));
  return f32x4.div(f32x4.mul(x, p), q);
}
