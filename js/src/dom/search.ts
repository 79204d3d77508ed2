/** The first number from `low` to before `high` from which on a test holds, found by halving; `high` if none. */
export function firstThat(low: number, high: number, holds: (n: number) => boolean): number {
  let [least, most] = [low, high];
  while (least < most) {
    const middle = (least + most) >> 1;
    if (holds(middle)) most = middle;
    else least = middle + 1;
  }
  return least;
}
