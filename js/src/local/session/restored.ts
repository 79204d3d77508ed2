// Texts that were written elsewhere, before they were saved with the page.
import type { SavedLane, SavedTexts } from "../../kernel/protocol.ts";
import { SettingError } from "../errors.ts";
import { Rolled } from "../writing/rolled.ts";
import { Run } from "../writing/run.ts";
import type { Writer } from "../writing/writer.ts";
import { Texts } from "./texts.ts";

/** The texts that were saved, parents before their branches; the network reads them when it is needed. */
export function restored(saved: readonly SavedTexts[], writer: Writer): Texts[] {
  const known = new Map<string, Texts>();
  let dice = new Rolled(0);
  for (const one of saved) {
    const { run, given, lanes, parent: name, position, character } = one;
    const [first, ...others] = lanes;
    const { rng } = given;
    if (first === undefined || rng === null)
      throw new SettingError("A text was saved without its dice.");
    const parent = name === null ? undefined : known.get(name);
    if (parent === undefined) dice = new Rolled(rng); // a branch has those of its parent
    const fork = parent === undefined ? null : { parent, position, character };
    const begun = (lane: SavedLane) => runOf(lane, one, writer, dice);
    const texts = new Texts(run, writer.name, { ...given, rng }, begun(first), first.name, fork);
    for (const lane of others) texts.add(lane.name, begun(lane));
    texts.end(one.reason);
    texts.sent = true;
    texts.show();
    known.set(run, texts);
  }
  return [...known.values()];
}

function runOf(lane: SavedLane, { given, seed }: SavedTexts, writer: Writer, dice: Rolled): Run {
  const { length, temperature } = lane;
  const { top_k, top_p } = given;
  const run = new Run(writer, { seed, length, temperature, top_k, top_p }, dice);
  run.take(lane);
  return run;
}
