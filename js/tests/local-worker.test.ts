import { setMaxListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cell } from "../src/kernel/protocol.ts";
import { LocalModel } from "../src/local/local-model.ts";
import { Serving } from "../src/local/serving.ts";
import type { FromSession, ToSession } from "../src/local/session/messages.ts";
import { beginSession, serve } from "../src/local/worker.ts";
import { search } from "../src/portable.ts";
import { createView } from "../src/text/view.ts";
import { saved, weights } from "./local-page.ts";
import { announcement, click, wholePage } from "./reader.ts";

setMaxListeners(0); // a view has many, which Node would warn of

/** A worker that runs in this page, or one that does not work. */
class FakeWorker {
  static works = true;
  static made: string[] = [];
  static closed = 0;
  onmessage: ((event: { data: FromSession }) => void) | null = null;
  onerror: ((event: object) => void) | null = null;
  readonly #scope: Parameters<typeof serve>[0] = {
    postMessage: (data) => {
      const copy = structuredClone(data) as FromSession;
      setTimeout(() => this.onmessage?.({ data: copy }));
    },
    onmessage: null,
    close: () => {
      FakeWorker.closed += 1;
      this.#scope.onmessage = null;
    },
  };

  constructor(address: string) {
    FakeWorker.made.push(address);
    setTimeout(() => (FakeWorker.works ? serve(this.#scope) : this.onerror?.({})));
  }

  postMessage(data: ToSession): void {
    const copy = structuredClone(data);
    setTimeout(() => this.#scope.onmessage?.({ data: copy }));
  }
}

beforeEach(() => {
  FakeWorker.works = true;
  FakeWorker.made = [];
  FakeWorker.closed = 0;
  document.body.replaceChildren();
  vi.stubGlobal("Worker", FakeWorker);
  vi.spyOn(console, "error").mockImplementation(() => {});
  Object.assign(URL, { createObjectURL: (blob: Blob) => `blob:${blob.size}` });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Have a page that is alive; returns its view. */
function alive(file = weights()): HTMLElement {
  const widget = saved();
  const model = new LocalModel(widget.traits, (hear) => {
    const post = beginSession("source", hear);
    post({ method: "load", saved: saved(), weights: file });
    return post;
  });
  const root = createView(model, new AbortController().signal);
  document.body.append(root);
  return root;
}

async function written(): Promise<string> {
  click("Generate");
  await vi.waitFor(() => expect(announcement()).toBe("Finished: 40 characters"));
  return wholePage();
}

describe("a page with its session", () => {
  it("writes in a worker, made of its own source", async () => {
    alive();
    const text = await written();
    expect(text).toMatch(/^ab [abcd ]{40}$/);
    expect(FakeWorker.made).toEqual(["blob:6"]);
  });

  it("writes the same in the page where there are no workers", async () => {
    vi.stubGlobal("Worker", undefined);
    alive();
    expect(await written()).toMatch(/^ab [abcd ]{40}$/);
  });

  it("writes in the page where a worker does not work, and loses nothing that was said before", async () => {
    FakeWorker.works = false;
    alive();
    expect(await written()).toMatch(/^ab [abcd ]{40}$/);
  });

  it("answers a greeting before it has read the model", () => {
    const told: FromSession[] = [];
    const serving = new Serving((message) => told.push(message));
    serving.receive({ method: "load", saved: saved(), weights: weights() });
    serving.receive({ method: "custom", content: { type: "hello" } });
    expect(told.slice(1)).toEqual([{ method: "custom", content: { type: "here" }, buffers: [] }]);
  });

  it("says what is wrong with a model, whatever it is asked", async () => {
    alive(btoa("no model"));
    const sentence =
      "The model of this page is not a valid safetensors file: download or save it again.";
    await vi.waitFor(() => expect(document.body.textContent).toContain(sentence));
    click("Generate");
    await vi.waitFor(() => expect(announcement()).toBe(""));
    await vi.waitFor(() => expect(document.body.textContent).toContain(sentence));
  });

  it("says so where the model is no text in base64", async () => {
    alive("%%%");
    const sentence = "The model of this page cannot be read: save or download the page again.";
    await vi.waitFor(() => expect(document.body.textContent).toContain(sentence));
  });
});

describe("a search for cells", () => {
  const bytes = () => Uint8Array.from(atob(weights()), (one) => one.charCodeAt(0));
  const { bounds } = saved().traits;

  /** Run a search to its end; return all that it reported. */
  async function reported(file: Uint8Array) {
    const tell = vi.fn<(done: number, cells: readonly Cell[] | null) => void>();
    search("source", file, bounds, tell);
    await vi.waitFor(() => expect(tell.mock.lastCall?.[0]).toBe(1), 30_000);
    return tell.mock.calls;
  }

  it("reports its progress, and then the cells; after that its worker ends", async () => {
    const calls = await reported(bytes());
    const shares = calls.map(([done]) => done);
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    expect(calls.slice(0, -1).every(([, cells]) => cells?.length === 0)).toBe(true);
    expect(calls.at(-1)?.[1]).toBeInstanceOf(Array);
    expect([FakeWorker.made.length, FakeWorker.closed]).toEqual([1, 1]);
  });

  it("is the same where there are no workers", async () => {
    const here = (await reported(bytes())).at(-1);
    vi.stubGlobal("Worker", undefined);
    expect((await reported(bytes())).at(-1)).toEqual(here);
  });

  it("that fails has no cells", async () => {
    expect((await reported(bytes().subarray(0, 50))).at(-1)).toEqual([1, null]);
    expect(FakeWorker.closed).toBe(1);
  });

  it.each(["with", "without"])("ends when it is stopped, %s a worker", async (how) => {
    if (how === "without") vi.stubGlobal("Worker", undefined);
    const tell = vi.fn();
    const stop = search("source", bytes(), bounds, tell);
    await vi.waitFor(() => expect(tell).toHaveBeenCalled(), 60_000);
    stop();
    await vi.waitFor(() => expect(how === "without" || FakeWorker.closed === 1).toBe(true));
    const { length } = tell.mock.calls;
    await reported(bytes()); // as long as the first one would have taken
    expect(tell.mock.calls.length).toBeLessThan(length + 3);
    expect(tell.mock.lastCall?.[0]).toBeLessThan(1);
  });
});
