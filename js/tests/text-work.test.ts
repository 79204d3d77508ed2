// What a page does while its text grows: as much as is new and in sight, however long the text is.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Replay } from "../src/inside/replay.ts";
import { SeedBox } from "../src/settings/seed-box.ts";
import { TextArea } from "../src/sheet/text-area.ts";

const LINE = "It was a dark and stormy night; the rain fell in torrents, as is told.\n";

let controller: AbortController;
let frames: FrameRequestCallback[];
/** What was asked of the layout, each time. */
let reads: string[];

beforeEach(() => {
  controller = new AbortController();
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (act: FrameRequestCallback) => frames.push(act));
  reads = [];
  const whole = (one: Element) => 40 + Math.ceil((one.textContent ?? "").length / 4);
  measured(Element.prototype, "clientWidth", () => 500);
  measured(Element.prototype, "clientHeight", () => 400);
  measured(Element.prototype, "scrollHeight", () => 10_000);
  measured(HTMLElement.prototype, "offsetWidth", () => 500);
  measured(HTMLElement.prototype, "offsetHeight", whole);
  measured(HTMLElement.prototype, "offsetTop", (one) => {
    let top = 0;
    for (let before = one.previousElementSibling; before; before = before.previousElementSibling) {
      if (before.matches(".lstm-text-block")) top += whole(before);
    }
    return top;
  });
  for (const name of ["getBoundingClientRect", "getClientRects"] as const) {
    const asked = () => {
      reads.push(name);
      return name === "getClientRects" ? [] : { top: 0, bottom: 20, left: 0, right: 0, width: 500 };
    };
    Object.assign(Range.prototype, { [name]: asked });
    vi.spyOn(Element.prototype, name).mockImplementation(asked as never);
  }
});

afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  for (const name of ["getBoundingClientRect", "getClientRects"] as const) {
    Reflect.deleteProperty(Range.prototype, name);
  }
});

function measured<T extends Element>(on: T, name: string, value: (one: T) => number): void {
  vi.spyOn(on as never, name as never, "get" as never).mockImplementation(function (this: T) {
    reads.push(name);
    return value(this);
  } as never);
}

function page(seed: SeedBox | null = null): TextArea {
  const made = new TextArea(controller.signal, seed);
  document.body.append(made.root);
  return made;
}

/** What is asked of the layout meanwhile. */
function asked(act: () => void): number {
  reads = [];
  act();
  for (const due of frames.splice(0)) due(0);
  return reads.length;
}

test("asks the layout as often for many lines as for one", () => {
  const sheet = page(new SeedBox(() => {}, controller.signal));
  asked(() => sheet.append(LINE));
  const one = asked(() => sheet.append(LINE));
  expect(one).toBeGreaterThan(0);
  expect(asked(() => sheet.append(LINE.repeat(100)))).toBe(one);
  expect(asked(() => sheet.append(LINE))).toBe(one);
});

test("asks the layout a few times for a long text that is shown at once", () => {
  const sheet = page(new SeedBox(() => {}, controller.signal));
  expect(asked(() => sheet.show("", LINE.repeat(300)))).toBeLessThan(20);
});

test("finds what is in sight in a long text by looking at a few blocks", () => {
  const sheet = page();
  sheet.show("", LINE.repeat(2800));
  expect(sheet.length).toBeGreaterThan(190_000);
  sheet.root.scrollTop = 20_000;
  let sight: readonly number[] = [];
  const few = asked(() => {
    sight = sheet.sight;
  });
  expect(few).toBeLessThan(50);
  const [from = 0, to = 0] = sight;
  expect(from).toBeGreaterThan(0);
  expect(to - from).toBeLessThan(10_000);
});

test("knows which letter is at a place of the text without comparing places", () => {
  const sheet = page(new SeedBox(() => {}, controller.signal));
  sheet.show("", LINE.repeat(500));
  sheet.change(20_001, 1.2);
  const compared = vi.spyOn(Range.prototype, "comparePoint");
  for (const index of [0, 70, 71, 20_000, 20_001, sheet.total - 1]) {
    const { startContainer, startOffset } = sheet.range(index, index + 1);
    expect(sheet.indexAt(startContainer, startOffset)).toBe(index);
  }
  const block = sheet.root.querySelectorAll(".lstm-text-block")[3] as HTMLElement;
  const before = document.createRange();
  before.setStart(sheet.root, 0);
  before.setEnd(block, 5);
  expect(sheet.indexAt(block, 5)).toBe(Array.from(before.toString()).length);
  expect(compared).not.toHaveBeenCalled();
});

test("draws the new pieces of the ribbon only, after hundreds of changes", async () => {
  const sheet = page(new SeedBox(() => {}, controller.signal));
  vi.spyOn(HTMLElement.prototype, "offsetTop", "get").mockImplementation(function (
    this: HTMLElement,
  ) {
    reads.push("offsetTop");
    const marks = Array.from(sheet.root.querySelectorAll(".lstm-mark"));
    return 30 * (1 + marks.indexOf(this));
  });
  for (let n = 0; n < 300; n += 1) {
    sheet.change(sheet.length, 0.5 + (n % 10) / 10);
    sheet.append(LINE);
  }
  asked(() => {});
  const ribbon = sheet.root.querySelector(".lstm-ribbon") as HTMLElement;
  const pieces = ribbon.children.length;
  expect(pieces).toBeGreaterThanOrEqual(300);
  const seen: MutationRecord[] = [];
  const observer = new MutationObserver((records) => seen.push(...records));
  observer.observe(ribbon, { subtree: true, childList: true, attributes: true });
  const few = asked(() => {
    sheet.change(sheet.length, 1.9);
    sheet.append(LINE);
  });
  await Promise.resolve();
  observer.disconnect();
  expect(ribbon.children.length).toBe(pieces + 1);
  expect(few).toBeLessThan(20);
  const touched = new Set(seen.map(({ target }) => target));
  expect(touched.size).toBeLessThanOrEqual(3); // the ribbon, the piece that ends, the one that begins
});

test("throws the dice of new letters only, to see what another temperature would change", () => {
  const width = 10;
  const arrived = (count: number) => ({
    logits: Float32Array.from({ length: count * width }, (_, n) => Math.sin(n)),
    ids: Int32Array.from({ length: count }, (_, n) => n % width),
    dice: Float64Array.from({ length: count }, (_, n) => (n * 0.37) % 1),
    temperatures: new Float64Array(count).fill(1),
    placed: [],
  });
  const replay = new Replay();
  replay.add(0, arrived(2000));
  const before = [...replay.changed(1.5)];
  expect(before.length).toBeGreaterThan(100);
  replay.add(2000, arrived(3));
  const exp = vi.spyOn(Math, "exp");
  const after = replay.changed(1.5);
  expect(exp.mock.calls.length).toBeLessThanOrEqual(3 * width);
  expect(after.slice(0, before.length)).toEqual(before);
  const fresh = new Replay();
  fresh.add(0, arrived(2000));
  fresh.add(2000, arrived(3));
  expect(after).toEqual(fresh.changed(1.5));
});
