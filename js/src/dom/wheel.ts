/** Have the wheel scroll the page, and leave alone the number in a field that has the focus and is in its way. */
export function ignoreWheel(root: HTMLElement, signal: AbortSignal): void {
  const ignore = ({ target }: WheelEvent) => {
    if (!(target instanceof HTMLInputElement) || target.type !== "number" || target.readOnly)
      return;
    // Preventing the default would keep the page still, too.
    target.readOnly = true;
    setTimeout(() => (target.readOnly = false));
  };
  root.addEventListener("wheel", ignore, { passive: true, signal });
}
