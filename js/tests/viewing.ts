// A page with views of widgets, each with a clock and a kernel of its own.
import { setMaxListeners } from "node:events";
import { afterEach, beforeEach, expect } from "vitest";
import type { Traits } from "../src/kernel/protocol.ts";
import { createView } from "../src/text/view.ts";
import { counting, FakeKernel, SEED } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";
import { announcement, canStop, wholePage } from "./reader.ts";
import { onFakeTime } from "./reading.ts";

/** What every view sends first. */
export const HELLO = { type: "hello" };

setMaxListeners(0); // a view has many, which Node would warn of

export let kernel: FakeKernel;
let controllers: AbortController[] = [];

export function onFreshPages(): void {
  onFakeTime();
  beforeEach(() => {
    kernel = new FakeKernel(counting(5000));
    document.body.replaceChildren();
  });
  afterEach(() => {
    for (const controller of controllers) controller.abort();
    controllers = [];
  });
}

export interface Shown {
  root: HTMLElement;
  /** Take the view away. */
  close(): void;
}

/** Show a view of a model on the page. */
export function show(model: Parameters<typeof createView>[0]): Shown {
  const controller = new AbortController();
  controllers.push(controller);
  const root = createView(model, controller.signal);
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
export function shown(traits: Partial<Traits> = {}): FakeModel {
  const model = new FakeModel(kernel, traits);
  show(model);
  return model;
}

/** The generated text, without the seed before it. */
export function generated(root: ParentNode = document): string {
  const whole = wholePage(root);
  if (!whole.startsWith(SEED)) throw new Error(`The page begins with ${whole.slice(0, 20)}.`);
  return whole.slice(SEED.length);
}

/** A view shows that it has written a text to its end. */
export function expectFinished(text: string, root: ParentNode = document): void {
  expect(generated(root)).toBe(text);
  expect(announcement(root)).toBe(`Finished: ${text.length.toLocaleString("en")} characters`);
  expect(canStop(root)).toBe(false);
}
