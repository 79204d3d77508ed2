import { details, element, paragraph } from "../dom/elements.ts";
import { about } from "../dom/words.ts";
import type { Traits } from "../kernel/protocol.ts";

type Card = Traits["card"];
type Entry = readonly [name: string, value: string];

/** Characters of a sample. */
const SAMPLE = 240;
/** What a card says of the training, and what each is called; in this order. */
const TRAINING: Record<string, string> = {
  source: "Source of the text",
  validation: "Tested on",
  validation_also_learnt: "Share of it that was also learnt",
  updates: "Updates of the weights",
  best_update: "The best was update",
  best_epoch: "The best was pass",
  training_seconds: "Time",
  trained_with: "Trained with",
  trained_further: "Went on from",
  unfinished: "Not finished",
  characters_left_out: "Characters left out",
  characters_read_as_similar: "Characters read as similar ones",
  undecodable_bytes: "Bytes that are no text",
  command: "Command",
  text_sha256: "Checksum of the text",
};
/** What is shown otherwise, or says nothing to a reader. */
const ELSEWHERE = new Set([
  ...["title", "note", "text", "characters", "network", "licence", "sample", "language"],
  ...["seed", "beginnings", "temperature", "length", "even_bits"],
  ...["validation_loss_bits", "validation_loss_nats", "float16_cost_nats", "processes"],
]);

/** What a reader should know of a model; the rest of its card behind a fold. */
export function modelCard(card: Card): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (card.title) parts.push(element("h3", { textContent: words(card.title) }));
  if (card.note) parts.push(paragraph("lstm-hint", words(card.note)));
  parts.push(
    list([
      ["Text", textOf(card)],
      ["Network", words(card.network).replaceAll("units", "cells")],
      ["How well", quality(card)],
      ["Licence", words(card.licence)],
    ]),
  );
  if (typeof card.sample === "string") {
    const letters = Array.from(card.sample);
    const sample = letters.slice(0, SAMPLE).join("") + (letters.length > SAMPLE ? "…" : "");
    const quote = element("blockquote", { textContent: sample });
    if (typeof card.language === "string") quote.lang = card.language;
    parts.push(paragraph("lstm-caption", "It writes, for example"), quote);
  }
  const known = Object.keys(TRAINING).filter((key) => key in card);
  const others = Object.keys(card).filter((key) => !(key in TRAINING) && !ELSEWHERE.has(key));
  const training = [...known, ...others].map((key): Entry => {
    const value = card[key];
    const isTime = key === "training_seconds" && typeof value === "number";
    return [TRAINING[key] ?? spelled(key), isTime ? about(value) : words(value)];
  });
  if (training.length > 0) parts.push(details("", "More about the training", list(training)));
  return parts;
}

function textOf({ text, characters }: Card): string {
  const size = characters === undefined ? "" : `${words(characters)} characters`;
  return [words(text), size].filter(Boolean).join(": ");
}

/** The loss beside that of somebody who knows only which characters there are. */
function quality({ validation_loss_bits: bits, even_bits: even }: Card): string {
  if (typeof bits !== "number") return "";
  const guess = typeof even === "number" ? `; guessing evenly takes ${even.toFixed(2)}` : "";
  return `${bits.toFixed(2)} bits per character, on text it has not read${guess}. Fewer is better.`;
}

/** Names and what belongs to them, those that have something. */
function list(entries: readonly Entry[]): HTMLElement {
  const filled = entries.filter(([, value]) => value !== "");
  const parts = filled.flatMap(([name, value]) => [
    element("dt", { textContent: name }),
    element("dd", { textContent: value }),
  ]);
  return element("dl", {}, ...parts);
}

function words(value: Card[string] | undefined): string {
  if (Array.isArray(value)) return value.join(" · ");
  return value?.toLocaleString("en") ?? "";
}

/** The name of an entry that is not in the table: "best_of_all" as "Best of all". */
function spelled(key: string): string {
  const name = key.replaceAll("_", " ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}
