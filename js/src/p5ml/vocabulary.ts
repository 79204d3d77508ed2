// A vocabulary from elsewhere: ids by character, characters by id, or a list of characters, as
// lstm_widget/formats/vocabulary.py reads it. `CharLSTM` then checks the ids.

import { refuse } from "../local/errors.ts";
import { shortRepr } from "../local/python-repr.ts";
import { isTable, MAX_JSON_BYTES, parseJson, type Table } from "./json.ts";
import { shown } from "./shown.ts";
import type { WebFolder } from "./web-folder.ts";

const NAMES = ["vocab.json", "char_indices.json", "indices_char.json"];

/** Read the vocabulary of a folder, whatever its file is called: ids by character. */
export async function readVocabulary(folder: WebFolder): Promise<Table> {
  for (const name of NAMES) {
    const data = await folder.read(name, MAX_JSON_BYTES);
    if (data) return parseVocabulary(data, name);
  }
  refuse(`The vocabulary is missing: there is no ${NAMES[0]} ${folder.where}.`);
}

/** Make a table of ids by character of what such a file holds. */
export function parseVocabulary(data: Uint8Array, name: string): Table {
  return repaired(tableOf(parseJson(data, name), name));
}

function tableOf(parsed: unknown, name: string): Table {
  if (Array.isArray(parsed)) return byCharacter(listed(parsed, name), name);
  if (!isTable(parsed)) refuse(`${name} must map characters to ids or list the characters.`);
  const values = Object.entries(parsed);
  const isTurned = values.every(([, value]) => value === null || typeof value === "string");
  if (isTurned && values.length > 0) return byCharacter(values as [string, string | null][], name);
  for (const [character, id] of values) {
    if (typeof id !== "number") {
      refuse(`The id of ${shortRepr(character)} must be a whole number, not ${shown(id)}.`);
    }
  }
  return parsed;
}

function listed(characters: readonly unknown[], name: string): [string, string | null][] {
  return characters.map((character, id) => {
    if (character !== null && (typeof character !== "string" || [...character].length !== 1)) {
      refuse(
        `${name} must list single characters, but number ${id} is ${shown(character)}: ` +
          "use null for an id without a character.",
      );
    }
    return [String(id), character];
  });
}

/** Turn characters by id into ids by character. */
function byCharacter(entries: readonly (readonly [string, string | null])[], name: string): Table {
  const ids = new Map<string, number>();
  for (const [key, character] of entries) {
    if (!/^\d{1,9}$/.test(key)) {
      refuse(
        `${name} must map characters to whole numbers, not ${shortRepr(key)} to ${shown(character)}.`,
      );
    }
    if (character === null) continue;
    const other = ids.get(character);
    if (other !== undefined) {
      refuse(`${name} gives the character ${shortRepr(character)} two ids, ${other} and ${key}.`);
    }
    ids.set(character, Number(key));
  }
  return Object.fromEntries(ids);
}

const DAMAGE: Readonly<Record<string, readonly [id: number, letter: string]>> = {
  "  ": [13, "u"],
  "": [40, "U"],
};

/** Mend the vocabulary that ml5 published with its `shakespeare`: two keys lost their letter. */
function repaired(table: Table): Table {
  const isDamaged = Object.entries(DAMAGE).every(([key, [id]]) => table[key] === id);
  if (!isDamaged || Object.hasOwn(table, "u") || Object.hasOwn(table, "U")) return table;
  console.warn(
    'The vocabulary is damaged as published with ml5\'s "shakespeare"; "u" and "U" were put back.',
  );
  return Object.fromEntries(
    Object.entries(table).map(([key, id]) => [DAMAGE[key]?.[1] ?? key, id]),
  );
}
