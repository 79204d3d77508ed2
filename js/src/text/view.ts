import type { AnyModel } from "@anywidget/types";
import { buttonMaker, enable } from "../dom/buttons.ts";
import { copyText } from "../dom/clipboard.ts";
import { element } from "../dom/elements.ts";
import { takeKeys } from "../dom/keys.ts";
import { Meter } from "../dom/meter.ts";
import { ignoreWheel } from "../dom/wheel.ts";
import { bitsPerCharacter, characters, perSecond } from "../dom/words.ts";
import { Inside } from "../inside/inside.ts";
import { Presence } from "../kernel/presence.ts";
import type { Traits } from "../kernel/protocol.ts";
import { type ClientView, SharedClient } from "../kernel/shared-client.ts";
import { follow, listen } from "../kernel/traits.ts";
import { StatusLine } from "../sheet/status-line.ts";
import { TextArea } from "../sheet/text-area.ts";
import { Typewriter } from "../sheet/typewriter.ts";
import { Controls } from "./controls.ts";

/** The name of the only lane. */
const LANE = "text";

/** One view of the widget. Everything it hangs on to goes when `signal` is aborted. */
export function createView(model: AnyModel<Traits>, signal: AbortSignal): HTMLElement {
  // The parts.
  const controls = new Controls(model, () => client.lost(), signal);
  const button = buttonMaker(signal);
  const generate = button("Generate", begin, "lstm-main");
  const stop = button("Stop", halt);
  const step = button("Step", () => goOn((have) => have + 1));
  const resume = button("Continue", () => {
    goOn((have) => (have < model.get("length") ? model.get("length") : have + model.get("length")));
  });
  const clear = button("Clear", () => client.clear());
  const copy = button("Copy", async () => {
    const done = await copyText(page.whole);
    line.announcement.textContent = done ? "Copied" : "The browser blocked copying";
  });
  const page = new TextArea(signal);
  const inside = new Inside(
    model,
    page,
    {
      send: (message) => client.send(message),
      traits: controls.traits,
      read() {
        const settings = controls.settings();
        if (settings !== undefined) client.start(settings, true);
      },
      branch(position, character) {
        problem.textContent = "";
        return client.branch(position, character);
      },
      say: (text) => line.say(text),
    },
    signal,
  );
  const meter = new Meter();
  const line = new StatusLine(
    "This text was saved with the notebook. Run the cell to generate a new one.",
  );
  const { problem } = line;
  const buttons = element("div", { className: "lstm-buttons" });
  buttons.append(generate, stop, step, resume, clear, copy);
  const root = element(
    "section",
    { className: "lstm-widget" },
    controls.root,
    buttons,
    controls.details,
    line.notice,
    problem,
    line.status,
    page.root,
    inside.root,
    line.announcement,
  );
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "LSTM text generator");

  // The text.
  let bits: number | null = null; // per character
  let unread = 0; // characters that the network reads before it writes
  const pace = () => model.get("speed") ?? Number.POSITIVE_INFINITY;
  const typewriter = new Typewriter(pace, (text) => {
    page.append(text);
    meter.add(page.length);
    inside.grew();
    client.pump();
    progress();
  });
  const view: ClientView = {
    heard(message, buffers) {
      presence.heard();
      inside.receive(message, buffers);
      if (message.type === "error" && message.run === "" && !("id" in message))
        problem.textContent = message.message;
    },
    lanes: () => [{ name: LANE, temperature: model.get("temperature") }],
    pace,
    unseen: () => typewriter.waiting,
    kept: () => Array.from(model.get("text")).length,
    seed: () => model.get("receipt").seed ?? "",
    began(from, shared) {
      bits = null;
      typewriter.clear();
      page.show(from, shared > 0 ? model.get("text") : "", model.get("receipt").temperatures);
      inside.begin(client.run, shared);
      this.resumed();
    },
    shown() {
      problem.textContent = "";
      showText();
      line.ended = model.get("status") === "stopped" ? "stopped" : "finished";
      progress();
    },
    resumed() {
      unread = 0;
      line.begin();
      meter.begin(page.length);
      line.say("Writing");
      progress();
    },
    wrote(text, { position, count, temperatures, bits: sum }) {
      for (const [from, temperature] of temperatures) page.change(from, temperature);
      bits = sum / (position + count);
      unread = 0;
      typewriter.push(text);
    },
    wroteAll() {},
    reading(left) {
      unread = left;
      progress();
    },
    ended(reason, have) {
      line.ended = reason;
      if (reason === "stopped") typewriter.flush();
      showRest(have);
      progress();
    },
    failed(message, have) {
      line.ended = null;
      problem.textContent = message;
      typewriter.flush();
      showRest(have);
      line.say("");
      progress();
    },
    refused(message) {
      problem.textContent = message;
      progress();
    },
    cleared() {
      line.ended = bits = null;
      typewriter.clear();
      page.show("", "");
      inside.begin(undefined);
      problem.textContent = "";
      progress();
      line.say("Cleared");
    },
    waiting(is) {
      line.waiting(is, client.running);
      progress();
    },
  };
  const shared = SharedClient.of(model as AnyModel, view, signal);
  const client = shared.run;

  function progress(): void {
    const writing = client.running || typewriter.waiting > 0;
    root.classList.toggle("lstm-writing", writing);
    enable(stop, writing);
    enable(step, !writing);
    enable(resume, !writing && belongs());
    const isEmpty = page.length === 0 && page.seedLength > 0;
    const isRead = isEmpty && !writing && line.ended === "finished";
    enable(clear, page.length > 0 || (isEmpty && !writing));
    enable(copy, page.length > 0);
    const speed = writing ? meter.now : meter.whole;
    const figures: string[] = [];
    if (speed !== null) figures.push(perSecond(speed));
    if (bits !== null) figures.push(bitsPerCharacter(bits));
    const reached = isRead ? page.seedLength : page.length;
    if (writing && unread > 0) figures.push(`${characters(unread)} to read first`);
    line.progress(writing, characters(reached), figures, isRead);
  }

  /** Whether the text that is there is one of this seed and model, so that it can be written on. */
  function belongs(): boolean {
    return controls.belongs(model.get("receipt"));
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
    if (run !== undefined) client.remember(run, [[LANE, page.length]]);
  }

  // What the reader does.
  function begin(): void {
    const settings = controls.settings();
    if (settings === undefined) return;
    problem.textContent = "";
    client.start(settings);
  }

  /** Write the text on up to some length, or, if this seed and model have none yet, a new one of that length. */
  function goOn(length: (have: number) => number): void {
    const settings = controls.settings();
    if (settings === undefined) return;
    problem.textContent = "";
    if (belongs()) client.resume(length(client.have));
    else client.start({ ...settings, length: length(0) });
  }

  function halt(): void {
    client.stop(); // first: what is shown makes it ask for more
    typewriter.flush();
  }

  takeKeys(root, begin, stop, signal);
  ignoreWheel(root, signal);

  // What the kernel, or another view, does.
  follow(model, "error", (error) => (problem.textContent = error), signal);
  for (const trait of ["seed", "replacements", "model", "receipt"] as const) {
    follow(model, trait, () => progress(), signal);
  }
  const presence = new Presence(
    model,
    (state) => {
      line.presence(state, page.length > 0);
      if (state === "gone") client.lost();
    },
    signal,
  );
  // This is how ipywidgets reports that a kernel was restarted or has died.
  listen(model, "comm_live_update", () => presence.ask(), signal);
  signal.addEventListener("abort", () => {
    typewriter.clear();
  });

  showText();
  const last = model.get("status");
  const { run } = model.get("receipt");
  if (last === "writing" && run !== undefined) shared.join(run, view);
  else if (last === "finished" || last === "stopped") line.ended = last;
  progress();
  return root;
}
