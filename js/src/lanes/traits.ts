import type { AnyModel } from "@anywidget/types";
import type { Traits } from "../messages.ts";
import * as shared from "../traits.ts";
import type { LanesTraits } from "./messages.ts";

export type LanesModel = AnyModel<LanesTraits>;

/** The model as the parts see it that both widgets have; they use nothing but what both have. */
export function common(model: LanesModel): AnyModel<Traits> {
  return model as unknown as AnyModel<Traits>;
}

/** Listen to an event of the widget's model until the view goes. */
export function listen(
  model: LanesModel,
  event: string,
  callback: Parameters<LanesModel["on"]>[1],
  signal: AbortSignal,
): void {
  shared.listen(common(model), event, callback, signal);
}

/** Show a trait, now and whenever the kernel or another view changes it. */
export function follow<K extends keyof LanesTraits>(
  model: LanesModel,
  name: K,
  show: (value: LanesTraits[K]) => void,
  signal: AbortSignal,
): void {
  listen(model, `change:${name}`, () => show(model.get(name)), signal);
  show(model.get(name));
}
