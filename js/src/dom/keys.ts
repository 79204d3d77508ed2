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
  window.addEventListener(
    "keydown",
    (event) => {
      const { target } = event;
      if (target instanceof Element && root.contains(target)) {
        target.toggleAttribute(SUPPRESS, !saves(event));
      }
    },
    { capture: true, signal },
  );
  root.addEventListener("keydown", (event) => saves(event) || event.stopPropagation(), { signal });
}

/** Have Ctrl+Enter begin and Escape press Stop, in all of a view. */
export function takeKeys(
  root: HTMLElement,
  begin: () => void,
  stop: HTMLButtonElement,
  signal: AbortSignal,
): void {
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing) return; // letters of several keys, whose Escape and Enter mean something else
      const control = event.ctrlKey || event.metaKey;
      const isOurs = (control && event.key === "Enter") || event.key === "Escape";
      if (isOurs) event.preventDefault();
      if (control && event.key === "Enter" && !event.repeat) begin();
      if (event.key === "Escape") stop.click();
    },
    { signal },
  );
  keepKeys(root, signal);
}
