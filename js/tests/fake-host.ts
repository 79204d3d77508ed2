// What the stand-ins for the host and its connection have in common. They need fake timers.
import type { AnyModel } from "@anywidget/types";
import type { ToKernel } from "../src/kernel/protocol.ts";

/** Milliseconds after which each copy of the nth message arrives: none if it is lost, two if it is doubled. */
export type Route<Message> = (message: Message, nth: number) => readonly number[];

/** One direction of a connection: no message overtakes another. */
export class Way {
  #count = 0;
  /** When the latest message on it arrives. */
  #latest = 0;

  travel<M>(route: Route<M>, message: M, arrive: () => void): void {
    const now = performance.now();
    for (const delay of route(message, this.#count++)) {
      this.#latest = Math.max(this.#latest, now + delay);
      setTimeout(arrive, this.#latest - now);
    }
  }
}

/** Any function; what it takes depends on the name of the event. */
type Callback = (...parameters: never[]) => void;

/** A widget's model in the page, as ipywidgets has it: one for all the views of a page. */
export abstract class FakeHost<T extends object> implements AnyModel<T> {
  /** What each call of `save_changes` sent to the kernel. */
  readonly saved: Partial<T>[] = [];
  readonly widget_manager: AnyModel<T>["widget_manager"] = {
    get_model: () => Promise.reject(new Error("There is only one model.")),
  };
  #changed: Partial<T> = {};
  #listeners: { name: string; callback: Callback }[] = [];

  constructor(private traits: T) {}

  abstract send(message: ToKernel): void;
  /** Let the kernel have what was set. */
  protected abstract save(changed: Partial<T>): void;

  get listeners(): number {
    return this.#listeners.length;
  }

  get<K extends keyof T>(key: K): T[K] {
    return this.traits[key];
  }

  set<K extends keyof T>(key: K, value: T[K]): void {
    this.#changed[key] = value;
    this.put({ [key]: value } as unknown as Partial<T>);
  }

  save_changes(): void {
    this.saved.push(this.#changed);
    this.save(this.#changed);
    this.#changed = {};
  }

  on(name: string, callback: Callback): void {
    this.#listeners.push({ name, callback });
  }

  off(name?: string | null, callback?: Callback | null): void {
    this.#listeners = this.#listeners.filter(
      (one) => (name && one.name !== name) || (callback && one.callback !== callback),
    );
  }

  /** Have these values; all are there before anything is told. */
  protected put(values: Partial<T>): void {
    const before = this.traits;
    this.traits = { ...before, ...values };
    for (const name of Object.keys(values) as (keyof T & string)[]) {
      if (!Object.is(before[name], this.traits[name])) this.emit(`change:${name}`, this); // as Backbone
    }
  }

  protected emit(name: string, ...parameters: unknown[]): void {
    for (const one of [...this.#listeners]) {
      if (one.name === name) (one.callback as (...parameters: unknown[]) => void)(...parameters);
    }
  }
}
