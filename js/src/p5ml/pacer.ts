// Computing without holding up the page: between two slices it can draw and listen.

/** In milliseconds; a page that draws 60 times per second has 16 for each picture. */
const SLICE = 8;

export class Pacer {
  #end = performance.now() + SLICE;

  /** Whether the page should have its turn. */
  get isDue(): boolean {
    return performance.now() >= this.#end;
  }

  /** Let the page have its turn. A timer would wait for longer, and for a second where nobody looks. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
    this.#end = performance.now() + SLICE;
  }
}
