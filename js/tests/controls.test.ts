// The model, the speed, and what is under More.
import { describe, expect, test, vi } from "vitest";
import { dice, MODEL, OTHER_MODEL, SETTINGS } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";
import {
  alertText,
  choose,
  chosen,
  click,
  description,
  field,
  find,
  press,
  seedBox,
  slider,
  type,
} from "./reader.ts";
import { seconds } from "./reading.ts";
import { HELLO, kernel, onFreshPages, show, shown } from "./viewing.ts";

onFreshPages();

/** What a button of the deck opens. */
function dialog(name: string): HTMLElement {
  return find("dialog", name);
}

const isOpen = () => !dialog("More settings").hidden;

/** The settings of the latest start, with the temperature of its lane. */
function asked(model: FakeModel): unknown {
  const start = model.sent.filter((message) => message.type === "start").at(-1);
  return start && { ...start.settings, temperature: start.lanes[0]?.temperature };
}

describe("the models", () => {
  test("are offered by their titles, and the one that is set is chosen", () => {
    shown({ model: OTHER_MODEL });
    const list = find("combobox", "Model") as HTMLSelectElement;
    expect(Array.from(list.options, ({ text }) => text)).toEqual(["A model", "Another model"]);
    expect(chosen("Model")).toBe("Another model");
  });

  test("one that is chosen is in the model at once, saved soon, and writes the next text", () => {
    const model = shown();
    choose("Model", "Another model");
    expect(model.get("model")).toBe(OTHER_MODEL);
    seconds(1);
    expect(model.saved).toEqual([{ model: OTHER_MODEL }]);
    click("Generate");
    seconds(1);
    expect(kernel.run.model).toBe(OTHER_MODEL);
    expect(kernel.state.receipt?.model).toBe(OTHER_MODEL);
  });

  test("one that is chosen is saved before a text is begun with it", () => {
    shown();
    choose("Model", "Another model");
    click("Generate");
    seconds(1);
    expect(kernel.run.model).toBe(OTHER_MODEL);
  });

  test("one that the kernel refuses is not shown any longer, and the reason is", () => {
    kernel.models = [MODEL];
    const model = shown();
    choose("Model", "Another model");
    expect(chosen("Model")).toBe("Another model");
    seconds(1);
    expect(chosen("Model")).toBe("A model");
    expect(model.get("model")).toBe(MODEL);
    expect(alertText()).toBe("There is no such model to choose.");
    expect(model.saved).toHaveLength(1); // going back is not saved
  });

  test("may be chosen by the keyboard: the list keeps the focus", () => {
    shown();
    find("combobox", "Model").focus();
    choose("Model", "Another model");
    seconds(1);
    expect(document.activeElement).toBe(find("combobox", "Model"));
  });

  test("that Python loads or chooses are shown, in every view", () => {
    const model = new FakeModel(kernel);
    const views = [show(model), show(model)];
    const markup = "<b>Mine</b> & more";
    // As the kernel does it: the list comes after the choice.
    model.update({
      model: "mine",
      models: [...model.get("models"), { name: "mine", title: markup }],
    });
    for (const { root } of views) expect(chosen("Model", root)).toBe(markup);
    model.update({ model: MODEL });
    for (const { root } of views) expect(chosen("Model", root)).toBe("A model");
    choose("Model", markup, views[0]?.root);
    expect(chosen("Model", views[1]?.root)).toBe(markup);
    expect(document.querySelector("b")).toBeNull();
  });

  test("have a card: what a reader should know, the rest behind a fold, all as text", () => {
    const model = shown({
      card: {
        title: "A model",
        note: "Old <i>tales</i>",
        text: "Some text & more",
        characters: 1234567,
        network: "2 layers of 12 units, 8 characters",
        validation_loss_bits: 1.4743,
        even_bits: 3,
        licence: "<i>CC0</i>",
        sample: `Once ${"x".repeat(300)}`,
        language: "de",
        best_of_all: true,
        updates: 13890,
        training_seconds: 5696,
        float16_cost_nats: -1e-6,
        processes: 1,
        seed: "Once",
        beginnings: ["Now", "Then"],
      },
    });
    const entries = (list: Element | undefined | null) => {
      const all = (tag: string) =>
        Array.from(list?.querySelectorAll(tag) ?? [], ({ textContent }) => textContent);
      const [names, values] = [all("dt"), all("dd")];
      expect(values).toHaveLength(names.length);
      return names.map((name, n) => [name, values[n]]);
    };
    const about = dialog("About this model");
    expect(about.querySelector("h3")?.textContent).toBe("A model");
    expect(about.textContent).toContain("Old <i>tales</i>");
    expect(entries(about.querySelector(":scope > dl"))).toEqual([
      ["Text", "Some text & more: 1,234,567 characters"],
      ["Network", "2 layers of 12 cells, 8 characters"],
      [
        "How well",
        "1.47 bits per character, on text it has not read; guessing evenly takes 3.00. Fewer is better.",
      ],
      ["Licence", "<i>CC0</i>"],
    ]);
    const sample = about.querySelector("blockquote");
    expect([sample?.textContent, sample?.lang]).toEqual([`Once ${"x".repeat(235)}…`, "de"]);
    const more = about.querySelector("details");
    expect(more?.open).toBe(false);
    expect(more?.querySelector("summary")?.textContent).toBe("More about the training");
    expect(entries(more)).toEqual([
      ["Updates of the weights", "13,890"],
      ["Time", "95 min"],
      ["Best of all", "true"],
    ]);
    expect(document.querySelector("i:not([class], [style])")).toBeNull();
    model.update({ card: { characters: 10, licence: "MIT" } });
    expect(entries(about)).toEqual([
      ["Text", "10 characters"],
      ["Licence", "MIT"],
    ]);
    expect(about.querySelector("h3, blockquote, details")).toBeNull();
  });
});

