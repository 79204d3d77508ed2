import { type buttonMaker, enable } from "../dom/buttons.ts";
import { box } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";

/** Milliseconds for which a press in the place of Stop is still meant for Stop, not for Generate, which came there. */
const STILL_STOP = 700;

interface Acts {
  generate(): void;
  stop(): void;
  step(): void;
  resume(): void;
}

/** What begins, ends and goes on. Generate and Stop have one place: the one that cannot be pressed is not there. */
export class GoButtons {
  readonly root: HTMLElement;
  readonly stop: HTMLButtonElement;
  readonly #generate: HTMLButtonElement;
  readonly #step: HTMLButtonElement;
  readonly #resume: HTMLButtonElement;
  #isStopped = false;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(make: ReturnType<typeof buttonMaker>, acts: Acts) {
    const stop = () => {
      this.#isStopped = true;
      acts.stop();
    };
    this.#generate = make("Generate", once(acts.generate), "lstm-main");
    this.#generate.prepend(icon("play"));
    this.stop = make("Stop", once(stop), "lstm-stop");
    this.stop.prepend(icon("stop"));
    this.#step = make("Step", acts.step, "lstm-quiet");
    this.#resume = make("Continue", acts.resume, "lstm-quiet");
    const two = box("lstm-two", this.#generate, this.stop);
    this.root = box("lstm-go", two, this.#step, this.#resume);
  }

  /** @param canGoOn whether there is a text of what is set */
  show(isWriting: boolean, canGoOn: boolean): void {
    this.#exchange(isWriting);
    enable(this.#step, !isWriting);
    enable(this.#resume, !isWriting && canGoOn);
  }

  /** Show Stop in the place of Generate, or the other way round; the focus goes along. */
  #exchange(isWriting: boolean): void {
    const [shown, off] = isWriting ? [this.stop, this.#generate] : [this.#generate, this.stop];
    if (!shown.classList.contains("lstm-off") && off.classList.contains("lstm-off")) return;
    clearTimeout(this.#rest);
    const rests = this.#isStopped && !isWriting;
    enable(this.#generate, !rests);
    if (rests) this.#rest = setTimeout(() => enable(this.#generate, true), STILL_STOP);
    this.#isStopped = false;
    const tree = this.root.getRootNode() as Partial<Document>;
    const hadFocus = tree.activeElement === off;
    shown.classList.remove("lstm-off");
    off.classList.add("lstm-off");
    if (hadFocus) shown.focus({ preventScroll: true });
  }
}

/** Acts, unless that is the second click of two: Generate and Stop lie in one place. */
function once(act: () => void): (event: MouseEvent) => void {
  return ({ detail }) => {
    if (detail < 2) act();
  };
}
