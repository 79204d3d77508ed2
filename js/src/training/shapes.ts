// The shapes of a chart.

export const SVG = "http://www.w3.org/2000/svg";

export function shape(
  tag: string,
  className: string,
  attributes: Record<string, string | number>,
  content = "",
): SVGElement {
  const made = document.createElementNS(SVG, tag) as SVGElement;
  for (const [name, value] of Object.entries({ class: className, ...attributes })) {
    made.setAttribute(name, String(value));
  }
  made.textContent = content;
  return made;
}

export function line(
  className: string,
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
): SVGElement {
  const [[x1, y1], [x2, y2]] = [from, to];
  return shape("line", className, { x1, y1, x2, y2 });
}

export function text(
  className: string,
  content: string,
  [x, y]: readonly [x: number, y: number],
  anchor: "start" | "middle" | "end" = "start",
): SVGElement {
  return shape("text", className, { x, y, "text-anchor": anchor }, content);
}

export function dot(className: string, [cx, cy]: readonly [x: number, y: number]): SVGElement {
  return shape("circle", className, { cx, cy, r: 3 });
}
