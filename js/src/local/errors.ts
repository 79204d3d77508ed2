// What can go wrong, each in one sentence, as in lstm_widget/errors.py.
import { shortRepr } from "./python-repr.ts";

/** Base of every error that is raised on purpose; its message is one clear sentence. */
export class LSTMError extends Error {
  override name = "LSTMError";
}

/** A model cannot be used: it is damaged, or its parts do not fit together. */
export class ModelError extends LSTMError {
  override name = "ModelError";
}

/** A setting (seed, length, temperature, ...) is out of its range or of the wrong type. */
export class SettingError extends LSTMError {
  override name = "SettingError";
}

/** A text holds characters that are not in the model's vocabulary. */
export class UnknownCharactersError extends SettingError {
  override name = "UnknownCharactersError";

  /** @param characters each once, in the order of first appearance */
  constructor(readonly characters: readonly string[]) {
    const names = listed(characters.map(shortRepr));
    super(`The model does not know ${names}: leave them out of the text.`);
  }
}

/** What the checks of a seed say, also where nothing is computed in the page. */
export const EMPTY_SEED = "The seed is empty: give at least one character to start from.";

export function refuse(message: string): never {
  throw new ModelError(message);
}

export function refuseSetting(message: string): never {
  throw new SettingError(message);
}

/** The error for finite weights whose sums are not. */
export function tooLarge(): ModelError {
  return new ModelError(
    "The model's weights are too large to compute with: use another copy of the model.",
  );
}

/** The first few of many items as a sentence names them: `a, b and 5 more`. */
export function listed(items: readonly string[], atMost = 10): string {
  const more = items.length > atMost ? ` and ${items.length - atMost} more` : "";
  return items.slice(0, atMost).join(", ") + more;
}
