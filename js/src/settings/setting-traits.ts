import type { AnyModel } from "@anywidget/types";
import { listen } from "../kernel/traits.ts";

/** Milliseconds for which a value that was set here before may come back, late, from the kernel. */
const ECHO = 3000;
/** Values set here that are remembered for that. */
const REMEMBERED = 100;

/** A control of a trait, and what its user does. */
interface Use {
  /** What was set here, the latest last, and what was there before. */
  set: string[];
  latest: unknown;
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
      const value = values[name] as T[typeof name];
      const before = use.set.length > 0 ? use.set : [JSON.stringify(this.model.get(name))];
      use.set = [...before.slice(1 - REMEMBERED), JSON.stringify(value)];
      Object.assign(use, { latest: value, at: performance.now(), theirs: null });
      this.model.set(name, value);
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
    root.addEventListener("input", () => (use.busy = true), { signal });
    const leave = () => {
      use.busy = false;
      if (use.theirs === null) return;
      const { value } = use.theirs;
      use.theirs = null;
      use.set = [];
      model.set(name, value as T[K]);
    };
    for (const event of ["change", "focusout"]) root.addEventListener(event, leave, { signal });
    const came = () => {
      const value = model.get(name);
      const same = JSON.stringify(value);
      if (use.set.length > 0 && same !== use.set.at(-1)) {
        const isEcho = use.set.includes(same) && performance.now() - use.at < ECHO;
        if (isEcho || use.busy) {
          if (!isEcho) use.theirs = { value };
          model.set(name, use.latest as T[K]);
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
    const use = this.#uses.get(name) ?? {
      set: [],
      latest: undefined,
      at: 0,
      busy: false,
      theirs: null,
    };
    this.#uses.set(name, use);
    return use;
  }
}
