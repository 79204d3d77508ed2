import { on } from "./events.ts";

/** With it on the element that is pressed on, JupyterLab and Notebook 7 look for no shortcut. */
const SUPPRESS = "data-lm-suppress-shortcuts";

/**
 * Keep the keys pressed in a view from the notebook around it, which would undo its own changes at Ctrl+Z
 * and insert cells at "a". But Ctrl+S still saves.
 */
export function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  const saves = (event: KeyboardEvent) =>
    (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
  // Notebooks take keys in the capture phase, at the document, so that only the window is asked before them. Some
  // of their shortcuts are for whatever has the focus: the attribute of an element around it comes too late.
  const mark = (event: KeyboardEvent) => {
    const { target } = event;
    if (!(target instanceof Element && root.contains(target))) return;
    // The seed lies within the text, which may have been pressed on before.
    const marked = saves(event) ? root.querySelectorAll(`[${SUPPRESS}]`) : [];
    for (const one of marked) one.removeAttribute(SUPPRESS);
    if (!saves(event)) target.toggleAttribute(SUPPRESS, true);
  };
  window.addEventListener("keydown", mark, { capture: true, signal });
  on(root, "keydown", signal, (event) => saves(event) || event.stopPropagation());
}

/** Have Ctrl+Enter begin and Escape press Stop, in all of a view. */
export function takeKeys(
  root: HTMLElement,
  begin: () => void,
  stop: HTMLButtonElement,
  signal: AbortSignal,
): void {
  on(root, "keydown", signal, (event) => {
    if (event.isComposing) return; // letters of several keys, whose Escape and Enter mean something else
    const begins = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    const stops = event.key === "Escape";
    if (begins || stops) event.preventDefault();
    if (begins && !event.repeat) begin();
    if (stops) stop.click();
  });
  keepKeys(root, signal);
}
