type Props<K extends keyof HTMLElementTagNameMap> = Partial<HTMLElementTagNameMap[K]>;

let made = 0;

/** An id that no other element of the page has. */
export function uniqueId(): string {
  made += 1;
  return `lstm-widget-${Math.random().toString(36).slice(2)}-${made}`;
}

/** Make an element with properties and children; text always goes in as text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props<K> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...children);
  return made;
}

/** Set a text, if it is another one: so nothing is laid out for nothing. */
export function write(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
