// @vitest-environment node
import { beforeEach, describe, expect, test } from "vitest";
import type { Arrived } from "../src/inside/choice-rows.ts";
import { Replay } from "../src/inside/replay.ts";
import { barOf, distribution, pick } from "../src/local/sampling.ts";
import { dice } from "./fake-kernel.ts";

const NEAR_ONE = 1 - 2 ** -53;
/** A die that lies nearer to an edge than this is left out: there, rounding decides. */
const TOO_NEAR = 1e-9;
const LIMITS: [topK: number | null, topP: number | null][] = [
  [null, null],
  [5, null],
  [null, 0.8],
  [7, 0.9],
  [1000, 1],
];

let random: () => number;

beforeEach(() => {
  random = dice(7);
});

function whole(end: number): number {
  return Math.floor(random() * end);
}

/** Logits among which some are equal, and some are of ids without a character. */
function someLogits(count: number): Float32Array {
  const logits = Float32Array.from({ length: count }, () => {
    const logit = 16 * random() - 8;
    const kind = random();
    return kind < 0.1 ? Number.NEGATIVE_INFINITY : kind < 0.5 ? Math.round(logit) : logit;
  });
  logits[whole(count)] = 3; // at least one character
  return logits;
}

function someTemperature(): number {
  return 10 ** (3 * random() - 2);
}

interface Entry {
  id: number;
  /** Among those that are kept. */
  share: number;
}

function total(entries: readonly Entry[]): number {
  return entries.reduce((sum, { share }) => sum + share, 0);
}

/** The same again, as one would do it by hand: the entries of all ids in order, 0 if they are not kept. */
function slowly(
  logits: Float32Array,
  temperature: number,
  [topK, topP]: (typeof LIMITS)[number] = [null, null],
): { entries: Entry[]; near: number } {
  const top = Math.max(...logits);
  const entries = Array.from(logits, (logit, id) => ({
    id,
    logit,
    share:
      temperature < 1e-9
        ? 0
        : logit === -Infinity
          ? 0
          : Math.exp(logit / temperature - top / temperature),
  }));
  entries.sort((a, b) => (a.logit === b.logit ? a.id - b.id : a.logit > b.logit ? -1 : 1));
  if (temperature < 1e-9 && entries[0]) entries[0].share = 1;
  const limit = (count: number) => {
    for (const entry of entries.slice(count)) entry.share = 0;
    const sum = total(entries);
    for (const entry of entries) entry.share /= sum;
  };
  limit(topK ?? entries.length);
  let near = 1;
  if (topP !== null) {
    const masses = entries.map((_, n) => total(entries.slice(0, n + 1)));
    if (topP < 1) near = Math.min(...masses.map((mass) => Math.abs(mass - topP)));
    limit(topP < 1 ? 1 + masses.findIndex((mass) => mass >= topP) : entries.length);
  }
  return { entries, near };
}

/** What a die chooses; undefined if it is too near to call. */
function slowChoice(...[u, ...how]: [number, ...Parameters<typeof slowly>]): number | undefined {
  const { entries, near } = slowly(...how);
  const edges = entries.map((_, n) => total(entries.slice(0, n + 1)));
  if (Math.min(near, ...edges.map((edge) => Math.abs(edge - u))) < TOO_NEAR) return undefined;
  return entries.find((_, n) => (edges[n] ?? 0) > u)?.id;
}

function bitsOf(shares: number[]): number {
  return shares.reduce((sum, share) => sum + (share > 0 ? -share * Math.log2(share) : 0), 0);
}

function inOrder(logits: Float32Array): Float32Array {
  return logits.slice().sort().reverse();
}

