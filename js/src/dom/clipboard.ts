/** Put a text into the clipboard; return in words whether that worked. */
export async function copyText(text: string): Promise<string> {
  let isDone = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    isDone = copyOldWay(text); // a page that came by plain http, as from many a JupyterHub
  }
  return isDone ? "Copied" : "The browser blocked copying";
}

function copyOldWay(text: string): boolean {
  const fill = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("copy", fill, { capture: true, once: true });
  try {
    return document.execCommand("copy");
  } finally {
    document.removeEventListener("copy", fill, { capture: true });
  }
}
