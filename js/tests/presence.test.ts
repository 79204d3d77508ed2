// Is there a kernel behind the widget?
import { describe, expect, test, vi } from "vitest";
import { LocalModel } from "../src/local/local-model.ts";
import { counting, losing, SEED } from "./fake-kernel.ts";
import { FakeModel, TRAITS } from "./fake-model.ts";
import {
  alertText,
  announcement,
  canStop,
  click,
  enabled,
  statusLine,
  wholePage,
} from "./reader.ts";
import { seconds } from "./reading.ts";
import { expectFinished, generated, HELLO, kernel, onFreshPages, show, shown } from "./viewing.ts";

const GONE = "The kernel has stopped. Run the cell again.";
const SILENT = "No answer from the kernel (busy or not running).";
const RECORD = `${SILENT} This text was saved with the notebook. Run the cell to generate a new one.`;

onFreshPages();

/** What the page says about the kernel. */
function notice(root: ParentNode = document): string {
  return root.querySelector(".lstm-notice")?.textContent ?? "";
}

/** How often the kernel was greeted. */
function greetings(model: FakeModel): number {
  return model.sent.filter(({ type }) => type === "hello").length;
}

describe("a view that appears", () => {
  test("greets the kernel once, and says nothing if it answers", () => {
    const model = shown();
    expect(model.sent).toEqual([HELLO]);
    seconds(1);
    expect(vi.getTimerCount()).toBe(0);
    seconds(1000); // an idle kernel is left in peace
    expect(model.sent).toEqual([HELLO]);
    expect([notice(), alertText(), announcement()]).toEqual(["", "", ""]);
  });

  test("without a kernel shows its saved text, and after three seconds that it is a record", () => {
    kernel.up = () => [];
    const receipt = { run: "before", seed: SEED, model: "a-model", written: 20, bits: 30 };
    const text = counting(20);
    const model = shown({ status: "finished", text, receipt });
    expect(wholePage()).toBe(SEED + text);
    seconds(2.9);
    expect(notice()).toBe("");
    seconds(0.2);
    expect(notice()).toBe(RECORD);
    expect(wholePage()).toBe(SEED + text);
    expect(statusLine()).toBe("Finished · 20 characters · 1.50 bits per character");
    expect(alertText()).toBe(""); // nothing went wrong
    seconds(1000);
    expect(model.sent).toEqual([HELLO]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("without a kernel and without a text says what to do", () => {
    kernel.up = () => [];
    shown();
    seconds(4);
    expect(notice()).toBe(`${SILENT} Run the cell to start it.`);
    click("Generate");
    seconds(2);
    expect(statusLine()).toContain("waiting for the kernel");
  });

  test("whose model is in the page says that it loads, and nothing of kernels or cells", () => {
    show(new LocalModel({ ...TRAITS }, () => () => undefined));
    seconds(4);
    expect(notice()).toBe("The model is still loading.");
    click("Generate");
    seconds(2);
    expect(statusLine()).toContain("waiting for the model…");
    expect(document.body.textContent).not.toMatch(/kernel|the cell/i);
  });

  test("of a text that was being written says so, too, and shows what was kept", () => {
    kernel.up = () => [];
    const receipt = { run: "before", seed: SEED };
    shown({ status: "writing", text: "", receipt });
    seconds(4);
    expect(notice()).toContain(SILENT);
    expect(wholePage()).toBe(SEED);
  });

  test.each([5, 60])("before a busy kernel takes that back when it answers, after %d s", (time) => {
    kernel.busy = true;
    shown();
    seconds(time);
    expect(notice()).toContain(SILENT);
    kernel.busy = false;
    seconds(0.1);
    expect([notice(), alertText()]).toEqual(["", ""]);
    click("Generate");
    seconds(10);
    expectFinished(counting(300));
  });

  test.each(["a chunk", "a beginning"])("takes it back at any message, as %s", (what) => {
    if (what === "a chunk") kernel.beginInCell();
    seconds(1);
    kernel.busy = true; // with the cell
    shown();
    seconds(4);
    expect(notice()).toContain(SILENT);
    if (what === "a chunk") kernel.writeInCell(10);
    else kernel.beginInCell();
    seconds(0.1);
    expect(notice()).toBe("");
  });

  test("on a closed connection says that the kernel is gone", () => {
    const model = new FakeModel(kernel);
    model.send = () => {
      throw new Error("Cannot send");
    };
    show(model);
    expect([alertText(), notice()]).toEqual([GONE, ""]);
    seconds(0.05); // it draws itself, and waits for nothing
    expect(vi.getTimerCount()).toBe(0);
    expect([alertText(), notice()]).toEqual([GONE, ""]);
  });

  test("that a kernel has greeted, without being heard, says that it did not start", () => {
    kernel.up = () => [];
    const model = new FakeModel(kernel);
    let report = (_: object) => {};
    model.send = (_: object, callbacks?: { iopub: { status(status: object): void } }) => {
      report = (content) => callbacks?.iopub.status({ content });
    };
    show(model);
    seconds(10);
    expect(notice()).toContain(SILENT);
    report({ execution_state: "busy" });
    seconds(10);
    expect(notice()).toContain(SILENT); // the kernel may be at it still
    report({ execution_state: "idle" });
    seconds(1.1);
    expect(notice()).toBe("This widget did not start. Run its cell again.");
    seconds(10);
    expect(notice()).toBe("This widget did not start. Run its cell again.");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("with another one on the page: both learn it, each for itself", () => {
    const model = new FakeModel(kernel);
    const [one, other] = [show(model), show(model)];
    seconds(1);
    expect(greetings(model)).toBe(2);
    kernel.up = () => [];
    const third = show(model);
    seconds(4);
    // No answer to the third; those before it have theirs.
    expect([one, other, third].map(({ root }) => notice(root) !== "")).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe("when something happened to the connection", () => {
  test("the kernel is greeted again; if it answers, nothing is said, and the text goes on", () => {
    const model = shown();
    click("Generate");
    seconds(1);
    model.connectionChanged();
    expect(greetings(model)).toBe(2);
    seconds(10);
    expect([alertText(), notice()]).toEqual(["", ""]);
    expectFinished(counting(300));
  });

  test("and nothing answers, it is gone: that is shown, the text stays and is no longer awaited", () => {
    const model = shown();
    click("Generate");
    seconds(1);
    kernel.up = () => [];
    model.connectionChanged();
    seconds(2.9);
    expect(alertText()).toBe("");
    const text = generated();
    seconds(0.2);
    expect(alertText()).toBe(GONE);
    expect(generated().startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(40);
    expect(canStop()).toBe(false);
    expect(announcement()).toBe("");
    const { length } = model.sent;
    seconds(1000);
    expect(model.sent).toHaveLength(length);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("and a finished text is there, that stays as well", () => {
    const model = shown({ length: 50 });
    click("Generate");
    seconds(3);
    kernel.up = () => [];
    model.connectionChanged();
    seconds(4);
    expect(alertText()).toBe(GONE);
    expect(generated()).toBe(counting(50));
  });

  test("and the kernel was only busy: the word is taken back, and the text can be continued", () => {
    const model = shown();
    click("Generate");
    seconds(1);
    kernel.busy = true;
    model.connectionChanged();
    seconds(4);
    expect(alertText()).toBe(GONE);
    kernel.busy = false;
    seconds(1);
    expect(alertText()).toBe("");
    expect(enabled()).toContain("Continue");
    click("Continue");
    seconds(15);
    expectFinished(counting(300));
  });

  test("another error is not taken back with it", () => {
    const model = shown();
    seconds(1);
    model.update({ error: "No." });
    model.connectionChanged();
    seconds(1);
    expect(alertText()).toBe("No.");
  });

  test("several times, three seconds count from the last", () => {
    const model = shown();
    seconds(1);
    kernel.up = () => [];
    for (let time = 0; time < 5; time += 1) {
      model.connectionChanged();
      seconds(2);
      expect(alertText()).toBe("");
    }
    seconds(1.1);
    expect(alertText()).toBe(GONE);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("and one greeting is lost, the next answer counts", () => {
    const model = shown();
    seconds(1);
    kernel.up = losing("hello");
    model.connectionChanged();
    seconds(1);
    model.connectionChanged();
    seconds(10);
    expect(alertText()).toBe("");
  });

  test("of a kernel that never answered, it is still only a record", () => {
    kernel.up = () => [];
    const model = shown({ status: "finished", text: "abc", receipt: { run: "x", seed: SEED } });
    seconds(4);
    model.connectionChanged();
    seconds(4);
    expect([notice(), alertText()]).toEqual([RECORD, ""]);
  });

  test("and the connection is closed, that is shown at once", () => {
    const model = shown();
    seconds(1);
    model.send = () => {
      throw new Error("Cannot send");
    };
    model.connectionChanged();
    expect(alertText()).toBe(GONE);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test.each([
  ["at once", 0, false],
  ["while it waits for an answer", 1, true],
  ["after it said so", 4, true],
])(
  "a view that goes %s leaves no clock and no listener, and says nothing more",
  (_, time, silent) => {
    if (silent) kernel.up = () => [];
    const model = new FakeModel(kernel);
    const view = show(model);
    seconds(time);
    const before = notice(view.root);
    view.close();
    expect(model.listeners).toBe(0);
    seconds(0.1); // what is under way
    expect(vi.getTimerCount()).toBe(0);
    const { length } = model.sent;
    model.connectionChanged();
    seconds(10);
    expect(notice(view.root)).toBe(before);
    expect(model.sent).toHaveLength(length);
  },
);
