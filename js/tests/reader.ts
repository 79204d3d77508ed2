// What a reader finds and does in the page: by role and name, as a screen reader would have them.

const ROLES: Record<string, string> = {
  range: "slider",
  number: "spinbutton",
  TEXTAREA: "textbox",
  BUTTON: "button",
};

function roleOf(element: Element): string {
  const kind = element instanceof HTMLInputElement ? element.type : element.tagName;
  return element.getAttribute("role") ?? ROLES[kind] ?? "";
}

function nameOf(element: Element): string {
  const direct = element.getAttribute("aria-label");
  if (direct !== null) return direct;
  if (element.tagName === "BUTTON") return element.textContent ?? "";
  if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) {
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

export function click(name: "Generate" | "Stop", root: ParentNode = document): void {
  find("button", name, root).click();
}

/** The text on the page, with the seed. */
export function wholePage(root: ParentNode = document): string {
  return find("region", "Generated text", root).textContent ?? "";
}

export function alertText(root: ParentNode = document): string {
  return find("alert", undefined, root).textContent ?? "";
}

/** What a screen reader says politely. */
export function announcement(root: ParentNode = document): string {
  return find("status", undefined, root).textContent ?? "";
}

/** What stands beside a control to explain it. */
export function description(control: HTMLElement): string {
  const beside = document.getElementById(control.getAttribute("aria-describedby") ?? "");
  if (beside === null) throw new Error("Nothing describes it.");
  return beside.textContent ?? "";
}

/** Whether Stop looks as if it would do something. */
export function canStop(root: ParentNode = document): boolean {
  return find("button", "Stop", root).getAttribute("aria-disabled") === "false";
}