describe("the bar", () => {
  test("is the one that is laid out by hand", () => {
    for (let n = 0; n < 400; n += 1) {
      const logits = someLogits(1 + whole(60));
      const temperature = someTemperature();
      const limits = LIMITS[n % LIMITS.length] ?? [null, null];
      const { entries, near } = slowly(logits, temperature, limits);
      if (near < TOO_NEAR) continue;
      const edges = barOf(inOrder(logits), temperature, ...limits);
      const end = edges.at(-1) ?? 0;
      entries.forEach((_, rank) => {
        const edge = (edges[rank] ?? end) / end;
        expect(edge).toBeCloseTo(total(entries.slice(0, rank + 1)), 12);
      });
    }
  });

  test("is not normalised, and begins with 1", () => {
    const edges = barOf(Float64Array.of(2, 2, 2 - Math.LN2), 1);
    expect(edges[0]).toBe(1);
    expect(edges[2]).toBeCloseTo(2.5, 12);
  });

  test.each([1, 2, 3, 4])("reaches top-p if it meets it exactly: %d of 4", (kept) => {
    expect(barOf(new Float32Array(4), 1, null, kept / 4)).toHaveLength(kept);
  });

  test("of three that are kept by top-k, top-p keeps its share again", () => {
    const ranked = Float32Array.from([0.4, 0.3, 0.2, 0.1], Math.log);
    expect(barOf(ranked, 1, 3, 0.77)).toHaveLength(2); // 0.7 of 0.9
    expect(barOf(ranked, 1, 3, 0.79)).toHaveLength(3);
  });

  test("has no place for an id without a character, not even at the very end", () => {
    const ranked = Float32Array.of(1, 0, -Infinity, -Infinity);
    for (const temperature of [0, 1e-12, 0.01, 1, 100]) {
      expect(pick(barOf(ranked, temperature), NEAR_ONE)).toBeLessThan(2);
    }
    expect(pick(barOf(ranked, 100), NEAR_ONE)).toBe(1);
  });

  test.each([0, 1e-300, 1e-12])("at temperature %d has one character", (temperature) => {
    const edges = barOf(Float32Array.of(3, 3, 1), temperature, 2, 0.99);
    expect([edges.length, pick(edges, 0), pick(edges, NEAR_ONE)]).toEqual([1, 0, 0]);
  });
});

describe("the die", () => {
  test("picks the first character whose edge lies beyond it", () => {
    const edges = Float64Array.of(1, 3, 3, 4);
    const picked = [0, 0.2499, 0.25, 0.7499, 0.75, NEAR_ONE].map((u) => pick(edges, u));
    expect(picked).toEqual([0, 0, 1, 1, 3, 3]);
  });

  test("can only pick a less likely one as the temperature rises", () => {
    for (let n = 0; n < 200; n += 1) {
      const ranked = inOrder(someLogits(1 + whole(40)));
      const topK = n % 2 ? 1 + whole(20) : null;
      const temperatures = Array.from({ length: 6 }, someTemperature).sort((a, b) => a - b);
      const u = random();
      const ranks = [0, ...temperatures].map((one) => pick(barOf(ranked, one, topK), u));
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    }
  });
});

describe("a distribution", () => {
  test("is the one that is found by hand", () => {
    for (let n = 0; n < 200; n += 1) {
      const logits = someLogits(1 + whole(60));
      const temperature = n % 10 ? someTemperature() : 0;
      const limits = LIMITS[n % LIMITS.length] ?? [null, null];
      const { entries, near } = slowly(logits, temperature, limits);
      if (near < TOO_NEAR) continue;
      const { ids, probabilities, entropy } = distribution(logits, temperature, ...limits);
      expect(Array.from(ids)).toEqual(entries.map(({ id }) => id));
      entries.forEach(({ share }, rank) => {
        expect(probabilities[rank]).toBeCloseTo(share, 12);
      });
      expect(entropy).toBeCloseTo(bitsOf(entries.map(({ share }) => share)), 9);
    }
  });

  test("of zero and minus zero takes the lower id first", () => {
    expect(Array.from(distribution(Float32Array.of(-0, 0, -0, 0), 1).ids)).toEqual([0, 1, 2, 3]);
  });

  test("of equals has as many bits as there are doublings", () => {
    expect(distribution(new Float32Array(8), 0.3).entropy).toBeCloseTo(3, 12);
    expect(distribution(new Float32Array(8), 0.3, 2).entropy).toBeCloseTo(1, 12);
    expect(distribution(new Float32Array(8), 0).entropy).toBe(0);
  });
});

const WIDTH = 23;
const SEED = 4;