describe("the speed", () => {
  const aloud = () => slider("Speed").getAttribute("aria-valuetext");

  test("goes from one character a second to as fast as it goes, and each is said aloud", () => {
    const model = shown();
    const { min, max } = slider("Speed");
    const said: (string | null)[] = [];
    const set: (number | null)[] = [];
    for (let place = Number(min); place <= Number(max); place += 1) {
      type(slider("Speed"), String(place));
      said.push(aloud());
      set.push(model.get("speed"));
    }
    expect(set).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, null]);
    expect(said).toEqual(
      set.map((speed) =>
        speed === null
          ? "as fast as it goes"
          : `${speed.toLocaleString("en")} character${speed === 1 ? "" : "s"} per second`,
      ),
    );
    seconds(1);
    expect(model.saved.at(-1)).toEqual({ speed: null });
    const { speed: bounds } = model.get("bounds");
    expect([set[0], set.at(-2)]).toEqual([bounds.least, bounds.most]);
  });

  test("is also to be seen", () => {
    const model = shown({ speed: 200 });
    const seen = () => slider("Speed").parentElement?.textContent;
    expect(seen()).toBe("Speed200 per second /s"); // one of the units is hidden, by the room there is
    model.update({ speed: null });
    expect(seen()).toBe("Speedas fast as it goesfastest"); // one of the two is hidden, too
  });

  test.each([
    [37.5, "37.5 characters per second", 50],
    [3, "3 characters per second", 2],
    [3.3, "3.3 characters per second", 5],
    [999, "999 characters per second", 1000],
    [1.04, "1 character per second", 1],
    [1, "1 character per second", 1],
    [null, "as fast as it goes", null],
  ])(
    "%d from Python is shown as it is, and the slider goes to the nearest",
    (speed, words, nearest) => {
      const model = shown();
      model.update({ speed });
      expect(aloud()).toBe(words);
      const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, null];
      expect(slider("Speed").valueAsNumber).toBe(SPEEDS.indexOf(nearest));
      expect(model.get("speed")).toBe(speed); // where the slider is is not set
      expect(model.saved).toEqual([]);
    },
  );

  test("counts at once, while a text is written", () => {
    const model = shown({ length: 2000, speed: 10 });
    click("Generate");
    seconds(3);
    expect(kernel.written).toBeLessThan(40);
    type(slider("Speed"), "7"); // 200
    slider("Speed").dispatchEvent(new Event("change", { bubbles: true })); // it is let go
    seconds(3);
    expect(kernel.written).toBeGreaterThan(550);
    expect(kernel.written).toBeLessThan(700);
    model.update({ speed: null });
    seconds(1);
    expect(kernel.written).toBe(2000);
  });
});

