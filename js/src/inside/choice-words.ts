// How a character was chosen, in words.
import { forms, quoted } from "../dom/characters.ts";
import { percent, shortNumber } from "../dom/words.ts";
import type { Choice, Replay } from "./replay.ts";

/** Characters of the bar that a screen reader reads out. */
const READ_OUT = 5;

/** A character of a text. */
export interface Pointed {
  choices: Replay;
  /** Counted from the first character of the seed. */
  index: number;
  /** The character of each id; null if it has none. */
  vocabulary: readonly (string | null)[];
}

/** A character that is looked at, on a bar that may be that of another temperature. */
export interface Looked extends ReturnType<Replay["bar"]> {
  choice: Choice;
  vocabulary: readonly (string | null)[];
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
export function titleOf({ choice, vocabulary }: Looked, name = quoted): string {
  const chosen = choice.placed ? "put here by hand" : "chosen by the die";
  const origin = choice.die === null ? "in the seed: read, not chosen" : chosen;
  return `${name(vocabulary[choice.id])}, ${origin}`;
}

/** What there is to know, by name: always of the choice as it was. */
export function factsOf({ choice, die, vocabulary }: Looked): Record<string, string> {
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
export function verdictOf(looked: Looked): string {
  if (looked.whatIf === null || looked.die === null) return "";
  return `At ${shortNumber(looked.whatIf)} the same die chooses ${outcomeOf(looked, quoted)}.`;
}

/** What the die chooses, compared to what it chose. */
export function outcomeOf({ choice, wouldBe, vocabulary }: Looked, name = words): string {
  if (wouldBe === choice.id) return "the same";
  return `${name(vocabulary[wouldBe])} instead of ${name(vocabulary[choice.id])}`;
}

/** All of it in one sentence or two. */
export function summaryOf(looked: Looked): string {
  const facts = Object.entries(factsOf(looked));
  const listed = facts.map(([name, value]) => `${name.toLowerCase()} ${value}`).join(", ");
  return `${titleOf(looked, words)}: ${listed}. ${verdictOf(looked)}`.trimEnd();
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

function words(character: string | null | undefined): string {
  return forms(character).words;
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
