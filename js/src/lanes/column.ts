import { buttonMaker, enable } from "../dom/buttons.ts";
import { box, describe, element } from "../dom/elements.ts";
import { ribbonWidth, showHeat } from "../dom/heat.ts";
import { icon } from "../dom/icons.ts";
import type { Bounds, Change, LaneChunk } from "../kernel/protocol.ts";
import { NumberField } from "../settings/number-field.ts";
import { TextArea } from "../sheet/text-area.ts";
import { Departure } from "./departure.ts";
import { LaneMeter } from "./lane-meter.ts";

export interface ColumnListener {
  /** The reader sets the temperature. */
  heated(temperature: number): void;
  removed(): void;
}

/** A lane: its temperature, its text, and how it goes with it. */
export class Column {
  readonly root: HTMLElement;
  readonly #gone = new AbortController();
  readonly #page: TextArea;
  readonly #departure: Departure;
  readonly #remove: HTMLButtonElement;
  readonly #head: HTMLElement;
  readonly #meter = new LaneMeter();
  #field: NumberField | null = null;
  #isLocked = false;
  #isRemovable = true;
  #number = 0;
  #temperature = 0;
  /** Characters that came but are not shown yet. */
  #waiting: string[] = [];
  #bits: number | null = null;

  constructor(
    /** What the kernel calls it. */
    readonly name: string,
    private readonly range: Bounds,
    private readonly listener: ColumnListener,
    view: AbortSignal,
  ) {
    const { signal } = this.#gone;
    view.addEventListener("abort", () => this.dispose(), { signal });
    this.#remove = buttonMaker(signal)("", () => listener.removed(), "lstm-icon");
    this.#remove.append(icon("close"));
    this.#page = new TextArea(signal);
    this.#departure = new Departure(this.#page, signal);
    describe(this.#page.root, this.#departure.line);
    this.#head = box("lstm-lane-head", this.#remove);
    const band = box("lstm-lane-band", element("i"));
    const foot = box("lstm-lane-foot", this.#meter.root, this.#departure.line);
    this.root = box("lstm-lane", this.#head, band, this.#page.root, foot);
    this.root.setAttribute("role", "group");
    this.#heat();
  }

  /** Which one it is, counted from 1 on the left. */
  set number(number: number) {
    if (this.#number === number) return;
    this.#number = number;
    const lane = `lane ${number}`;
    this.root.setAttribute("aria-label", `Lane ${number}`);
    this.#page.root.setAttribute("aria-label", `Text of ${lane}`);
    this.#remove.setAttribute("aria-label", `Remove ${lane}`);
    // A field has its name for good, and names itself in what it complains of: here is another one.
    const before = this.#field?.root;
    const inputs = (root?: HTMLElement) => Array.from(root?.querySelectorAll("input") ?? []);
    const root = this.root.getRootNode() as Partial<Document>;
    const focused = inputs(before).indexOf(root.activeElement as HTMLInputElement);
    const changed = (temperature: number) => {
      this.#temperature = temperature;
      this.#heat();
      this.listener.heated(temperature);
    };
    const { signal } = this.#gone;
    const name = `Temperature of ${lane}`;
    const field = new NumberField(name, this.range, { whole: false }, changed, signal);
    field.value = this.#temperature;
    // Both controls have it as their name, and the colour says what they are.
    field.root.querySelector("label")?.classList.add("lstm-unseen");
    const [slider, typed = null] = inputs(field.root);
    if (typed !== null) slider?.before(typed); // the number is looked at first
    before?.remove();
    this.#head.prepend(field.root);
    this.#field = field;
    this.#showLock();
    inputs(field.root)[focused]?.focus();
  }

  set removable(removable: boolean) {
    this.#isRemovable = removable;
    this.#showLock();
  }

  /** Whether the notebook sets the temperature. */
  set locked(is: boolean) {
    this.#isLocked = is;
    this.#showLock();
  }

  #showLock(): void {
    enable(this.#remove, this.#isRemovable && !this.#isLocked);
    this.#head.title = this.#isLocked ? "Set by the notebook" : "";
    for (const input of this.#head.querySelectorAll("input")) input.disabled = this.#isLocked;
  }

  get temperature(): number {
    return this.#temperature;
  }

  set temperature(temperature: number) {
    if (this.#temperature === temperature) return; // somebody may be typing another one
    this.#temperature = temperature;
    if (this.#field !== null) this.#field.value = temperature;
    this.#heat();
  }

  /** Give the lane the colour of its temperature, and its band the width. */
  #heat(): void {
    showHeat(this.root, this.#temperature);
    this.root.style.setProperty("--lstm-width", `${ribbonWidth(this.#temperature)}px`);
  }

  /** What is wrong with the temperature as it was typed, as one sentence; empty if nothing is. */
  get problem(): string {
    return this.#field?.problem ?? "";
  }

  /** The lane is removed. */
  dispose(): void {
    this.root.remove();
    this.#gone.abort();
  }

  /** Take the focus: to the temperature, or to what removes a lane. */
  focus(part: "temperature" | "remove"): void {
    if (part === "remove") this.#remove.focus();
    else this.#field?.focus();
  }

  /** Number of characters that came, shown or not. */
  get came(): number {
    return this.#page.length + this.#waiting.length;
  }

  /** Number of characters that are shown. */
  get shown(): number {
    return this.#page.length;
  }

  /** What is shown, without the seed. */
  get text(): string {
    return Array.from(this.#page.whole).slice(this.#page.seedLength).join("");
  }

  /** Show another text instead. */
  begin(
    seed: string,
    text = "",
    changes: readonly Change[] = [],
    bits: number | null = null,
  ): void {
    this.#departure.forget();
    this.#waiting = [];
    this.#bits = bits;
    this.#page.show(seed, text, changes);
    this.tell();
  }

  /** More characters came, in order; and what else is in the chunk. */
  receive(text: string, { position, count, temperatures, bits }: LaneChunk): void {
    for (const character of text) this.#waiting.push(character);
    for (const [from, temperature] of temperatures) this.#page.change(from, temperature);
    this.#bits = bits / (position + count);
  }

  /** Show what came, up to this many characters in all; returns what is new. */
  show(most: number): string {
    const count = Math.max(0, most - this.#page.length);
    if (count === 0 || this.#waiting.length === 0) return "";
    const text = this.#waiting.splice(0, count).join("");
    this.#page.append(text);
    return text;
  }

  /** Show where it departs from its left neighbour; null if it does not, undefined if there is none. */
  depart(position: number | null | undefined): void {
    this.#departure.show(this.#number, position);
  }

  /** Show how surprising what is shown was, on the average. */
  tell(): void {
    this.#meter.show(this.shown > 0 ? this.#bits : null);
  }
}
