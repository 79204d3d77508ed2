// The text of a receipt once more: lstm_widget/writing/receipt.py.
import type { Receipt } from "../../kernel/protocol.ts";
import { SettingError } from "../errors.ts";
import { shortRepr } from "../python-repr.ts";
import { advanceTogether } from "./batch.ts";
import { Rolled } from "./rolled.ts";
import { Run } from "./run.ts";
import { asWhole } from "./settings.ts";
import type { Writer } from "./writer.ts";

/** What a receipt says; the surprise and the name of the run play no part. */
type Said = Omit<Receipt, "run" | "bits">;

const NAMES: readonly (keyof Said)[] = [
  ...(["model", "fingerprint", "seed", "length", "temperature", "top_k", "top_p", "rng"] as const),
  ...(["temperatures", "placed", "written"] as const),
];
const DAMAGED = "The receipt is damaged: a position in it is not in the text, or there twice.";

/** Something that was done at a position: a change of temperature comes before a character by hand. */
interface Event {
  readonly position: number;
  readonly order: 0 | 1;
  act(run: Run): void;
}

/** Write the text of a receipt. */
export function replay(receipt: unknown, writer: Writer): Run {
  const said = saidIn(receipt);
  const { checks } = writer;
  const settings = {
    seed: checks.seed(said.seed),
    length: checks.length(said.length),
    temperature: checks.temperature(said.temperature),
    top_k: checks.top_k(said.top_k),
    top_p: checks.top_p(said.top_p),
  };
  const rng = checks.rng(said.rng) as number;
  if (said.fingerprint !== writer.fingerprint) {
    const name = shortRepr(said.model);
    throw new SettingError(
      `This receipt belongs to another model, ${name} or another version of it: load that one.`,
    );
  }
  const run = new Run(writer, settings, new Rolled(rng));
  for (const { position, act } of eventsOf(said, settings.length, writer)) {
    advanceTogether([run], position - run.characters.length);
    act(run);
  }
  advanceTogether([run], said.written - run.characters.length);
  return run;
}

function saidIn(receipt: unknown): Said {
  const isTable = typeof receipt === "object" && receipt !== null && !Array.isArray(receipt);
  const missing = isTable ? NAMES.filter((name) => !(name in receipt)) : [];
  if (!isTable || missing.length > 0) {
    const names = missing.map((name) => `'${name}'`).sort();
    const lacks = isTable ? `: it lacks ${names.join(", ")}` : "";
    throw new SettingError(`This is not a receipt of a text${lacks}.`);
  }
  const said = receipt as Said;
  if (said.rng === null) {
    throw new SettingError(
      "This text cannot be replayed: its dice came from a generator, not from a number.",
    );
  }
  return said;
}

function eventsOf(
  { temperatures, placed, written }: Said,
  length: number,
  writer: Writer,
): Event[] {
  const end = asWhole(written);
  const places = [temperatures, placed].map((pairs) => placesOf(pairs, end ?? -1));
  if (end === null || end > length || places.includes(null)) throw new SettingError(DAMAGED);
  const heated = temperatures.map(([position, value]): Event => {
    const temperature = writer.checks.temperature(value);
    return { position, order: 0, act: (run) => run.changeTemperature(temperature) };
  });
  const forced = placed.map(
    ([position, character]): Event => ({ position, order: 1, act: (run) => run.force(character) }),
  );
  return [...heated, ...forced].sort((a, b) => a.position - b.position || a.order - b.order);
}

/** The positions of pairs, each in a text and there once; null if they are anything else. */
function placesOf(pairs: unknown, end: number): number[] | null {
  if (!Array.isArray(pairs)) return null;
  const places = pairs.map((pair) => (Array.isArray(pair) && pair.length === 2 ? pair[0] : null));
  const fit = places.every((place) => asWhole(place) !== null && place >= 0 && place <= end);
  return fit && new Set(places).size === places.length ? places : null;
}
