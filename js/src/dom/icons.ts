/** Small drawings: a box in its own units, and paths in the colour of the text. */
const ICONS = {
  play: { size: [11, 12], fill: "M1 .8v10.4L10.2 6z" },
  stop: {
    size: [11, 11],
    fill: "M1.5 0h8A1.5 1.5 0 0 1 11 1.5v8A1.5 1.5 0 0 1 9.5 11h-8A1.5 1.5 0 0 1 0 9.5v-8A1.5 1.5 0 0 1 1.5 0z",
  },
  about: {
    size: [16, 16],
    line: "M8 1.6a6.4 6.4 0 1 0 0 12.8a6.4 6.4 0 1 0 0-12.8M8 7.2v4M8 4.6v.9",
  },
  fold: {
    size: [16, 16],
    line: "M3.6 2.6h8.8a2 2 0 0 1 2 2v6.8a2 2 0 0 1-2 2H3.6a2 2 0 0 1-2-2V4.6a2 2 0 0 1 2-2zM10 2.6v10.8M4.6 6.2 6.6 8l-2 1.8",
  },
  die: {
    size: [19, 19],
    fill: "M5 .2h9A4.8 4.8 0 0 1 18.8 5v9a4.8 4.8 0 0 1-4.8 4.8H5A4.8 4.8 0 0 1 .2 14V5A4.8 4.8 0 0 1 5 .2zM5 1.8A3.2 3.2 0 0 0 1.8 5v9A3.2 3.2 0 0 0 5 17.2h9a3.2 3.2 0 0 0 3.2-3.2V5A3.2 3.2 0 0 0 14 1.8zM4 5.6a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0M11.8 5.6a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0M7.9 9.5a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0M4 13.4a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0M11.8 13.4a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0",
  },
  close: { size: [12, 12], line: "m2 2 8 8M10 2l-8 8" },
} as const;

const SVG = "http://www.w3.org/2000/svg";

/** An icon; what it stands beside, or in, says in words what it means. */
export function icon(name: keyof typeof ICONS): SVGSVGElement {
  const drawing: { size: readonly [number, number]; fill?: string; line?: string } = ICONS[name];
  const [width, height] = drawing.size;
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const set = (target: Element, values: Record<string, string | number>) => {
    for (const [key, value] of Object.entries(values)) target.setAttribute(key, String(value));
  };
  set(svg, { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  set(path, { d: drawing.fill ?? drawing.line ?? "" });
  if (drawing.fill) set(path, { fill: "currentcolor" });
  else
    set(path, {
      fill: "none",
      stroke: "currentcolor",
      "stroke-width": 1.4,
      "stroke-linecap": "round",
    });
  svg.append(path);
  return svg;
}
