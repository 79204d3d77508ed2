import type { AnyModel } from "@anywidget/types";
import { copyText } from "./clipboard.ts";
import { Controls } from "./controls.ts";
import { element } from "./dom.ts";
import { Inside } from "./inside/inside.ts";
import type { End, FromKernel, Replacement, ToKernel, Traits } from "./messages.ts";
import { Meter } from "./meter.ts";
import { Page } from "./page.ts";
import { GONE, Player } from "./player.ts";
import { Presence } from "./presence.ts";
import { follow, listen } from "./traits.ts";
import { Typewriter } from "./typewriter.ts";

const ENDINGS: Record<End["reason"], string> = { finished: "Finished", stopped: "Stopped" };
const WAITING = "waiting for the kernel, which is busy or gone…";
const BUSY = "The kernel does not answer: it is busy, or there is none.";
const RECORD = `${BUSY} This is the record of a text that was written before; run the cell to write a new one.`;

/** One view of the widget. Everything it hangs on to goes when `signal` is aborted. */
export function createView(model: AnyModel<Traits>, signal: AbortSignal): HTMLElement {
  // The parts.
  const controls = new Controls(model, () => player.lost(), signal);
  const button = (name: string, act: () => void, className = "") => {
    const made = element("button", { type: "button", textContent: name, className });
    // One that can do nothing keeps the focus: it is only marked, and not asked.
    const asked = () => made.getAttribute("aria-disabled") !== "true" && act();
    made.addEventListener("click", asked, { signal });
    return made;
  };
  const generate = button("Generate", begin, "lstm-main");
  const stop = button("Stop", halt);
  const step = button("Step", () => goOn((have) => have + 1));
  const resume = button("Continue", () => {
    goOn((have) => (have < model.get("length") ? model.get("length") : have + model.get("length")));
  });
  const clear = button("Clear", () => player.clear());
  const copy = button("Copy", async () => {
    const done = await copyText(page.whole);
    announcement.textContent = done ? "Copied" : "The browser does not allow copying";
  });
  const page = new Page(signal);
  const inside = new Inside(
    model,
    page,
    {
      send: (message) => player.send(message),
      set: (name) => controls.set(name),
      read() {
        const settings = controls.settings();
        if (settings !== undefined) player.read(settings);
      },
      branch(position, character) {
        problem.textContent = "";
        typewriter.flush();
        player.branch(position, character);
      },
      say,
    },
    signal,
  );
  const meter = new Meter();
  // The line changes with every character; what is read out, at the beginning and the end only.
  const status = element("p", { className: "lstm-status" });
  const announcement = element("p", { className: "lstm-unseen" });
  announcement.setAttribute("role", "status");
  const notice = element("p", { className: "lstm-notice" });
  const problem = element("p", { className: "lstm-problem" });
  problem.setAttribute("role", "alert");
  const buttons = element("div", { className: "lstm-buttons" });
  buttons.append(generate, stop, step, resume, clear, copy);
  const root = element(
    "section",
    { className: "lstm-widget" },
    controls.root,
    buttons,
    controls.details,
    notice,
    problem,
    status,
    page.root,
    inside.root,
    announcement,
  );
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "LSTM text generator");

  // The text.
  let ended: End["reason"] | null = null; // told once everything is shown
  let said = ""; // of the ending, politely; once
  let bits: number | null = null; // per character
  let isWaiting = false;
  const pace = () => model.get("speed") ?? Number.POSITIVE_INFINITY;
  const typewriter = new Typewriter(pace, (text) => {
    page.append(text);
    meter.add(page.length);
    inside.grew();
    player.pump();
    progress();
  });
  const player = new Player(
    {
      send: (message: ToKernel) => model.send(message),
      temperature: () => model.get("temperature"),
      pace,
      unseen: () => typewriter.waiting,
      kept: () => Array.from(model.get("text")).length,
      seed: () => model.get("receipt").seed ?? "",
    },
    {
      began(from, shared) {
        bits = null;
        typewriter.clear();
        page.show(from, shared > 0 ? model.get("text") : "", model.get("receipt").temperatures);
        inside.begin(player.run, shared);
        this.resumed();
      },
      shown() {
        problem.textContent = "";
        showText();
        ended = model.get("status") === "stopped" ? "stopped" : "finished";
        progress();
      },
      resumed() {
        ended = null;
        said = "";
        meter.begin(page.length);
        problem.textContent = "";
        say("Writing");
        progress();
      },
      wrote(text, { position, count, temperatures, bits: sum }) {
        for (const [from, temperature] of temperatures) page.change(from, temperature);
        bits = sum / (position + count);
        typewriter.push(text);
      },
      ended(reason, have) {
        ended = reason;
        if (reason === "stopped") typewriter.flush();
        showRest(have);
        progress();
      },
      failed(message, have) {
        ended = null;
        problem.textContent = message;
        typewriter.flush();
        showRest(have);
        say("");
        progress();
      },
      cleared() {
        ended = bits = null;
        typewriter.clear();
        page.show("", "");
        inside.begin(undefined);
        problem.textContent = "";
        progress();
        say("Cleared");
      },
      waiting(is) {
        isWaiting = is;
        say(is ? "Waiting for the kernel" : player.running ? "Writing" : "");
        progress();
      },
    },
  );

  /** Say it politely. Even the same text would be read out again. */
  function say(text: string): void {
    if (announcement.textContent !== text) announcement.textContent = text;
  }

  function progress(): void {
    const writing = player.running || typewriter.waiting > 0;
    root.classList.toggle("lstm-writing", writing);
    enable(stop, writing);
    enable(step, !writing);
    enable(resume, !writing && belongs());
    enable(clear, page.length > 0);
    enable(copy, page.length > 0);
    const unit = page.length === 1 ? "character" : "characters";
    const shown = `${page.length.toLocaleString("en")} ${unit}`;
    const told = writing
      ? `Writing: ${shown}`
      : ended === null
        ? ""
        : `${ENDINGS[ended]}: ${shown}`;
    const speed = writing ? meter.now : meter.whole;
    const figures = [told];
    if (told && speed !== null)
      figures.push(`${Math.round(speed).toLocaleString("en")} per second`);
    if (told && bits !== null) figures.push(`${bits.toFixed(2)} bits per character`);
    if (isWaiting) figures.push(WAITING);
    status.textContent = figures.join(" · ");
    if (!writing && told !== said) {
      said = told;
      say(told);
    }
  }

  /** Whether the text that is there is one of this seed and model, so that it can be written on. */
  function belongs(): boolean {
    const { run, model: name, seed } = model.get("receipt");
    const now = known(model.get("seed"), model.get("replacements"));
    return run !== undefined && name === model.get("model") && seed === now;
  }

  /** Show what the kernel has kept of a run, if answers were lost. */
  function showRest(have: number): void {
    if (Array.from(model.get("text")).length > have) showText();
  }

  function showText(): void {
    const { run, seed = "", temperatures, written, bits: sum } = model.get("receipt");
    const text = model.get("text");
    typewriter.clear();
    page.show(seed, text, temperatures);
    inside.begin(run);
    bits = written && sum !== undefined ? sum / written : null;
    if (run !== undefined) player.remember(run, page.length);
  }

  // What the reader does.
  function begin(): void {
    const settings = controls.settings();
    if (settings === undefined) return;
    problem.textContent = "";
    player.start(settings);
  }

  /** Write the text on up to some length, or, if this seed and model have none yet, so much of a new one. */
  function goOn(length: (have: number) => number): void {
    const settings = controls.settings();
    if (settings === undefined) return;
    problem.textContent = "";
    if (belongs()) player.resume(length(player.have));
    else player.start({ ...settings, length: length(0) });
  }

  function halt(): void {
    player.stop(); // first: what is shown makes it ask for more
    typewriter.flush();
  }

  root.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing) return; // letters of several keys, whose Escape and Enter mean something else
      const control = event.ctrlKey || event.metaKey;
      const isOurs = (control && event.key === "Enter") || event.key === "Escape";
      if (isOurs) event.preventDefault();
      if (control && event.key === "Enter" && !event.repeat) begin();
      if (event.key === "Escape") stop.click();
      // Keys pressed in here are meant for the widget, not for the notebook around it, which would undo
      // its own changes at Ctrl+Z and select its cells at Ctrl+A. But Ctrl+S still saves.
      if (!control || event.key.toLowerCase() !== "s") event.stopPropagation();
    },
    { signal },
  );

  // What the kernel, or another view, does.
  follow(model, "error", (error) => (problem.textContent = error), signal);
  for (const trait of ["seed", "replacements", "model", "receipt"] as const) {
    follow(model, trait, () => progress(), signal);
  }
  const presence = new Presence(
    model,
    (state) => {
      const told = page.length > 0 ? RECORD : `${BUSY} Then run the cell.`;
      notice.textContent = state === "silent" ? told : "";
      if (state === "gone") player.lost();
      else if (problem.textContent === GONE) problem.textContent = "";
    },
    signal,
  );
  listen(
    model,
    "msg:custom",
    (message: FromKernel, buffers: DataView[]) => {
      presence.heard();
      player.receive(message);
      inside.receive(message, buffers);
      if (message.type === "error" && message.run === "") problem.textContent = message.message;
    },
    signal,
  );
  // So ipywidgets tells that a kernel was restarted or has died.
  listen(model, "comm_live_update", () => presence.ask(), signal);
  signal.addEventListener("abort", () => {
    player.dispose();
    typewriter.clear();
  });

  showText();
  const last = model.get("status");
  const { run } = model.get("receipt");
  if (last === "writing" && run !== undefined) player.join(run);
  else if (last === "finished" || last === "stopped") ended = last;
  progress();
  return root;
}

function enable(button: HTMLButtonElement, possible: boolean): void {
  const disabled = String(!possible);
  if (button.getAttribute("aria-disabled") !== disabled) {
    button.setAttribute("aria-disabled", disabled);
  }
}

/** A seed as the kernel takes it: without what the model does not know. */
function known(seed: string, replacements: readonly Replacement[]): string {
  const points = Array.from(seed);
  for (const { position, character, used } of replacements) {
    const end = position + Array.from(character).length;
    // What is told may be of a seed before.
    const isThere = points.slice(position, end).join("") === character;
    if (!used && isThere) points.fill("", position, end);
  }
  return points.join("");
}
