import type { Cell, CommonBounds } from "../kernel/protocol.ts";
import type { Questions } from "../kernel/questions.ts";
import { scriptOf } from "../kernel/session-script.ts";

/** Milliseconds before the speed of the kernel is judged. */
const EARLY = 3000;
/** Milliseconds of a search that is left to the kernel, at most. */
const LONG = 20_000;

/** What the script of a session exports, as far as it is needed here. */
interface Script {
  search(
    source: string,
    weights: Uint8Array,
    bounds: CommonBounds,
    report: (done: number, cells: readonly Cell[] | null) => void,
  ): () => void;
}

/** What the kernel hands over. */
interface Lent {
  readonly source: string;
  readonly weights: Uint8Array;
  readonly fingerprint: string;
}

/**
 * Looks for cells. The kernel does so, a moment at a time. Where it is slow, as in a browser or on a server that a class
 * shares, the page borrows the model and looks for them in a worker.
 */
export class CellSearch {
  /** The search under way; answers to another one come too late. */
  #now: { readonly begun: number } | null = null;
  /** Whether the page can do it; false once that has failed. */
  #canMove = true;
  #stop: () => void = () => {};

  /** @param show takes how far it is, 0 to 1, and null with a sentence if it was refused */
  constructor(
    private readonly questions: Questions,
    private readonly bounds: CommonBounds,
    private readonly show: (done: number | null, refusal?: string) => void,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.cancel());
  }

  begin(): void {
    this.#now = { begun: performance.now() };
    this.show(0);
    void this.#ask();
  }

  cancel(): void {
    if (this.#now !== null) this.#end(null);
  }

  #end(done: number | null, refusal?: string): void {
    this.#now = null;
    this.#stop();
    this.questions.drop("find");
    this.questions.drop("lend");
    this.show(done, refusal);
  }

  /** Have the kernel go on, or take what was found. */
  async #ask(found?: { cells: Cell[]; fingerprint: string }): Promise<void> {
    const now = this.#now;
    const outcome = await this.questions.ask({ type: "find", ...found });
    if (now === null || now !== this.#now) return;
    if (outcome.is === "lost") void this.#ask(found);
    if (outcome.is === "refused") this.#end(null, outcome.sentence);
    if (outcome.is !== "answered") return;
    const { done } = outcome.answer;
    if (done >= 1) {
      this.#end(done);
      return;
    }
    this.show(done);
    const took = performance.now() - now.begun;
    if (this.#canMove && took > EARLY && took > done * LONG) void this.#move(done);
    else void this.#ask();
  }

  /**
   * Do it in the page; if that fails, in the kernel as before.
   * @param reached what the kernel has done, 0 to 1: the progress shown never goes back
   */
  async #move(reached: number): Promise<void> {
    const now = this.#now;
    const stay = () => {
      this.#canMove = false;
      void this.#ask();
    };
    try {
      const lent = await this.#lent();
      if (lent === null) return;
      const { source, weights, fingerprint } = lent;
      const script = await scriptOf<Script>(source);
      if (now !== this.#now) return;
      this.#stop = script.search(source, weights, this.bounds, (done, cells) => {
        if (now !== this.#now) return;
        if (cells === null) stay();
        else if (done >= 1) void this.#ask({ cells: [...cells], fingerprint });
        else this.show(Math.max(done, reached));
      });
    } catch (error) {
      console.error("The page cannot look for cells", error);
      if (now === this.#now) stay();
    }
  }

  /** The script and the model, piece by piece from the kernel; null if they are not wanted any more. */
  async #lent(): Promise<Lent | null> {
    let all = new Uint8Array(0);
    let name = "";
    for (let position = 0; ; ) {
      const outcome = await this.questions.ask({ type: "lend", position });
      if (outcome.is === "dropped") return null;
      if (outcome.is === "refused") throw new Error(outcome.sentence);
      if (outcome.is === "lost") continue;
      const { script, size, fingerprint } = outcome.answer;
      const [piece] = outcome.buffers;
      if (piece === undefined || (position > 0 && fingerprint !== name))
        throw new Error("Another model.");
      name = fingerprint;
      if (position === 0) all = new Uint8Array(size);
      all.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), position);
      position += piece.byteLength;
      if (position < size) continue;
      const source = new TextDecoder().decode(all.subarray(0, script));
      return { source, weights: all.slice(script), fingerprint };
    }
  }
}
