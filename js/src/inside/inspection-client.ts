import type { Activate, Activated, Expected, Inspect, Inspected } from "../kernel/protocol.ts";
import type { Questions } from "../kernel/questions.ts";
import { isSame, type Place } from "./any-cell.ts";
import { Replay } from "./replay.ts";

/** Characters asked about at a time. */
const PIECE = 512;
/** Milliseconds between two questions about a text that is being written: fewer messages for the kernel. */
const INTERVAL = 100;

/**
 * What the kernel knows of the text that is shown: asked for piece by piece, one question of a kind at a time,
 * and never while the look inside is closed.
 */
export class InspectionClient {
  /** Characters of the seed, as the model reads it; null until the kernel has said. */
  seedLength: number | null = null;
  /** What the chosen cell did: tanh(c) after each character. */
  activations: number[] = [];
  /** Logits of the character after the seed. */
  expected: Float32Array | null = null;
  #run: string | undefined;
  #cell: Place | null = null;
  #seed: string | null = null;
  #model = "";
  #wanted = 0;
  /** A character of which all is to be known, though it may be long ago. */
  #pointed: number | null = null;
  /** Questions about this text or cell that were refused: they would be again. */
  readonly #refused = new Set<"inspect" | "activate">();
  /** When the latest block was asked for, and the clock that asks for the next one. */
  #latest = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param learnt called when something is known that was not */
  constructor(
    private readonly questions: Questions,
    private readonly learnt: () => void,
    signal: AbortSignal,
    readonly choices = new Replay(),
  ) {
    signal.addEventListener("abort", () => this.rest(), { once: true });
  }

  /** Ask for nothing until something is wanted again. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#wanted = 0;
    if (this.questions.isOpen("expect")) this.#seed = null;
    for (const kind of ["expect", "inspect", "activate"] as const) this.questions.drop(kind);
  }

  /** Another text; `shared` characters, counted from the first one of the seed, are those of the one before. */
  begin(run: string | undefined, shared = 0): void {
    this.#run = run;
    this.#pointed = null;
    this.choices.truncate(shared);
    if (shared === 0) this.seedLength = null;
    this.activations.length = Math.min(this.activations.length, shared);
    this.#refused.clear();
  }

  /** Ask until this many characters are known, including the seed's. */
  want(length: number): void {
    this.#wanted = length;
    this.#ask();
  }

  /** Ask for all of one character, if that is not kept. */
  point(index: number): void {
    this.#pointed = index;
    this.#ask(true);
  }

  /** Ask what another cell did, or about none. */
  set cell(cell: Place | null) {
    if (isSame(cell, this.#cell)) return;
    this.#cell = cell;
    this.activations = [];
    this.#refused.delete("activate");
    this.#ask();
  }

  /** Ask what comes after a seed. */
  expect(seed: string, model: string): void {
    if (seed === this.#seed && model === this.#model) return;
    this.#seed = seed;
    this.#model = model;
    if (!this.questions.isOpen("expect")) void this.#expect();
  }

  /** Take what came, which is about this text; returns whether it fits. */
  #inspected({ position, placed, seed }: Inspected, buffers: readonly DataView[]): boolean {
    const [logits, ids, dice, temperatures] = buffers;
    if (!logits || !ids || !dice || !temperatures) return false;
    const { length: known } = this.choices;
    const had = position < known && this.choices.has(position);
    this.choices.add(position, {
      logits: new Float32Array(aligned(logits)),
      ids: new Int32Array(aligned(ids)),
      dice: new Float64Array(aligned(dice)),
      temperatures: new Float64Array(aligned(temperatures)),
      placed,
    });
    this.seedLength = seed;
    if (this.choices.length > known || had !== this.choices.has(position)) this.learnt();
    return true;
  }

  #activated({ position }: Activated, [values]: readonly DataView[]): boolean {
    if (values === undefined || position > this.activations.length) return false;
    const added = new Float32Array(aligned(values)).subarray(this.activations.length - position);
    this.activations.push(...added);
    if (added.length > 0) this.learnt();
    return true;
  }

  async #expect(): Promise<void> {
    const [seed, model] = [this.#seed, this.#model];
    if (seed === null) return;
    const outcome = await this.questions.ask({ type: "expect", seed });
    const isMeant = seed === this.#seed && model === this.#model; // else it was typed on meanwhile
    if (outcome.is === "answered") this.#expected(outcome.answer, outcome.buffers);
    else if (outcome.is === "lost" || (outcome.is === "refused" && !isMeant)) void this.#expect();
  }

  #expected({ seed, model, left }: Expected, [logits]: readonly DataView[]): void {
    const isMeant = seed === this.#seed && model === this.#model;
    if (!isMeant || left > 0) {
      if (!isMeant) this.expected = null;
      void this.#expect();
    } else if (logits) {
      this.expected = new Float32Array(aligned(logits));
      this.learnt();
    }
  }

  /** @param isAgain whether the kernel has only begun to find what it was asked for */
  #ask(isAgain = false): void {
    const run = this.#run;
    if (run === undefined) return;
    if (this.#pointed !== null && this.choices.has(this.#pointed)) this.#pointed = null;
    const missing = this.#pointed === null ? this.#wanted - this.choices.length : 1;
    const silent = this.#cell === null ? 0 : this.#wanted - this.activations.length;
    clearTimeout(this.#timer);
    const early = this.#latest + INTERVAL - performance.now();
    if (early > 0 && !isAgain && Math.max(missing, silent) < PIECE) {
      this.#timer = setTimeout(() => this.#ask(), early);
      return;
    }
    if (missing > 0) {
      const position = this.#pointed ?? this.choices.length;
      void this.#question({ type: "inspect", run, position, count: Math.min(missing, PIECE) });
    }
    if (this.#cell !== null && silent > 0) {
      const [layer, unit] = this.#cell;
      const part = { position: this.activations.length, count: Math.min(silent, PIECE) };
      void this.#question({ type: "activate", run, layer, unit, ...part });
    }
  }

  async #question(question: Omit<Inspect, "id"> | Omit<Activate, "id">): Promise<void> {
    const { type, run } = question;
    if (this.questions.isOpen(type) || this.#refused.has(type)) return;
    this.#latest = performance.now();
    const outcome = await this.questions.ask(question);
    if (outcome.is === "dropped") return;
    if (outcome.is !== "answered" || !this.#isMeant(outcome.answer)) {
      if (outcome.is === "refused" && run === this.#run) this.#refused.add(type);
      this.#ask(); // about the text and cell that are shown by now
      return;
    }
    const { answer, buffers } = outcome;
    const isInspected = answer.type === "inspected";
    const fits = isInspected ? this.#inspected(answer, buffers) : this.#activated(answer, buffers);
    // An answer without characters: the kernel has no more for now.
    if (fits && (answer.count > 0 || answer.left > 0)) this.#ask(answer.left > 0);
  }

  #isMeant(answer: Inspected | Activated): boolean {
    if (answer.run !== this.#run) return false;
    if (answer.type === "inspected") return true;
    return isSame([answer.layer, answer.unit], this.#cell);
  }
}

/** A copy of what came, as arrays of numbers must begin at a multiple of their size. */
function aligned({ buffer, byteOffset, byteLength }: DataView): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
