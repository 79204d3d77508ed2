import { describe, expect, test } from "vitest";
import { counting, SEED, SETTINGS } from "./fake-kernel.ts";
import {
  alertText,
  announcement,
  click,
  description,
  field,
  seedBox,
  slider,
  type,
  wholePage,
} from "./reader.ts";
import { seconds } from "./reading.ts";
import { expectFinished, generated, HELLO, kernel, onFreshPages, show, shown } from "./viewing.ts";

onFreshPages();

const MARKUP = "<img src=x onerror=alert(1)> & <b>bold</b> &amp; <script>alert(2)</script>\n\n \t.";

describe("text from elsewhere is text", () => {
  test("what the model writes", () => {
    kernel.text = MARKUP;
    shown();
    click("Generate");
    seconds(5);
    expect(generated()).toBe(MARKUP);
    expect(document.querySelectorAll("img, b, script")).toHaveLength(0);
  });

  test("a seed, an error, a saved text and unknown characters", () => {
    const receipt = { seed: MARKUP };
    shown({
      seed: MARKUP,
      error: MARKUP,
      text: MARKUP,
      status: "stopped",
      receipt,
      replacements: [{ position: 0, character: MARKUP, used: MARKUP }],
    });
    expect(seedBox().value).toBe(MARKUP);
    expect(alertText()).toBe(MARKUP);
    expect(wholePage()).toBe(MARKUP + MARKUP);
    expect(description(seedBox())).toContain("<");
    expect(document.querySelectorAll("img, b, script")).toHaveLength(0);
  });
});

describe("characters of the seed that the model does not know", () => {
  const replacements = [
    { position: 0, character: "“", used: '"' },
    { position: 2, character: "北", used: "" },
    { position: 3, character: "“", used: '"' },
    { position: 5, character: "\u0007", used: "" },
  ];
  const sentence = `Unknown to the model and skipped: "北", U+0007. Read by the model: "“" as '"'`;

  test("each is named once, next to the box, as the kernel reports it", () => {
    const model = shown({ seed: "“a北“b\u0007", replacements });
    expect(description(seedBox())).toBe(sentence);
    model.update({ replacements: [] });
    expect(description(seedBox())).toBe("");
    model.update({ replacements });
    expect(description(seedBox())).toBe(sentence);
    model.update({ replacements: replacements.slice(0, 1) });
    expect(description(seedBox())).toBe(`Read by the model: "“" as '"'`);
  });

  test("are those of the box, whatever is written", () => {
    kernel.unknown = "ë";
    shown({ seed: "Zoë", replacements: [{ position: 2, character: "ë", used: "" }] });
    click("Generate");
    seconds(1);
    expect(wholePage()).toMatch(/^Zoë1 2 /);
    kernel.beginInCell({}, 10);
    seconds(1);
    expect(wholePage()).toBe(`Zoë${counting(10)}`); // the seed is the box's, whose text is another's
    expect(seedBox().value).toBe("Zoë");
    expect(description(seedBox())).toContain("ë");
  });
});

describe("numbers that will not do", () => {
  test.each([
    [
      "Length",
      ["", "-1", "2.5", "1e9", "NaN"],
      "Length must be a whole number from 1 to 1,000,000.",
    ],
    ["Temperature", ["", "-1", "1e9", "NaN"], "Temperature must be a number from 0 to 100."],
  ])("%s: one sentence beside the field, which gets the focus", (name, wrong, sentence) => {
    const model = shown();
    for (const typed of wrong) {
      type(field(name), typed);
      seconds(1);
      seedBox().focus();
      click("Generate");
      expect(document.activeElement).toBe(field(name));
      expect(description(field(name))).toBe(sentence);
      expect(document.body.textContent?.split(sentence)).toHaveLength(2); // once on the page
      expect(alertText()).toBe("");
      seconds(5);
    }
    expect([model.sent, model.saved]).toEqual([[HELLO], []]);
    expect([model.get("length"), model.get("temperature")]).toEqual([300, 0.6]);
    type(field(name), "25");
    expect(description(field(name))).toBe("");
    click("Generate");
    const start = model.sent[1];
    if (start?.type !== "start") throw new Error("It did not start.");
    const { settings, lanes } = start;
    const started = { ...settings, temperature: lanes[0]?.temperature };
    expect(started).toMatchObject({ [name.toLowerCase()]: 25 });
  });

  test("the first of two gets the focus; a text that is being shown goes on", () => {
    shown();
    kernel.beginInCell({ length: 100 }, 100);
    seconds(0.3);
    type(field("Length"), "");
    type(field("Temperature"), "");
    click("Generate");
    expect(document.activeElement).toBe(field("Temperature"));
    seconds(5);
    expectFinished(counting(100));
  });
});

describe("what the reader sets", () => {
  test("is in the model and saved at once", () => {
    const model = shown();
    const other = show(model);
    type(slider("Temperature", other.root), "1.25");
    type(field("Length", other.root), "1234");
    type(seedBox(other.root), "A dog");
    const set = { temperature: 1.25, length: 1234, seed: "A dog" };
    for (const [name, value] of Object.entries(set)) expect(model.get(name as "seed")).toBe(value);
    expect(model.saved).toEqual(Object.entries(set).map(([name, value]) => ({ [name]: value })));
  });

  test("is saved before a text is begun", () => {
    const model = shown();
    const savedBefore: [string, number][] = [];
    kernel.up = ({ type }) => {
      savedBefore.push([type, model.saved.length]);
      return [5];
    };
    type(field("Temperature"), "0.25");
    click("Generate");
    expect(savedBefore[0]).toEqual(["start", 1]);
    seconds(1);
    expect(model.saved).toEqual([{ temperature: 0.25 }]);
  });
});

describe("what is changed elsewhere", () => {
  const VALUES = { seed: "Once\nupon", temperature: 1.75, length: 50_000 };

  test.each(["before", "after"])("reaches the controls %s they are shown", (when) => {
    const model = shown({ rng: 7, ...(when === "before" ? VALUES : {}) });
    if (when === "after") model.update(VALUES);
    expect(seedBox().value).toBe("Once\nupon");
    expect(slider("Temperature").valueAsNumber).toBe(1.75);
    expect(field("Temperature").valueAsNumber).toBe(1.75);
    expect(slider("Length").valueAsNumber).toBe(2000); // the slider's end
    expect(field("Length").valueAsNumber).toBe(50_000);
    expect(model.saved).toEqual([]);
    click("Generate");
    const { temperature: _, ...others } = SETTINGS;
    const { seed, length, temperature } = VALUES;
    expect(model.sent[1]).toEqual({
      type: "start",
      run: expect.any(String),
      settings: { ...others, seed, length, rng: 7 },
      lanes: [{ name: "text", temperature }],
    });
  });

  test("an error is shown, and gone when it is gone", () => {
    const model = shown();
    for (const error of ["The length must be a whole number.", ""]) {
      model.update({ error });
      expect(alertText()).toBe(error);
    }
  });
});

describe("a text of before", () => {
  test.each([
    ["finished", "", "Finished: 3 characters"],
    ["stopped", "", "Stopped: 3 characters"],
    ["failed", "No.", ""],
  ] as const)("is shown behind the seed of the box and that it %s", (status, error, said) => {
    const model = shown({ seed: "Else", status, text: "a😀b", receipt: { seed: SEED }, error });
    expect(wholePage()).toBe("Elsea😀b");
    expect(seedBox().value).toBe("Else");
    expect(announcement()).toBe(said);
    expect(alertText()).toBe(error);
    seconds(10);
    expect(model.sent).toEqual([HELLO]);
  });
});
