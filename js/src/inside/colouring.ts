import { box, element, uniqueId } from "../dom/elements.ts";
import { on } from "../dom/events.ts";
import type { Colour, Traits } from "../kernel/protocol.ts";
import type { SettingTraits } from "../settings/setting-traits.ts";
import { REPLACED, type TextArea } from "../sheet/text-area.ts";
import type { Alignment } from "./alignment.ts";
import { SCALES } from "./colour-scales.ts";
import { Colours } from "./colours.ts";
import type { InspectionClient } from "./inspection-client.ts";
import { Legend } from "./legend.ts";
import { WhatIfLine } from "./what-if-line.ts";

const COLOURS: Record<Colour, string> = {
  none: "nothing",
  surprise: "surprise",
  probability: "probability",
  rank: "rank",
  cell: "cell",
};

/** The choice of what the text is coloured by, its legend, and the colours. */
export class Colouring {
  readonly root: HTMLElement;
  /** What is said of a text without colours. */
  hint = "";
  /** What else is marked, and would be taken for a colour. */
  readonly marks: WhatIfLine;
  readonly #colours: Colours;
  readonly #legend = new Legend();
  /** By what the text is coloured now. */
  #coloured = "";

  /** @param chose takes what the reader chooses */
  constructor(
    private readonly page: TextArea,
    traits: SettingTraits<Traits>,
    chose: (colour: Colour) => void,
    signal: AbortSignal,
  ) {
    this.#colours = new Colours(page, signal);
    const asItWas = () => {
      traits.set({ what_if: null });
      page.root.focus({ preventScroll: true }); // the button is gone
    };
    this.marks = new WhatIfLine(asItWas, signal);
    // The colours go with their text, or the seed before it.
    page.root.addEventListener(REPLACED, () => (this.#coloured = ""), { signal });
    const lead = element("span", { className: "lstm-seg-name", id: uniqueId() }, "Colour by");
    const named = { role: "radiogroup", "aria-labelledby": lead.id };
    const choice = element("div", { className: "lstm-seg", ...named }, lead);
    const name = uniqueId();
    const radios = Object.entries(COLOURS).map(([value, text]) => {
      const radio = element("input", { type: "radio", name, value });
      choice.append(element("label", {}, radio, text));
      return radio;
    });
    on(choice, "change", signal, () => {
      const colour = radios.find(({ checked }) => checked)?.value as Colour;
      traits.set({ colour });
      chose(colour);
    });
    this.root = box("lstm-tools", choice, this.marks.root, this.#legend.root);
    traits.show("colour", choice, (colour) => {
      for (const radio of radios) radio.checked = radio.value === colour;
    });
  }

  /** Take the colours away. */
  clear(): void {
    this.#colours.clear();
    this.#coloured = "";
  }

  /** Colour all that is known. */
  draw(colour: Colour, cell: Traits["cell"], source: InspectionClient, alignment: Alignment): void {
    if (colour === "none") {
      this.clear();
      this.#legend.show(null, this.page.length > 0 ? this.hint : "Nothing to colour yet");
      return;
    }
    this.#legend.show(SCALES[colour]);
    const { activations, choices, seedLength } = source;
    const { topK, topP } = choices.limits;
    const isCell = colour === "cell";
    // Where the seed ends says the kernel with the first choice.
    const last = !isCell ? choices.length : seedLength === null ? 0 : activations.length;
    const known = last + alignment.more;
    const wanted = `${colour} ${cell} ${topK} ${topP}`;
    if (wanted === this.#coloured) {
      this.#colours.update(known);
      return;
    }
    this.#coloured = wanted;
    const valueAt = (index: number) => {
      const place = alignment.placeOf(index);
      if (place === null) return null;
      return colour === "cell" ? (source.activations[place] ?? null) : choices[colour](place);
    };
    this.#colours.show(valueAt, known, SCALES[colour]);
  }
}
