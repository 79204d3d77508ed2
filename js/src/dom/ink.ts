/**
 * Keep the host's text colour in a variable of a view, now and whenever the host changes it. Where the host has a
 * theme of its own, the style sheet takes that instead.
 */
export function followInk(root: HTMLElement, signal: AbortSignal): void {
  const read = () => {
    const ink = root.isConnected ? getComputedStyle(root).color : "";
    if (ink) root.style.setProperty("--lstm-host-ink", ink);
  };
  // The root has the host's colour, in a short transition: so a change of it is heard of, whatever its cause.
  root.addEventListener("transitionend", read, { signal });
  if (typeof ResizeObserver !== "undefined") {
    const observer = new ResizeObserver(read); // when it is put into a page
    observer.observe(root);
    signal.addEventListener("abort", () => observer.disconnect());
  }
  read();
}
