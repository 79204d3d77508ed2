import type { Activated, Expected, FromKernel, Inspected, ToKernel } from "../messages.ts";
import { Choices } from "./choices.ts";

/** Characters asked about at a time. */
const PIECE = 512;
/** Milliseconds between two questions about a text that is being written: fewer messages for the kernel. */
const INTERVAL = 100;
/** Milliseconds without an answer after which a question may be asked again. */
const PATIENCE = 5000;

/**
 * What the kernel knows of the text that is shown: asked for piece by piece, one question of a kind at a time,
 * and never while the look inside is closed.
 */
export class Source {
  readonly choices = new Choices();
  /** Characters of the seed, as the model reads it; null until the kernel has told. */
  seedLength: number | null = null;
  /** What the chosen cell did: tanh(c) after each character. */
  activations: number[] = [];
  /** Logits of the character after the seed. */
  expected: Float32Array | null = null;
  #run: string | undefined;
  #cell: readonly [number, number] | null = null;
  #seed = "";
  #model = "";
  #wanted = 0;
  readonly #asked = new Map<"inspect" | "activate" | "expect", number>();
  /** When the latest block was asked for, and the clock that asks for the next one. */
  #latest = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param send sends a question
   * @param told called when something is known that was not
   */
  constructor(
    private readonly send: (message: ToKernel) => void,
    private readonly told: (what: "choices" | "activations" | "expected") => void,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** Another text; `shared` characters, counted from the first one of the seed, are those of the one before. */
  begin(run: string | undefined, shared = 0): void {
    this.#run = run;
    this.choices.truncate(shared);
    if (shared === 0) this.seedLength = null;
    this.activations.length = Math.min(this.activations.length, shared);
    this.#asked.delete("inspect");
    this.#asked.delete("activate");
  }

  /** Ask until so many characters are known, the seed's among them. */
  want(length: number): void {
    this.#wanted = length;
    this.#ask();
  }

  /** Ask what another cell did, or about none. */
  set cell(cell: readonly [number, number] | null) {
    if (cell?.[0] === this.#cell?.[0] && cell?.[1] === this.#cell?.[1]) return;
    this.#cell = cell;
    this.activations = [];
    this.#asked.delete("activate");
    this.#ask();
  }

  /** Ask what comes after a seed. */
  expect(seed: string, model: string): void {
    if (seed === this.#seed && model === this.#model && this.expected !== null) return;
    this.#seed = seed;
    this.#model = model;
    if (this.#may("expect")) this.send({ type: "expect", seed });
  }

  receive(message: FromKernel, buffers: readonly DataView[]): void {
    if (message.type === "inspected") this.#inspected(message, buffers);
    else if (message.type === "activated") this.#activated(message, buffers);
    else if (message.type === "expected") this.#expected(message, buffers);
  }

  #inspected(message: Inspected, buffers: readonly DataView[]): void {
    if (message.run !== this.#run) return;
    this.#asked.delete("inspect");
    const { position, placed } = message;
    const [logits, ids, dice, temperatures] = buffers;
    if (!logits || !ids || !dice || !temperatures) return;
    const known = this.choices.length;
    this.choices.add(position, {
      logits: new Float32Array(aligned(logits)),
      ids: new Int32Array(aligned(ids)),
      dice: new Float64Array(aligned(dice)),
      temperatures: new Float64Array(aligned(temperatures)),
      placed,
    });
    this.seedLength = message.seed;
    if (this.choices.length > known) this.told("choices");
    // An answer without characters: the kernel has no more for now.
    if (message.count > 0) this.#ask();
  }

  #activated(message: Activated, buffers: readonly DataView[]): void {
    const { run, layer, unit, position, count } = message;
    if (run !== this.#run || layer !== this.#cell?.[0] || unit !== this.#cell[1]) return;
    this.#asked.delete("activate");
    const [values] = buffers;
    if (values === undefined || position > this.activations.length) return;
    const added = new Float32Array(aligned(values)).subarray(this.activations.length - position);
    this.activations.push(...added);
    if (added.length > 0) this.told("activations");
    if (count > 0) this.#ask();
  }

  #expected({ seed, model }: Expected, [logits]: readonly DataView[]): void {
    this.#asked.delete("expect");
    if (seed !== this.#seed || model !== this.#model) {
      this.expected = null;
      this.expect(this.#seed, this.#model); // typed on meanwhile
    } else if (logits) {
      this.expected = new Float32Array(aligned(logits));
      this.told("expected");
    }
  }

  #ask(): void {
    const run = this.#run;
    if (run === undefined) return;
    const missing = this.#wanted - this.choices.length;
    const silent = this.#cell === null ? 0 : this.#wanted - this.activations.length;
    clearTimeout(this.#timer);
    const early = this.#latest + INTERVAL - performance.now();
    if (early > 0 && Math.max(missing, silent) < PIECE) {
      this.#timer = setTimeout(() => this.#ask(), early);
      return;
    }
    if (missing > 0 && this.#may("inspect")) {
      this.#latest = performance.now();
      const count = Math.min(missing, PIECE);
      this.send({ type: "inspect", run, position: this.choices.length, count });
    }
    if (this.#cell !== null && silent > 0 && this.#may("activate")) {
      this.#latest = performance.now();
      const [layer, unit] = this.#cell;
      const count = Math.min(silent, PIECE);
      const position = this.activations.length;
      this.send({ type: "activate", run, layer, unit, position, count });
    }
  }

  /** Whether a question may be asked; then it counts as asked. */
  #may(question: "inspect" | "activate" | "expect"): boolean {
    const now = performance.now();
    if (now - (this.#asked.get(question) ?? Number.NEGATIVE_INFINITY) < PATIENCE) return false;
    this.#asked.set(question, now);
    return true;
  }
}

/** A copy of what came, as arrays of numbers must begin at a multiple of their size. */
function aligned({ buffer, byteOffset, byteLength }: DataView): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
