// The model as data: weights, vocabulary and card, as lstm_widget/network/model.py has them.

import { refuse } from "./errors.ts";
import { shortRepr } from "./python-repr.ts";
import type { Weights } from "./weights.ts";

export class CharLSTM {
  /** Character (one code point) to id, ordered by id. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Id to character; `null` for an id that has none. */
  readonly characters: readonly (string | null)[];

  /** @param card what a reader should know of the model */
  constructor(
    readonly weights: Weights,
    vocab: Readonly<Record<string, unknown>>,
    readonly card: Readonly<Record<string, unknown>> = {},
  ) {
    this.characters = charactersOf(vocab, weights.vocabSize);
    const known = this.characters.flatMap((character, id) =>
      character === null ? [] : ([[character, id]] as [string, number][]),
    );
    this.vocab = new Map(known);
  }

  /** Number of ids V, counted from the softmax. */
  get vocabSize(): number {
    return this.weights.vocabSize;
  }

  /** Ids that no character has, ascending; they must never be sampled. */
  get unusedIds(): number[] {
    return this.characters.flatMap((character, id) => (character === null ? [id] : []));
  }

  /** The text of ids. */
  decode(ids: Iterable<number>): string {
    return Array.from(
      ids,
      (id) => this.characters[id] ?? refuse(`No character has the id ${id}.`),
    ).join("");
  }
}

/** The character of each id, or an error. */
function charactersOf(
  vocab: Readonly<Record<string, unknown>>,
  vocabSize: number,
): (string | null)[] {
  const characters: (string | null)[] = new Array(vocabSize).fill(null);
  let isEmpty = true;
  for (const [character, id] of Object.entries(vocab)) {
    if ([...character].length !== 1) {
      refuse(
        `The vocabulary must map single characters to ids, but it has ${shortRepr(character)}: ` +
          "leave out an id without a character.",
      );
    }
    if (typeof id !== "number" || !Number.isInteger(id)) {
      refuse(`The id of ${shortRepr(character)} must be a whole number, not ${shortRepr(id)}.`);
    }
    if (id < 0 || id >= vocabSize) {
      refuse(
        `The id of ${shortRepr(character)} in the vocabulary is ${id}, but the softmax has only ` +
          `the ids 0 to ${vocabSize - 1}.`,
      );
    }
    const other = characters[id];
    if (other !== null) {
      refuse(
        `The characters ${shortRepr(other)} and ${shortRepr(character)} have the same id ${id}.`,
      );
    }
    characters[id] = character;
    isEmpty = false;
  }
  if (isEmpty) refuse("The vocabulary is empty.");
  return characters;
}
