/**
 * Keep the height of the window in a variable of a view. A frame is as high as what is in it, or as its host makes it:
 * in one, the screen counts.
 */
export function followWindow(root: HTMLElement, signal: AbortSignal): void {
  const isFrame = window.parent !== window;
  const read = () => {
    const height = isFrame ? window.screen.availHeight : window.innerHeight;
    if (height > 0) root.style.setProperty("--lstm-window", `${height}px`);
  };
  if (!isFrame) window.addEventListener("resize", read, { signal });
  read();
}
