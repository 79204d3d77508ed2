import type { Colour } from "../kernel/protocol.ts";

/** A way to colour a text: the values fall into buckets, each with a look of its own in colours.css. */
export interface Scale {
  readonly name: Exclude<Colour, "none">;
  /** What the legend says, for those who do not see it. */
  readonly title: string;
  /** What is at its two ends. */
  readonly ends: readonly [least: string, most: string];
  /** Of the buckets, in their order: where each begins. */
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
    "Surprise in bits",
    ["expected", "surprising"],
    ["< 1", "1", "2", "4", "6", "8 bits +"],
    (bits) => reached([1, 2, 4, 6, 8], bits),
  ),
  /** Of the character that was chosen, 0 to 1. */
  probability: scale(
    "probability",
    "Probability of the choice",
    ["likely", "unlikely"],
    ["90 %", "50", "20", "5", "1", "less"],
    (probability) => 5 - reached([0.01, 0.05, 0.2, 0.5, 0.9], probability),
  ),
  /** Of the character that was chosen; 0 is the most likely one, as in the kernel. */
  rank: scale(
    "rank",
    "Rank of the choice",
    ["first choice", "unlikely"],
    ["1st", "2nd", "3rd", "5th", "10th", "more"],
    (rank) => reached([1, 2, 3, 5, 10], rank),
  ),
  /** What a cell does, -1 to 1. */
  cell: scale(
    "cell",
    "Activation of the cell",
    ["low", "high"],
    ["−1", "−.7", "−.4", "0", ".4", ".7", "1"],
    (value) => 3 + Math.sign(value) * reached([0.15, 0.4, 0.7], Math.abs(value)),
    3,
  ),
};

function scale(
  name: Scale["name"],
  title: string,
  ends: Scale["ends"],
  labels: readonly string[],
  bucket: (value: number) => number,
  plain = 0,
): Scale {
  const looks = labels.map((_, n) => `lstm-${name}-${n}`);
  return { name, title, ends, labels, looks, plain, bucket };
}

/** The number of edges that a value has reached. */
function reached(edges: readonly number[], value: number): number {
  return edges.filter((edge) => value >= edge).length;
}
