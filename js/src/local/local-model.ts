// What stands in for the host's model where there is no host: a view does not know the difference.
import type { AnyModel } from "@anywidget/types";
import { IN_PAGE } from "../kernel/presence.ts";
import type { FromSession, ToPage, ToSession } from "./session/messages.ts";

type Callback = (...told: unknown[]) => void;

/** Begins a session that tells what it has to say; returns what sends it a message. */
export type Connect = (hear: ToPage) => (message: ToSession) => void;

/** The model of a widget whose session lives in this page. */
export class LocalModel<T extends object> implements AnyModel<T> {
  readonly [IN_PAGE] = true;
  readonly widget_manager: AnyModel<T>["widget_manager"] = {
    get_model: () => Promise.reject(new Error("There is only one widget on this page.")),
  };
  #listeners: { name: string; callback: Callback }[] = [];
  #changed: Partial<T> = {};
  readonly #post: (message: ToSession) => void;

  constructor(
    private readonly traits: T,
    connect: Connect,
  ) {
    this.#post = connect((message) => this.#hear(message));
  }

  get<K extends keyof T>(key: K): T[K] {
    return this.traits[key];
  }

  set<K extends keyof T>(key: K, value: T[K]): void {
    this.#changed[key] = value;
    this.#put({ [key]: value } as unknown as Partial<T>);
  }

  save_changes(): void {
    this.#post({ method: "update", state: this.#changed });
    this.#changed = {};
  }

  send(content: unknown): void {
    this.#post({ method: "custom", content });
  }

  on(name: string, callback: Parameters<AnyModel["on"]>[1]): void {
    this.#listeners.push({ name, callback: callback as Callback });
  }

  off(name?: string | null, callback?: Parameters<AnyModel["off"]>[1]): void {
    this.#listeners = this.#listeners.filter(
      (one) => (name && one.name !== name) || (callback && one.callback !== callback),
    );
  }

  /** Take what the session says. */
  #hear(message: FromSession): void {
    if (message.method === "update") this.#put(message.state as Partial<T>);
    if (message.method !== "custom") return;
    const buffers = message.buffers.map((buffer) => new DataView(buffer));
    this.#emit("msg:custom", message.content, buffers);
  }

  /** Have these values; all are there before anything is told. */
  #put(values: Partial<T>): void {
    const before = { ...this.traits };
    Object.assign(this.traits, values);
    for (const name of Object.keys(values) as (keyof T & string)[]) {
      if (!Object.is(before[name], this.traits[name])) this.#emit(`change:${name}`, this);
    }
  }

  #emit(name: string, ...told: unknown[]): void {
    for (const one of [...this.#listeners]) if (one.name === name) one.callback(...told);
  }
}
