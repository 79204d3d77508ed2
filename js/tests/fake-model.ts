import type { AnyModel } from "@anywidget/types";
import type { ToKernel, Traits } from "../src/kernel/protocol.ts";
import { type Connection, type FakeKernel, MODEL, OTHER_MODEL, SETTINGS } from "./fake-kernel.ts";

import { LAYERS, VOCABULARY } from "./fake-mind.ts";

/** Any function; what it takes depends on the name of the event. */
type Callback = (...parameters: never[]) => void;

export const TRAITS: Traits = {
  ...SETTINGS,
  model: MODEL,
  speed: 50,
  text: "",
  status: "ready",
  error: "",
  receipt: {},
  models: [
    { name: MODEL, title: "A model" },
    { name: OTHER_MODEL, title: "Another model" },
  ],
  card: { title: "A model" },
  replacements: [],
  bounds: {
    temperature: { least: 0, most: 100, slider_most: 2, step: 0.01 },
    length: { least: 1, most: 1_000_000, slider_most: 2000, step: 1 },
    speed: { least: 1, most: 1000, step: 1 },
    top_k: { least: 1, most: 2 ** 53 - 1, step: 1 },
    top_p: { least: 0, above: true, most: 1, step: 0.01 },
    rng: { least: 0, most: 2 ** 53 - 1, step: 1 },
    what_if: { least: 0, most: 100, slider_most: 2, step: 0.01 },
  },
  inside: false,
  what_if: null,
  colour: "none",
  cell: null,
  vocabulary: VOCABULARY,
  units: LAYERS,
  branches: [],
  cells: [],
};

/** A widget's model in the page, as ipywidgets has it: one for all the views of a page. */
export class FakeModel implements AnyModel<Traits> {
  /** What each call of `save_changes` sent to the kernel. */
  readonly saved: Partial<Traits>[] = [];
  readonly widget_manager: AnyModel<Traits>["widget_manager"] = {
    get_model: () => Promise.reject(new Error("There is only one model.")),
  };
  #traits: Traits;
  #changed: Partial<Traits> = {};
  #listeners: { name: string; callback: Callback }[] = [];
  /** Its line to the kernel. */
  readonly connection: Connection;

  /** As in a page that is opened now. */
  constructor(
    private readonly kernel: FakeKernel,
    traits: Partial<Traits> = {},
  ) {
    this.#traits = { ...TRAITS, ...traits, ...kernel.state };
    this.connection = kernel.connect(
      (message, buffers) => this.#emit("msg:custom", message, buffers),
      (state) => this.update(state),
    );
  }

  /** The host tells that something happened to the connection. */
  connectionChanged(): void {
    this.#emit("comm_live_update");
  }

  /** The page is closed: nothing comes any more. */
  close(): void {
    this.kernel.disconnect(this.connection);
  }

  get listeners(): number {
    return this.#listeners.length;
  }

  get<K extends keyof Traits>(key: K): Traits[K] {
    return this.#traits[key];
  }

  set<K extends keyof Traits>(key: K, value: Traits[K]): void {
    this.#changed[key] = value;
    this.#put(key, value);
  }

  save_changes(): void {
    this.saved.push(this.#changed);
    this.kernel.save(this.#changed);
    this.#changed = {};
  }

  get sent(): ToKernel[] {
    return this.connection.sent;
  }

  send(message: ToKernel): void {
    this.connection.send(message);
  }

  on(name: string, callback: Callback): void {
    this.#listeners.push({ name, callback });
  }

  off(name?: string | null, callback?: Callback | null): void {
    this.#listeners = this.#listeners.filter(
      (one) => (name && one.name !== name) || (callback && one.callback !== callback),
    );
  }

  /** The kernel changes traits; like traitlets, one after the other. */
  update(state: Partial<Traits>): void {
    for (const name of Object.keys(state) as (keyof Traits)[]) {
      const value = state[name];
      if (value !== undefined) this.#put(name, value);
    }
  }

  /** What a view gets, with what it alone sends. */
  forView(): { model: AnyModel<Traits>; sent: ToKernel[] } {
    const sent: ToKernel[] = [];
    const model: AnyModel<Traits> = {
      get: (key) => this.get(key),
      set: (key, value) => this.set(key, value),
      save_changes: () => this.save_changes(),
      on: (name: string, callback: Callback) => this.on(name, callback),
      off: (name, callback) => this.off(name, callback),
      send: (message: ToKernel) => {
        sent.push(message);
        this.send(message);
      },
      widget_manager: this.widget_manager,
    };
    return { model, sent };
  }

  #put<K extends keyof Traits>(key: K, value: Traits[K]): void {
    if (Object.is(this.#traits[key], value)) return;
    this.#traits[key] = value;
    this.#emit(`change:${key}`, this); // as Backbone does
  }

  #emit(name: string, ...parameters: unknown[]): void {
    for (const one of [...this.#listeners]) {
      if (one.name === name) (one.callback as (...parameters: unknown[]) => void)(...parameters);
    }
  }
}
