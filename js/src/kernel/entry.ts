import type { AnyModel, RenderProps } from "@anywidget/types";
import { nulls } from "./nulls.ts";

/** What anywidget takes: it calls `render` for each view, and what that returns when the view goes. */
export function entry<T extends object>(
  create: (model: AnyModel<T>, signal: AbortSignal) => HTMLElement,
) {
  return {
    render({ model, el }: RenderProps<T>): () => void {
      const controller = new AbortController();
      el.append(create(withNulls(model), controller.signal));
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
