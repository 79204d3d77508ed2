// A page that has its model with it: one file, opened from anywhere, without a kernel and without a network.
// This script is in the page, and in the worker that the page makes of it.
import { createLanesView } from "./lanes/view.ts";
import { type Connect, LocalModel } from "./local/local-model.ts";
import type { Saved } from "./local/session/messages.ts";
import { beginSession, serve } from "./local/worker.ts";
import { createView } from "./text/view.ts";

const BROKEN = "This page is not whole: save or download it again.";

/** The widget, and the number of signs that its model takes in the page. */
type Whole = Saved & { readonly size: number };

/** The text of a part of the page. */
function part(id: string): string {
  return document.getElementById(id)?.textContent ?? "";
}

/** Make the view of a widget whose session lives in a worker of this script. */
function alive(source: string): HTMLElement {
  const { size, ...saved } = JSON.parse(part("lstm-saved")) as Whole;
  const weights = part("lstm-weights");
  if (weights.length !== size) throw new Error(`The model has ${weights.length} of ${size} signs.`);
  const connect: Connect = (hear) => {
    const post = beginSession(source, hear);
    post({ method: "load", saved: saved as Saved, weights });
    return post;
  };
  const { signal } = new AbortController(); // it stays as long as the page
  const whole = saved as Saved;
  return whole.kind === "text"
    ? createView(new LocalModel(whole.traits, connect), signal)
    : createLanesView(new LocalModel(whole.traits, connect), signal);
}

/** Have the page live; if it is not whole, its record stays as it is. */
function open(source: string): void {
  const place = document.getElementById("lstm-widget");
  try {
    place?.replaceChildren(alive(source));
  } catch (error) {
    console.error(error);
    const notice = document.createElement("p");
    notice.setAttribute("role", "alert");
    notice.textContent = BROKEN;
    place?.querySelector(".late")?.remove(); // which says that no script has run
    place?.prepend(notice);
  }
}

if (typeof document === "undefined") {
  serve(globalThis as unknown as Parameters<typeof serve>[0]);
} else {
  const source = document.currentScript?.textContent ?? "";
  document.addEventListener("DOMContentLoaded", () => open(source));
}
