const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [300, 30];
const MIDDLE = HEIGHT / 2;

/** What a cell did over some letters: up is 1, down -1; the letter that is looked at is marked. */
export class Sparkline {
  readonly root = make("svg", {
    class: "lstm-spark",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  readonly #high = make("path", { class: "lstm-spark-high" });
  readonly #low = make("path", { class: "lstm-spark-low" });
  readonly #line = make("path", { class: "lstm-spark-line" });
  readonly #at = make("path", { class: "lstm-spark-at" });

  constructor() {
    const zero = make("path", { class: "lstm-spark-zero", d: `M0 ${MIDDLE}H${WIDTH}` });
    this.root.append(this.#high, this.#low, zero, this.#line, this.#at);
  }

  /**
   * @param span number of letters that have room
   * @param at the letter that is looked at; null: none
   */
  draw(values: ArrayLike<number>, span: number, at: number | null): void {
    const x = (n: number) => ((n / Math.max(1, span - 1)) * WIDTH).toFixed(1);
    const y = (value: number) => (MIDDLE - value * (MIDDLE - 2)).toFixed(1);
    const path = (shape: (value: number) => number) =>
      Array.from(values, (value, n) => `${x(n)} ${y(shape(value))}`).join("L");
    const end = x(Math.max(0, values.length - 1));
    const area = (shape: (value: number) => number) =>
      `M0 ${MIDDLE}L${path(shape)}L${end} ${MIDDLE}Z`;
    const isEmpty = values.length === 0;
    this.#high.setAttribute("d", isEmpty ? "" : area((value) => Math.max(0, value)));
    this.#low.setAttribute("d", isEmpty ? "" : area((value) => Math.min(0, value)));
    this.#line.setAttribute("d", isEmpty ? "" : `M${path((value) => value)}`);
    this.#at.setAttribute("d", at === null || isEmpty ? "" : `M${x(at)} 0V${HEIGHT}`);
  }
}

function make(name: string, values: Record<string, string>): SVGElement {
  const made = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  return made;
}
