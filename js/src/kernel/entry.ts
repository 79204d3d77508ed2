import type { AnyModel, RenderProps } from "@anywidget/types";
import { nulls } from "./nulls.ts";

/** The trait that names the view of a widget. */
interface Kind<Name> {
  _kind: Name;
}

type Create = (model: AnyModel<never>, signal: AbortSignal) => HTMLElement;

/** What anywidget takes: it calls `render` for each view, and what that returns when the view goes. */
export function entry<Name extends string>(views: Record<Name, Create>) {
  return {
    render({ model, el }: RenderProps<Kind<Name>>): () => void {
      const controller = new AbortController();
      const create = views[model.get("_kind")];
      el.append(create(withNulls(model) as unknown as AnyModel<never>, controller.signal));
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
