import type { AnyModel } from "@anywidget/types";
import { nulls } from "./nulls.ts";

/** Listen to an event of the widget's model until the view goes. */
export function listen(
  model: Pick<AnyModel, "on" | "off">,
  event: string,
  callback: Parameters<AnyModel["on"]>[1],
  signal: AbortSignal,
): void {
  const heard: typeof callback =
    event === "msg:custom" ? (message, buffers) => callback(nulls(message), buffers) : callback;
  model.on(event, heard);
  signal.addEventListener("abort", () => model.off(event, heard), { once: true });
}

/** Show a trait, now and whenever the kernel or another view changes it. */
export function follow<T extends object, K extends keyof T & string>(
  model: AnyModel<T>,
  name: K,
  show: (value: T[K]) => void,
  signal: AbortSignal,
): void {
  listen(model, `change:${name}`, () => show(model.get(name)), signal);
  show(model.get(name));
}
