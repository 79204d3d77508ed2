// What `lstm-generator.js` gives to a page.

export {
  LSTMError,
  ModelError,
  SettingError,
  UnknownCharactersError,
} from "../local/errors.ts";
export {
  LSTMGenerator,
  LSTMGenerator as LSTM, // as the example of its documentation calls it
} from "./lstm-generator.ts";
export { NotReadyError } from "./not-ready.ts";
