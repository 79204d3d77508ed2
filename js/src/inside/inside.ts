import type { AnyModel } from "@anywidget/types";
import { element } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import type { FromKernel, Traits } from "../kernel/protocol.ts";
import type { TextArea } from "../sheet/text-area.ts";
import { type Actions, Panels } from "./panels.ts";

/** The way to look inside. Until somebody takes it, there is nothing behind it. */
export class Inside {
  readonly root: HTMLDetailsElement;
  #panels: Panels | null = null;
  #run: string | undefined;

  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly page: TextArea,
    private readonly actions: Actions,
    private readonly signal: AbortSignal,
  ) {
    const summary = element("summary", { textContent: "Look inside" });
    this.root = element("details", { className: "lstm-inside" }, summary);
    on(this.root, "toggle", signal, () => this.#toggled());
    actions.traits.show("inside", summary, (open) => this.#show(open));
  }

  /** Another text is shown, with this many characters of its parent, or none. */
  begin(run: string | undefined, shared = 0): void {
    this.#run = run;
    this.#panels?.begin(run, shared);
  }

  /** More of the text is shown. */
  grew(): void {
    this.#panels?.grew();
  }

  receive(message: FromKernel, buffers: readonly DataView[]): void {
    this.#panels?.receive(message, buffers);
  }

  #toggled(): void {
    const { open } = this.root;
    if (open !== this.model.get("inside")) this.actions.traits.set({ inside: open });
    this.#show(open);
  }

  #show(open: boolean): void {
    this.root.open = open;
    if (open && this.#panels === null) {
      this.#panels = new Panels(this.model, this.page, this.actions, this.signal);
      this.#panels.begin(this.#run);
      this.root.append(this.#panels.root);
    }
    if (this.#panels !== null && this.#panels.active !== open) this.#panels.active = open;
  }
}
