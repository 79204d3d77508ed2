import { beforeEach, describe, expect, test } from "vitest";
import { Thermometer } from "../src/settings/thermometer.ts";
import { TRAITS } from "./fake-model.ts";
import { click, field, slider, type } from "./reader.ts";
import { seconds } from "./reading.ts";
import { onFreshPages, shown } from "./viewing.ts";

/** The places of pins, or of heads of arrows, on the scale. */
function places(what: "pin" | "head"): string[] {
  return Array.from(
    document.querySelectorAll<HTMLElement>(`.lstm-${what}`),
    ({ style }) => style.left,
  );
}

function arrows(): number {
  return document.querySelectorAll(".lstm-scale path").length;
}

describe("the scale", () => {
  let thermometer: Thermometer;
  let set: number[];

  beforeEach(() => {
    set = [];
    const { signal } = new AbortController();
    thermometer = new Thermometer(TRAITS.bounds.temperature, (one) => set.push(one), signal);
    thermometer.value = 0.5;
    document.body.replaceChildren(thermometer.root);
  });
  const level = () => thermometer.root.style.getPropertyValue("--lstm-at");

  test("is filled as far as the slider and the field say, and not beyond its end", () => {
    expect(level()).toBe("0.25");
    type(slider("Temperature"), "1.5");
    expect([level(), field("Temperature").value]).toEqual(["0.75", "1.5"]);
    type(field("Temperature"), "30");
    expect([level(), slider("Temperature").value]).toEqual(["1", "2"]);
    expect(set).toEqual([1.5, 30]);
  });

  test("keeps its level while what is typed is wrong", () => {
    type(field("Temperature"), "-1");
    expect([level(), set]).toEqual(["0.25", []]);
    expect(thermometer.field.problem).toBe("Temperature must be a number from 0 to 100.");
  });

  test("has words at its ticks, of which a screen reader hears nothing", () => {
    const ticks = Array.from(document.querySelectorAll(".lstm-tick"), (tick) => [
      tick.querySelector("strong")?.textContent,
      tick.querySelector(".lstm-long")?.textContent,
    ]);
    expect(ticks).toEqual([
      ["0", "always the likeliest"],
      ["0.5", "careful"],
      ["1", "as learnt"],
      ["1.5", "wild"],
      ["2", ""],
    ]);
    expect(document.querySelector(".lstm-scale")?.getAttribute("aria-hidden")).toBe("true");
  });

  test("has no pin for a text of one temperature", () => {
    thermometer.changes = [[0, 0.7]];
    expect([places("pin"), places("head"), arrows()]).toEqual([[], [], 0]);
  });

  test("has pins where the temperature was before, and arrows that join the last three", () => {
    thermometer.changes = [
      [0, 0.2],
      [10, 0.7],
      [20, 1.3],
      [30, 50],
    ];
    expect(places("pin")).toEqual(["35%", "65%"]);
    expect(places("head")).toEqual(["65%", "100%"]);
    expect(arrows()).toBe(2);
    expect(document.querySelector<HTMLElement>(".lstm-pin")?.title).toBe(
      "0.7 from character 11 on",
    );
    expect(document.querySelectorAll(".lstm-cooler")).toHaveLength(0);
    thermometer.changes = [
      [0, 1],
      [5, 0.5],
    ];
    expect(document.querySelectorAll(".lstm-cooler")).toHaveLength(1);
  });
});

describe("in the page", () => {
  onFreshPages();

  test("a change while a text is written gets a pin, which goes with the text", () => {
    const model = shown({ length: 1000, speed: 50 });
    click("Generate");
    seconds(1);
    expect(places("pin")).toEqual([]);
    type(slider("Temperature"), "1.5");
    slider("Temperature").dispatchEvent(new Event("change", { bubbles: true }));
    seconds(2);
    expect(places("pin")).toEqual([`${50 * TRAITS.temperature}%`]);
    expect(places("head")).toEqual(["75%"]);
    click("Stop");
    seconds(1);
    expect(places("head")).toEqual(["75%"]);
    click("Clear");
    seconds(1);
    expect([model.get("text"), places("pin"), arrows()]).toEqual(["", [], 0]);
  });

  test("a text of before brings its pins", () => {
    const receipt = {
      seed: "She was",
      temperature: 0.4,
      temperatures: [[2, 1.2]] as [number, number][],
    };
    shown({ text: "abcd", status: "finished", receipt });
    expect([places("pin"), places("head")]).toEqual([["20%"], ["60%"]]);
  });
});
