// What is missing before a generator can write.

import { LSTMError } from "../local/errors.ts";

/** The generator has weights but no vocabulary yet, or the other way round, or neither. */
export class NotReadyError extends LSTMError {
  override name = "NotReadyError";
}

/** The error that says what to do. */
export function notReady(hasWeights: boolean, hasVocabulary: boolean): NotReadyError {
  if (hasWeights)
    return new NotReadyError("The vocabulary is not loaded yet: call loadVocab(path).");
  return new NotReadyError(
    hasVocabulary
      ? "The weights are not loaded yet: call loadCheckpoints(path)."
      : 'No model is loaded: give one, as in new LSTMGenerator("models/hemingway/").',
  );
}
