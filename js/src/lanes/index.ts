// The entry for anywidget: it calls `render` for each view, and what that returns when the view goes.
import type { RenderProps } from "@anywidget/types";
import type { LanesTraits } from "./messages.ts";
import { createLanesView } from "./view.ts";
import "../style.css";
import "../seed-box.css";
import "../page.css";
import "./lanes.css";

function render({ model, el }: RenderProps<LanesTraits>): () => void {
  const controller = new AbortController();
  el.append(createLanesView(model, controller.signal));
  return () => {
    controller.abort();
    el.replaceChildren();
  };
}

export default { render };
