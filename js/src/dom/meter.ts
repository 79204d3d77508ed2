/** Seconds back to which the speed is measured while a text is written. */
const WINDOW = 1;

interface Sample {
  readonly time: number;
  readonly length: number;
}

/** Measures how fast a text is shown. */
export class Meter {
  #samples: Sample[] = [];
  #first: Sample | undefined;

  /** A text begins, or continues, with this many characters. */
  begin(length: number): void {
    this.#samples = [];
    this.add(length);
    [this.#first] = this.#samples;
  }

  /** This many characters are shown now. */
  add(length: number): void {
    const time = performance.now() / 1000;
    this.#samples.push({ time, length });
    while ((this.#samples[1]?.time ?? time) < time - WINDOW) this.#samples.shift();
  }

  /** Characters per second, of late; null as long as that is too early to say. */
  get now(): number | null {
    return rate(this.#samples[0], this.#samples.at(-1));
  }

  /** Characters per second, since the beginning. */
  get whole(): number | null {
    return rate(this.#first, this.#samples.at(-1));
  }
}

function rate(first: Sample | undefined, last: Sample | undefined): number | null {
  if (!first || !last || last.time - first.time < 0.1) return null;
  return (last.length - first.length) / (last.time - first.time);
}
