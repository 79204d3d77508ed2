import { element } from "../dom/elements.ts";
import { bits } from "../dom/words.ts";
import type { Baseline, Point } from "../kernel/protocol.ts";
import { along, doublings, span, spread } from "./scales.ts";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 320;
/** As wide as it is drawn where nothing is laid out. */
const USUAL_WIDTH = 640;
const NARROWEST = 280;
const MARGIN = { left: 34, top: 28, bottom: 40 };
const LINE = 14; // pixels between two lines of small print
const LETTER = 6.2; // pixels, about
const SWATCH = 22;
const AWAY = 16; // pixels from the end of a curve to its name
/** Width of the name of a curve. */
const OF_CURVE = SWATCH + "validation 0.00".length * 1.1 * LETTER;
const MARK_GAP = 9; // pixels between markers of one curve, at least

/** What is drawn. */
export interface Losses {
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

/** A name, and the right end of what it belongs to. */
interface Named {
  text: string;
  x: number;
  y: number;
  /** Whose kind of line is drawn before the name, as two curves may end close to each other. */
  curve?: string;
}

/** Loss curves over the updates, with what is reached without a network. */
export class Chart {
  readonly root: HTMLElement;
  readonly #svg = document.createElementNS(SVG, "svg");
  #losses: Losses | null = null;
  #frame: number | null = null;
  #width = USUAL_WIDTH;

  constructor(signal: AbortSignal) {
    this.#svg.setAttribute("role", "img");
    this.root = element("div", { className: "lstm-chart" });
    this.root.append(this.#svg);
    signal.addEventListener("abort", () => {
      if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    });
    if (typeof ResizeObserver === "undefined") return; // nothing is laid out
    const observer = new ResizeObserver(() => {
      const width = Math.max(NARROWEST, this.root.clientWidth);
      if (width === this.#width) return;
      this.#width = width;
      this.#ask();
    });
    observer.observe(this.root);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** At the next animation frame. */
  show(losses: Losses): void {
    this.#losses = losses;
    this.#ask();
  }

  #ask(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (this.#losses !== null) this.#draw(this.#losses);
    });
  }

  #draw({ training, validation, updates, references, stage, summary }: Losses): void {
    const labels = references.map(({ name, bits: loss }) => `${name} ${bits(loss)}`);
    const longest = Math.max(OF_CURVE, ...labels.map(({ length }) => length * LETTER));
    const right = this.#width - longest - 12;
    const bottom = HEIGHT - MARGIN.bottom;
    const last = Math.max(updates, training.at(-1)?.[0] ?? 0);
    const all = [...training, ...validation].map(([, loss]) => loss);
    const [least, most] = span([...all, ...references.map((one) => one.bits)]);
    const x = (update: number) => MARGIN.left + (right - MARGIN.left) * along(update, last);
    const y = (loss: number) =>
      MARGIN.top + ((bottom - MARGIN.top) * (most - loss)) / (most - least);

    const markWidth = last.toLocaleString("en").length * LETTER + 10;
    const { marks, factor } = doublings(last, Math.floor((right - MARGIN.left) / markWidth));
    const parts: SVGElement[] = [];
    for (let loss = least; loss <= most; loss += 1) {
      parts.push(line(MARGIN.left, y(loss), right, y(loss), "lstm-grid"));
      parts.push(text(String(loss), MARGIN.left - 6, y(loss) + 4, "lstm-tick", "end"));
    }
    for (const mark of marks) {
      parts.push(line(x(mark), bottom, x(mark), bottom + 4, "lstm-axis"));
      const told = mark.toLocaleString("en");
      parts.push(text(told, x(mark), bottom + 16, "lstm-tick", "middle"));
    }
    parts.push(line(MARGIN.left, bottom, right, bottom, "lstm-axis"));
    parts.push(text("bits per character", 0, 12, "lstm-tick", "start"));
    const step = factor === 2 ? "each mark doubles them" : `each mark is ${factor} times as many`;
    parts.push(text(`updates; ${step}`, MARGIN.left, HEIGHT - 6, "lstm-tick", "start"));
    for (const one of references) {
      parts.push(line(MARGIN.left, y(one.bits), right, y(one.bits), "lstm-reference"));
    }
    if (stage !== null) {
      parts.push(line(x(stage), MARGIN.top, x(stage), bottom, "lstm-stage-line"));
      parts.push(text("▼", x(stage), MARGIN.top, "lstm-stage-mark", "middle"));
    }

    const place = ([update, loss]: Point) => `${x(update).toFixed(1)},${y(loss).toFixed(1)}`;
    parts.push(shape("polyline", { points: training.map(place).join(" ") }, "lstm-loss-training"));
    parts.push(
      shape("polyline", { points: validation.map(place).join(" ") }, "lstm-loss-validation"),
    );
    let free = Number.NEGATIVE_INFINITY;
    for (const [update, loss] of validation) {
      if (x(update) < free) continue;
      free = x(update) + MARK_GAP;
      parts.push(shape("circle", { cx: x(update), cy: y(loss), r: 3 }, "lstm-loss-mark"));
    }

    const named: Named[] = references.map((one, n) => ({
      text: labels[n] ?? "",
      x: right,
      y: y(one.bits),
    }));
    const name = (curve: string, point: Point | undefined) => {
      if (point === undefined) return;
      const [update, loss] = point;
      named.push({ text: `${curve} ${bits(loss)}`, x: x(update), y: y(loss), curve });
    };
    name("training", training.at(-1));
    name("validation", validation.at(-1));
    parts.push(...this.#labels(named, right, bottom));

    this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    this.#svg.setAttribute("width", String(this.#width));
    this.#svg.setAttribute("height", String(HEIGHT));
    this.#svg.setAttribute("aria-label", summary);
    this.#svg.replaceChildren(...parts);
  }

  /** The names beside what they belong to, moved apart where they would stand over each other. */
  #labels(named: readonly Named[], right: number, bottom: number): SVGElement[] {
    // Those of curves that reach far to the right stand in the column of the others.
    const isAside = ({ x }: Named) => x + AWAY + OF_CURVE > right;
    const column = named.filter(isAside).map((one) => ({ ...one, x: right }));
    const within = named.filter((one) => !isAside(one));
    return [column, within].flatMap((group) => {
      const heights = group.map(({ y }) => y);
      const places = spread(heights, LINE, MARGIN.top, bottom);
      return group.flatMap(({ text: told, x, curve }, n) => {
        const isInside = group === within;
        // Inside, it must not look like the next piece of the curve.
        const [start, y] = [x + (isInside ? AWAY : 7), places[n] ?? 0];
        if (curve === undefined) return [text(told, start, y + 4, "lstm-label", "start")];
        const end = start + SWATCH - 5;
        const swatch = [line(start, y, end, y, `lstm-loss-${curve}`)];
        if (curve === "validation" && !isInside) {
          swatch.push(shape("circle", { cx: (start + end) / 2, cy: y, r: 3 }, "lstm-loss-mark"));
        }
        const className = "lstm-label lstm-label-curve";
        return [...swatch, text(told, start + SWATCH, y + 4, className, "start")];
      });
    });
  }
}

function shape(
  name: string,
  attributes: Record<string, string | number>,
  className: string,
): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.setAttribute("class", className);
  return made as SVGElement;
}

function line(x1: number, y1: number, x2: number, y2: number, className: string): SVGElement {
  return shape("line", { x1, y1, x2, y2 }, className);
}

function text(told: string, x: number, y: number, className: string, anchor: string): SVGElement {
  const made = shape("text", { x, y, "text-anchor": anchor }, className);
  made.textContent = told;
  return made;
}
