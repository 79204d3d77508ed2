import { box } from "../dom/elements.ts";
import { onResize } from "../dom/events.ts";
import { Frame } from "../dom/frame.ts";
import { bits } from "../dom/words.ts";
import type { Baseline, Point } from "../kernel/protocol.ts";
import { along, doublings, span, spread } from "./scales.ts";
import { dot, line, SVG, shape, text } from "./shapes.ts";

const HEIGHT = 320;
/** As wide as it is drawn where nothing is laid out. */
const USUAL_WIDTH = 640;
const NARROWEST = 280;
const MARGIN = { left: 34, top: 28, bottom: 40 };
const LINE = 14; // pixels between two lines of small print
const LETTER = 6.2; // pixels, about
const SWATCH = 22;
const TIE = 16; // pixels from the end of a line to its name
/** Width of the name of a curve. */
const OF_CURVE = SWATCH + "validation 0.00".length * 1.1 * LETTER;
const MARK_GAP = 9; // pixels between markers of one curve, at least

/** What is drawn. */
interface Losses {
  training: readonly Point[];
  validation: readonly Point[];
  /** Updates that there will be. */
  updates: number;
  references: readonly Baseline[];
  /** The update of the stage that is looked at. */
  stage: number | null;
  /** All of it in a sentence. */
  summary: string;
}

/** A name, and the height of what it belongs to. */
interface Named {
  name: string;
  y: number;
  /** Whose kind of line is drawn before the name, as two curves may end close to each other. */
  curve?: string;
}

/** Loss curves over the updates, with what is reached without a network. */
export class Chart {
  readonly #svg = document.createElementNS(SVG, "svg");
  readonly root = box("lstm-chart", this.#svg);
  readonly #frame: Frame;
  #losses: Losses | null = null;
  #width = USUAL_WIDTH;

  constructor(signal: AbortSignal) {
    this.#svg.setAttribute("role", "img");
    this.#frame = new Frame(() => this.#losses !== null && this.#draw(this.#losses), signal);
    onResize([this.root], signal, () => {
      const width = Math.max(NARROWEST, this.root.clientWidth);
      if (width === this.#width) return;
      this.#width = width;
      this.#frame.ask();
    });
  }

  /** At the next animation frame. */
  show(losses: Losses): void {
    this.#losses = losses;
    this.#frame.ask();
  }

  #draw({ training, validation, updates, references, stage, summary }: Losses): void {
    const labels = references.map(({ name, bits: loss }) => `${name} ${bits(loss)}`);
    const longest = Math.max(OF_CURVE, ...labels.map(({ length }) => length * LETTER));
    const { left, top } = MARGIN;
    const right = this.#width - longest - TIE - 5;
    const bottom = HEIGHT - MARGIN.bottom;
    const last = Math.max(updates, training.at(-1)?.[0] ?? 0);
    const all = [...training, ...validation].map(([, loss]) => loss);
    const [least, most] = span([...all, ...references.map((one) => one.bits)]);
    const x = (update: number) => left + (right - left) * along(update, last);
    const y = (loss: number) => top + ((bottom - top) * (most - loss)) / (most - least);

    const parts: SVGElement[] = [];
    for (let loss = least; loss <= most; loss += 1) {
      parts.push(line("lstm-grid", [left, y(loss)], [right, y(loss)]));
      parts.push(text("lstm-tick", String(loss), [left - 6, y(loss) + 4], "end"));
    }
    const markWidth = last.toLocaleString("en").length * LETTER + 10;
    const { marks, factor } = doublings(last, Math.floor((right - left) / markWidth));
    for (const mark of marks) {
      parts.push(line("lstm-axis", [x(mark), bottom], [x(mark), bottom + 4]));
      parts.push(text("lstm-tick", mark.toLocaleString("en"), [x(mark), bottom + 16], "middle"));
    }
    parts.push(line("lstm-axis", [left, bottom], [right, bottom]));
    parts.push(text("lstm-tick", "bits per character, less is better", [0, 12]));
    const step = factor === 2 ? "each mark doubles them" : `each mark is ${factor} times as many`;
    parts.push(text("lstm-tick", `updates; ${step}`, [left, HEIGHT - 6]));

    const named: Named[] = [];
    references.forEach((one, n) => {
      parts.push(line("lstm-reference", [left, y(one.bits)], [right, y(one.bits)]));
      named.push({ name: labels[n] ?? "", y: y(one.bits) });
    });
    if (stage !== null) {
      parts.push(line("lstm-stage-line", [x(stage), top], [x(stage), bottom]));
      parts.push(text("lstm-stage-mark", "▼", [x(stage), top], "middle"));
    }
    for (const [curve, points] of Object.entries({ training, validation })) {
      const places = points.map(
        ([update, loss]) => `${x(update).toFixed(1)},${y(loss).toFixed(1)}`,
      );
      parts.push(shape("polyline", `lstm-loss-${curve}`, { points: places.join(" ") }));
      const [, loss] = points.at(-1) ?? [];
      if (loss === undefined) continue;
      named.push({ name: `${curve} ${bits(loss)}`, y: y(loss), curve });
    }
    let free = Number.NEGATIVE_INFINITY;
    for (const [update, loss] of validation) {
      if (x(update) < free) continue;
      free = x(update) + MARK_GAP;
      parts.push(dot("lstm-loss-mark", [x(update), y(loss)]));
    }
    parts.push(...labelsOf(named, right, bottom));

    const size = { viewBox: `0 0 ${this.#width} ${HEIGHT}`, width: this.#width, height: HEIGHT };
    for (const [name, value] of Object.entries({ ...size, "aria-label": summary })) {
      this.#svg.setAttribute(name, String(value));
    }
    this.#svg.replaceChildren(...parts);
  }
}

/** The names in a column of their own, where no line goes, moved apart where they would overlap. */
function labelsOf(named: readonly Named[], right: number, bottom: number): SVGElement[] {
  const heights = named.map(({ y }) => y);
  const places = spread(heights, LINE, MARGIN.top, bottom);
  return named.flatMap(({ name, y, curve }, n) => {
    const place = places[n] ?? 0;
    const start = right + TIE;
    if (curve === undefined) {
      const tie = line("lstm-reference", [right, y], [start - 3, place]);
      return [tie, text("lstm-label", name, [start, place + 4])];
    }
    const end = start + SWATCH - 5;
    const swatch = [line(`lstm-loss-${curve}`, [start, place], [end, place])];
    if (curve === "validation") swatch.push(dot("lstm-loss-mark", [(start + end) / 2, place]));
    return [...swatch, text("lstm-label lstm-label-curve", name, [start + SWATCH, place + 4])];
  });
}