/** A text whose dice chose by hand, with two places where somebody else did. */
function written(
  count: number,
  limits = LIMITS[0],
  width = WIDTH,
): Arrived & { rows: Float32Array[] } {
  const rows: Float32Array[] = [];
  const sent = {
    ids: new Int32Array(count),
    dice: new Float64Array(count).fill(Number.NaN),
    temperatures: new Float64Array(count).fill(Number.NaN),
    placed: [SEED + 2, count - 1],
  };
  for (let n = 0; n < count; n += 1) {
    const row = someLogits(width);
    rows.push(row);
    const temperature = n % 9 ? someTemperature() : 0;
    let u = random();
    let chosen = slowChoice(u, row, temperature, limits);
    while (chosen === undefined) {
      u = random();
      chosen = slowChoice(u, row, temperature, limits);
    }
    if (n >= SEED) [sent.dice[n], sent.temperatures[n]] = [u, temperature];
    const isFree = n < SEED || sent.placed.includes(n);
    sent.ids[n] = isFree ? row.indexOf(Math.min(...row.filter(Number.isFinite))) : chosen;
  }
  const logits = new Float32Array(count * width);
  for (const [n, row] of rows.entries()) logits.set(row, n * width);
  return { ...sent, logits, rows };
}

function part(all: Arrived, start: number, end: number, width = WIDTH): Arrived {
  return {
    logits: all.logits.slice(start * width, end * width),
    ids: all.ids.slice(start, end),
    dice: all.dice.slice(start, end),
    temperatures: all.temperatures.slice(start, end),
    placed: all.placed,
  };
}

/** Everything that is known. */
function everything(choices: Replay) {
  return Array.from({ length: choices.length }, (_, index) => ({
    ...choices.at(index),
    logits: choices.logits(index),
    bar: choices.bar(index, 0.7),
  }));
}

describe.each(LIMITS)("a text with top-k %s and top-p %s", (topK, topP) => {
  const limits: (typeof LIMITS)[number] = [topK, topP];
  const COUNT = 120;
  let choices: Replay;
  let sent: ReturnType<typeof written>;

  beforeEach(() => {
    sent = written(COUNT, limits);
    choices = new Replay();
    choices.limits = { topK, topP };
    expect(choices.add(0, sent)).toBe(true);
  });

  test("has been chosen as it is found by hand", () => {
    expect(choices.length).toBe(COUNT);
    sent.rows.forEach((row, index) => {
      const isSeed = index < SEED;
      const own = isSeed ? 1 : (sent.temperatures[index] ?? 1);
      const id = sent.ids[index] ?? 0;
      const { entries } = slowly(row, own, isSeed ? [null, null] : limits);
      const plain = slowly(row, 1).entries.find((entry) => entry.id === id)?.share ?? 0;
      const rank = entries.findIndex((entry) => entry.id === id);
      const found = choices.at(index);
      expect([found.id, found.rank, choices.rank(index)]).toEqual([id, rank, rank]);
      expect(found.die).toBe(isSeed ? null : sent.dice[index]);
      expect(found.temperature).toBe(isSeed ? null : sent.temperatures[index]);
      expect(found.placed).toBe(sent.placed.includes(index));
      expect(found.probability).toBeCloseTo(entries[rank]?.share ?? 0, 12);
      expect(choices.probability(index)).toBe(found.probability);
      expect(found.entropy).toBeCloseTo(bitsOf(entries.map(({ share }) => share)), 9);
      expect(found.surprise).toBeCloseTo(-Math.log2(plain), 9);
      expect(choices.surprise(index)).toBe(found.surprise);
      expect(choices.logits(index)).toEqual(row);
    });
  });

  test("has for each character the bar that is laid out by hand, up to 1", () => {
    for (const temperature of [0, 0.3, 1, 2]) {
      sent.rows.forEach((row, index) => {
        const { entries, near } = slowly(row, temperature, index < SEED ? [null, null] : limits);
        if (near < TOO_NEAR) return;
        const { ids, edges } = choices.bar(index, temperature);
        expect(edges).toHaveLength(ids.length);
        expect(edges.at(-1)).toBe(1);
        expect(Array.from(ids)).toEqual(entries.slice(0, ids.length).map(({ id }) => id));
        edges.forEach((edge, rank) => {
          expect(edge).toBeCloseTo(total(entries.slice(0, rank + 1)), 12);
        });
        expect(total(entries.slice(ids.length))).toBeCloseTo(0, 12);
      });
    }
  });

  test("would be another one at another temperature where the same die says so", () => {
    let others = 0;
    for (const temperature of [0, 0.2, 0.6, 1, 3]) {
      const expected: number[] = [];
      sent.rows.forEach((row, index) => {
        const id = sent.ids[index] ?? 0;
        if (index < SEED) {
          expect(choices.wouldBe(index, temperature)).toBe(id);
          return;
        }
        const chosen = slowChoice(sent.dice[index] ?? 0, row, temperature, limits);
        const would = choices.wouldBe(index, temperature);
        if (chosen !== undefined) expect(would).toBe(chosen);
        if (would !== id && !sent.placed.includes(index)) expected.push(index);
      });
      expect(choices.changed(temperature)).toEqual(expected);
      others += expected.length;
    }
    expect(others).toBeGreaterThan(50);
  });

  test("would be the same at the temperature of each", () => {
    for (let index = SEED; index < COUNT; index += 1) {
      const own = sent.temperatures[index] ?? 0;
      if (!sent.placed.includes(index)) expect(choices.changed(own)).not.toContain(index);
    }
  });

  test("is the same if the limits come afterwards", () => {
    const late = new Replay();
    late.add(0, sent);
    late.limits = { topK, topP };
    expect(everything(late)).toEqual(everything(choices));
  });
});

