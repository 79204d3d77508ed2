import { bitsPerCharacter, characters } from "../dom/words.ts";
import type { Activate, Activated, Expected, Inspect, Inspected } from "../kernel/protocol.ts";
import type { Questions } from "../kernel/questions.ts";
import { isSame, type Place } from "./any-cell.ts";
import type { Arrived } from "./choice-rows.ts";
import type { Pointed, Vocabulary } from "./choice-words.ts";
import { type Limits, Replay } from "./replay.ts";

/** Characters asked about at a time. */
const PIECE = 512;
/** Milliseconds between two questions about a text that is being written: fewer messages for the kernel. */
const INTERVAL = 100;

/** What may come after the seed, by the model that is chosen. */
export interface Foreseen {
  readonly seed: string;
  readonly logits: Float32Array;
  readonly vocabulary: Vocabulary;
}

/**
 * What the kernel knows of the text that is shown: asked for piece by piece, one question of a kind at a time,
 * and never while the look inside is closed.
 */
export class InspectionClient {
  /** Characters of the seed, as the model reads it; null until the kernel has said. */
  seedLength: number | null = null;
  /** What the chosen cell did: tanh(c) after each character. */
  activations: number[] = [];
  expected: Foreseen | null = null;
  /** That of the text, once anything of it is known. */
  #vocabulary: Vocabulary = [];
  #run: string | undefined;
  #cell: Place | null = null;
  #seed: string | null = null;
  #model = "";
  /** Characters of which all is wanted, and of which the cell is. */
  #wanted = 0;
  #wantedOfCell = 0;
  /** A character of which all is to be known, wherever it is. */
  #pointed: number | null = null;
  /** The latest of those, if it is not among the others; and where it is. */
  readonly #single = new Replay(0);
  #singleAt: number | null = null;
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
    this.#wanted = this.#wantedOfCell = 0;
    this.#pointed = null;
    this.expectNothing();
    for (const kind of ["inspect", "activate"] as const) this.questions.drop(kind);
  }

  /** Another text; `shared` characters, counted from the first one of the seed, are those of the one before. */
  begin(run: string | undefined, shared = 0): void {
    this.#run = run;
    this.#pointed = this.#singleAt = null;
    this.choices.truncate(shared);
    if (shared === 0) this.seedLength = null;
    this.activations.length = Math.min(this.activations.length, shared);
    this.#refused.clear();
  }

  /**
   * Ask until this many characters are known, including the seed's.
   * @param ofCell of which it is to be known what the cell did
   */
  want(length: number, ofCell = 0): void {
    this.#wanted = length;
    this.#wantedOfCell = ofCell;
    this.#ask();
  }

  /** The text that is shown. */
  get run(): string | undefined {
    return this.#run;
  }

  /** How likely the seed is, in one sentence, if all of it is known. */
  get read(): string | null {
    const { choices, seedLength } = this;
    if (!seedLength || choices.length < seedLength) return null;
    let bits = 0;
    for (let index = 0; index < seedLength; index += 1) bits += choices.surprise(index);
    return `The seed: ${characters(seedLength)}, ${bitsPerCharacter(bits / seedLength)}.`;
  }

  /** Ask for more, if there is more to know. */
  resume(): void {
    this.#ask();
  }

  set limits(limits: Limits) {
    this.choices.limits = this.#single.limits = limits;
  }

  /** All of one character; null, and asked for, if it is not known. */
  look(index: number): Pointed | null {
    const vocabulary = this.#vocabulary;
    if (this.choices.has(index)) return { choices: this.choices, index, vocabulary };
    if (index === this.#singleAt) return { choices: this.#single, index: 0, vocabulary };
    this.#pointed = index;
    this.#ask(true);
    return null;
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

  /** Ask no more what comes after a seed. */
  expectNothing(): void {
    if (!this.questions.isOpen("expect")) return;
    this.#seed = null;
    this.questions.drop("expect");
  }

  /** Take what came, which is about this text; returns whether it fits. */
  #inspected(message: Inspected, buffers: readonly DataView[]): boolean {
    const { position, placed, seed, vocabulary } = message;
    const [logits, ids, dice, temperatures] = buffers;
    if (!logits || !ids || !dice || !temperatures) return false;
    const isNews = this.seedLength !== seed;
    this.seedLength = seed;
    this.#vocabulary = vocabulary;
    const arrived = {
      logits: new Float32Array(aligned(logits)),
      ids: new Int32Array(aligned(ids)),
      dice: new Float64Array(aligned(dice)),
      temperatures: new Float64Array(aligned(temperatures)),
      placed,
    };
    const { length: known } = this.choices;
    const isPointed = position === this.#pointed;
    if (isPointed && arrived.ids.length > 0) this.#take(position, arrived);
    this.choices.add(position, arrived);
    if (isNews || isPointed || this.choices.length > known) this.learnt();
    return true;
  }

  /** Keep the character that was pointed at. */
  #take(position: number, { logits, ids, dice, temperatures, placed }: Arrived): void {
    this.#pointed = null;
    this.#singleAt = position;
    this.#single.truncate(0);
    this.#single.add(0, {
      logits: logits.subarray(0, logits.length / ids.length),
      ids: ids.subarray(0, 1),
      dice: dice.subarray(0, 1),
      temperatures: temperatures.subarray(0, 1),
      placed: placed.includes(position) ? [0] : [],
    });
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

  #expected(message: Expected, [logits]: readonly DataView[]): void {
    const { seed, model, left, vocabulary } = message;
    const isMeant = seed === this.#seed && model === this.#model;
    if (!isMeant || left > 0) {
      if (!isMeant) this.expected = null;
      void this.#expect();
    } else if (logits) {
      this.expected = { seed, logits: new Float32Array(aligned(logits)), vocabulary };
      this.learnt();
    }
  }

  /** @param isAgain whether the kernel has only begun to find what it was asked for */
  #ask(isAgain = false): void {
    const run = this.#run;
    if (run === undefined) return;
    const missing = this.#pointed === null ? this.#wanted - this.choices.length : 1;
    const silent = this.#cell === null ? 0 : this.#wantedOfCell - this.activations.length;
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
