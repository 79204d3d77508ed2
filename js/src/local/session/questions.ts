// What a view that looks inside asks, and the answers: lstm_widget/widgets/questions.py.
import type { Activated, Cell, Expected, Finding, Inspected } from "../../kernel/protocol.ts";
import { Foresight } from "../inspection/foresight.ts";
import { Inspector } from "../inspection/inspector.ts";
import { CellFinder } from "../inspection/units.ts";
import type { Run } from "../writing/run.ts";
import type { Writer } from "../writing/writer.ts";
import { type Message, nameIn, spanIn, textIn, wholeIn } from "./checks.ts";
import type { Texts } from "./texts.ts";

/** Milliseconds of work for one question; the page is busy for hardly longer. */
const PIECE = 30;

type Answer<M> = [message: M, buffers: ArrayBufferView[]];

/** Reads what there is again, as far as a view asks. */
export class Questions {
  #foresight: Foresight | null = null;
  #inspector: Inspector | null = null;
  #finder: CellFinder | null = null;
  #found: Cell[] | null = null;

  constructor(
    private readonly writer: () => Writer,
    private readonly piece = PIECE,
  ) {}

  /** What comes after a seed. */
  expected(message: Message): Answer<Expected> {
    const id = nameIn(message, "id");
    const seed = textIn(message, "seed");
    const writer = this.writer();
    this.#foresight ??= new Foresight(writer);
    const { logits, left } = this.#foresight.logits(seed, this.piece);
    const vocabulary = [...writer.model.characters];
    return [{ type: "expected", id, model: writer.name, seed, left, vocabulary }, [logits]];
  }

  /** How characters were chosen. */
  inspected(message: Message, texts: Texts): Answer<Inspected> {
    const span = spanIn(message);
    const { run } = texts.only;
    const found = this.#lookingAt(run).choices(span.position, span.count, this.piece);
    const { logits, ids, dice, temperatures, left } = found;
    const seed = run.seedLength;
    const placed = [...run.forced.keys()].map((place) => seed + place);
    const vocabulary = [...this.writer().model.characters];
    return [
      { ...span, type: "inspected", count: ids.length, left, seed, placed, vocabulary },
      [logits, ids, dice, temperatures],
    ];
  }

  /** What a unit did. */
  activated(message: Message, texts: Texts): Answer<Activated> {
    const span = spanIn(message);
    const layer = wholeIn(message, "layer", 0);
    const unit = wholeIn(message, "unit", 0);
    const looking = this.#lookingAt(texts.only.run);
    const { position, count } = span;
    const { values, left } = looking.activations([layer, unit], position, count, this.piece);
    return [{ ...span, count: values.length, type: "activated", layer, unit, left }, [values]];
  }

  /** Look for cells for a moment; at its end there are the cells. */
  finding(message: Message): { answer: Finding; cells: Cell[] | null } {
    const id = nameIn(message, "id");
    const writer = this.writer();
    let done = 1;
    if (this.#found === null) {
      this.#finder ??= new CellFinder(writer);
      done = this.#finder.advance(this.piece);
      if (done >= 1) {
        this.#found = this.#finder.cells;
        this.#finder = null;
      }
    }
    return { answer: { type: "finding", id, model: writer.name, done }, cells: this.#found };
  }

  /** Let go of the text that was looked at. */
  forget(): void {
    this.#inspector = null;
  }

  #lookingAt(run: Run): Inspector {
    if (this.#inspector?.run !== run) this.#inspector = new Inspector(run);
    return this.#inspector;
  }
}
