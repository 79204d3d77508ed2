import type { AnyModel } from "@anywidget/types";
import { buttonMaker, enable } from "../dom/buttons.ts";
import { element } from "../dom/elements.ts";
import { takeKeys } from "../dom/keys.ts";
import { Meter } from "../dom/meter.ts";
import { ignoreWheel } from "../dom/wheel.ts";
import { characters, perSecond } from "../dom/words.ts";
import { LanesPlayer } from "../kernel/lanes-player.ts";
import { Presence } from "../kernel/presence.ts";
import type { LanesFromKernel, LanesTraits } from "../kernel/protocol.ts";
import { follow, listen } from "../kernel/traits.ts";
import { StatusLine } from "../sheet/status-line.ts";
import { Typewriter } from "../sheet/typewriter.ts";
import { Board } from "./board.ts";
import { LanesControls } from "./controls.ts";

/** One view of the lanes. Everything it hangs on to goes when `signal` is aborted. */
export function createLanesView(model: AnyModel<LanesTraits>, signal: AbortSignal): HTMLElement {
  // The parts.
  const controls = new LanesControls(model, () => player.lost(), signal);
  const button = buttonMaker(signal);
  const generate = button("Generate", begin, "lstm-main");
  const stop = button("Stop", halt);
  const clear = button("Clear", () => player.clear());
  const add = button("Add a lane", () => board.add());
  const board = new Board(
    model.get("bounds"),
    {
      changed(lanes) {
        controls.setLanes(lanes);
        player.pump(); // a lane that is new is asked for at once
        progress();
      },
    },
    signal,
  );
  const meter = new Meter();
  const line = new StatusLine(
    "This is the record of texts that were written before; run the cell to write new ones.",
  );
  const { problem } = line;
  const buttons = element("div", { className: "lstm-buttons" }, generate, stop, clear, add);
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
  const player = new LanesPlayer(
    {
      send: (message) => model.send(message),
      lanes: () => board.lanes,
      pace,
      shown: () => board.shown,
      seed: () => model.get("receipts").find(({ seed }) => seed !== undefined)?.seed ?? "",
    },
    {
      began(from) {
        line.begin();
        front = 0;
        typewriter.clear();
        board.begin(from);
        meter.begin(0);
        line.say(`Writing ${board.lanes.length} lanes`);
        progress();
      },
      wrote: (lane, text, chunk) => board.receive(lane, text, chunk),
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
        line.waiting(is, player.running);
        progress();
      },
    },
  );

  /** Show what is due of all lanes; in one frame, once. */
  function draw(): void {
    if (frame !== null) cancelAnimationFrame(frame);
    frame = null;
    board.show(front);
    meter.add(board.shown);
    player.pump();
    progress();
  }

  function showAll(): void {
    typewriter.flush();
    front = Math.max(front, board.came);
    draw();
  }

  function progress(): void {
    const writing = player.running || typewriter.waiting > 0;
    const { shown } = board;
    root.classList.toggle("lstm-writing", writing);
    enable(stop, writing);
    enable(clear, shown > 0);
    enable(add, !board.full);
    const speed = writing ? meter.now : meter.whole;
    const figures = speed === null ? [] : [`${perSecond(speed)} in each`];
    line.progress(writing, `${board.lanes.length} lanes, ${characters(shown)}`, figures);
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
    board.restore(model.get("texts"), model.get("receipts"));
    front = board.shown;
  }

  // What the reader does.
  function begin(): void {
    const { wrong } = board;
    if (wrong !== undefined) {
      wrong.focus("temperature"); // what is wrong stands beside it
      return;
    }
    const settings = controls.settings();
    if (settings === undefined) return;
    problem.textContent = "";
    player.start(settings);
  }

  function halt(): void {
    player.stop(); // first: what is shown makes it ask for more
    showAll();
  }

  takeKeys(root, begin, stop, signal);
  ignoreWheel(root, signal);

  // What the kernel, or another view, does.
  follow(model, "error", (error) => (problem.textContent = error), signal);
  const showLanes = () => {
    const { lanes } = controls;
    if (lanes === undefined) return;
    board.lanes = lanes;
    player.pump();
    progress();
  };
  controls.traits.show("names", board.root, showLanes);
  controls.traits.show("temperatures", board.root, showLanes);
  const presence = new Presence(
    model,
    (state) => {
      line.presence(state, board.shown > 0);
      if (state === "gone") player.lost();
    },
    signal,
  );
  listen(
    model,
    "msg:custom",
    (message: LanesFromKernel) => {
      presence.heard();
      player.receive(message);
    },
    signal,
  );
  // So ipywidgets tells that a kernel was restarted or has died.
  listen(model, "comm_live_update", () => presence.ask(), signal);
  signal.addEventListener("abort", () => {
    player.dispose();
    typewriter.clear();
    if (frame !== null) cancelAnimationFrame(frame);
  });

  showTexts();
  const last = model.get("status");
  const run = model.get("receipts").find((one) => one.run !== undefined)?.run;
  if (last === "writing" && run !== undefined) player.join(run);
  else if (last === "finished" || last === "stopped") line.ended = last;
  progress();
  return root;
}
