// Which buttons do something when; Clear and Copy.
import { afterEach, describe, expect, test, vi } from "vitest";
import { counting, losing, SEED } from "./fake-kernel.ts";
import { FakeModel } from "./fake-model.ts";
import {
  alertText,
  announcement,
  canStop,
  click,
  enabled,
  marks,
  press,
  seedBox,
  slider,
  statusLine,
  type,
  wholePage,
} from "./reader.ts";
import { seconds } from "./reading.ts";
import { expectFinished, generated, HELLO, kernel, onFreshPages, show, shown } from "./viewing.ts";

onFreshPages();

/** What can be done with a text. */
const COPIES = ["Copy", "Copy receipt", "Copy as Python", "Clear"];
const WITH_TEXT = ["Generate", "Step", "Continue", ...COPIES];

function writing(length = 300, time = 2): FakeModel {
  const model = shown({ length });
  click("Generate");
  seconds(time);
  return model;
}

describe("the buttons that do something", () => {
  test.each([
    ["without a text", () => shown(), ["Generate", "Step"]],
    ["while one is written", () => writing(), ["Stop", ...COPIES]],
    ["when it is finished", () => writing(50), WITH_TEXT],
    [
      "while its rest is typed",
      () => {
        shown();
        kernel.beginInCell({ length: 500 }, 500);
        seconds(0.5);
      },
      ["Stop", ...COPIES],
    ],
    [
      "when it was stopped",
      () => {
        writing();
        click("Stop");
        seconds(1);
      },
      WITH_TEXT,
    ],
    [
      "when it failed",
      () => {
        kernel.failing = { at: 50, sentence: "No." };
        writing();
      },
      WITH_TEXT,
    ],
    [
      "with another seed",
      () => {
        writing(50);
        type(seedBox(), "Once");
      },
      ["Generate", "Step", ...COPIES],
    ],
    [
      "when it was cleared",
      () => {
        writing(50);
        click("Clear");
        seconds(1);
      },
      ["Generate", "Step"],
    ],
  ])("%s", (_, act, names) => {
    act();
    expect(enabled()).toEqual(names);
    // Each keeps the focus: it is marked, and not taken away from the keyboard.
    for (const button of document.querySelectorAll("button")) expect(button.disabled).toBe(false);
  });

  test("are the only ones", () => {
    const model = shown();
    for (const name of ["Stop", "Continue", "Clear", "Copy"]) click(name);
    seconds(1);
    expect(model.sent).toEqual([HELLO]);
    expect(announcement()).toBe("");
  });
});

describe("Stop", () => {
  test.each([0, 5, 400])(
    "pressed twice only stops, with a kernel that is %d ms away: Generate is in its place",
    (roundTrip) => {
      kernel.roundTrip = roundTrip / 1000;
      writing();
      const press = () => click(canStop() ? "Stop" : "Generate");
      press();
      for (let time = 0; time < 0.6; time += 0.15) {
        seconds(0.15);
        press();
      }
      seconds(5);
      expect(kernel.runs).toHaveLength(1);
      expect(announcement()).toBe(`Stopped: ${generated().length} characters`);
      click("Generate");
      seconds(1);
      expect(kernel.runs).toHaveLength(2);
    },
  );

  test.each(["Continue", "Step"])("leaves %s to be pressed at once", (name) => {
    writing();
    click("Stop");
    seconds(0.1);
    const { length } = generated();
    click(name);
    seconds(0.5);
    expect(generated().length).toBeGreaterThan(length);
  });

  test("by Escape leaves Ctrl+Enter to be pressed at once: these keys are not in one place", () => {
    writing();
    press(seedBox(), "Escape");
    seconds(0.1);
    press(seedBox(), "Enter", { ctrlKey: true });
    seconds(1);
    expect(kernel.runs).toHaveLength(2);
    expect(canStop()).toBe(true);
  });

  test("that disappears at the end of the text leaves Generate to be pressed at once", () => {
    shown({ length: 50 });
    click("Generate");
    while (canStop()) seconds(0.05);
    click("Generate");
    seconds(0.1);
    expect(kernel.runs).toHaveLength(2);
  });
});

