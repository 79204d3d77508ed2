import { element } from "./elements.ts";

/** Returns what makes the buttons of a view. */
export function buttonMaker(signal: AbortSignal) {
  return (name: string, act: () => void, className = ""): HTMLButtonElement => {
    const made = element("button", { type: "button", textContent: name, className });
    // One that can do nothing keeps the focus: it is only marked, and not asked.
    const asked = () => made.getAttribute("aria-disabled") !== "true" && act();
    made.addEventListener("click", asked, { signal });
    return made;
  };
}

export function enable(button: HTMLButtonElement, possible: boolean): void {
  const disabled = String(!possible);
  if (button.getAttribute("aria-disabled") !== disabled) {
    button.setAttribute("aria-disabled", disabled);
  }
}
