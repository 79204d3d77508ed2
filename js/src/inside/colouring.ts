import { element, uniqueId } from "../dom/elements.ts";
import type { Colour, Traits } from "../kernel/protocol.ts";
import type { SettingTraits } from "../settings/setting-traits.ts";
import type { TextArea } from "../sheet/text-area.ts";
import { Colours, SCALES } from "./colours.ts";
import type { InspectionClient } from "./inspection-client.ts";
import { Legend } from "./legend.ts";

const COLOURS: Record<Colour, string> = {
  none: "nothing",
  surprise: "surprise",
  probability: "probability of the choice",
  rank: "rank of the choice",
  cell: "what a cell does",
};

/** The choice of what the text is coloured by, its legend, and the colours. */
export class Colouring {
  readonly root: HTMLElement;
  readonly #colours: Colours;
  readonly #legend = new Legend();
  /** By what the text is coloured now. */
  #coloured = "";

  constructor(page: TextArea, traits: SettingTraits<Traits>, signal: AbortSignal) {
    this.#colours = new Colours(page, signal);
    const choice = element("select", { id: uniqueId() });
    for (const [value, textContent] of Object.entries(COLOURS)) {
      choice.append(element("option", { value, textContent }));
    }
    const setColour = () => traits.set({ colour: choice.value as Colour });
    choice.addEventListener("change", setColour, { signal });
    const label = element("label", { htmlFor: choice.id, textContent: "Colour the text by" });
    this.root = element(
      "div",
      { className: "lstm-inside-colours" },
      label,
      choice,
      this.#legend.root,
    );
    traits.show("colour", choice, (name) => (choice.value = name));
  }

  /** Take the colours away. */
  clear(): void {
    this.#colours.clear();
    this.forget();
  }

  /** Another text is shown, which has no colours yet. */
  forget(): void {
    this.#coloured = "";
  }

  /**
   * Colour all that is known.
   * @param more characters that the page shows more than the kernel has read
   * @param placeOf the place in the kernel of a character on the page; null if it is not known
   */
  draw(
    colour: Colour,
    cell: Traits["cell"],
    source: InspectionClient,
    more: number,
    placeOf: (index: number) => number | null,
  ): void {
    const { choices } = source;
    if (colour === "none") {
      if (this.#coloured) this.#colours.clear();
      this.#coloured = "";
      this.#legend.show(null);
      return;
    }
    const known = (colour === "cell" ? source.activations.length : choices.length) + more;
    const wanted = `${colour} ${cell} ${choices.topK} ${choices.topP}`;
    if (wanted === this.#coloured) {
      this.#colours.update(known);
      return;
    }
    this.#coloured = wanted;
    const scale = SCALES[colour];
    const value = (place: number) =>
      colour === "cell" ? (source.activations[place] ?? null) : choices[colour](place);
    this.#legend.show(scale);
    this.#colours.show(
      (index) => {
        const place = placeOf(index);
        return place === null ? null : value(place);
      },
      known,
      scale,
    );
  }
}
