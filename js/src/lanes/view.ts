import type { AnyModel } from "@anywidget/types";
import { buttonMaker, enable } from "../dom/buttons.ts";
import { element } from "../dom/elements.ts";
import { takeKeys } from "../dom/keys.ts";
import { Meter } from "../dom/meter.ts";
import { ignoreWheel } from "../dom/wheel.ts";
import { characters, perSecond } from "../dom/words.ts";
import { Presence } from "../kernel/presence.ts";
import type { LanesTraits, Settings } from "../kernel/protocol.ts";
import { type ClientView, SharedClient } from "../kernel/shared-client.ts";
import { follow, listen } from "../kernel/traits.ts";
import { StatusLine } from "../sheet/status-line.ts";
import { Typewriter } from "../sheet/typewriter.ts";
import { Board } from "./board.ts";
import { LanesControls } from "./controls.ts";

/** One view of the lanes. Everything it hangs on to goes when `signal` is aborted. */
export function createLanesView(model: AnyModel<LanesTraits>, signal: AbortSignal): HTMLElement {
  // The parts.
  const controls = new LanesControls(model, () => client.lost(), signal);
  const button = buttonMaker(signal);
  const generate = button("Generate", begin, "lstm-main");
  const stop = button("Stop", halt);
  const step = button("Step", () => goOn((have) => have + 1));
  const resume = button("Continue", () => {
    goOn((have) => (have < model.get("length") ? model.get("length") : have + model.get("length")));
  });
  const clear = button("Clear", () => client.clear());
  const add = button("Add a lane", () => board.add());
  const board = new Board(
    model.get("bounds"),
    {
      changed(lanes) {
        controls.setLanes(lanes);
        client.pump(); // a lane that is new is asked for at once
        progress();
      },
    },
    signal,
  );
  const meter = new Meter();
  const line = new StatusLine(
    "These texts were saved with the notebook. Run the cell to generate new ones.",
  );
  const { problem } = line;
  const buttons = element("div", { className: "lstm-buttons" });
  buttons.append(generate, stop, step, resume, clear, add);
  const root = element(
    "section",
    { className: "lstm-widget lstm-lanes" },
    controls.root,
    buttons,
    controls.details,
    line.notice,
    problem,
    line.status,
    board.root,
    line.announcement,
  );
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "LSTM temperature lanes");

  // The texts.
  let front = 0; // the lanes are shown up to here, side by side
  let frame: number | null = null;
  const pace = () => model.get("speed") ?? Number.POSITIVE_INFINITY;
  /** The clock of all lanes: what it shows is one sign for each character of the lane that is the furthest. */
  const typewriter = new Typewriter(pace, (signs) => {
    front += signs.length;
    draw();
  });
  const view: ClientView = {
    heard: () => presence.heard(),
    lanes: () => board.lanes,
    pace,
    unseen: () => board.came - board.shown,
    kept: () => 0,
    seed: () => model.get("receipts").find(({ seed }) => seed !== undefined)?.seed ?? "",
    began(from) {
      typewriter.clear();
      board.begin(from);
      this.resumed();
    },
    shown() {}, // there is no tree of lanes
    resumed() {
      front = board.shown;
      line.begin();
      meter.begin(front);
      line.say(`Writing ${board.lanes.length} lanes`);
      progress();
    },
    wrote: (text, chunk) => board.receive(text, chunk),
    reading() {},
    wroteAll() {
      const ahead = board.came - front - typewriter.waiting;
      if (ahead > 0) typewriter.push(" ".repeat(ahead));
      // What a lane has that catches up is shown at once: in the next frame, with all the others.
      frame ??= requestAnimationFrame(draw);
    },
    ended(reason) {
      line.ended = reason;
      if (reason === "stopped") showAll();
      showRest();
      progress();
    },
    failed(message) {
      line.ended = null;
      problem.textContent = message;
      showAll();
      showRest();
      line.say("");
      progress();
    },
    refused(message) {
      problem.textContent = message;
      progress();
    },
    cleared() {
      line.ended = null;
      front = 0;
      typewriter.clear();
      board.begin("");
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

  /** Show what is due of all lanes; in one frame, once. */
  function draw(): void {
    if (frame !== null) cancelAnimationFrame(frame);
    frame = null;
    board.show(front);
    meter.add(board.shown);
    client.pump();
    progress();
  }

  function showAll(): void {
    typewriter.flush();
    front = Math.max(front, board.came);
    draw();
  }

  function progress(): void {
    const writing = client.running || typewriter.waiting > 0;
    const { shown } = board;
    root.classList.toggle("lstm-writing", writing);
    enable(stop, writing);
    enable(step, !writing);
    enable(resume, !writing && belongs());
    enable(clear, shown > 0);
    enable(add, !board.full);
    const speed = writing ? meter.now : meter.whole;
    const figures = speed === null ? [] : [`${perSecond(speed)} in each`];
    line.progress(writing, `${board.lanes.length} lanes, ${characters(shown)}`, figures);
  }

  /** Whether the texts that are there are of this seed and model, so that they can be written on. */
  function belongs(): boolean {
    return model.get("receipts").some((receipt) => controls.belongs(receipt));
  }

  /** Show what the kernel has kept of a run, if answers were lost. */
  function showRest(): void {
    const texts = model.get("texts");
    const names = model.get("names");
    const isMore = names.some((name, n) => Array.from(texts[n] ?? "").length > board.cameOf(name));
    if (isMore) showTexts();
  }

  function showTexts(): void {
    typewriter.clear();
    const texts = model.get("texts");
    board.restore(texts, model.get("receipts"));
    front = board.shown;
    const run = lastRun();
    if (run === undefined) return;
    client.remember(
      run,
      model.get("names").map((name, n) => [name, Array.from(texts[n] ?? "").length]),
    );
  }

  function lastRun(): string | undefined {
    return model.get("receipts").find(({ run }) => run !== undefined)?.run;
  }

  // What the reader does.
  function settled(): Settings | undefined {
    const { wrong } = board;
    wrong?.focus("temperature"); // what is wrong stands beside it
    const settings = wrong === undefined ? controls.settings() : undefined;
    if (settings !== undefined) problem.textContent = "";
    return settings;
  }

  function begin(): void {
    const settings = settled();
    if (settings !== undefined) client.start(settings);
  }

  /** Write the texts on up to some length, or, if this seed and model have none yet, that much of new ones. */
  function goOn(length: (have: number) => number): void {
    const settings = settled();
    if (settings === undefined) return;
    if (belongs()) client.resume(length(client.have));
    else client.start({ ...settings, length: length(0) });
  }

  function halt(): void {
    client.stop(); // first: what is shown makes it ask for more
    showAll();
  }

  takeKeys(root, begin, stop, signal);
  ignoreWheel(root, signal);

  // What the kernel, or another view, does.
  follow(model, "error", (error) => (problem.textContent = error), signal);
  for (const trait of ["seed", "replacements", "model", "receipts"] as const) {
    follow(model, trait, () => progress(), signal);
  }
  const showLanes = () => {
    const { lanes } = controls;
    if (lanes === undefined) return;
    board.lanes = lanes;
    client.pump();
    progress();
  };
  const presence = new Presence(
    model,
    (state) => {
      line.presence(state, board.shown > 0);
      if (state === "gone") client.lost();
    },
    signal,
  );
  // This is how ipywidgets reports that a kernel was restarted or has died.
  listen(model, "comm_live_update", () => presence.ask(), signal);
  signal.addEventListener("abort", () => {
    typewriter.clear();
    if (frame !== null) cancelAnimationFrame(frame);
  });

  board.lanes = controls.lanes ?? [];
  showTexts();
  const last = model.get("status");
  const run = lastRun();
  if (last === "writing" && run !== undefined) shared.join(run, view);
  else if (last === "finished" || last === "stopped") line.ended = last;
  controls.traits.show("names", board.root, showLanes);
  controls.traits.show("temperatures", board.root, showLanes);
  return root;
}
