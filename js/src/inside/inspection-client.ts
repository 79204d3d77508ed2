import type { Activated, Expected, Inspected } from "../kernel/protocol.ts";
import type { Outcome, Questions } from "../kernel/questions.ts";
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
  /** Characters of the seed, as the model reads it; null until the kernel has told. */
  seedLength: number | null = null;
  /** What the chosen cell did: tanh(c) after each character. */
  activations: number[] = [];
  /** Logits of the character after the seed. */
  expected: Float32Array | null = null;
  #run: string | undefined;
  #cell: readonly [number, number] | null = null;
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

  /** @param told called when something is known that was not */
  constructor(
    private readonly questions: Questions,
    private readonly told: (what: "choices" | "activations" | "expected") => void,
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
  set cell(cell: readonly [number, number] | null) {
    if (cell?.[0] === this.#cell?.[0] && cell?.[1] === this.#cell?.[1]) return;
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

  #inspected(message: Inspected, buffers: readonly DataView[]): void {
    if (message.run !== this.#run) {
      this.#ask(); // about the text that is shown by now
      return;
    }
    const { position, placed, count, left } = message;
    const [logits, ids, dice, temperatures] = buffers;
    if (!logits || !ids || !dice || !temperatures) return;
    const { length: known } = this.choices;
    const had = position < known && this.choices.has(position);
    this.choices.add(position, {
      logits: new Float32Array(aligned(logits)),
      ids: new Int32Array(aligned(ids)),
      dice: new Float64Array(aligned(dice)),
      temperatures: new Float64Array(aligned(temperatures)),
      placed,
    });
    this.seedLength = message.seed;
    if (this.choices.length > known || had !== this.choices.has(position)) this.told("choices");
    // An answer without characters: the kernel has no more for now.
    if (count > 0 || left > 0) this.#ask(left > 0);
  }

  #activated(message: Activated, buffers: readonly DataView[]): void {
    const { run, layer, unit, position, count, left } = message;
    if (run !== this.#run || layer !== this.#cell?.[0] || unit !== this.#cell[1]) {
      this.#ask();
      return;
    }
    const [values] = buffers;
    if (values === undefined || position > this.activations.length) return;
    const added = new Float32Array(aligned(values)).subarray(this.activations.length - position);
    this.activations.push(...added);
    if (added.length > 0) this.told("activations");
    if (count > 0 || left > 0) this.#ask(left > 0);
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
      this.told("expected");
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
    if (missing > 0 && this.#may("inspect")) {
      this.#latest = performance.now();
      const count = Math.min(missing, PIECE);
      const position = this.#pointed ?? this.choices.length;
      const asked = this.questions.ask({ type: "inspect", run, position, count });
      void this.#settle(asked, run, "inspect", (one, buffers) => this.#inspected(one, buffers));
    }
    if (this.#cell !== null && silent > 0 && this.#may("activate")) {
      this.#latest = performance.now();
      const [layer, unit] = this.#cell;
      const count = Math.min(silent, PIECE);
      const position = this.activations.length;
      const asked = this.questions.ask({ type: "activate", run, layer, unit, position, count });
      void this.#settle(asked, run, "activate", (one, buffers) => this.#activated(one, buffers));
    }
  }

  async #settle<Answer>(
    asked: Promise<Outcome<Answer>>,
    run: string,
    kind: "inspect" | "activate",
    take: (answer: Answer, buffers: readonly DataView[]) => void,
  ): Promise<void> {
    const outcome = await asked;
    if (outcome.is === "answered") {
      take(outcome.answer, outcome.buffers);
      return;
    }
    if (outcome.is === "dropped") return;
    if (outcome.is === "refused" && run === this.#run) this.#refused.add(kind);
    this.#ask();
  }

  #may(kind: "inspect" | "activate"): boolean {
    return !this.questions.isOpen(kind) && !this.#refused.has(kind);
  }
}

/** A copy of what came, as arrays of numbers must begin at a multiple of their size. */
function aligned({ buffer, byteOffset, byteLength }: DataView): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
