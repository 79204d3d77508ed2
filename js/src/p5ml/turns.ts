// What is asked for one after the other happens one after the other, though some of it takes a while.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Do this when all that was asked for before is done, whether that went well or not. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    this.#waiting += 1;
    const done = this.#last
      .catch(() => {}) // whoever asked for it was told
      .then(work)
      .finally(() => {
        this.#waiting -= 1;
      });
    this.#last = done;
    return done;
  }

  /** The same, at once if nothing is waiting. */
  takeNow(work: () => void): void {
    if (this.#waiting === 0) work();
    else void this.take(work);
  }

  /** Until all is done that was asked for so far; fails as the last of it failed. */
  get done(): Promise<unknown> {
    return this.#last;
  }
}
