/** Properties of an element, and attributes: those whose name has a hyphen, and its role. */
type Props<K extends keyof HTMLElementTagNameMap> = Partial<HTMLElementTagNameMap[K]> & {
  readonly [attribute: `${string}-${string}`]: string;
};
type Content = (Node | string)[];

let ids = 0;

/** An id that no other element of the page has. */
export function uniqueId(): string {
  ids += 1;
  return `lstm-widget-${Math.random().toString(36).slice(2)}-${ids}`;
}

/** Make an element with properties and children; text always goes in as text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props<K> = {},
  ...children: Content
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "role" || name.includes("-")) made.setAttribute(name, String(value));
    else Reflect.set(made, name, value);
  }
  made.append(...children);
  return made;
}

/** A box with CSS classes. */
export function box(className: string, ...children: Content): HTMLDivElement {
  return element("div", { className }, ...children);
}

/** A paragraph with CSS classes. */
export function paragraph(className: string, textContent = ""): HTMLParagraphElement {
  return element("p", { className, textContent });
}

/** What can be opened below its summary. */
export function details(
  className: string,
  summary: string,
  ...children: Content
): HTMLDetailsElement {
  const opener = element("summary", { textContent: summary });
  return element("details", { className }, opener, ...children);
}

/** The label of a control. */
export function labelFor(control: HTMLElement, textContent: string): HTMLLabelElement {
  control.id ||= uniqueId();
  return element("label", { htmlFor: control.id, textContent });
}

/** Have a screen reader read another element after the name of this one. */
export function describe(target: Element, ...by: HTMLElement[]): void {
  for (const one of by) one.id ||= uniqueId();
  target.setAttribute("aria-describedby", by.map(({ id }) => id).join(" "));
}

/** Set a text, if it is another one: so nothing is laid out for nothing. */
export function write(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Hide or show something, if it is not so already: browsers style it again even for the same value. */
export function hide(target: HTMLElement, is: boolean): void {
  if (target.hidden !== is) target.hidden = is;
}

/** A slider, or a field, for numbers from one to another. */
export function numberInput(
  type: "range" | "number",
  least: number,
  most: number,
  step: number | "any",
): HTMLInputElement {
  const range = { min: String(least), max: String(most), step: String(step) };
  return element("input", { type, ...range });
}
