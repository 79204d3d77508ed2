// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Traits } from "../src/kernel/protocol.ts";
import { SettingTraits } from "../src/settings/setting-traits.ts";
import { FakeKernel } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";

let model: FakeModel;
let box: HTMLInputElement;
let traits: SettingTraits<Traits>;

/** A field of the seed, as a view has it. */
function field(): HTMLInputElement {
  const one = document.createElement("input");
  const signal = new AbortController().signal;
  const own = new SettingTraits<Traits>(model, () => undefined, signal);
  one.addEventListener("input", () => own.set({ seed: one.value }));
  own.show("seed", one, (seed) => (one.value = seed));
  traits = own;
  return one;
}

function type(text: string): void {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function leave(): void {
  box.dispatchEvent(new Event("focusout", { bubbles: true }));
}

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel(new FakeKernel(""), { seed: "A" });
  box = field();
});

describe("a field that is used", () => {
  test("keeps what is typed when the kernel sends back what was typed before", () => {
    for (const text of ["Ab", "Abc", "Abcd"]) {
      type(text);
      model.update({ seed: text.slice(0, -1) });
      expect(box.value).toBe(text);
      expect(model.get("seed")).toBe(text);
    }
    leave();
    model.update({ seed: "Abc" }); // late, though it is left
    expect(box.value).toBe("Abcd");
    expect(model.saved.map(({ seed }) => seed)).toEqual(["Ab", "Abc", "Abcd"]);
  });

  test("takes what others change once it is left", () => {
    type("Ab");
    model.update({ seed: "theirs" });
    expect([box.value, model.get("seed")]).toEqual(["Ab", "Ab"]);
    leave();
    expect([box.value, model.get("seed")]).toEqual(["theirs", "theirs"]);
  });

  test("is the newest if something is typed after others changed it", () => {
    type("Ab");
    model.update({ seed: "theirs" });
    type("Abc");
    leave();
    expect([box.value, model.get("seed")]).toEqual(["Abc", "Abc"]);
  });

  test("ends with what the kernel makes of what was typed", () => {
    type("Ab");
    model.update({ error: "That cannot be.", seed: "A" }); // it was refused
    leave();
    expect(box.value).toBe("A");
  });

  test("shows at once what others change before and after", () => {
    model.update({ seed: "one" });
    expect(box.value).toBe("one");
    type("Ab");
    leave();
    model.update({ seed: "two" });
    expect(box.value).toBe("two");
    vi.advanceTimersByTime(5000);
    model.update({ seed: "Ab" }); // a cell may well set what was once typed
    expect(box.value).toBe("Ab");
  });

  test("is what another view of the same widget shows", () => {
    const other = field();
    type("Abc");
    expect(other.value).toBe("Abc");
  });
});

test("several traits are saved together", () => {
  traits.set({ temperature: 0.5, length: 7 });
  expect(model.saved).toEqual([{ temperature: 0.5, length: 7 }]);
});
