import { buttonMaker, enable } from "../dom/buttons.ts";
import { quoted, told } from "../dom/characters.ts";
import { element, uniqueId, write } from "../dom/elements.ts";
import { Frame } from "../dom/frame.ts";
import { percent, shortNumber } from "../dom/words.ts";
import type { Bounds } from "../kernel/protocol.ts";

import type { Choice, Replay } from "./replay.ts";

/** Pixels: what is narrower is not drawn alone. */
const NARROWEST = 4;
/** Pixels that a letter takes in a segment, and those around the text. */
const LETTER = 10;
const AROUND = 8;
/** Pixels that the bar counts for where nothing is laid out. */
const USUAL_WIDTH = 320;
/** Parts of a bar, at most. */
const MOST = 40;
/** Characters of the bar that a screen reader is told of. */
const TOLD = 5;
const HINT = "Point at a character of the text, or move the caret to it, to see how it was chosen.";

/** A character of a text. */
export interface Pointed {
  choices: Replay;
  /** Counted from the first character of the seed. */
  index: number;
  /** The character of each id; null if it has none. */
  vocabulary: readonly (string | null)[];
}

/** A part of a bar from 0 to 1: one character, or several neighbours. */
export interface Segment {
  start: number;
  end: number;
  /** The ranks of the first and the last of them. */
  first: number;
  last: number;
}

/** How one character was chosen: the bar, the die on it, and what it would be at another temperature. */
export class DieBar {
  readonly root: HTMLElement;
  readonly #title = element("p", { className: "lstm-die-title" });
  readonly #bar = element("div", { className: "lstm-die-bar" });
  readonly #pointer = element("span", { className: "lstm-die-pointer" });
  readonly #segments: HTMLElement[] = [];
  readonly #facts = element("dl", { className: "lstm-die-facts" });
  readonly #values = new Map<string, HTMLElement>();
  readonly #verdict = element("p", { className: "lstm-die-verdict" });
  readonly #slider: HTMLInputElement;
  readonly #output: HTMLElement;
  readonly #reset: HTMLButtonElement;
  readonly #changed = element("p", { className: "lstm-die-changed", id: uniqueId(), hidden: true });
  readonly #frame: Frame;
  #pointed: Pointed | null = null;
  #whatIf: number | null = null;
  #own = 1;

