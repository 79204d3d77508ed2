import type { AnyModel } from "@anywidget/types";
import type { Listener, Reader } from "./followed-run.ts";
import { hostModel } from "./host-model.ts";
import type { FromKernel, LaneChunk } from "./protocol.ts";
import { RunClient } from "./run-client.ts";
import { listen } from "./traits.ts";

/** What a view does with what the kernel sends. */
export interface ClientView extends Omit<Reader, "send">, Listener {
  /** A message came; the client has taken it up. */
  heard(message: FromKernel, buffers: readonly DataView[]): void;
}

/** What has come of a run, for a view that comes late. */
interface Passed {
  run: string | undefined;
  seed: string;
  shared: number;
  /** Of each lane, all as one chunk. */
  lanes: Map<string, LaneChunk>;
}

/** The client of each widget of this page that has a view. */
const clients = new WeakMap<object, SharedClient>();

/** The client of a widget in this page; all its views listen to it. */
export class SharedClient {
  readonly run: RunClient;
  readonly #views = new Set<ClientView>();
  readonly #gone = new AbortController();
  #passed: Passed | null = null;
  readonly #notes: Partial<Listener> = {
    began: (seed, shared) => {
      this.#passed = { run: this.run.run, seed, shared, lanes: new Map() };
    },
    wrote: (text, chunk) => this.#note(text, chunk),
    shown: () => (this.#passed = null),
    cleared: () => (this.#passed = null),
  };

  private constructor(private readonly host: Pick<AnyModel, "on" | "off" | "send">) {
    const views = this.#views;
    const first = () => {
      const [view] = views;
      if (view === undefined) throw new Error("A client has a view.");
      return view;
    };
    const reader: Reader = {
      send: (message) => host.send(message),
      lanes: () => first().lanes(),
      pace: () => first().pace(),
      unseen: () => Math.min(...Array.from(views, (view) => view.unseen())),
      kept: () => first().kept(),
      seed: () => first().seed(),
    };
    const all = new Proxy({} as Listener, {
      get:
        (_, name: keyof Listener) =>
        (...told: never[]) => {
          if (name in this.#notes) (this.#notes[name] as (...told: never[]) => void)(...told);
          for (const view of [...views]) (view[name] as (...told: never[]) => void)(...told);
        },
    });
    this.run = new RunClient(reader, all);
    listen(
      host,
      "msg:custom",
      (message: FromKernel, buffers: DataView[]) => {
        this.run.receive(message);
        for (const view of [...views]) view.heard(message, buffers);
      },
      this.#gone.signal,
    );
  }

  /** Return the client of a model, with one more view until the signal is aborted. */
  static of(model: AnyModel, view: ClientView, signal: AbortSignal): SharedClient {
    const host = hostModel(model) ?? model;
    const client = clients.get(host) ?? new SharedClient(host);
    clients.set(host, client);
    client.#views.add(view);
    signal.addEventListener("abort", () => client.#leave(view));
    return client;
  }

  /** Have a view that comes while this run is written show what others show. */
  join(run: string, view: ClientView): void {
    const passed = this.#passed;
    if (this.run.running && passed?.run === run) {
      view.began(passed.seed, passed.shared);
      for (const chunk of passed.lanes.values()) view.wrote(chunk.text, chunk);
      view.wroteAll();
    } else if (!this.run.running || this.run.run === run) this.run.join(run);
  }

  #note(text: string, chunk: LaneChunk): void {
    const { lanes, shared } = this.#passed ?? {};
    if (lanes === undefined || shared === undefined) return;
    const before = lanes.get(chunk.name) ?? {
      ...chunk,
      position: shared,
      count: 0,
      text: "",
      temperatures: [],
    };
    const end = before.position + before.count;
    const count = Array.from(text).length;
    if (chunk.position + chunk.count !== end + count) {
      this.#passed = null; // something was lost, and shown from the traits
      return;
    }
    const changes = chunk.temperatures.filter(([from]) => from >= end);
    lanes.set(chunk.name, {
      ...chunk,
      position: before.position,
      count: before.count + count,
      text: before.text + text,
      temperatures: [...before.temperatures, ...changes],
    });
  }

  #leave(view: ClientView): void {
    this.#views.delete(view);
    if (this.#views.size > 0) return;
    clients.delete(this.host);
    this.#gone.abort();
    this.run.dispose();
  }
}
