import { box } from "../dom/elements.ts";
import { randomName } from "../kernel/names.ts";
import type { Bounds, LaneAsked, LaneChunk, LaneReceipt } from "../kernel/protocol.ts";
import { Column } from "./column.ts";
import { Comparison } from "./comparison.ts";

export interface BoardListener {
  /** The reader has changed the lanes: their temperatures, or which there are. */
  changed(lanes: LaneAsked[]): void;
}

/** The lanes side by side, and where each departs from the one to its left. */
export class Board {
  readonly root = box("lstm-columns");
  #columns: Column[] = [];
  /** Of each column with the one to its left; the first has none. */
  #comparisons: Comparison[] = [];
  #seed = "";
  #isLocked = false;

  constructor(
    private readonly bounds: Record<"temperature" | "lanes", Bounds>,
    private readonly listener: BoardListener,
    private readonly signal: AbortSignal,
  ) {}

  get lanes(): LaneAsked[] {
    return this.#columns.map(({ name, temperature }) => ({ name, temperature }));
  }

  /** Have these lanes, in this order; those that were there before keep their texts. */
  set lanes(lanes: readonly LaneAsked[]) {
    const before = this.#columns;
    const isSame =
      before.length === lanes.length && before.every(({ name }, n) => name === lanes[n]?.name);
    if (!isSame) {
      const known = new Map(before.map((column) => [column.name, column]));
      this.#columns = lanes.map(({ name }) => known.get(name) ?? this.#make(name));
      for (const column of before) if (!this.#columns.includes(column)) column.dispose();
      // One that stays where it is keeps its focus, and the place to which it was scrolled.
      this.#columns.forEach(({ root }, n) => {
        const there = this.root.children[n] ?? null;
        if (there !== root) this.root.insertBefore(root, there);
      });
    }
    this.#columns.forEach((column, n) => {
      column.temperature = lanes[n]?.temperature ?? 0;
      column.number = n + 1;
      column.removable = lanes.length > this.bounds.lanes.least;
      column.locked = this.#isLocked;
    });
    if (!isSame) this.#compare();
  }

  /** Whether the reader can have one more. */
  get open(): boolean {
    return !this.#isLocked && this.#columns.length < this.bounds.lanes.most;
  }

  /** Whether the notebook sets the lanes, so that the reader can change none. */
  set locked(is: boolean) {
    this.#isLocked = is;
    for (const column of this.#columns) column.locked = is;
  }

  /** Add a lane at the end, a little hotter than the last. */
  add(): void {
    if (!this.open) return;
    const { most, slider_most = most } = this.bounds.temperature;
    const last = this.#columns.at(-1)?.temperature ?? 0;
    const hotter = Math.min(last + 0.3, Math.max(last, slider_most));
    const added = { name: randomName(), temperature: Math.round(100 * hotter) / 100 };
    this.#set([...this.lanes, added]);
  }

  /** The first lane with a temperature that was typed and is none. */
  get wrong(): Column | undefined {
    return this.#columns.find(({ problem }) => problem);
  }

  /** Number of characters of the longest text that are shown. */
  get shown(): number {
    return Math.max(0, ...this.#columns.map(({ shown }) => shown));
  }

  /** Number of characters of the longest text that came. */
  get came(): number {
    return Math.max(0, ...this.#columns.map(({ came }) => came));
  }

  /** Number of characters of a lane that came. */
  cameOf(name: string): number {
    return this.#columns.find((column) => column.name === name)?.came ?? 0;
  }

  /** Begin new texts. */
  begin(seed: string): void {
    this.#seed = seed;
    for (const column of this.#columns) column.begin(seed);
    this.#compare();
  }

  /** Show texts that are there; without a receipt, a lane has none. */
  restore(texts: readonly string[], receipts: readonly Partial<LaneReceipt>[]): void {
    this.#seed = receipts.find(({ seed }) => seed !== undefined)?.seed ?? "";
    this.#columns.forEach((column, n) => {
      const { written, bits, temperatures } = receipts[n] ?? {};
      const mean = written && bits !== undefined ? bits / written : null;
      column.begin(this.#seed, texts[n] ?? "", temperatures, mean);
    });
    this.#compare();
  }

  receive(text: string, chunk: LaneChunk): void {
    this.#columns.find(({ name }) => name === chunk.name)?.receive(text, chunk);
  }

  /** Show what came of each lane, up to this many characters. */
  show(most: number): void {
    const shown = this.#columns.map((column) => column.show(most));
    shown.forEach((text, n) => {
      if (text === "") return;
      this.#comparisons[n]?.grow("right", text);
      this.#comparisons[n + 1]?.grow("left", text);
    });
    // Behind all texts: a page that shows more asks the browser where its end is, which would lay this out.
    for (const n of shown.keys()) {
      this.#columns[n]?.tell();
      this.#tell(n);
    }
  }

  /** Compare all texts anew, as other ones are neighbours. */
  #compare(): void {
    const texts = this.#columns.map(({ text }) => text);
    this.#comparisons = texts.map((text, n) => {
      const comparison = new Comparison();
      comparison.grow("left", texts[n - 1] ?? "");
      comparison.grow("right", text);
      return comparison;
    });
    for (const n of texts.keys()) this.#tell(n);
  }

  #tell(n: number): void {
    this.#columns[n]?.depart(n === 0 ? undefined : this.#comparisons[n]?.departure);
  }

  #make(name: string): Column {
    const changed = {
      heated: () => this.listener.changed(this.lanes),
      removed: () => this.#remove(column),
    };
    const column = new Column(name, this.bounds.temperature, changed, this.signal);
    column.begin(this.#seed);
    return column;
  }

  #remove(column: Column): void {
    const place = this.#columns.indexOf(column);
    this.#set(this.lanes.filter(({ name }) => name !== column.name));
    // The button that was pressed is gone; the one that has come in its place takes the focus.
    (this.#columns[place] ?? this.#columns.at(-1))?.focus("remove");
  }

  #set(lanes: LaneAsked[]): void {
    this.lanes = lanes;
    this.listener.changed(lanes);
  }
}
