// A page that has its models with it, inside or in script files beside it: opened from anywhere, without a kernel
// and without a network. This script is in the page, and in the workers that the page makes of it.
import { createLanesView } from "./lanes/view.ts";
import { type Connect, LocalModel } from "./local/local-model.ts";
import type { Saved } from "./local/session/messages.ts";
import { beginSession, serve } from "./local/worker.ts";
import { createView } from "./text/view.ts";

const BROKEN = "This page is not whole: save or download it again.";

/** The widget, the number of signs that its model takes, and the address of the file with it if it is beside. */
type Whole = Saved & { readonly size: number; readonly beside?: string };

/** What the files beside a page add to: the weights of a model, by its fingerprint. */
type Beside = typeof globalThis & { readonly lstmWeights?: Readonly<Record<string, string>> };

/** The text of a part of the page. */
function part(id: string): string {
  return document.getElementById(id)?.textContent ?? "";
}

/** Something is missing; the message says what, and what to do. */
class MissingError extends Error {}

function weightsOf({ fingerprint, size, beside }: Whole): string {
  if (beside === undefined) {
    const weights = part("lstm-weights");
    if (weights.length === size) return weights;
    throw new Error(`The model has ${weights.length} of ${size} signs.`);
  }
  const weights = (globalThis as Beside).lstmWeights?.[fingerprint];
  if (weights?.length === size) return weights;
  throw new MissingError(
    `The model of this page is in the file “${decodeURI(beside)}”, which is missing or not whole: copy it there again.`,
  );
}

/** Make the view of a widget whose session lives in a worker of this script. */
function alive(source: string, whole: Whole): HTMLElement {
  const weights = weightsOf(whole);
  const { size: _size, beside: _beside, ...rest } = whole;
  const saved = rest as Saved;
  const connect: Connect = (hear) => {
    const post = beginSession(source, hear);
    post({ method: "load", saved, weights });
    return post;
  };
  const { signal } = new AbortController(); // it stays as long as the page
  return saved.kind === "text"
    ? createView(new LocalModel(saved.traits, connect), signal)
    : createLanesView(new LocalModel(saved.traits, connect), signal);
}

/** Have a widget live in its place; if something is missing, what is there stays as it is. */
function open(source: string, place: Element, saved: string): void {
  try {
    place.replaceChildren(alive(source, JSON.parse(saved) as Whole));
  } catch (error) {
    console.error(error);
    tell(place, "alert", error instanceof MissingError ? error.message : BROKEN);
  }
}

/** Say something in the place of a widget, instead of what was said there before. */
function tell(place: Element, role: "alert" | "status", sentence: string): void {
  place.querySelector(".late")?.remove(); // which says that no script has run
  place.querySelector(":scope > [role]")?.remove();
  const line = document.createElement("p");
  line.setAttribute("role", role);
  line.textContent = sentence;
  place.prepend(line);
}

if (typeof document === "undefined") {
  serve(globalThis as unknown as Parameters<typeof serve>[0]);
} else {
  const source = document.currentScript?.textContent ?? "";
  // What is saved of each widget says in which place it is shown; both come before this script.
  const widgets = [...document.querySelectorAll<HTMLElement>("script[data-place]")].map(
    (saved) => ({
      place: document.getElementById(saved.dataset.place ?? "") ?? document.body,
      saved: saved.textContent ?? "",
    }),
  );
  for (const { place } of widgets) tell(place, "status", "The model is loading.");
  document.addEventListener("DOMContentLoaded", () => {
    for (const { place, saved } of widgets) open(source, place, saved);
  });
}
