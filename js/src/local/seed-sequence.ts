// NumPy's SeedSequence: it spreads a whole number over the words that a bit generator begins with.

const POOL = 4;
const INIT_A = 0x43b0d7e5;
const MULT_A = 0x931e8875;
const INIT_B = 0x8b51f9dd;
const MULT_B = 0x58f38ded;
const MIX_L = 0xca01f9dd;
const MIX_R = 0x4973f715;

/** Four words of 64 bits, as `SeedSequence(entropy).generate_state(4, uint64)` returns them. */
export function seedWords(entropy: bigint): bigint[] {
  const pool = pooled(words32(entropy));
  let factor = INIT_B;
  const halves = Array.from({ length: 8 }, (_, n) => {
    const value = (pool[n % POOL] as number) ^ factor;
    factor = Math.imul(factor, MULT_B);
    return folded(Math.imul(value, factor));
  });
  return Array.from(
    { length: 4 },
    (_, n) => (BigInt(halves[2 * n + 1] as number) << 32n) | BigInt(halves[2 * n] as number),
  );
}

/** The digits of a number to the base of 2^32, the lowest first; at least one. */
function words32(number: bigint): number[] {
  const words = [];
  for (let left = number; left > 0n || words.length === 0; left >>= 32n) {
    words.push(Number(left & 0xffffffffn));
  }
  return words;
}

function pooled(entropy: readonly number[]): number[] {
  let factor = INIT_A;
  function hashed(word: number): number {
    const value = word ^ factor;
    factor = Math.imul(factor, MULT_A);
    return folded(Math.imul(value, factor));
  }
  const pool = Array.from({ length: POOL }, (_, n) => hashed(entropy[n] ?? 0));
  function stir(source: number, target: number): void {
    pool[target] = mixed(pool[target] as number, hashed(source));
  }
  for (let source = 0; source < POOL; source += 1) {
    for (let target = 0; target < POOL; target += 1) {
      if (source !== target) stir(pool[source] as number, target);
    }
  }
  for (const word of entropy.slice(POOL)) {
    for (let target = 0; target < POOL; target += 1) stir(word, target);
  }
  return pool;
}

function mixed(x: number, y: number): number {
  return folded((Math.imul(MIX_L, x) - Math.imul(MIX_R, y)) | 0);
}

/** The upper half laid over the lower one; without a sign. */
function folded(value: number): number {
  return (value ^ (value >>> 16)) >>> 0;
}
