// A widget that was saved with its model: when it goes on without a kernel, and when its record stays.
import type { AnyModel } from "@anywidget/types";
import { afterEach, expect, test, vi } from "vitest";
import { entry } from "../src/kernel/entry.ts";
import { withoutKernel } from "../src/kernel/without-kernel.ts";
import page from "../src/page.ts";
import { FakeModel } from "./fake-model.ts";
import { generated, kernel, onFreshPages } from "./viewing.ts";

const KEPT: Record<string, unknown> = {
  script: "var portable = { begin: (...given) => given };",
  weights: new DataView(new ArrayBuffer(8)),
};

onFreshPages();
afterEach(() => vi.unstubAllGlobals());

/** A model of a host that has these parts. */
function hosted(parts: object, traits: object = { _portable: "IPY_MODEL_abc" }): FakeModel {
  const model = new FakeModel(kernel, { text: "saved", status: "finished", ...traits });
  return Object.assign(model, { _handle_comm_msg: async () => {}, attributes: traits, ...parts });
}

/** Manages the widgets of a page without kernels. */
function manager(asked: string[] = []): { widget_manager: unknown } {
  const kept = { get: (name: string) => KEPT[name] };
  const get_model = async (id: string) => {
    asked.push(id);
    return kept;
  };
  return { widget_manager: { get_model } };
}

function asked(model: FakeModel): Promise<AnyModel> | undefined {
  return withoutKernel(model as unknown as AnyModel);
}

test("where there may be a kernel, or nothing was kept, nothing is loaded", () => {
  const none = manager();
  expect(asked(hosted(none, {}))).toBeUndefined();
  expect(asked(hosted({ ...none, comm: {} }))).toBeUndefined();
  expect(asked(hosted({ widget_manager: { kernel: null } }))).toBeUndefined();
  expect(asked(hosted({ ...none, _handle_comm_msg: undefined }))).toBeUndefined();
});

test("elsewhere the script is begun, once for all views", async () => {
  vi.stubGlobal(
    "Blob",
    class {
      constructor(readonly parts: string[]) {}
    },
  );
  vi.stubGlobal("URL", {
    createObjectURL: ({ parts }: { parts: string[] }) =>
      `data:text/javascript,${encodeURIComponent(parts.join(""))}`,
    revokeObjectURL: () => {},
  });
  const ids: string[] = [];
  const model = hosted(manager(ids));
  const both = [asked(model), asked(model)];
  expect(both[0]).toBe(both[1]);
  expect(await both[0]).toEqual([KEPT.script, { _portable: "IPY_MODEL_abc" }, KEPT.weights]);
  expect(ids).toEqual(["abc"]);
});

test("if that fails, there is a sentence, and the record", async () => {
  const complain = vi.spyOn(console, "error").mockImplementation(() => {});
  const get_model = () => Promise.reject(new Error("There is no such model."));
  const model = hosted(
    { widget_manager: { get_model } },
    { _portable: "IPY_MODEL_abc", _kind: "text" },
  );
  const el = document.createElement("div");
  document.body.append(el);
  page.render({ model: model as never, el } as never);
  expect(el.childElementCount).toBe(0);
  await vi.waitFor(() => expect(el.querySelector("[role=alert]")).not.toBeNull());
  expect(el.querySelector("[role=alert]")?.textContent).toMatch(/cannot be used: run and save/);
  expect(generated()).toContain("saved");
  expect(complain).toHaveBeenCalledOnce();
});

test("a view that goes meanwhile shows nothing", async () => {
  const create = vi.fn();
  const model = hosted(
    { widget_manager: { get_model: () => Promise.reject(new Error("There is no such model.")) } },
    { _portable: "IPY_MODEL_abc", _kind: "text" },
  );
  const complain = vi.spyOn(console, "error").mockImplementation(() => {});
  const el = document.createElement("div");
  const leave = entry({ text: create }).render({ model: model as never, el } as never);
  leave();
  await vi.waitFor(() => expect(complain).toHaveBeenCalled());
  expect(create).not.toHaveBeenCalled();
  expect(el.childElementCount).toBe(0);
});
