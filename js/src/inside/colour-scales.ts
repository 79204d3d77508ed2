import type { Colour } from "../kernel/protocol.ts";

/** A way to colour a text: the values fall into buckets, each with a look of its own in colours.css. */
export interface Scale {
  readonly name: Exclude<Colour, "none">;
  /** The heading of the legend. */
  readonly title: string;
  /** Of the buckets, in their order. */
  readonly labels: readonly string[];
  /** The names of their highlights, and of the CSS classes that look the same. */
  readonly looks: readonly string[];
  /** The bucket of what is usual, which looks as the text does anyway: that is half of the highlights saved. */
  readonly plain: number;
  /** The bucket of a value. */
  bucket(value: number): number;
}

export const SCALES: Readonly<Record<Scale["name"], Scale>> = {
  /** In bits. */
  surprise: scale(
    "surprise",
    "Surprise",
    ["under 1 bit", "1 to 2", "2 to 4", "4 to 6", "6 to 8", "8 bits or more"],
    (bits) => reached([1, 2, 4, 6, 8], bits),
  ),
  /** Of the character that was chosen, 0 to 1. */
  probability: scale(
    "probability",
    "Probability of the choice",
    ["90 % or more", "50 to 90 %", "20 to 50 %", "5 to 20 %", "1 to 5 %", "under 1 %"],
    (probability) => 5 - reached([0.01, 0.05, 0.2, 0.5, 0.9], probability),
  ),
  /** Of the character that was chosen; 0 is the most likely one, as in the kernel. */
  rank: scale(
    "rank",
    "Rank of the choice",
    ["1st", "2nd", "3rd", "4th or 5th", "6th to 10th", "after the 10th"],
    (rank) => reached([1, 2, 3, 5, 10], rank),
  ),
  /** What a cell does, -1 to 1. */
  cell: scale(
    "cell",
    "Activation of the cell",
    [
      "−1 to −0.7",
      "−0.7 to −0.4",
      "−0.4 to −0.15",
      "about 0",
      "0.15 to 0.4",
      "0.4 to 0.7",
      "0.7 to 1",
    ],
    (value) => 3 + Math.sign(value) * reached([0.15, 0.4, 0.7], Math.abs(value)),
    3,
  ),
};

function scale(
  name: Scale["name"],
  title: string,
  labels: readonly string[],
  bucket: (value: number) => number,
  plain = 0,
): Scale {
  return { name, title, labels, looks: labels.map((_, n) => `lstm-${name}-${n}`), plain, bucket };
}

/** The number of edges that a value has reached. */
function reached(edges: readonly number[], value: number): number {
  return edges.filter((edge) => value >= edge).length;
}
