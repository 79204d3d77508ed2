import type { AnyModel } from "@anywidget/types";
import { element, uniqueId } from "./dom.ts";
import type { End, FromKernel, ToKernel, Traits } from "./messages.ts";
import { NumberField } from "./number-field.ts";
import { Page } from "./page.ts";
import { GONE, Player } from "./player.ts";
import { Saver } from "./saver.ts";
import { Typewriter } from "./typewriter.ts";

/** Characters per second, at least: fast reading, but one sees each letter come. */
const PACE = 50;
/** Seconds that a text takes, at most: a long one is written faster. */
const LONGEST = 20;

const ENDINGS: Record<End["reason"], string> = { finished: "Finished", stopped: "Stopped" };

/** One view of the widget. Everything it hangs on to goes when `signal` is aborted. */
export function createView(model: AnyModel<Traits>, signal: AbortSignal): HTMLElement {
  const saver = new Saver(() => {
    try {
      model.save_changes();
    } catch {
      problem.textContent = GONE;
    }
  }, signal);
  const set = <K extends "seed" | "temperature" | "length">(name: K, value: Traits[K]) => {
    model.set(name, value);
    saver.touch();
  };

  // The parts.
  const seedLabel = element("label", { textContent: "Seed", htmlFor: uniqueId() });
  const seedHint = element("p", { className: "lstm-hint", id: uniqueId() });
  const seed = element("textarea", { id: seedLabel.htmlFor, rows: 2, spellcheck: false });
  seed.setAttribute("aria-describedby", seedHint.id);
  const bounds = model.get("bounds");
  const temperature = new NumberField(
    "Temperature",
    bounds.temperature,
    false,
    (value) => set("temperature", value),
    signal,
  );
  const length = new NumberField(
    "Length",
    bounds.length,
    true,
    (value) => set("length", value),
    signal,
  );
  const generate = element("button", {
    type: "button",
    textContent: "Generate",
    className: "lstm-main",
  });
  const stop = element("button", { type: "button", textContent: "Stop" });
  const page = new Page();
  // The line changes with every character; what is read out, at the beginning and the end only.
  const status = element("p", { className: "lstm-status" });
  const announcement = element("p", { className: "lstm-unseen" });
  announcement.setAttribute("role", "status");
  const problem = element("p", { className: "lstm-problem" });
  problem.setAttribute("role", "alert");

  const root = element(
    "section",
    { className: "lstm-widget" },
    element("div", { className: "lstm-seed" }, seedLabel, seed, seedHint),
    element("div", { className: "lstm-numbers" }, temperature.root, length.root),
    element("div", { className: "lstm-buttons" }, generate, stop, status),
    problem,
    page.root,
    announcement,
  );
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "LSTM text generator");
  // Keys pressed in here are meant for the widget, not for the notebook around it; but Ctrl+S still saves.
  const keep = (event: KeyboardEvent) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  };
  root.addEventListener("keydown", keep, { signal });

  // The run.
  let ended: End["reason"] | null = null; // told once everything is shown
  const pace = () => Math.max(PACE, model.get("length") / LONGEST);
  const typewriter = new Typewriter(pace, (text) => {
    page.append(text);
    player.pump();
    progress();
  });
  const player = new Player(
    {
      send: (message: ToKernel) => model.send(message),
      temperature: () => model.get("temperature"),
      pace,
      unseen: () => typewriter.waiting,
      seed: () => model.get("receipt").seed ?? "",
    },
    {
      began(from) {
        ended = null;
        typewriter.clear();
        page.show(from, "");
        problem.textContent = "";
        announcement.textContent = "Writing";
        progress();
      },
      wrote: (text) => typewriter.push(text),
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
        progress();
      },
      waiting(isWaiting) {
        announcement.textContent = isWaiting ? "Waiting for the kernel" : "Writing";
        progress(isWaiting);
      },
    },
  );

  function progress(isWaiting = false): void {
    const writing = player.running || typewriter.waiting > 0;
    const shown = `${page.length.toLocaleString("en")} characters`;
    root.classList.toggle("lstm-writing", writing);
    stop.setAttribute("aria-disabled", String(!writing));
    if (writing) {
      status.textContent = isWaiting ? `${shown}; waiting for the kernel…` : `Writing: ${shown}`;
    } else {
      status.textContent = ended === null ? "" : `${ENDINGS[ended]}: ${shown}`;
      announcement.textContent = status.textContent;
    }
  }

  /** Show what the kernel has kept of a run, if answers were lost. */
  function showRest(have: number): void {
    if (Array.from(model.get("text")).length > have) showText();
  }

  /** Tell which characters of the seed the model does not know, and what it reads instead. */
  function showReplacements(): void {
    const skipped = new Set<string>();
    const read = new Set<string>();
    for (const { character, used } of model.get("replacements")) {
      const quoted = JSON.stringify(character);
      if (used) read.add(`${quoted} as ${JSON.stringify(used)}`);
      else skipped.add(quoted);
    }
    const told = [];
    if (skipped.size) told.push(`Unknown to the model and skipped: ${[...skipped].join(", ")}`);
    if (read.size) told.push(`Read by the model: ${[...read].join(", ")}`);
    seedHint.textContent = told.join(". ");
  }

  // What the reader does.
  seed.addEventListener("input", () => set("seed", seed.value), { signal });
  generate.addEventListener(
    "click",
    () => {
      const wrong = [temperature, length].find((field) => field.problem);
      if (wrong) {
        wrong.focus(); // what is wrong stands beside it
        return;
      }
      saver.flush();
      problem.textContent = "";
      player.start({
        seed: model.get("seed"),
        length: model.get("length"),
        temperature: model.get("temperature"),
        rng: model.get("rng"),
      });
    },
    { signal },
  );
  stop.addEventListener(
    "click",
    () => {
      player.stop(); // first: what is shown makes it ask for more
      typewriter.flush();
    },
    { signal },
  );

  // What the kernel, or another view, does.
  const on = (name: string, callback: Parameters<AnyModel["on"]>[1]) => {
    model.on(name, callback);
    signal.addEventListener("abort", () => model.off(name, callback), { once: true });
  };
  const showSeed = () => {
    if (seed.value !== model.get("seed")) seed.value = model.get("seed");
  };
  const showTemperature = () => {
    temperature.value = model.get("temperature");
  };
  const showLength = () => {
    length.value = model.get("length");
  };
  const showText = () => {
    typewriter.clear();
    page.show(model.get("receipt").seed ?? "", model.get("text"));
  };
  const showError = () => {
    problem.textContent = model.get("error");
  };
  on("change:seed", showSeed);
  on("change:replacements", showReplacements);
  on("change:temperature", showTemperature);
  on("change:length", showLength);
  on("change:error", showError);
  on("msg:custom", (message: FromKernel) => player.receive(message));
  signal.addEventListener("abort", () => {
    player.dispose();
    typewriter.clear();
  });

  for (const show of [showSeed, showReplacements, showTemperature, showLength, showText, showError])
    show();
  const last = model.get("status");
  const { run } = model.get("receipt");
  if (last === "writing" && run !== undefined) player.join(run);
  else if (last === "finished" || last === "stopped") ended = last;
  progress();
  return root;
}
