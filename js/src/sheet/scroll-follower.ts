/** Pixels from the end within which a reader who scrolls down counts as having reached it. */
const NEAR = 8;
/** Milliseconds for which the end counts where it was: a browser scrolls smoothly to an end that runs away. */
const LATELY = 1000;

/** Keeps the end of a growing text in sight, unless the reader scrolled up or selects something. */
export class ScrollFollower {
  #follows = true;
  #selects = false;
  #top = 0;
  #width = 0;
  /** Where the end was lately. */
  #ends: { readonly time: number; readonly top: number }[] = [];

  constructor(private readonly root: HTMLElement) {}

  /** Go to the end of another text. */
  begin(): void {
    this.#follows = true;
    this.#ends = [];
    this.scroll();
  }

  /** Stay here, until the reader scrolls to the end. */
  rest(): void {
    this.#follows = false;
  }

  /** See what the reader did since the text last grew. */
  watch(selects: boolean): void {
    const { scrollTop, scrollHeight, clientHeight, clientWidth } = this.root;
    const end = scrollHeight - clientHeight;
    // Another width moves the text, too.
    if (clientWidth === this.#width) {
      if (scrollTop < this.#top) {
        this.#follows = scrollTop >= end - 1; // any way up counts, or the text would pull a slow reader back
      } else if (scrollTop > this.#top) {
        const since = performance.now() - LATELY;
        const lately = this.#ends.find(({ time }) => time > since);
        this.#follows = scrollTop > (lately?.top ?? end) - NEAR;
      }
    }
    // What somebody begins to select stays where it is.
    if (selects && !this.#selects) this.#follows = false;
    this.#selects = selects;
  }

  /** The text has grown: go to its end, if the reader was there. */
  scroll(): void {
    const root = this.root;
    if (this.#follows) root.scrollTop = root.scrollHeight;
    this.#top = root.scrollTop;
    this.#width = root.clientWidth;
    const time = performance.now();
    this.#ends.push({ time, top: root.scrollHeight - root.clientHeight });
    while ((this.#ends[0]?.time ?? time) <= time - LATELY) this.#ends.shift();
  }
}
