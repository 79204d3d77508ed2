// Writing texts on, one or several: what is forced comes first, then each die chooses a character:
// lstm_widget/writing/batch.py.

import { choose } from "../choosing.ts";
import type { Lane } from "../engine.ts";
import { surpriseOf } from "../scoring.ts";
import type { Draft } from "./draft.ts";

/** Characters that are written of each text before the state of the network may be kept. */
const PIECE = 64;

/**
 * Write several texts of one model on, side by side; each becomes what it would become alone.
 * @param count characters of each at most; those that are finished wait
 * @param milliseconds for about so long at most: within a long seed nothing may be written
 */
export function advanceTogether(
  runs: readonly Draft[],
  count = Number.POSITIVE_INFINITY,
  milliseconds = Number.POSITIVE_INFINITY,
): void {
  const ends = new Map(
    runs.map((run) => [run, Math.min(run.characters.length + count, run.settings.length)]),
  );
  const deadline = performance.now() + milliseconds;
  try {
    for (;;) {
      const missing = new Map(
        Array.from(ends, ([run, end]) => [run, end - run.characters.length] as const).filter(
          ([, left]) => left > 0,
        ),
      );
      if (missing.size === 0) break;
      writePiece(missing, deadline);
      if (performance.now() >= deadline) break;
    }
  } catch (error) {
    for (const run of runs) run.startOver();
    throw error;
  }
}

/** Read a character of the seeds, or write what is forced, or else a piece of every run. */
function writePiece(missing: ReadonlyMap<Draft, number>, deadline: number): void {
  const runs = [...missing.keys()];
  const seeds = runs.filter(({ unread }) => unread.length > 1);
  const forced = runs.filter(({ awaited }) => awaited !== "");
  if (seeds.length > 0) for (const run of seeds) run.lane.step([run.unread.pop() as number]);
  else if (forced.length > 0) for (const run of forced) writeForced(run);
  else writeSeveral(runs, Math.min(...missing.values()), deadline);
  // For what reads this text again.
  for (const run of runs) run.kept.offer(run.ids.length - run.unread.length, run.lane);
}

/** Write the character that is awaited; its die is used up all the same. */
function writeForced(run: Draft): void {
  const { awaited } = run;
  const id = run.writer.model.vocab.get(awaited) as number;
  const logits = run.lane.step([run.unread.pop() as number]).slice();
  run.forced.set(run.characters.length, awaited);
  run.note([id], [surpriseOf(logits, id)], [logits]);
}

/** Write a piece of each run, of at most `steps` characters. */
function writeSeveral(runs: readonly Draft[], steps: number, deadline: number): void {
  const [only] = runs as readonly [Draft];
  const isOne = runs.length === 1;
  const lane = isOne ? only.lane : only.writer.engine.lane(runs.length);
  if (!isOne) lane.states = runs.map((run) => run.lane.state);
  write(lane, runs, Math.min(steps, PIECE), deadline);
  if (!isOne) {
    const { states } = lane;
    for (const [n, run] of runs.entries()) run.lane.state = states[n] as (typeof states)[number];
  }
}

function write(lane: Lane, runs: readonly Draft[], steps: number, deadline: number): void {
  const size = lane.engine.vocabSize;
  const written = runs.map((run) => ({
    run,
    id: run.unread.pop() as number,
    start: run.characters.length,
    ids: [] as number[],
    surprise: [] as number[],
    logits: [] as Float32Array[],
  }));
  for (let step = 0; step < steps; step += 1) {
    const all = lane.step(written.map(({ id }) => id));
    for (const [n, one] of written.entries()) {
      const { settings, temperature, dice, recent } = one.run;
      const logits = all.subarray(n * size, (n + 1) * size);
      const die = dice.at(one.start + step);
      one.id = choose(logits, temperature, die, settings.top_k, settings.top_p);
      one.ids.push(one.id);
      one.surprise.push(surpriseOf(logits, one.id));
      if (recent !== null) one.logits.push(logits.slice());
    }
    if (performance.now() >= deadline) break;
  }
  for (const { run, ids, surprise, logits } of written) run.note(ids, surprise, logits);
}
