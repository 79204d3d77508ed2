// The widget of one text in the page: lstm_widget/widgets/text.py.
import type { Colour, Traits } from "../../kernel/protocol.ts";
import { SettingError } from "../errors.ts";
import { checkCell } from "../inspection/inspector.ts";
import { shortRepr } from "../python-repr.ts";
import { asWhole } from "../writing/settings.ts";
import type { Writer } from "../writing/writer.ts";
import { BranchingSession } from "./branches.ts";
import { TEXT } from "./checks.ts";
import type { ToPage } from "./messages.ts";
import { checkFlag, checkOneOf, PageWidget } from "./widget.ts";

const COLOURS: readonly Colour[] = ["none", "surprise", "probability", "rank", "cell"];
const GONE = "This text is no longer being written: start a new one.";

export class TextWidget extends PageWidget<Traits> {
  protected readonly session: BranchingSession;

  /** @param budget milliseconds that a message may take at most; tests have more */
  constructor(traits: Traits, writer: Writer, tell: ToPage, budget?: number) {
    const heat = writer.checks.temperature;
    super(traits, writer, tell, {
      temperature: heat,
      inside: (value) => checkFlag("inside", value),
      what_if: (value) => (value === null ? null : heat(value)),
      colour: (value) => checkOneOf("colour", value, COLOURS),
      cell: (value) => cellOf(value, writer.engine.units),
      pointed: (value) => checkFlag("pointed", value),
    });
    this.session = new BranchingSession(this.surroundings([1, 1], GONE, budget));
  }

  protected kept(): Readonly<Record<string, unknown>> {
    const { current, branches } = this.session;
    return { receipt: current?.receipt(TEXT) ?? {}, text: current?.text(TEXT) ?? "", branches };
  }
}

function cellOf(value: unknown, units: readonly number[]): Traits["cell"] {
  if (value === null) return null;
  const [layer, unit, ...others] = Array.isArray(value) ? value.map(asWhole) : [];
  if (typeof layer !== "number" || typeof unit !== "number" || others.length > 0) {
    throw new SettingError(
      `The cell must be a layer and a unit, or None, not ${shortRepr(value)}.`,
    );
  }
  checkCell([layer, unit], units);
  return [layer, unit];
}