test("a character that the limits leave out, but somebody put there, had no chance", () => {
  const choices = new Replay();
  const [half, one] = [Float64Array.of(0.5), Float64Array.of(1)];
  const logits = new Float32Array(4);
  choices.add(0, { logits, ids: Int32Array.of(3), dice: half, temperatures: one, placed: [0] });
  expect(choices.at(0)).toMatchObject({ rank: 3, probability: 0.25, entropy: 2, surprise: 2 });
  choices.limits = { topK: 2, topP: null };
  expect(choices.at(0)).toMatchObject({ rank: 3, probability: 0, entropy: 1, surprise: 2 });
  choices.limits = { topK: null, topP: 0.75 };
  expect(choices.at(0)).toMatchObject({ rank: 3, probability: 0, surprise: 2 });
  expect(choices.at(0).entropy).toBeCloseTo(Math.log2(3), 12);
});

describe("what the kernel sends", () => {
  const COUNT = 60;
  let choices: Replay;
  let all: Arrived;

  beforeEach(() => {
    choices = new Replay();
    all = written(COUNT);
  });

  function atOnce(): ReturnType<typeof everything> {
    const other = new Replay();
    other.add(0, all);
    return everything(other);
  }

  test("may come in pieces of any size, some of them twice", () => {
    let [start, end] = [0, 0];
    while (end < COUNT) {
      [start, end] = [whole(end + 1), Math.min(COUNT, end + whole(9))];
      if (start < end) expect(choices.add(start, part(all, start, end))).toBe(true);
    }
    expect(everything(choices)).toEqual(atOnce());
  });

  test("is refused behind a gap", () => {
    expect(choices.add(1, part(all, 1, 5))).toBe(false);
    expect(choices.length).toBe(0);
    choices.add(0, part(all, 0, 10));
    expect(choices.add(11, part(all, 11, 20))).toBe(false);
    expect(choices.length).toBe(10);
    expect(choices.add(10, part(all, 10, COUNT))).toBe(true);
    expect(everything(choices)).toEqual(atOnce());
  });

  test("is ignored if it is known: the first word counts", () => {
    choices.add(0, part(all, 0, 10));
    const other = written(10);
    expect(choices.add(0, other)).toBe(true);
    expect(everything(choices)).toEqual(atOnce().slice(0, 10));
  });

  test("is refused if its sizes do not fit together, or not to what is known", () => {
    choices.add(0, part(all, 0, 10));
    const next = part(all, 10, 20);
    for (const wrong of [
      { logits: next.logits.slice(1) },
      { logits: new Float32Array(10 * (WIDTH + 1)) },
      { dice: next.dice.slice(1) },
      { temperatures: new Float64Array(11) },
      { ids: next.ids.map(() => WIDTH) },
      { ids: next.ids.map(() => -1) },
    ]) {
      expect(choices.add(10, { ...next, ...wrong })).toBe(false);
    }
    expect(everything(choices)).toEqual(atOnce().slice(0, 10));
  });

  test("may be of nothing", () => {
    expect(choices.add(0, part(all, 0, 0))).toBe(true);
    expect(choices.length).toBe(0);
  });

  test("is forgotten from a place on, and sent again", () => {
    choices.add(0, all);
    choices.truncate(COUNT + 5);
    expect(choices.length).toBe(COUNT);
    choices.truncate(20);
    expect(choices.length).toBe(20);
    expect(() => choices.at(20)).toThrow("Nothing is known of the character 20.");
    expect(choices.changed(50).every((index) => index < 20)).toBe(true);
    const branch = written(COUNT);
    choices.add(20, { ...part(branch, 20, COUNT), placed: [20] });
    expect(choices.at(20).placed).toBe(true);
    expect(choices.at(SEED + 2).placed).toBe(true);
    expect(choices.at(COUNT - 1).placed).toBe(false); // as it was before
    expect(choices.at(30).id).toBe(branch.ids[30]);
  });

  test("is forgotten for a text of another model", () => {
    choices.add(0, all);
    choices.truncate(0);
    expect(choices.length).toBe(0);
    expect(choices.changed(1)).toEqual([]);
    const other = written(30, LIMITS[0], WIDTH + 8);
    expect(choices.add(0, other)).toBe(true);
    expect(choices.logits(29)).toEqual(other.rows[29]);
    expect(choices.at(29).id).toBe(other.ids[29]);
  });

  test("takes no more room than it may, and keeps what is cheap of all", () => {
    const [count, width, most] = [3000, 50, 60_000];
    const logits = Array.from({ length: count }, () => someLogits(width));
    const ids = logits.map((row) => row.indexOf(Math.max(...row)));
    const sent = (from: number, to: number) => ({
      logits: Float32Array.from(logits.slice(from, to).flatMap((row) => [...row])),
      ids: Int32Array.from(ids.slice(from, to)),
      dice: new Float64Array(to - from).fill(0.5),
      temperatures: new Float64Array(to - from).fill(0.7),
      placed: [],
    });
    const all = new Replay(Number.POSITIVE_INFINITY);
    all.add(0, sent(0, count));
    const choices = new Replay(most);
    let size = 1;
    for (let from = 0; from < count; from += size) {
      size = Math.min(1 + whole(400), count - from);
      expect(choices.add(from, sent(from, from + size))).toBe(true);
      expect(choices.bytes).toBeLessThan(1.2 * most + 40 * (from + size));
    }
    expect(choices.length).toBe(count);
    expect(count - choices.first).toBeGreaterThan(150);
    const changed = all.changed(0.1).filter((index) => index >= choices.first);
    expect(choices.changed(0.1)).toEqual(changed);
    for (let index = 0; index < count; index += 1) {
      expect(choices.rank(index)).toBe(all.rank(index));
      if (choices.has(index)) expect(choices.at(index)).toEqual(all.at(index));
      else if (index % 100 === 0) expect(() => choices.at(index)).toThrow();
    }
    // A branch long ago.
    choices.truncate(700);
    expect(choices.has(600)).toBe(false);
    choices.add(700, sent(700, 850));
    for (const index of [700, 800, 849]) expect(choices.at(index)).toEqual(all.at(index));
    expect(choices.surprise(650)).toBe(all.surprise(650));
  });

  test("may be of more characters than 16 bits can name", () => {
    const width = 70_000;
    const logits = Float32Array.from({ length: 2 * width }, (_, n) => n % width);
    const ids = Int32Array.of(69_999, 65_600);
    const how = Float64Array.of(0.5, 0.5);
    choices.add(0, { logits, ids, dice: how, temperatures: how, placed: [] });
    expect([choices.at(0).rank, choices.at(1).rank]).toEqual([0, 69_999 - 65_600]);
    expect(choices.wouldBe(1, 0)).toBe(69_999);
    expect(Array.from(choices.bar(1, 1).ids.slice(0, 2))).toEqual([69_999, 69_998]);
  });

  test("may be 20,000 characters of 100", () => {
    const [count, width, piece] = [20_000, 100, 500];
    const source = written(piece, LIMITS[0], width);
    for (let start = 0; start < count; start += piece)
      choices.add(start, { ...source, placed: [] });
    expect(choices.length).toBe(count);
    const first = choices.changed(1.5).filter((index) => index < piece);
    expect(first.length).toBeGreaterThan(10);
    const every = Array.from({ length: count / piece }, (_, n) => first.map((i) => i + n * piece));
    expect(choices.changed(1.5)).toEqual(every.flat());
  });
});