describe.each([
  [
    "Top-k",
    "top_k",
    5,
    "Top-k must be a whole number from 1 to 9,007,199,254,740,991, or empty.",
    "consider only the k most likely letters",
  ],
  [
    "Top-p",
    "top_p",
    0.25,
    "Top-p must be a number above 0 and at most 1, or empty.",
    "keep the most likely letters up to this total probability",
  ],
  [
    "rng",
    "rng",
    123,
    "rng must be a whole number from 0 to 9,007,199,254,740,991, or empty.",
    "the number of the dice: the same number, settings and seed give the same text",
  ],
] as const)("%s", (name, trait, value, sentence, meaning) => {
  const wrong = ["-1", "1e20", ...(trait === "top_p" ? ["0", "1.5"] : ["2.5"])];

  test("is empty as long as there is none, which is right", () => {
    const model = shown();
    expect(field(name).value).toBe("");
    click("Generate");
    expect(asked(model)).toEqual(SETTINGS);
    expect(description(field(name))).toBe(meaning);
  });

  test("is saved, and part of the next start; emptied, it is none again", () => {
    const model = shown();
    type(field(name), String(value));
    click("Generate");
    expect(asked(model)).toEqual({ ...SETTINGS, [trait]: value });
    type(field(name), "");
    click("Generate");
    expect(asked(model)).toEqual(SETTINGS);
    expect(model.saved).toEqual([{ [trait]: value }, { [trait]: null }]);
  });

  test("shows what Python sets", () => {
    const model = shown({ [trait]: value });
    expect(field(name).valueAsNumber).toBe(value);
    model.update({ [trait]: null });
    expect(field(name).value).toBe("");
    model.update({ [trait]: 1 });
    expect(field(name).value).toBe("1");
    expect(model.saved).toEqual([]);
  });

  test.each(wrong)(
    "%s is refused beside the field, and nothing begins before it is corrected",
    (typed) => {
      const model = shown();
      type(field(name), typed);
      seconds(1);
      expect(description(field(name))).toBe(sentence);
      expect(field(name).getAttribute("aria-invalid")).toBe("true");
      expect(isOpen()).toBe(false);
      for (const button of ["Generate", "Step"]) {
        if (isOpen()) click("More");
        find("button", button).focus();
        click(button);
        expect(isOpen()).toBe(true);
        expect(document.activeElement).toBe(field(name));
      }
      expect([asked(model), model.saved, model.get(trait)]).toEqual([undefined, [], null]);
      type(field(name), "");
      click("Generate");
      expect(asked(model)).toEqual(SETTINGS);
    },
  );

  test("something that is no number is not taken for nothing", () => {
    const model = shown({ [trait]: value });
    // A browser keeps "1e" or "-" in the field, and calls its value empty.
    Object.defineProperty(field(name), "validity", { value: { badInput: true } });
    type(field(name), "");
    seconds(1);
    expect(description(field(name))).toBe(sentence);
    click("Generate");
    expect(asked(model)).toBeUndefined();
    expect(model.get(trait)).toBe(value);
    expect(document.activeElement).toBe(field(name));
  });
});

test("More stays as it is if what is wrong is elsewhere", () => {
  shown();
  type(field("Length"), "-1");
  click("Generate");
  expect(document.activeElement).toBe(field("Length"));
  expect(isOpen()).toBe(false);
});

describe("the dice", () => {
  test("are rolled by a button: a number short enough to pass on, saved and used", () => {
    const model = shown();
    vi.mocked(Math.random).mockImplementation(dice(5));
    const thrown = new Set<number>();
    for (let roll = 0; roll < 50; roll += 1) {
      click("Roll new dice");
      const { valueAsNumber } = field("rng");
      expect(model.get("rng")).toBe(valueAsNumber);
      thrown.add(valueAsNumber);
    }
    expect(thrown.size).toBeGreaterThan(45);
    for (const number of thrown) {
      expect(Number.isInteger(number)).toBe(true);
      expect(number).toBeGreaterThanOrEqual(0);
      expect(number).toBeLessThan(10_000);
    }
    seconds(1);
    expect(model.saved.at(-1)).toEqual({ rng: field("rng").valueAsNumber });
    click("Generate");
    expect(asked(model)).toEqual({ ...SETTINGS, rng: field("rng").valueAsNumber });
  });

  test.each([0, 0.9999999999])("are in range by any chance (%d)", (chance) => {
    shown();
    vi.mocked(Math.random).mockReturnValue(chance);
    click("Roll new dice");
    expect(field("rng").valueAsNumber).toBe(chance === 0 ? 0 : 9999);
  });

  test("put a wrong number right, and are the same in every view", () => {
    const model = new FakeModel(kernel);
    const [one, other] = [show(model), show(model)];
    type(field("rng", one.root), "-1");
    click("Roll new dice", one.root);
    expect(description(field("rng", one.root))).not.toContain("must be");
    expect(field("rng", other.root).value).toBe(field("rng", one.root).value);
  });

  test("put a wrong number right even if they fall as before", () => {
    shown();
    vi.mocked(Math.random).mockReturnValue(0.5);
    click("Roll new dice");
    type(field("rng"), "-1");
    click("Roll new dice");
    expect(field("rng").value).toBe("5000");
    expect(description(field("rng"))).not.toContain("must be");
  });

  test("of the last text are named, whether they were chosen or not, and kept by a click", () => {
    const model = shown();
    const told = () => dialog("More settings").querySelector(".lstm-dice span")?.textContent;
    const keep = () =>
      dialog("More settings").querySelector<HTMLElement>(".lstm-dice span + button");
    expect([told(), keep()?.hidden]).toEqual(["", true]);
    click("Generate");
    seconds(1);
    expect([told(), keep()?.hidden]).toEqual(["The last text used 7.", false]); // the kernel's choice
    click("Keep 7");
    expect([field("rng").value, model.get("rng"), model.saved]).toEqual(["7", 7, [{ rng: 7 }]]);
    type(field("rng"), "0");
    click("Generate");
    seconds(1);
    expect([told(), keep()?.textContent]).toEqual(["The last text used 0.", "Keep 0"]);
    model.update({ receipt: {} });
    expect([told(), keep()?.hidden]).toEqual(["", true]);
  });
});

