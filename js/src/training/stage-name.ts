import { count } from "../dom/words.ts";

/** How far a stage has come. */
export function stageName(update: number): string {
  return update === 0 ? "before the first update" : `after ${count(update, "update")}`;
}
