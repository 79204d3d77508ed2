import type { AnyModel } from "@anywidget/types";
import type { Traits } from "./messages.ts";

type Model = AnyModel<Traits>;

/** Listen to an event of the widget's model until the view goes. */
export function listen(
  model: Model,
  event: string,
  callback: Parameters<Model["on"]>[1],
  signal: AbortSignal,
): void {
  model.on(event, callback);
  signal.addEventListener("abort", () => model.off(event, callback), { once: true });
}

/** Show a trait, now and whenever the kernel or another view changes it. */
export function follow<K extends keyof Traits>(
  model: Model,
  name: K,
  show: (value: Traits[K]) => void,
  signal: AbortSignal,
): void {
  listen(model, `change:${name}`, () => show(model.get(name)), signal);
  show(model.get(name));
}
