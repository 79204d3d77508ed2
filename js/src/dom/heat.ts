/** The colours of temperatures, between which others are mixed. */
const STOPS: readonly [number, string][] = [
  [0, "--lstm-cold"],
  [0.6, "--lstm-cool"],
  [0.96, "--lstm-norm"],
  [1.2, "--lstm-warm"],
  [2, "--lstm-hot"],
];

/** Give an element, and what is in it, the colour of a temperature. */
export function showHeat(target: HTMLElement, temperature: number): void {
  target.style.setProperty("--lstm-heat-raw", heat(temperature));
}

/** The colour of a temperature, as CSS. */
export function heat(temperature: number): string {
  const value = Math.min(Math.max(temperature, 0), 2);
  const next = Math.max(
    1,
    STOPS.findIndex(([stop]) => value <= stop),
  );
  const [from, cooler] = STOPS[next - 1] as [number, string];
  const [to, hotter] = STOPS[next] as [number, string];
  const share = Math.round((100 * (value - from)) / (to - from));
  return `color-mix(in oklab, var(${hotter}) ${share}%, var(${cooler}))`;
}

/** The width of a temperature's ribbon in pixels: the hotter, the wider. */
export function ribbonWidth(temperature: number): number {
  return 2.5 + 3.2 * Math.min(Math.max(temperature, 0), 2);
}
