import { box, element } from "../dom/elements.ts";
import { ribbonWidth, showHeat } from "../dom/heat.ts";
import type { Sample } from "../kernel/protocol.ts";
import { stageName } from "./stage-name.ts";

/** A text with the seed before it, as all widgets show it. */
export function showText(where: HTMLElement, seed: string, text: string): void {
  const before = element("span", { className: "lstm-text-seed", textContent: seed });
  where.replaceChildren(box("lstm-text-block", before, text));
}

/** What the network of the moment writes, at some temperatures side by side. */
export class Samples {
  readonly root = box("lstm-samples");
  #shown = "";

  show(samples: readonly Sample[]): void {
    const now = JSON.stringify(samples);
    if (now === this.#shown) return; // leave what somebody may be reading or copying
    this.#shown = now;
    const figures = samples.map(({ update, temperature, seed, text }) => {
      const page = box("lstm-sample-text");
      showText(page, seed, text);
      const textContent = `Temperature ${temperature}, ${stageName(update)}`;
      const caption = element("figcaption", { textContent });
      const figure = element("figure", { className: "lstm-sample" }, caption, page);
      showHeat(figure, temperature);
      figure.style.setProperty("--lstm-width", `${ribbonWidth(temperature)}px`);
      return figure;
    });
    this.root.replaceChildren(...figures);
  }
}