describe("Clear", () => {
  test.each([
    ["when the text is finished", 300, 8],
    ["while it is written", 1000, 3],
  ])("%s takes everything of it away, in every view and in the kernel", (_, length, time) => {
    const model = writing(length, time / 2);
    const other = show(new FakeModel(kernel));
    type(slider("Temperature", views()[0]), "1.5");
    seconds(time / 2);
    model.update({ error: "No." });
    expect(marks(views()[0])).toHaveLength(1);
    click("Clear", views()[0]);
    seconds(2);
    for (const root of views()) {
      expect(wholePage(root)).toBe(SEED);
      expect([statusLine(root), alertText(root)]).toEqual(["Ready · Ctrl + Enter generates", ""]);
      expect(marks(root)).toEqual([]);
      expect(announcement(root)).toBe("Cleared");
      expect(enabled(root)).toEqual(["Generate", "Step"]);
      expect(root.classList.contains("lstm-writing")).toBe(false);
    }
    expect(kernel.runs).toEqual([]);
    const sent = model.sent.length;
    seconds(60);
    expect(model.sent).toHaveLength(sent);
    // A page that comes now has nothing, too.
    other.close();
    document.body.replaceChildren();
    shown();
    expect(wholePage()).toBe(SEED);
    expect(enabled()).toEqual(["Generate", "Step"]);
  });

  test("also takes away what came and is not typed yet", () => {
    const model = shown();
    kernel.beginInCell({ length: 500 }, 500);
    seconds(1);
    expect(generated().length).toBeLessThan(500);
    click("Clear");
    seconds(5);
    expect(wholePage()).toBe(SEED);
    expect(model.sent.slice(1)).toEqual([{ type: "clear" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does so at the second try if the first was lost", () => {
    writing(50);
    kernel.up = losing("clear");
    click("Clear");
    seconds(20);
    expectFinished(counting(50));
    click("Clear");
    seconds(1);
    expect(wholePage()).toBe(SEED);
  });

  test("leaves the settings alone, and another text can follow", () => {
    const model = writing(100);
    click("Clear");
    seconds(1);
    expect([model.get("seed"), model.get("length"), model.saved]).toEqual([SEED, 100, []]);
    expect(seedBox().value).toBe(SEED);
    kernel.text = "second ".repeat(20);
    click("Generate");
    seconds(5);
    expectFinished("second ".repeat(20).slice(0, 100));
  });
});

describe("Copy", () => {
  afterEach(() => {
    Reflect.deleteProperty(navigator, "clipboard");
    Reflect.deleteProperty(document, "execCommand");
  });

  /** A clipboard that takes texts, or does not. */
  function clipboard(takes: boolean): string[] {
    const texts: string[] = [];
    const writeText = async (text: string) => {
      if (!takes) throw new DOMException("It is not allowed.", "NotAllowedError");
      texts.push(text);
    };
    Object.defineProperty(navigator, "clipboard", { configurable: true, value: { writeText } });
    return texts;
  }

  /** The older way: a command that sends an event, which gives the browser what to copy. */
  function command(takes: boolean): { data: string; prevented: boolean }[] {
    const copied: { data: string; prevented: boolean }[] = [];
    const execCommand = (name: string) => {
      expect(name).toBe("copy");
      if (takes) copied.push(copyEvent());
      return takes;
    };
    Object.defineProperty(document, "execCommand", { configurable: true, value: execCommand });
    return copied;
  }

  /** The reader, or a command, copies: what would be in the clipboard. */
  function copyEvent(): { data: string; prevented: boolean } {
    let data = "";
    const clipboardData = { setData: (_: string, text: string) => (data = text) };
    const event = new Event("copy", { bubbles: true, cancelable: true });
    document.body.dispatchEvent(Object.assign(event, { clipboardData }));
    return { data, prevented: event.defaultPrevented };
  }

  const WHOLE = SEED + counting(100);

  test("puts the seed and the text into the clipboard, and says so", async () => {
    const texts = clipboard(true);
    writing(100, 5);
    click("Copy");
    await vi.advanceTimersByTimeAsync(0);
    expect(texts).toEqual([WHOLE]);
    expect(announcement()).toBe("Copied");
  });

  test("takes the text with its own seed, once another one is typed", async () => {
    const texts = clipboard(true);
    writing(100, 5);
    type(seedBox(), "Once");
    expect(wholePage()).toBe(`Once${counting(100)}`);
    click("Copy");
    await vi.advanceTimersByTimeAsync(0);
    expect(texts).toEqual([WHOLE]);
  });

  test("while the text is written, takes what is shown, without marks, and the writing goes on", async () => {
    const texts = clipboard(true);
    writing(500, 1);
    type(slider("Temperature"), "1.5");
    seconds(1);
    expect(marks()).toHaveLength(1);
    const shownThen = wholePage();
    click("Copy");
    await vi.advanceTimersByTimeAsync(0);
    expect(texts).toEqual([shownThen]);
    seconds(10);
    expectFinished(counting(500));
  });

  test.each(["refuses", "is missing, as in a page by plain http"])(
    "has another way if the clipboard %s",
    async (how) => {
      if (how === "refuses") clipboard(false);
      const copied = command(true);
      const heard: unknown[] = [];
      const listen = (event: Event) => heard.push(event);
      document.body.addEventListener("copy", listen);
      writing(100, 5);
      click("Copy");
      await vi.advanceTimersByTimeAsync(0);
      expect(copied).toEqual([{ data: WHOLE, prevented: true }]);
      expect(heard).toEqual([]); // a notebook would copy its cells
      expect(announcement()).toBe("Copied");
      // What the reader copies later is the reader's own choice.
      expect(copyEvent()).toEqual({ data: "", prevented: false });
      document.body.removeEventListener("copy", listen);
    },
  );

  test("says if no way is allowed, and leaves nothing behind", async () => {
    clipboard(false);
    command(false);
    writing(100, 5);
    click("Copy");
    await vi.advanceTimersByTimeAsync(0);
    expect(announcement()).toBe("The browser blocked copying");
    expect(copyEvent()).toEqual({ data: "", prevented: false });
  });

  test("what it says is not talked over, until there is something else to say", async () => {
    clipboard(true);
    const model = writing(100, 5);
    click("Copy");
    await vi.advanceTimersByTimeAsync(0);
    model.update({ temperature: 1.5, seed: "Once" });
    expect(announcement()).toBe("Copied");
    click("Generate");
    seconds(1);
    expect(announcement()).toBe("Writing");
  });
});

function views(): [HTMLElement, ...HTMLElement[]] {
  const [first, ...others] = document.querySelectorAll<HTMLElement>(".lstm-widget");
  if (!first) throw new Error("There is no view.");
  return [first, ...others];
}