  /** @param set takes the temperature of the what-if; null: that of the text again */
  constructor(set: (temperature: number | null) => void, range: Bounds, signal: AbortSignal) {
    this.#bar.setAttribute("role", "img");
    this.#pointer.setAttribute("aria-hidden", "true"); // the bar says it
    this.#bar.append(this.#pointer);
    for (const name of ["Die", "Rank", "Probability", "Entropy", "Surprise", "Temperature"]) {
      const value = element("dd");
      this.#values.set(name, value);
      this.#facts.append(element("div", {}, element("dt", { textContent: name }), value));
    }
    const label = element("label", {
      textContent: "What if the temperature were",
      htmlFor: uniqueId(),
    });
    this.#slider = element("input", { type: "range", id: label.htmlFor });
    this.#slider.min = String(range.least);
    this.#slider.max = String(range.slider_most ?? range.most);
    this.#slider.step = String(range.step);
    this.#slider.setAttribute("aria-describedby", this.#changed.id);
    this.#output = element("span", { className: "lstm-told" });
    this.#output.setAttribute("aria-hidden", "true"); // the slider says it
    const change = (temperature: number | null) => {
      this.#whatIf = temperature;
      this.#frame.ask();
      set(temperature);
    };
    this.#reset = buttonMaker(signal)("Reset", () => this.#whatIf !== null && change(null));
    this.#reset.setAttribute("aria-label", "Reset to the temperature of the text");
    this.#slider.addEventListener("input", () => change(this.#slider.valueAsNumber), { signal });
    this.root = element(
      "div",
      { className: "lstm-die" },
      this.#title,
      this.#bar,
      this.#facts,
      element(
        "div",
        { className: "lstm-number lstm-die-if" },
        label,
        this.#slider,
        this.#output,
        this.#reset,
      ),
      this.#verdict,
      this.#changed,
    );
    this.#frame = new Frame(() => this.#draw(), signal);
    if (typeof ResizeObserver !== "undefined") {
      const observer = new ResizeObserver(() => this.#frame.ask()); // what has room changes
      observer.observe(this.#bar);
      signal.addEventListener("abort", () => observer.disconnect());
    }
    this.#draw();
  }

  /** At the next animation frame; null if no character is pointed at. */
  show(pointed: Pointed | null): void {
    this.#pointed = pointed;
    this.#frame.ask();
  }

  /** The temperature of the what-if; null: the one that each character was chosen with. */
  set whatIf(temperature: number | null) {
    this.#whatIf = temperature;
    this.#frame.ask();
  }

  /** The temperature of the text, for as long as no character is pointed at. */
  set own(temperature: number) {
    this.#own = temperature;
    this.#frame.ask();
  }

  /**
   * How many generated characters would be others at the temperature of the what-if, of all or of the last ones;
   * null if there is none.
   */
  set changed(told: { count: number; of: number; isLast?: boolean } | null) {
    this.#changed.hidden = told === null;
    if (told === null) return;
    const [count, of] = [told.count, told.of].map((number) => number.toLocaleString("en"));
    const unit = told.of === 1 ? "character" : "characters";
    write(
      this.#changed,
      `At this temperature ${count} of ${told.isLast ? "the last " : ""}${of} ${unit} would have come out differently.`,
    );
  }

  /** What is shown, in one sentence that can be read out; empty if nothing is. */
  get summary(): string {
    const looked = this.#look();
    if (looked === null) return "";
    const facts = factsOf(looked);
    const listed = Object.entries(facts).map(([name, value]) => `${name.toLowerCase()} ${value}`);
    const verdict = verdictOf(looked);
    return `${words(looked, looked.choice.id)}, ${origin(looked)}: ${listed.join(", ")}.${verdict && ` ${verdict}`}`;
  }

  #look(): Looked | null {
    if (this.#pointed === null) return null;
    const { choices, index, vocabulary } = this.#pointed;
    if (index < 0 || index >= choices.length) return null; // it is not told yet, or there no more
    const choice = choices.at(index);
    const temperature = this.#whatIf ?? choice.temperature ?? 1;
    const hasDie = choice.die !== null && !choice.placed;
    return {
      choice,
      ...choices.bar(index, temperature),
      vocabulary,
      temperature,
      whatIf: this.#whatIf,
      die: hasDie ? choice.die : null,
      wouldBe: hasDie ? choices.wouldBe(index, temperature) : choice.id,
    };
  }

  #draw(): void {
    const looked = this.#look();
    for (const part of [this.#bar, this.#facts, this.#verdict]) part.hidden = looked === null;
    this.#drawSlider(looked);
    if (looked === null) {
      write(this.#title, HINT);
      return;
    }
    const { choice, die, ids, edges, vocabulary } = looked;
    write(this.#title, `${quoted(vocabulary[choice.id])}, ${origin(looked)}`);
    const facts = factsOf(looked);
    for (const [name, value] of this.#values) {
      const fact = facts[name];
      if (value.parentElement) value.parentElement.hidden = fact === undefined;
      write(value, fact ?? "");
    }
    write(this.#verdict, verdictOf(looked));

    this.#bar.setAttribute("aria-label", inWords(looked));
    this.#pointer.hidden = die === null;
    if (die !== null) this.#pointer.style.left = `${100 * die}%`;
    const width = this.#bar.clientWidth || USUAL_WIDTH;
    const apart = [ids.indexOf(looked.wouldBe), ids.indexOf(choice.id)];
    const segments = cut(edges, apart, NARROWEST / width);
    segments.forEach((segment, n) => {
      const drawn = this.#segment(n);
      const { start, end, first, last } = segment;
      drawn.hidden = false;
      drawn.style.left = `${100 * start}%`;
      drawn.style.width = `${100 * (end - start)}%`;
      const name = first < last ? ["others", "…"] : [told(vocabulary[ids[first] as number]).sign];
      const room = (end - start) * width;
      write(drawn, name.find((text) => room >= LETTER * text.length + AROUND) ?? "");
      const id = first === last ? ids[first] : undefined;
      drawn.classList.toggle("lstm-die-others", first < last);
      drawn.classList.toggle("lstm-die-chosen", id === looked.wouldBe);
      drawn.classList.toggle("lstm-die-was", id === choice.id && id !== looked.wouldBe);
    });
    for (const unused of this.#segments.slice(segments.length)) unused.hidden = true;
  }

  #drawSlider(looked: Looked | null): void {
    const own = looked === null ? this.#own : (looked.choice.temperature ?? 1);
    const temperature = this.#whatIf ?? own;
    // Not while it is dragged: a browser may round what it is set to.
    if (this.#slider.valueAsNumber !== temperature) this.#slider.value = String(temperature);
    const told = shortNumber(temperature);
    const isOwn = this.#whatIf === null;
    write(this.#output, isOwn ? `${told}, as it was` : told);
    const result = isOwn
      ? "as it was"
      : looked === null || looked.die === null
        ? ""
        : outcome(looked, words);
    this.#slider.setAttribute("aria-valuetext", [told, result].filter(Boolean).join(", "));
    enable(this.#reset, !isOwn);
  }

  #segment(n: number): HTMLElement {
    const there = this.#segments[n];
    if (there) return there;
    const made = element("span", { className: "lstm-die-segment" });
    this.#bar.append(made);
    this.#segments.push(made);
    return made;
  }
}

/** A character that is looked at, on a bar that may be that of another temperature. */
interface Looked {
  choice: Choice;
  ids: ReturnType<Replay["bar"]>["ids"];
  edges: Float64Array;
  vocabulary: readonly (string | null)[];
  /** Of the bar. */
  temperature: number;
  whatIf: number | null;
  /** Null if no die has chosen it. */
  die: number | null;
  /** What the die chooses on this bar. */
  wouldBe: number;
}

/**
 * Cut a bar into parts that can be drawn: the first characters one by one, as long as they are wide enough,
 * then the others together, but for some ranks that stand alone in any case.
 * @param edges where each rank ends, the last one at 1
 * @param least the width below which a rank is drawn together with its neighbours
 */
export function cut(
  edges: Float64Array,
  apart: readonly number[],
  least: number,
  most = MOST,
): Segment[] {
  const single = most - 2 * apart.length - 1;
  const found: Segment[] = [];
  let start = 0;
  let isOpen = false; // whether the last one takes more
  edges.forEach((end, rank) => {
    const isApart = apart.includes(rank);
    const isAlone = isApart || (found.length < single && end - start >= least);
    const last = found.at(-1);
    if (!isAlone && isOpen && last) Object.assign(last, { end, last: rank });
    else if (end > start) found.push({ start, end, first: rank, last: rank });
    else return; // nothing to draw
    isOpen = !isAlone;
    start = end;
  });
  return found;
}

/** Where the character comes from. */
function origin({ choice }: Looked): string {
  if (choice.die === null) return "of the seed, read and not chosen";
  return choice.placed ? "put here by hand" : "chosen by the die";
}

/** What there is to know, by name: always of the choice as it was. */
function factsOf({ choice, die, vocabulary }: Looked): Record<string, string> {
  const named = vocabulary.filter((character) => character !== null).length;
  return {
    ...(die === null ? {} : { Die: dieText(die) }),
    Rank: `${ordinal(choice.rank + 1)} of ${named.toLocaleString("en")}`,
    Probability: percent(choice.probability),
    Entropy: `${choice.entropy.toFixed(2)} bits`,
    Surprise: `${choice.surprise.toFixed(2)} bits`,
    ...(choice.temperature === null ? {} : { Temperature: shortNumber(choice.temperature) }),
  };
}

/** What the die does at the temperature of the what-if; empty if there is none, or no die. */
function verdictOf(looked: Looked): string {
  if (looked.whatIf === null || looked.die === null) return "";
  const how = (_: Looked, id: number) => quoted(looked.vocabulary[id]);
  return `At ${shortNumber(looked.whatIf)} the same die chooses ${outcome(looked, how)}.`;
}

function outcome(looked: Looked, name: (looked: Looked, id: number) => string): string {
  const { choice, wouldBe } = looked;
  if (wouldBe === choice.id) return "the same";
  return `${name(looked, wouldBe)} instead of ${name(looked, choice.id)}`;
}

function words({ vocabulary }: Looked, id: number): string {
  return told(vocabulary[id]).words;
}

/** The bar for somebody who does not see it. */
function inWords(looked: Looked): string {
  const { die, ids, edges, temperature, wouldBe } = looked;
  const place = (rank: number) => {
    const start = rank === 0 ? 0 : (edges[rank - 1] as number);
    return `${words(looked, ids[rank] as number)} from ${edge(start)} to ${edge(edges[rank] as number)}`;
  };
  const pointed = ids.indexOf(wouldBe);
  const points =
    die === null || pointed < 0 ? "" : ` The die, ${dieText(die)}, points at ${place(pointed)}.`;
  const first = Array.from(edges.subarray(0, TOLD).keys(), place);
  const more = edges.length - first.length;
  const rest = more > 0 ? `, then ${more.toLocaleString("en")} less likely` : "";
  return `The bar from 0 to 1 at temperature ${shortNumber(temperature)}.${points} In order: ${first.join(", ")}${rest}.`;
}

function edge(place: number): string {
  return String(Number(place.toFixed(3)));
}

/** Rounded down: a die is never 1. */
function dieText(die: number): string {
  return (Math.floor(die * 10_000) / 10_000).toFixed(4);
}

function ordinal(number: number): string {
  const isTeen = number % 100 >= 11 && number % 100 <= 13;
  const ending = isTeen ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return number.toLocaleString("en") + ending;
}
