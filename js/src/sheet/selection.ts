import { on } from "../dom/events.ts";

/** What is selected of a text; nothing if that reaches beyond the text, or the browser does not say. */
export function selectionIn(root: HTMLElement): Range[] {
  // Only some browsers report a selection inside a shadow root.
  const selection = (root.getRootNode() as Partial<Document>).getSelection?.() ?? null;
  const ranges: Range[] = [];
  for (let index = 0; selection !== null && index < selection.rangeCount; index += 1) {
    const range = selection.getRangeAt(index);
    if (!root.contains(range.commonAncestorContainer)) return [];
    if (!range.collapsed) ranges.push(range);
  }
  return ranges;
}

/** Have a text copied as it is, and all of it selected by Ctrl+A. */
export function keepSelecting(root: HTMLElement, signal: AbortSignal): void {
  // A browser would add line ends between blocks.
  on(root, "copy", signal, (event) => {
    const selection = isTyped(event) ? [] : selectionIn(root);
    if (selection.length === 0 || event.clipboardData === null) return;
    event.clipboardData.setData("text/plain", selection.join(""));
    event.preventDefault();
  });
  // Ctrl+A is for the text, not for the whole notebook.
  on(root, "keydown", signal, (event) => {
    if (event.key.toLowerCase() !== "a" || !(event.ctrlKey || event.metaKey)) return;
    if (isTyped(event)) return;
    event.preventDefault();
    document.getSelection()?.selectAllChildren(root);
  });
}

/** Whether that is done in a box for text, which knows what to do. */
export function isTyped({ target }: Event): boolean {
  return target instanceof HTMLTextAreaElement;
}
