import type { ToKernel } from "./protocol.ts";

/** Sends messages to the kernel, each by itself or several in one: a host has as much work with each. */
export class Outbox {
  #held: ToKernel[] | null = null;

  /** @param closed is called when the connection is closed: the kernel was restarted or has died */
  constructor(
    private readonly deliver: (message: ToKernel) => void,
    private readonly closed: () => void,
  ) {}

  send(message: ToKernel): void {
    if (this.#held !== null) {
      this.#held.push(message);
      return;
    }
    try {
      this.deliver(message);
    } catch {
      this.closed();
    }
  }

  /** Send in one message what is sent meanwhile. */
  together<T>(work: () => T): T {
    const held: ToKernel[] = [];
    this.#held = held;
    try {
      return work();
    } finally {
      this.#held = null;
      const [first] = held;
      if (first !== undefined) {
        this.send(held.length === 1 ? first : { type: "several", messages: held });
      }
    }
  }
}
