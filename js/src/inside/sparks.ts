import type { Cell } from "../kernel/protocol.ts";
import type { Questions } from "../kernel/questions.ts";
import type { CellList } from "./cell-list.ts";
import type { InspectionClient } from "./inspection-client.ts";

/** Letters that a sparkline shows. */
export const SPAN = 180;
/** Letters that are seen on either side of the one that is looked at, before the window moves. */
const AROUND = 15;

/** What the listed cells did over some letters: asked for one cell after the other, only while they are seen. */
export class Sparks {
  readonly #values = new Map<string, number[]>();
  /** The first letter of the window. */
  #from = 0;
  #refused = false;

  constructor(
    private readonly questions: Questions,
    private readonly source: InspectionClient,
    private readonly learnt: () => void,
  ) {}

  /** Another text is shown. */
  clear(): void {
    this.#values.clear();
    this.#from = 0;
    this.#refused = false;
  }

  /**
   * @param looked the letter that is looked at; null: none
   * @param length of the text
   */
  draw(list: CellList, cells: readonly Cell[], looked: number | null, length: number): void {
    const from = this.#window(looked, length);
    if (from !== this.#from) {
      this.#values.clear();
      this.#from = from;
    }
    const count = Math.min(SPAN, length - from);
    const valuesOf = ({ layer, unit }: Cell) => this.#values.get(`${layer} ${unit}`) ?? [];
    list.showSparks(valuesOf, SPAN, looked === null ? null : looked - from);
    const next = cells.find((cell) => valuesOf(cell).length < count);
    if (next !== undefined && !this.#refused) void this.#ask(next, valuesOf(next), count);
  }

  #window(looked: number | null, length: number): number {
    const from = this.#from;
    if (looked === null || looked < SPAN - AROUND) return 0;
    if (looked >= from + AROUND && looked < from + SPAN - AROUND) return from;
    return Math.max(0, Math.min(looked - SPAN / 2, length - SPAN));
  }

  async #ask({ layer, unit }: Cell, known: readonly number[], count: number): Promise<void> {
    const { run } = this.source;
    if (run === undefined || this.questions.isOpen("activate")) return;
    const from = this.#from;
    const part = { position: from + known.length, count: count - known.length };
    const outcome = await this.questions.ask({ type: "activate", run, layer, unit, ...part });
    if (outcome.is === "dropped") return;
    this.#refused = outcome.is === "refused";
    const [values] = outcome.is === "answered" ? outcome.buffers : [];
    if (values !== undefined && run === this.source.run && from === this.#from) {
      const { buffer, byteOffset, byteLength } = values;
      const added = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
      this.#values.set(`${layer} ${unit}`, [...known, ...added]);
    }
    this.source.resume(); // it may have waited
    this.learnt();
  }
}
