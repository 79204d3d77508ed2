// A widget that was saved with its model goes on where there is no kernel: what it needs for that is not in this
// bundle, but in the notebook.
import type { AnyModel } from "@anywidget/types";
import { type HostModel, hostModel } from "./host-model.ts";
import { scriptOf } from "./session-script.ts";

/** What a notebook has of a model, once for all widgets that write with it; see lstm_widget/widgets/portable.py. */
interface Kept {
  get(name: "script" | "weights"): unknown;
}

/** A host's model, as far as it is needed here. */
interface Host extends HostModel {
  readonly widget_manager: { get_model(id: string): Promise<Kept> };
}

/** What its script exports. */
interface Script {
  begin(source: unknown, traits: object, weights: unknown): AnyModel;
}

/** The models that replace those of this page; one for all views of a widget. */
const begun = new WeakMap<HostModel, Promise<AnyModel>>();

/** The model that goes on without a kernel; undefined if there may be a kernel, or the widget kept no model. */
export function withoutKernel(model: Pick<AnyModel, "get" | "on" | "off" | "set">) {
  const name: string | undefined = model.get("_portable");
  const host = name === undefined ? undefined : (hostModel(model) as Host | undefined);
  // Only where the host has no kernels at all, which is known at once and does not change. A manager of JupyterLab,
  // Notebook, Voila or VS Code has this property, also while its kernel is busy or gone: when one comes back, it
  // would have another text than the page, and `w.text` in a cell would not be what is seen. There the record stays.
  if (host === undefined || host.comm !== undefined || "kernel" in host.widget_manager) return;
  const known = begun.get(host) ?? begin(host, String(name).slice("IPY_MODEL_".length));
  begun.set(host, known);
  return known;
}

async function begin({ attributes, widget_manager }: Host, id: string): Promise<AnyModel> {
  const kept = await widget_manager.get_model(id);
  const source = String(kept.get("script"));
  const script = await scriptOf<Script>(source);
  return script.begin(source, attributes, kept.get("weights"));
}
