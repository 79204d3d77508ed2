// A page with views of lanes, each with a clock and a kernel of its own, and what a reader finds in there.
import { setMaxListeners } from "node:events";
import { afterEach, beforeEach } from "vitest";
import type { LanesTraits } from "../src/kernel/protocol.ts";
import { createLanesView } from "../src/lanes/view.ts";
import { SEED } from "./fake-kernel.ts";
import { LanesKernel, LanesPage } from "./lanes-kernel.ts";
import { canStop, find } from "./reader.ts";
import { onFakeTime, seconds } from "./reading.ts";

setMaxListeners(0); // a view has many, which Node would warn of

export let kernel: LanesKernel;
let controllers: AbortController[] = [];

export function onFreshLanes(): void {
  onFakeTime();
  beforeEach(() => {
    kernel = new LanesKernel();
    document.body.replaceChildren();
  });
  afterEach(() => {
    for (const controller of controllers) controller.abort();
    controllers = [];
  });
}

/** Show a view of a model on the page. */
export function show(model: LanesPage): { root: HTMLElement; close(): void } {
  const controller = new AbortController();
  controllers.push(controller);
  const root = createLanesView(model, controller.signal);
  document.body.append(root);
  return {
    root,
    close() {
      controller.abort();
      root.remove();
    },
  };
}

/** A widget with one view, and its model. */
export function shown(traits: Partial<LanesTraits> = {}): LanesPage {
  const model = new LanesPage(kernel, traits);
  show(model);
  return model;
}

function region(lane: number, root: ParentNode): HTMLElement {
  return find("region", `Text of lane ${lane}`, root);
}

/** What is written in a lane, counted from 1, without the seed before it. */
export function text(lane: number, root: ParentNode = document): string {
  const whole = region(lane, root).textContent ?? "";
  if (whole === "") return "";
  if (!whole.startsWith(SEED)) throw new Error(`The page begins with ${whole.slice(0, 20)}.`);
  return whole.slice(SEED.length);
}

/** The texts of all lanes. */
export function texts(root: ParentNode = document): string[] {
  return Array.from({ length: count(root) }, (_, n) => text(n + 1, root));
}

/** The number of lanes. */
export function count(root: ParentNode = document): number {
  return root.querySelectorAll('[role="region"]').length;
}

/** The names of the marks of a lane: changes of the temperature, and the departure. */
export function marks(lane: number, root: ParentNode = document): string[] {
  const found = region(lane, root).querySelectorAll('[role="img"]');
  return Array.from(found, (mark) => mark.getAttribute("aria-label") ?? "");
}

/** What a lane says about its departure, below the text. */
export function departure(lane: number, root: ParentNode = document): string {
  const id = region(lane, root).getAttribute("aria-describedby") ?? "";
  return document.getElementById(id)?.textContent ?? "";
}

/** Let all be written and shown to its end. */
export function finish(root: ParentNode = document): void {
  seconds(0.1);
  until(() => !canStop(root));
}

/** Let frames go by until something is so. */
export function until(isSo: () => boolean): void {
  for (let frame = 0; !isSo(); frame += 1) {
    if (frame > 5000) throw new Error("It never comes.");
    seconds(0.016);
  }
}
