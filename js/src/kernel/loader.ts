// All that a widget needs within two seconds (see hearing.ts); its page is loaded afterwards, from a trait.
import type { RenderProps } from "@anywidget/types";
import { CAUGHT_UP, keepHearing } from "./hearing.ts";

interface Traits {
  _page: string;
}

interface Page {
  default: { render(props: RenderProps<Traits>): () => void };
}

const FAILED = "The browser could not load this widget. Reload the page.";

/** What was loaded, by its source: once for all widgets of the host's page, each of which has a loader. */
const KEY = Symbol.for("lstm-widget pages");
const shared = globalThis as { [KEY]?: Map<string, Promise<Page>> };
shared[KEY] ??= new Map();
const pages = shared[KEY];

function load(source: string): Promise<Page> {
  const known = pages.get(source);
  if (known !== undefined) return known;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const page: Promise<Page> = import(address).finally(() => URL.revokeObjectURL(address));
  pages.set(source, page);
  page.catch(() => pages.delete(source));
  return page;
}

export default {
  initialize({ model }: Pick<RenderProps<Traits>, "model">): void {
    void keepHearing(model); // nothing is awaited
  },

  render(props: RenderProps<Traits>): () => void {
    const { model, el } = props;
    let isGone = false;
    let leave: (() => void) | undefined;
    const page = load(model.get("_page"));
    const draw = () => {
      page.then(
        ({ default: widget }) => {
          if (isGone) return;
          leave?.();
          leave = widget.render(props);
        },
        () => el.replaceChildren(FAILED),
      );
    };
    draw();
    model.on(CAUGHT_UP, draw); // what is drawn by now may be of before
    return () => {
      isGone = true;
      model.off(CAUGHT_UP, draw);
      leave?.();
    };
  },
};
