import type { AnyModel } from "@anywidget/types";
import type { ToKernel, Traits } from "../src/kernel/protocol.ts";
import { FakeHost } from "./fake-host.ts";
import { type Connection, type FakeKernel, MODEL, OTHER_MODEL, SETTINGS } from "./fake-kernel.ts";
import { LAYERS } from "./fake-mind.ts";

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
  },
  pointed: true, // so that no hint is in the way
  inside: false,
  height: null,
  locked: [],
  presenting: false,
  what_if: null,
  colour: "none",
  cell: null,
  units: LAYERS,
  branches: [],
  cells: [],
};

/** The model of a text in the page. */
export class FakeModel extends FakeHost<Traits> {
  /** Its line to the kernel. */
  readonly connection: Connection;

  /** As in a page that is opened now. */
  constructor(
    private readonly kernel: FakeKernel,
    traits: Partial<Traits> = {},
  ) {
    super({ ...TRAITS, ...traits, ...kernel.state });
    this.connection = kernel.connect(
      (message, buffers) => this.emit("msg:custom", message, buffers),
      (state) => this.update(state),
    );
  }

  /** The host reports that something happened to the connection. */
  connectionChanged(): void {
    this.emit("comm_live_update");
  }

  /** The page is closed: nothing comes any more. */
  close(): void {
    this.kernel.disconnect(this.connection);
  }

  get sent(): ToKernel[] {
    return this.connection.sent;
  }

  send(message: ToKernel): void {
    this.connection.send(message);
  }

  /** The kernel changes traits; like traitlets, one after the other. */
  update(state: Partial<Traits>): void {
    for (const [name, value] of Object.entries(state)) {
      if (value !== undefined) this.put({ [name]: value });
    }
  }

  protected save(changed: Partial<Traits>): void {
    this.kernel.save(changed);
  }

  /** What a view gets, with what it alone sends. */
  forView(): { model: AnyModel<Traits>; sent: ToKernel[] } {
    const sent: ToKernel[] = [];
    const model: AnyModel<Traits> = {
      get: (key) => this.get(key),
      set: (key, value) => this.set(key, value),
      save_changes: () => this.save_changes(),
      on: (name: string, callback: Parameters<typeof this.on>[1]) => this.on(name, callback),
      off: (name, callback) => this.off(name, callback),
      send: (message: ToKernel) => {
        sent.push(message);
        this.send(message);
      },
      widget_manager: this.widget_manager,
    };
    return { model, sent };
  }
}
