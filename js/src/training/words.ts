/** A whole number with its unit. */
export function count(number: number, one: string, several = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : several}`;
}

/** A loss, with as many decimals as mean something. */
export function bits(number: number): string {
  return number.toFixed(2);
}

/** A time in words, in the two largest units. */
export function time(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How far a stage has come. */
export function stageName(update: number): string {
  return update === 0 ? "before the first update" : `after ${count(update, "update")}`;
}
