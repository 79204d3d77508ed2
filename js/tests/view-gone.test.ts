// The kernel was restarted or has died: what is sent to it is thrown back.
import { expect, test, vi } from "vitest";
import type { FakeModel } from "./fake-model.ts";
import { alertText, canStop, click, find } from "./reader.ts";
import { seconds } from "./reading.ts";
import { generated, onFreshPages, shown } from "./viewing.ts";

const SENTENCE = "The kernel has stopped. Run the cell again.";

onFreshPages();

function lose(model: FakeModel): void {
  seconds(1); // it was there until now
  const thrownBack = () => {
    throw new Error("Cannot send");
  };
  Object.assign(model, { send: thrownBack, save_changes: thrownBack });
}

test("Generate reports it, and nothing is being written", () => {
  lose(shown());
  click("Generate");
  expect(alertText()).toBe(SENTENCE);
  expect(canStop()).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test("in the middle of a run the text stays, it is reported, and nothing goes on", () => {
  const model = shown();
  click("Generate");
  seconds(1);
  const before = generated();
  expect(before.length).toBeGreaterThan(20);
  lose(model);
  seconds(1);
  expect(generated().startsWith(before)).toBe(true);
  expect(alertText()).toBe(SENTENCE);
  expect(canStop()).toBe(false);
  seconds(60);
  expect(vi.getTimerCount()).toBe(0);
});

test("Stop reports it", () => {
  const model = shown();
  click("Generate");
  seconds(0.5);
  lose(model);
  click("Stop");
  expect(alertText()).toBe(SENTENCE);
  expect(canStop()).toBe(false);
});

test("so does a slider whose value cannot be saved", () => {
  lose(shown());
  const slider = find("slider", "Temperature") as HTMLInputElement;
  slider.value = "1";
  slider.dispatchEvent(new Event("input"));
  seconds(1);
  expect(alertText()).toBe(SENTENCE);
});
