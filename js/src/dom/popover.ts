import { onPress } from "./buttons.ts";
import { element, uniqueId } from "./elements.ts";
import { on } from "./events.ts";

/** A small page over the page, which a button opens and closes; Escape and a press elsewhere close it, too. */
export class Popover {
  readonly root: HTMLElement;

  /** @param name of what is shown; the button has a name of its own */
  constructor(
    readonly button: HTMLButtonElement,
    name: string,
    className: string,
    signal: AbortSignal,
  ) {
    const id = uniqueId();
    this.root = element("div", {
      className: `lstm-popover ${className}`,
      id,
      hidden: true,
      role: "dialog",
      "aria-label": name,
    });
    button.setAttribute("aria-controls", id);
    this.open = false;
    onPress(button, () => (this.open = !this.open), signal);
    const close = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !this.open) return;
      event.preventDefault();
      event.stopPropagation(); // it stops nothing that is written
      this.open = false;
      button.focus();
    };
    on(this.root, "keydown", signal, close);
    on(button, "keydown", signal, close);
    const leave = (event: PointerEvent) => {
      const path = event.composedPath();
      if (!path.includes(this.root) && !path.includes(button)) this.open = false;
    };
    document.addEventListener("pointerdown", leave, { signal, capture: true });
  }

  get open(): boolean {
    return !this.root.hidden;
  }

  set open(open: boolean) {
    this.root.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }
}
