import { box, element, labelFor } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import type { Colour, Traits } from "../kernel/protocol.ts";
import type { SettingTraits } from "../settings/setting-traits.ts";
import type { TextArea } from "../sheet/text-area.ts";
import type { Alignment } from "./alignment.ts";
import { SCALES } from "./colour-scales.ts";
import { Colours } from "./colours.ts";
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
    const choice = element("select");
    for (const [value, textContent] of Object.entries(COLOURS)) {
      choice.append(element("option", { value, textContent }));
    }
    on(choice, "change", signal, () => traits.set({ colour: choice.value as Colour }));
    const label = labelFor(choice, "Colour the text by");
    this.root = box("lstm-inside-colours", label, choice, this.#legend.root);
    traits.show("colour", choice, (name) => (choice.value = name));
  }

  /** Take the colours away. */
  clear(): void {
    this.#colours.clear();
    this.#coloured = "";
  }

  /** Colour all that is known. */
  draw(colour: Colour, cell: Traits["cell"], source: InspectionClient, alignment: Alignment): void {
    const { choices } = source;
    const { topK, topP } = choices.limits;
    if (colour === "none") {
      this.clear();
      this.#legend.show(null);
      return;
    }
    const ofCell = (place: number) => source.activations[place] ?? null;
    const value = colour === "cell" ? ofCell : (place: number) => choices[colour](place);
    // What a cell does may be known further on than the choices, without which no place is found.
    const cells = colour === "cell" ? source.activations.length : Number.POSITIVE_INFINITY;
    const known = Math.min(choices.length, cells) + alignment.more;
    const wanted = `${colour} ${cell} ${topK} ${topP}`;
    if (wanted === this.#coloured) {
      this.#colours.update(known);
      return;
    }
    this.#coloured = wanted;
    const valueAt = (index: number) => {
      const place = alignment.placeOf(index);
      return place === null ? null : value(place);
    };
    this.#legend.show(SCALES[colour]);
    this.#colours.show(valueAt, known, SCALES[colour]);
  }
}
