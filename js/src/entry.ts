import type { AnyModel, RenderProps } from "@anywidget/types";

/** What anywidget takes: it calls `render` for each view, and what that returns when the view goes. */
export function entry<T extends object>(
  create: (model: AnyModel<T>, signal: AbortSignal) => HTMLElement,
) {
  return {
    render({ model, el }: RenderProps<T>): () => void {
      const controller = new AbortController();
      el.append(create(model, controller.signal));
      return () => {
        controller.abort();
        el.replaceChildren();
      };
    },
  };
}
