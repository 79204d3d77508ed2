import { element } from "../dom/elements.ts";
import { Popover } from "../dom/popover.ts";

const WORDS: readonly [word: string, meaning: string][] = [
  ["Chance", "How likely this letter was, at the temperature beside it."],
  ["Choice", "Its rank among all letters: the first is the likeliest."],
  [
    "Surprise",
    "How unexpected it was, at temperature 1: 1 bit is like one toss of a coin, 2 bits like two.",
  ],
  [
    "Bits of choice",
    "How open the choice is before the throw: 0 if it is certain, 3 as among 8 equal letters (its entropy).",
  ],
  ["Bits per character", "The mean surprise of a text: the fewer, the surer the network was."],
  ["Top-k", "Consider only the k most likely letters."],
  ["Top-p", "Keep the most likely letters, up to this total probability."],
];

/** What the numbers of the margin mean, behind a button. */
export class Help {
  readonly button = element("button", {
    type: "button",
    className: "lstm-icon lstm-help-button",
    textContent: "?",
    title: "What the numbers mean",
    "aria-label": "What the numbers mean",
  });
  readonly root: HTMLElement;

  constructor(signal: AbortSignal) {
    this.root = new Popover(this.button, "What the numbers mean", "lstm-help", signal).root;
    const entries = WORDS.flatMap(([textContent, meaning]) => [
      element("dt", { textContent }),
      element("dd", { textContent: meaning }),
    ]);
    this.root.append(element("dl", {}, ...entries));
  }
}

/** What a word means, to be shown where it stands. */
export function meaningOf(word: string): string {
  return WORDS.find(([one]) => one === word)?.[1] ?? "";
}
