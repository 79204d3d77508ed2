/** Finds where two texts that grow first differ. */
export class Comparison {
  /** Number of characters that both have and that are the same. */
  #same = 0;
  #departed = false;
  /** What one of them has beyond the other, from the character number `#same` on. */
  #ahead: string[] = [];
  #leader: "left" | "right" = "left";

  /** The position of the first character that differs; null as long as there is none. */
  get departure(): number | null {
    return this.#departed ? this.#same : null;
  }

  /** One of them has grown. */
  grow(side: "left" | "right", text: string): void {
    if (this.#departed) return;
    const characters = Array.from(text);
    let compared = 0;
    if (side !== this.#leader) {
      const both = Math.min(characters.length, this.#ahead.length);
      while (compared < both && characters[compared] === this.#ahead[compared]) compared += 1;
      this.#same += compared;
      this.#departed = compared < both;
      this.#ahead = this.#departed ? [] : this.#ahead.slice(compared);
      if (this.#departed || this.#ahead.length > 0) return;
      this.#leader = side;
    }
    // One by one: as arguments, a long text would be too many.
    for (const character of characters.slice(compared)) this.#ahead.push(character);
  }
}