describe("what the notebook has locked", () => {
  const CONTROLS = {
    model: () => [find("combobox", "Model")],
    seed: () => [find("textbox", "Seed")],
    temperature: () => [slider("Temperature"), field("Temperature")],
    length: () => [slider("Length"), field("Length")],
    speed: () => [slider("Speed")],
    top_k: () => [field("Top-k")],
    top_p: () => [field("Top-p")],
    rng: () => [field("rng")],
  };
  const off = () =>
    Object.entries(CONTROLS)
      .filter(([, controls]) => controls().every((one) => one.matches(":disabled, [readonly]")))
      .map(([name]) => name);

  test.each(Object.keys(CONTROLS))("%s is shown, but cannot be changed, and says why", (name) => {
    const model = shown({ locked: [name] });
    expect(off()).toEqual([name]);
    const [control] = CONTROLS[name as keyof typeof CONTROLS]();
    expect(control?.closest("[title]")?.getAttribute("title")).toBe("Set by the notebook");
    model.update({ locked: [] });
    expect(off()).toEqual([]);
    expect(document.querySelector('[title="Set by the notebook"]')).toBeNull();
  });

  test("its dice cannot be rolled, or kept", () => {
    const model = shown({ locked: ["rng"] });
    click("Generate");
    seconds(1);
    click("Roll new dice");
    click("Keep 7");
    expect([model.get("rng"), model.saved]).toEqual([null, []]);
  });
});

test("a presenter's size is a switch, which all views have", () => {
  const model = new FakeModel(kernel);
  const [one, other] = [show(model), show(model)];
  const isLarge = () => [one, other].map(({ root }) => root.classList.contains("lstm-presenting"));
  expect(isLarge()).toEqual([false, false]);
  one.root.querySelector<HTMLElement>("input[type=checkbox]")?.click();
  expect(isLarge()).toEqual([true, true]);
  expect(model.saved).toEqual([{ presenting: true }]);
  // The notebook may turn it off at once: that is no echo of what was before the click.
  seconds(0.2);
  model.update({ presenting: false });
  expect(isLarge()).toEqual([false, false]);
  expect(model.get("presenting")).toBe(false);
  model.update({ presenting: true });
  model.update({ presenting: false });
  expect(isLarge()).toEqual([false, false]);
});

describe("an empty seed", () => {
  const EMPTY = "The seed is empty: give at least one character to start from.";
  const beside = () => document.querySelector<HTMLElement>(".lstm-page > .lstm-problem");

  test.each([
    ["by a click", () => click("Generate")],
    ["by keys in it", () => press(seedBox(), "Enter", { ctrlKey: true })],
  ])("is refused beside it, %s, and the reader is taken there", (_, generate) => {
    const model = shown({ seed: "" });
    generate();
    seconds(1);
    expect(model.sent).toEqual([HELLO]);
    expect(document.activeElement).toBe(seedBox());
    expect(beside()?.textContent).toBe(EMPTY);
    expect(seedBox().getAttribute("aria-invalid")).toBe("true");
    // Said once: as it appears, and neither in the foot nor as what describes the seed.
    expect(beside()?.getAttribute("aria-live")).toBe("assertive");
    expect(document.body.textContent?.split(EMPTY)).toHaveLength(2);
    expect([alertText(), description(seedBox())]).toEqual(["", ""]);
  });

  test("is wrong until something is typed, which is written on", () => {
    shown({ seed: "" });
    expect(beside()?.textContent).toBe("");
    click("Generate");
    type(seedBox(), "O");
    expect(beside()?.textContent).toBe("");
    expect(seedBox().getAttribute("aria-invalid")).toBe("false");
    click("Generate");
    seconds(1);
    expect(kernel.run.settings.seed).toBe("O");
  });
});
