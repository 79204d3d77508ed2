import type { AnyModel } from "@anywidget/types";
import type { Listener, Reader } from "./followed-run.ts";
import { hostModel } from "./host-model.ts";
import { PassedRun } from "./passed-run.ts";
import type { FromKernel } from "./protocol.ts";
import { RunClient } from "./run-client.ts";
import { listen } from "./traits.ts";

/** What a view does with what the kernel sends. */
export interface ClientView extends Omit<Reader, "send">, Listener {
  /** A message came; the client has taken it up. */
  heard(message: FromKernel, buffers: readonly DataView[]): void;
}

type Call = (...told: unknown[]) => unknown;

/** The client of each widget of this page that has a view. */
const clients = new WeakMap<object, SharedClient>();

/** The client of a widget in this page, which all its views share. */
export class SharedClient {
  readonly run: RunClient;
  readonly #views = new Set<ClientView>();
  readonly #passed = new PassedRun(() => this.run.run);
  readonly #gone = new AbortController();

  private constructor(private readonly host: Pick<AnyModel, "on" | "off" | "send">) {
    const own: Partial<Reader> = {
      send: (message) => host.send(message),
      unseen: () => Math.min(...Array.from(this.#views, (view) => view.unseen())),
    };
    // All views are told; what is asked they all know, and one answers.
    const all = new Proxy(own as Reader & Listener, {
      get: (_, name: keyof Reader & keyof Listener) => own[name] ?? this.#each(name),
    });
    this.run = new RunClient(all, all);
    const heard = (message: FromKernel, buffers: DataView[]) => {
      this.run.receive(message);
      for (const view of [...this.#views]) view.heard(message, buffers);
    };
    listen(host, "msg:custom", heard, this.#gone.signal);
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
    const { running, run: followed } = this.run;
    if (running && this.#passed.replay(run, view)) return;
    if (!running || followed === run) this.run.join(run); // else another one is asked for
  }

  #each(name: keyof Reader & keyof Listener): Call {
    return (...told) => {
      const listeners: Partial<Record<string, Call>>[] = [this.#passed, ...this.#views] as never[];
      return listeners.map((one) => one[name]?.(...told)).at(-1);
    };
  }

  #leave(view: ClientView): void {
    this.#views.delete(view);
    if (this.#views.size > 0) return;
    clients.delete(this.host);
    this.#gone.abort();
    this.run.dispose();
  }
}
