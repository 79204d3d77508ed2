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
      // Keys pressed in here are meant for the widget, not for the notebook around it, which would undo
      // its own changes at Ctrl+Z and select its cells at Ctrl+A. But Ctrl+S still saves.
      if (!control || event.key.toLowerCase() !== "s") event.stopPropagation();
    },
    { signal },
  );
}
