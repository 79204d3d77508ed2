/** Seconds back to which the speed is measured while a text is written. */
const WINDOW = 1;

/** Tells how fast a text is shown. */
export class Meter {
  #samples: { time: number; length: number }[] = [];
  #first: { time: number; length: number } | null = null;

  /** A text begins, or continues, with this many characters. */
  begin(length: number): void {
    this.#first = { time: performance.now() / 1000, length };
    this.#samples = [this.#first];
  }

  /** So many characters are shown now. */
  add(length: number): void {
    const time = performance.now() / 1000;
    this.#samples.push({ time, length });
    while ((this.#samples[1]?.time ?? time) < time - WINDOW) this.#samples.shift();
  }

  /** Characters per second, of late; null if it is too early to tell. */
  get now(): number | null {
    return rate(this.#samples[0], this.#samples.at(-1));
  }

  /** Characters per second, since the beginning. */
  get whole(): number | null {
    return rate(this.#first ?? undefined, this.#samples.at(-1));
  }
}

type Sample = { time: number; length: number } | undefined;

function rate(first: Sample, last: Sample): number | null {
  if (!first || !last || last.time - first.time < 0.1) return null;
  return (last.length - first.length) / (last.time - first.time);
}
