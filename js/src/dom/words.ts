// Numbers as a reader sees them.

/** A whole number with its unit. */
export function count(number: number, one: string, several = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : several}`;
}

/** A loss, with as many decimals as mean something. */
export function bits(number: number): string {
  return number.toFixed(2);
}

/** About how long something takes, as exactly as an estimate can be. */
export function about(seconds: number): string {
  if (seconds < 55) return `${Math.max(5, 5 * Math.round(seconds / 5))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${(minutes / 60).toFixed(1)} hours`;
}

/** "1 character", "1,000 characters". */
export function characters(number: number): string {
  return count(number, "character");
}

/** "1,000 per second". */
export function perSecond(speed: number): string {
  return `${Math.round(speed).toLocaleString("en")} per second`;
}

/** "2.10 bits per character". */
export function bitsPerCharacter(mean: number): string {
  return `${bits(mean)} bits per character`;
}

/** A probability with as many digits as say something; only 0 and 1 read as nothing and all. */
export function percent(probability: number): string {
  const value = 100 * probability;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  if (value > 99.9 && value < 100) return "> 99.9 %";
  return `${Number(value.toFixed(value < 9.95 || value >= 99.5 ? 1 : 0))} %`;
}

/** A temperature: at most two decimals, or two digits of a small number. */
export function shortNumber(value: number): string {
  return String(Number(value < 0.1 ? value.toPrecision(2) : value.toFixed(2)));
}
