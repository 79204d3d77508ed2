/** Have the track of a slider drawn up to its thumb. */
export function showShare(slider: HTMLInputElement): void {
  const { valueAsNumber: value } = slider;
  const [least, most] = [Number(slider.min), Number(slider.max)];
  slider.style.setProperty("--lstm-share", `${(100 * (value - least)) / (most - least)}%`);
}
