/** Listen to an event of the page until the view goes. */
export function on<K extends keyof HTMLElementEventMap>(
  target: HTMLElement,
  type: K,
  signal: AbortSignal,
  act: (event: HTMLElementEventMap[K]) => void,
): void {
  target.addEventListener(type, act, { signal });
}

/** Act when one of some elements gets its first size or another one; never where nothing is laid out. */
export function onResize(targets: readonly Element[], signal: AbortSignal, act: () => void): void {
  if (typeof ResizeObserver === "undefined") return;
  const observer = new ResizeObserver(act);
  for (const target of targets) observer.observe(target);
  signal.addEventListener("abort", () => observer.disconnect());
}
