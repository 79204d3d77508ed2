// The entry for anywidget: it calls `render` for each view, and what that returns when the view goes.
import type { RenderProps } from "@anywidget/types";
import type { Traits } from "./messages.ts";
import { createView } from "./view.ts";
import "./style.css";
import "./seed-box.css";
import "./page.css";
import "./inside/inside.css";
import "./inside/bars.css";
import "./inside/colours.css";
import "./inside/cell-list.css";

function render({ model, el }: RenderProps<Traits>): () => void {
  const controller = new AbortController();
  el.append(createView(model, controller.signal));
  return () => {
    controller.abort();
    el.replaceChildren();
  };
}

export default { render };
