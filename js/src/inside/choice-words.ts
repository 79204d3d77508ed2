// How a character was chosen, in words.
import { forms, quoted } from "../dom/characters.ts";
import { percent, shortNumber } from "../dom/words.ts";
import type { Choice, Replay } from "./replay.ts";

/** Characters of the bar that a screen reader reads out. */
const READ_OUT = 5;

/** The character of each id; null if it has none. */
export type Vocabulary = readonly (string | null)[];

/** A character of a text. */
export interface Pointed {
  choices: Replay;
  /** Counted from the first character of the seed. */
  index: number;
  /** That of the model that wrote it. */
  vocabulary: Vocabulary;
}

/** A character that is looked at, on a bar that may be that of another temperature. */
export interface Looked extends ReturnType<Replay["bar"]> {
  choice: Choice;
  vocabulary: Vocabulary;
  /** Of the bar. */
  temperature: number;
  whatIf: number | null;
  /** Null if no die has chosen it. */
  die: number | null;
  /** What the die chooses on this bar. */
  wouldBe: number;
}

/** Look at a character; null if it is not known yet, or there no more. */
export function lookAt(pointed: Pointed | null, whatIf: number | null): Looked | null {
  if (pointed === null) return null;
  const { choices, index, vocabulary } = pointed;
  if (index < 0 || index >= choices.length) return null;
  const choice = choices.at(index);
  const temperature = whatIf ?? choice.temperature ?? 1;
  const die = choice.placed ? null : choice.die;
  const wouldBe = die === null ? choice.id : choices.wouldBe(index, temperature);
  const bar = choices.bar(index, temperature);
  return { choice, ...bar, vocabulary, temperature, whatIf, die, wouldBe };
}

/** The character, and where it comes from. */
function titleOf({ choice, vocabulary }: Looked): string {
  const chosen = choice.placed ? "put here by hand" : "chosen by the die";
  const origin = choice.die === null ? "in the seed: read, not chosen" : chosen;
  return `${words(vocabulary[choice.id])}, ${origin}`;
}

/** What there is to know, by name: always of the choice as it was. */
function factsOf({ choice, die, vocabulary }: Looked): Record<string, string> {
  return {
    ...(die === null ? {} : { Die: dieText(die) }),
    Rank: `${ordinal(choice.rank + 1)} of ${named(vocabulary).toLocaleString("en")}`,
    Probability: percent(choice.probability),
    Entropy: `${choice.entropy.toFixed(2)} bits`,
    Surprise: `${choice.surprise.toFixed(2)} bits`,
    ...(choice.temperature === null ? {} : { Temperature: shortNumber(choice.temperature) }),
  };
}

/** Number of ids that stand for a character. */
export function named(vocabulary: Vocabulary): number {
  return vocabulary.filter((character) => character !== null).length;
}

/** Where the throw fell, or what it gives at the temperature of the what-if; empty if there is no die. */
export function verdictOf(looked: Looked): string {
  const { choice, die, edges, ids, vocabulary, whatIf, wouldBe } = looked;
  if (choice.placed) return "It was put here by hand, whatever the die said.";
  if (die === null) return "";
  if (whatIf === null) {
    const rank = ids.indexOf(wouldBe);
    const edge = (n: number) => (n < 0 ? 0 : (edges[n] ?? 1));
    const share = quoted(vocabulary[wouldBe]);
    return `The throw fell into the share of ${share}: ${interval(edge(rank - 1), edge(rank))}.`;
  }
  const [now, was] = [quoted(vocabulary[wouldBe]), quoted(vocabulary[choice.id])];
  const outcome = wouldBe === choice.id ? `${was} again` : `${now} instead of ${was}`;
  return `At ${shortNumber(whatIf)} the same throw gives ${outcome}.`;
}

/** A part of the bar, with as many decimals as tell its ends from each other, and from 0 and 1. */
function interval(from: number, to: number): string {
  const isClear = (digits: number) => {
    const [first, last] = [from.toFixed(digits), to.toFixed(digits)];
    const isZero = from > 0 && Number(first) === 0;
    const isOne = to < 1 && Number(last) === 1;
    return first !== last && !isZero && !isOne;
  };
  const digits = [3, 4, 5, 6].find(isClear) ?? 7;
  const told = (edge: number) => {
    if (edge === 0 || edge === 1) return String(edge);
    if (Number(edge.toFixed(digits)) === 1) return "almost 1";
    return Number(edge.toFixed(digits)) === 0 ? "almost 0" : edge.toFixed(digits);
  };
  return `${told(from)} to ${told(to)}`;
}

/** What the die chooses, compared to what it chose. */
export function outcomeOf({ choice, wouldBe, vocabulary }: Looked): string {
  if (wouldBe === choice.id) return "the same";
  return `${words(vocabulary[wouldBe])} instead of ${words(vocabulary[choice.id])}`;
}

/** All of it in one sentence or two. */
export function summaryOf(looked: Looked): string {
  const facts = Object.entries(factsOf(looked));
  const listed = facts.map(([name, value]) => `${name.toLowerCase()} ${value}`).join(", ");
  const verdict = looked.whatIf === null ? "" : ` ${verdictOf(looked)}`;
  return `${titleOf(looked)}: ${listed}.${verdict}`;
}

/** The bar for somebody who does not see it. */
export function barInWords({ die, ids, edges, temperature, wouldBe, vocabulary }: Looked): string {
  const edge = (rank: number) => String(Number((rank < 0 ? 0 : (edges[rank] ?? 1)).toFixed(3)));
  const place = (rank: number) =>
    `${words(vocabulary[ids[rank] as number])} from ${edge(rank - 1)} to ${edge(rank)}`;
  const pointed = ids.indexOf(wouldBe);
  const points =
    die === null || pointed < 0 ? "" : ` The die, ${dieText(die)}, points at ${place(pointed)}.`;
  const first = Array.from(edges.subarray(0, READ_OUT).keys(), place);
  const more = edges.length - first.length;
  const rest = more > 0 ? `, then ${more.toLocaleString("en")} less likely` : "";
  return `The bar from 0 to 1 at temperature ${shortNumber(temperature)}.${points} In order: ${first.join(", ")}${rest}.`;
}

/** What a temperature does to the odds. */
export function moodOf(temperature: number): string {
  const watch = "Move the temperature and watch.";
  if (temperature === 0) return `At 0 there is no choice: always the first. ${watch}`;
  if (temperature < 1) return `Cooler than 1: the likely ones get likelier. ${watch}`;
  if (temperature === 1) return `At 1: exactly as the network learnt it. ${watch}`;
  return `Hotter than 1: the unlikely ones get a chance. ${watch}`;
}

function words(character: string | null | undefined): string {
  return forms(character).words;
}

/** Rounded down: a die is never 1. */
export function dieText(die: number, digits = 4): string {
  const unit = 10 ** digits;
  return (Math.floor(die * unit) / unit).toFixed(digits);
}

export function ordinal(number: number): string {
  const isTeen = number % 100 >= 11 && number % 100 <= 13;
  const ending = isTeen ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return number.toLocaleString("en") + ending;
}
