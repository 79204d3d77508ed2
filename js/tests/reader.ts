// What a reader finds and does in the page: by role and name, as a screen reader would have them.

const ROLES: Record<string, string> = {
  range: "slider",
  number: "spinbutton",
  text: "textbox",
  TEXTAREA: "textbox",
  BUTTON: "button",
  SELECT: "combobox",
  ASIDE: "complementary",
};

function roleOf(element: Element): string {
  const kind = element instanceof HTMLInputElement ? element.type : element.tagName;
  return element.getAttribute("role") ?? ROLES[kind] ?? "";
}

function nameOf(element: Element): string {
  const direct = element.getAttribute("aria-label");
  if (direct !== null) return direct;
  if (element.tagName === "BUTTON") return element.textContent ?? "";
  if (
    element instanceof HTMLInputElement ||
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement
  ) {
    return Array.from(element.labels ?? [], (label) => label.textContent ?? "").join(" ");
  }
  return "";
}

/** The only element with a role and, if one is given, a name. */
export function find(role: string, name?: string, root: ParentNode = document): HTMLElement {
  const found = Array.from(root.querySelectorAll("*")).filter(
    (element) => roleOf(element) === role && (name === undefined || nameOf(element) === name),
  );
  const [element] = found;
  if (found.length !== 1 || !(element instanceof HTMLElement)) {
    throw new Error(`There are ${found.length} elements with the role ${role} and name ${name}.`);
  }
  return element;
}

function input(role: string, name: string, root: ParentNode): HTMLInputElement {
  const element = find(role, name, root);
  if (element instanceof HTMLInputElement) return element;
  throw new Error(`${name} is no input.`);
}

export function slider(name: string, root: ParentNode = document): HTMLInputElement {
  return input("slider", name, root);
}

export function field(name: string, root: ParentNode = document): HTMLInputElement {
  return input("spinbutton", name, root);
}

export function seedBox(root: ParentNode = document): HTMLTextAreaElement {
  const element = find("textbox", "Seed", root);
  if (element instanceof HTMLTextAreaElement) return element;
  throw new Error("The seed has no box for several lines.");
}

/** Put a value into a control as a reader does, with its event. */
export function type(control: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Choose an entry of a list, by what it says. */
export function choose(name: string, entry: string, root: ParentNode = document): void {
  const list = select(name, root);
  const option = Array.from(list.options).find(({ text }) => text === entry);
  if (option === undefined) throw new Error(`There is no ${entry} to choose.`);
  list.value = option.value;
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

/** What is chosen, as it says. */
export function chosen(name: string, root: ParentNode = document): string {
  return select(name, root).selectedOptions[0]?.text ?? "";
}

function select(name: string, root: ParentNode): HTMLSelectElement {
  const element = find("combobox", name, root);
  if (element instanceof HTMLSelectElement) return element;
  throw new Error(`${name} is no list.`);
}

/** Press a key; returns whether the browser would still do something of its own. */
export function press(target: Element, key: string, modifiers: KeyboardEventInit = {}): boolean {
  const how = { key, bubbles: true, cancelable: true, ...modifiers };
  return target.dispatchEvent(new KeyboardEvent("keydown", how));
}

export function click(name: string, root: ParentNode = document): void {
  find("button", name, root).click();
}

/** The text on the page, with the seed. */
export function wholePage(root: ParentNode = document): string {
  return find("region", "Generated text", root).textContent ?? "";
}

/** The temperatures that are marked, each with the characters before it, the seed among them. */
export function marks(root: ParentNode = document): [before: string, name: string][] {
  const region = find("region", "Generated text", root);
  return Array.from(region.querySelectorAll('[role="img"]'), (mark) => {
    const before = document.createRange();
    before.setStart(region, 0);
    before.setEndBefore(mark);
    return [before.toString(), nameOf(mark)];
  });
}

export function alertText(root: ParentNode = document): string {
  return find("alert", undefined, root).textContent ?? "";
}

/** What a screen reader says politely. */
export function announcement(root: ParentNode = document): string {
  return find("status", undefined, root).textContent ?? "";
}

/** The line above the text: how far it is. */
export function statusLine(root: ParentNode = document): string {
  return root.querySelector(".lstm-status")?.textContent ?? "";
}

/** What explains a control beside it. */
export function description(control: HTMLElement): string {
  const beside = document.getElementById(control.getAttribute("aria-describedby") ?? "");
  if (beside === null) throw new Error("Nothing describes it.");
  return beside.textContent ?? "";
}

/** Whether a button looks as if it would do something. */
export function can(name: string, root: ParentNode = document): boolean {
  const button = find("button", name, root);
  return !button.matches(".lstm-off") && button.getAttribute("aria-disabled") !== "true";
}

export function canStop(root: ParentNode = document): boolean {
  return can("Stop", root);
}

/** The buttons of the deck and the foot that look as if they would do something. */
export function enabled(root: ParentNode = document): string[] {
  const buttons = root.querySelectorAll(":is(.lstm-go, .lstm-acts) button");
  const names = Array.from(buttons, ({ textContent }) => textContent ?? "");
  return names.filter((name) => can(name, root));
}
