import { element, uniqueId } from "../dom/elements.ts";
import { on } from "../dom/events.ts";

/** Tabs with their panels, of which one is shown; the arrow keys go from tab to tab. */
export class Tabs<Name extends string> {
  readonly list: HTMLElement;
  readonly panels: readonly HTMLElement[];
  readonly #tabs = new Map<Name, HTMLButtonElement>();
  readonly #counts = new Map<Name, HTMLElement>();
  #shown: Name;

  /**
   * @param parts each tab's name for the reader, and what its panel holds
   * @param chosen takes the tab that the reader chooses
   */
  constructor(
    label: string,
    parts: Record<Name, readonly [name: string, content: HTMLElement]>,
    private readonly chosen: (name: Name) => void,
    signal: AbortSignal,
  ) {
    this.list = element("div", { role: "tablist", className: "lstm-tabs", "aria-label": label });
    const names = Object.keys(parts) as Name[];
    this.panels = names.map((key) => {
      const [name, content] = parts[key];
      const count = element("small");
      const tab = element("button", { type: "button", role: "tab", id: uniqueId() }, name, count);
      const id = uniqueId();
      tab.setAttribute("aria-controls", id);
      this.#tabs.set(key, tab);
      this.#counts.set(key, count);
      this.list.append(tab);
      on(tab, "click", signal, () => this.#choose(key));
      const named = { role: "tabpanel", "aria-labelledby": tab.id };
      return element("div", { className: "lstm-panel", id, tabIndex: 0, ...named }, content);
    });
    on(this.list, "keydown", signal, (event) => {
      const at = names.indexOf(this.#shown);
      const step = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
      const goal = step === undefined ? undefined : names.at(step % names.length);
      if (goal === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      this.#choose(goal);
      this.#tabs.get(goal)?.focus();
    });
    this.#shown = names[0] as Name;
    this.shown = this.#shown;
  }

  get shown(): Name {
    return this.#shown;
  }

  set shown(name: Name) {
    this.#shown = name;
    let n = 0;
    for (const [key, tab] of this.#tabs) {
      const isShown = key === name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      (this.panels[n] as HTMLElement).hidden = !isShown;
      n += 1;
    }
  }

  /** Say how many there are behind a tab; 0: nothing. */
  count(name: Name, number: number): void {
    const count = this.#counts.get(name);
    if (count) count.textContent = number > 0 ? ` ${number.toLocaleString("en")}` : "";
  }

  #choose(name: Name): void {
    if (name === this.#shown) return;
    this.shown = name;
    this.chosen(name);
  }
}
