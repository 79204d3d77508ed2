import type { AnyModel } from "@anywidget/types";
import { buttonMaker } from "../dom/buttons.ts";
import { element } from "../dom/elements.ts";
import { onResize } from "../dom/events.ts";
import { icon } from "../dom/icons.ts";
import type { Colour, FromKernel, Traits } from "../kernel/protocol.ts";
import { follow } from "../kernel/traits.ts";
import type { TextArea } from "../sheet/text-area.ts";
import { Help } from "./help.ts";
import { Lead } from "./lead.ts";
import { type Actions, Panels, type Tab } from "./panels.ts";
import { Tabs } from "./tabs.ts";

/** Pixels of the bench below which a letter is explained under its line, and not in the margin. */
const WIDE = 858;
const PHONE = 598;

/** The margin, which explains what is written: beside the sheet or, where that is narrow, under a line of it. */
export class Inside {
  readonly root: HTMLElement;
  /** What the text is coloured by. */
  readonly tools: HTMLElement;
  readonly #panels: Panels;
  readonly #tabs: Tabs<Tab>;
  readonly #lead: Lead;
  readonly #unfold: HTMLButtonElement;
  readonly #fold: HTMLButtonElement;

  constructor(
    private readonly model: AnyModel<Traits>,
    page: TextArea,
    private readonly actions: Actions,
    signal: AbortSignal,
  ) {
    const { traits } = actions;
    const button = buttonMaker(signal);
    const panels = new Panels(model, page, actions, () => this.#place(), signal);
    this.#panels = panels;
    this.#tabs = new Tabs<Tab>(
      "Look inside",
      {
        letter: ["Letter", panels.letter],
        cells: ["Cells", panels.cells],
        branches: ["Branches", panels.branches],
      },
      (tab) => this.#show(tab),
      signal,
    );
    this.#unfold = button("Look inside", () => this.#turn(true), "lstm-unfold");
    this.#unfold.prepend(icon("fold"));
    this.#fold = iconButton(button, "Fold the look inside away", "fold", () => this.#turn(false));
    const close = iconButton(button, "Close this letter", "close", () => panels.letGo());
    close.classList.add("lstm-close");
    const help = new Help(signal);
    const head = element("div", { className: "lstm-tabs-row" }, this.#tabs.list);
    head.append(help.button, this.#fold);
    this.root = element("aside", { className: "lstm-inside", "aria-label": "Look inside" });
    this.root.append(this.#unfold, head, ...this.#tabs.panels, help.root);
    this.#tabs.panels[0]?.append(close);
    this.tools = panels.tools;
    this.#lead = new Lead(this.root, page, signal);

    panels.chose = (colour: Colour) => {
      if (colour !== "cell") return;
      this.#turn(true);
      this.#show("cells");
    };
    // To take another letter, one points at it first.
    panels.pinned = () => this.#tabs.shown === "branches" && this.#show("letter");
    traits.show("inside", this.#unfold, (open) => this.#open(open));
    follow(model, "branches", ({ length }) => this.#tabs.count("branches", length), signal);
    onResize([page.root, this.root], signal, () => this.#measure());
  }

  /** Another text is shown, with this many characters of its parent, or none. */
  begin(run: string | undefined, shared = 0): void {
    this.#panels.begin(run, shared);
  }

  /** More of the text is shown. */
  grew(): void {
    this.#panels.grew();
  }

  receive(message: FromKernel, buffers: readonly DataView[]): void {
    this.#panels.receive(message, buffers);
  }

  #show(tab: Tab): void {
    this.#tabs.shown = tab;
    this.root.dataset.tab = tab;
    this.#panels.tab = tab;
  }

  #turn(open: boolean): void {
    if (open === this.model.get("inside")) return;
    this.actions.traits.set({ inside: open });
    this.#open(open);
    (open ? this.#fold : this.#unfold).focus({ preventScroll: true });
  }

  #open(open: boolean): void {
    this.root.dataset.tab = this.#tabs.shown;
    this.root.classList.toggle("lstm-folded", !open);
    this.#unfold.setAttribute("aria-expanded", String(open));
    this.#unfold.hidden = open;
    for (const panel of this.#tabs.panels) panel.inert = !open;
    this.#panels.open = open;
  }

  #measure(): void {
    const { clientWidth = 0 } = this.root.parentElement ?? {};
    const isWide = clientWidth === 0 || clientWidth >= WIDE;
    this.#panels.room = isWide ? "wide" : clientWidth >= PHONE ? "narrow" : "phone";
  }

  /** Draw what ties a letter to its explanation. */
  #place(): void {
    const { looked, room, isNext } = this.#panels;
    const isSlip = room !== "wide" && looked !== null;
    this.root.classList.toggle("lstm-slip", isSlip);
    this.root.classList.toggle("lstm-still", room !== "wide" && isNext);
    this.#lead.show(this.#panels.isLetter ? looked : null, room !== "wide");
  }
}

function iconButton(
  make: ReturnType<typeof buttonMaker>,
  name: string,
  drawing: "fold" | "close",
  act: () => void,
): HTMLButtonElement {
  const made = make("", act, "lstm-icon");
  made.append(icon(drawing));
  made.setAttribute("aria-label", name);
  made.title = name;
  return made;
}
