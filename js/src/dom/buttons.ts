import { element } from "./elements.ts";
import { on } from "./events.ts";

/** Returns what makes the buttons of a view. */
export function buttonMaker(signal: AbortSignal) {
  return (name: string, act: (event: MouseEvent) => void, className = ""): HTMLButtonElement => {
    const made = element("button", { type: "button", textContent: name, className });
    onPress(made, act, signal);
    return made;
  };
}

/** Act when a button is pressed. One that can do nothing keeps the focus: it is only marked, and not asked. */
export function onPress(
  button: HTMLButtonElement,
  act: (event: MouseEvent) => void,
  signal: AbortSignal,
): void {
  on(button, "click", signal, (event) => {
    if (button.getAttribute("aria-disabled") !== "true") act(event);
  });
}

export function enable(button: HTMLButtonElement, possible: boolean): void {
  const disabled = String(!possible);
  if (button.getAttribute("aria-disabled") !== disabled) {
    button.setAttribute("aria-disabled", disabled);
  }
}
