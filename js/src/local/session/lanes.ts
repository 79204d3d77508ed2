// The widget of several lanes in the page: lstm_widget/widgets/lanes.py.
import type { LanesTraits } from "../../kernel/protocol.ts";
import { SettingError } from "../errors.ts";
import { shortRepr } from "../python-repr.ts";
import type { Checks } from "../writing/settings.ts";
import type { Writer } from "../writing/writer.ts";
import { checkLaneNames } from "./checks.ts";
import type { ToPage } from "./messages.ts";
import { Session } from "./session.ts";
import { PageWidget } from "./widget.ts";

const GONE = "These texts are no longer being written: start new ones.";

export class LanesWidget extends PageWidget<LanesTraits> {
  protected readonly session: Session;
  /** All names there were: a new lane must not find the text of one that is gone. */
  readonly #used: Set<string>;

  /** @param budget milliseconds that a message may take at most; tests have more */
  constructor(traits: LanesTraits, writer: Writer, tell: ToPage, budget?: number) {
    const { least, most } = traits.bounds.lanes;
    super(traits, writer, tell, {
      temperatures: (value) => checkTemperatures(value, [least, most], writer.checks),
      names: checkLaneNames,
    });
    this.#used = new Set(traits.names);
    this.session = new Session(this.surroundings([least, most], GONE, budget));
  }

  protected override take(values: Partial<LanesTraits>): void {
    const { temperatures = this.traits.temperatures, names } = values;
    const lanes = temperatures.length;
    if (names !== undefined && names.length !== lanes) {
      const wanted = `a name for each of the ${lanes} lanes, not ${names.length}`;
      throw new SettingError(`There must be ${wanted}.`);
    }
    super.take(values);
    for (const name of names ?? []) this.#used.add(name);
    if (this.traits.names.length !== lanes) this.publish({ names: this.#named(lanes) });
    this.publish(this.kept());
  }

  /** The names of so many lanes: new ones at the end, and none of those that are there no longer. */
  #named(lanes: number): string[] {
    const names = this.traits.names.slice(0, lanes);
    for (let number = 1; names.length < lanes; number += 1) {
      const name = `lane-${number}`;
      if (!this.#used.has(name)) names.push(name);
      this.#used.add(name);
    }
    return names;
  }

  protected kept(): Readonly<Record<string, unknown>> {
    const { current } = this.session;
    const { names } = this.traits;
    return {
      texts: names.map((name) => current?.text(name) ?? ""),
      receipts: names.map((name) => {
        const receipt = current?.receipt(name) ?? null;
        return receipt === null ? {} : { ...receipt, lane: name };
      }),
    };
  }
}

function checkTemperatures(
  value: unknown,
  [least, most]: readonly [number, number],
  checks: Checks,
): number[] {
  if (!Array.isArray(value)) {
    throw new SettingError(`The temperatures must be a list of numbers, not ${shortRepr(value)}.`);
  }
  const checked = value.map(checks.temperature);
  if (checked.length < least || checked.length > most) {
    throw new SettingError(
      `There must be ${least} to ${most} temperatures, not ${checked.length}.`,
    );
  }
  return checked;
}
