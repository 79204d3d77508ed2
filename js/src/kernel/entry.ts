import type { AnyModel, RenderProps } from "@anywidget/types";
import { element } from "../dom/elements.ts";
import { nulls } from "./nulls.ts";
import { withoutKernel } from "./without-kernel.ts";

/** The trait that names the view of a widget. */
interface Kind<Name> {
  _kind: Name;
}

type Create = (model: AnyModel<never>, signal: AbortSignal) => HTMLElement;

const BROKEN =
  "What was saved to have this widget write cannot be used: run and save the notebook again.";

/** What anywidget takes: it calls `render` for each view, and what that returns when the view goes. */
export function entry<Name extends string>(views: Record<Name, Create>) {
  return {
    render({ model, el }: RenderProps<Kind<Name>>): () => void {
      const controller = new AbortController();
      const create = views[model.get("_kind")];
      const record = model as unknown as AnyModel;
      const show = (shown: AnyModel, ...notices: HTMLElement[]) => {
        if (controller.signal.aborted) return;
        const view = create(withNulls(shown) as AnyModel<never>, controller.signal);
        el.append(...notices, view);
      };
      const broken = (error: unknown) => {
        console.error(error);
        show(record, element("p", { role: "alert", textContent: BROKEN }));
      };
      const alive = withoutKernel(record);
      if (alive === undefined) show(record);
      else alive.then((shown) => show(shown)).catch(broken);
      return () => {
        controller.abort();
        el.replaceChildren();
      };
    },
  };
}

/** A model whose traits have `null` where they have nothing. */
function withNulls<T extends object>(model: AnyModel<T>): AnyModel<T> {
  return new Proxy(model, {
    get(host, key) {
      if (key === "get") return (name: keyof T) => nulls(host.get(name));
      const found: unknown = Reflect.get(host, key);
      return typeof found === "function" ? found.bind(host) : found;
    },
  });
}
