import { forms, oneLine } from "../dom/characters.ts";
import { box, element, paragraph, write } from "../dom/elements.ts";
import { percent, shortNumber } from "../dom/words.ts";
import type { Looked } from "./choice-words.ts";
import { named, ordinal } from "./choice-words.ts";
import { meaningOf } from "./help.ts";

/** Characters of the seed that are named. */
const NAMED = 18;

/** Which letter is looked at, and how likely it was. */
export class LetterHead {
  readonly #tile = element("span", { className: "lstm-tile", "aria-hidden": "true" });
  readonly #title = paragraph("lstm-letter-title");
  readonly #about = element("p", { className: "lstm-about" });
  readonly root = box("lstm-letter-head", this.#tile, this.#title, this.#about);

  /** What comes after a seed. */
  showNext(seed: string): void {
    this.#draw("?", "What comes next");
    delete this.#about.dataset.of;
    const points = Array.from(seed);
    const before = points.length > NAMED ? `…${points.slice(-NAMED).join("")}` : seed;
    const end = oneLine(before);
    write(this.#about, end && `after “${end}”, before any die is thrown`);
    this.#tile.classList.add("lstm-ghost");
  }

  showLetter(looked: Looked, isJustWritten: boolean): void {
    const { choice, vocabulary } = looked;
    const { sign } = forms(vocabulary[choice.id]);
    this.#draw(sign, isJustWritten ? "Just written" : titleOf(looked));
    const chance = percent(choice.probability);
    const at = shortNumber(choice.temperature ?? 1);
    const surprise = `${choice.surprise.toFixed(2)} bits`;
    if (this.#about.dataset.of === `${chance} ${at} ${surprise}`) return; // somebody may be copying it
    this.#about.dataset.of = `${chance} ${at} ${surprise}`;
    const part = (word: string, value: string, more = "") => {
      const title = meaningOf(word[0]?.toUpperCase() + word.slice(1));
      const number = element("b", { textContent: value });
      return element("span", { title }, `${word} `, number, more);
    };
    const parts = [
      part("Chance", chance, ` at ${at}`),
      " · ",
      part("surprise", surprise, at === "1" ? "" : " at 1"),
    ];
    this.#about.replaceChildren(...parts);
  }

  #draw(sign: string, title: string): void {
    write(this.#tile, sign);
    write(this.#title, title);
    this.#tile.classList.remove("lstm-ghost");
    this.#tile.classList.toggle("lstm-code", Array.from(sign).length > 1);
  }
}

/** Its place among all. */
function titleOf({ choice, vocabulary }: Looked): string {
  if (choice.die === null) return "Read, not chosen";
  const all = named(vocabulary).toLocaleString("en");
  const rank =
    choice.rank === 0 ? `The likeliest of ${all}` : `${ordinal(choice.rank + 1)} choice of ${all}`;
  return choice.placed ? `${rank}, put here by hand` : rank;
}
