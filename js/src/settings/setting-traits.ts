import type { AnyModel } from "@anywidget/types";
import { on } from "../dom/events.ts";
import { listen } from "../kernel/traits.ts";

/** Milliseconds for which a value that was set here before may come back, late, from the kernel. */
const ECHO = 3000;
/** Values set here that are remembered for that. */
const REMEMBERED = 100;

/** A control of a trait, and what its user does. */
interface Use {
  /** As JSON, what was set here, the latest last, and what was there before. */
  set: string[];
  at: number;
  /** Whether somebody types or drags, and has not left it yet. */
  busy: boolean;
  /** What came from elsewhere meanwhile. */
  theirs: { value: unknown } | null;
}

/**
 * The traits that controls of a page set. A control that is being used belongs to the hand: what arrives from
 * elsewhere waits until it is left, and its own earlier values, which the kernel sends back, are no news.
 */
export class SettingTraits<T extends object> {
  readonly #uses = new Map<keyof T, Use>();

  /** @param lost called when the connection to the kernel turns out to be closed */
  constructor(
    private readonly model: AnyModel<T>,
    private readonly lost: () => void,
    private readonly signal: AbortSignal,
  ) {
    // What the kernel has refused it takes back, and then that is news.
    const forget = () => {
      for (const use of this.#uses.values()) use.set = [];
    };
    listen(model, "change:error", forget, signal);
  }

  /** The user has set these, for this page and for the kernel. */
  set(values: Partial<T>): void {
    for (const name of Object.keys(values) as (keyof T & string)[]) {
      const use = this.#use(name);
      // A switch is not typed or dragged: what arrives is the last word, and none of many values on the way.
      if (typeof values[name] !== "boolean") {
        const before = use.set.length > 0 ? use.set : [JSON.stringify(this.model.get(name))];
        use.set = [...before.slice(1 - REMEMBERED), JSON.stringify(values[name])];
      }
      Object.assign(use, { at: performance.now(), theirs: null });
      this.model.set(name, values[name] as T[typeof name]);
    }
    try {
      this.model.save_changes(); // at once: hosts merge what they cannot send yet
    } catch {
      this.lost();
    }
  }

  /** What sets one trait. */
  setter<K extends keyof T & string>(name: K): (value: T[K]) => void {
    return (value) => this.set({ [name]: value } as unknown as Partial<T>);
  }

  /** Show a trait in the control with this root, now and whenever somebody else has changed it. */
  show<K extends keyof T & string>(
    name: K,
    root: HTMLElement,
    show: (value: T[K]) => void,
    signal = this.signal,
  ): void {
    const { model } = this;
    const use = this.#use(name);
    on(root, "input", signal, () => (use.busy = true));
    const leave = () => {
      use.busy = false;
      if (use.theirs === null) return;
      const { value } = use.theirs;
      use.theirs = null;
      use.set = [];
      model.set(name, value as T[K]);
    };
    on(root, "change", signal, leave);
    on(root, "focusout", signal, leave);
    const came = () => {
      const value = model.get(name);
      const now = JSON.stringify(value);
      const latest = use.set.at(-1);
      if (latest !== undefined && now !== latest) {
        const isEcho = use.set.includes(now) && performance.now() - use.at < ECHO;
        if (isEcho || use.busy) {
          if (!isEcho) use.theirs = { value };
          model.set(name, JSON.parse(latest));
          return;
        }
        use.set = [];
      }
      show(value);
    };
    listen(model, `change:${name}`, came, signal);
    show(model.get(name));
  }

  #use(name: keyof T): Use {
    const use = this.#uses.get(name) ?? { set: [], at: 0, busy: false, theirs: null };
    this.#uses.set(name, use);
    return use;
  }
}
