import { element } from "../dom.ts";
import type { Reason } from "../messages.ts";
import { Meter } from "../meter.ts";
import { GONE } from "../player.ts";
import { Presence } from "../presence.ts";
import { Typewriter } from "../typewriter.ts";
import { Board } from "./board.ts";
import { LanesControls } from "./controls.ts";
import type { FromKernel } from "./messages.ts";
import { LanesPlayer } from "./player.ts";
import { common, follow, type LanesModel, listen } from "./traits.ts";

const ENDINGS: Record<Reason, string> = { finished: "Finished", stopped: "Stopped" };
const WAITING = "waiting for the kernel, which is busy or gone…";
const BUSY = "The kernel does not answer: it is busy, or there is none.";
const RECORD = `${BUSY} This is the record of texts that were written before; run the cell to write new ones.`;

/** One view of the lanes. Everything it hangs on to goes when `signal` is aborted. */
export function createLanesView(model: LanesModel, signal: AbortSignal): HTMLElement {
  // The parts.
  const controls = new LanesControls(model, () => player.lost(), signal);
  const button = (name: string, act: () => void, className = "") => {
    const made = element("button", { type: "button", textContent: name, className });
    // One that can do nothing keeps the focus: it is only marked, and not asked.
    const asked = () => made.getAttribute("aria-disabled") !== "true" && act();
    made.addEventListener("click", asked, { signal });
    return made;
  };
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
  // The line changes with every character; what is read out, at the beginning and the end only.
  const status = element("p", { className: "lstm-status" });
  const announcement = element("p", { className: "lstm-unseen" });
  announcement.setAttribute("role", "status");
  const notice = element("p", { className: "lstm-notice" });
  const problem = element("p", { className: "lstm-problem" });
  problem.setAttribute("role", "alert");
  const buttons = element("div", { className: "lstm-buttons" }, generate, stop, clear, add);
  const root = element(
    "section",
    { className: "lstm-widget lstm-lanes" },
    controls.root,
    buttons,
    controls.details,
    notice,
    problem,
    status,
    board.root,
    announcement,
  );
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "LSTM temperature lanes");

  // The texts.
  let ended: Reason | null = null; // told once everything is shown
  let said = ""; // of the ending, politely; once
  let isWaiting = false;
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
        ended = null;
        said = "";
        front = 0;
        typewriter.clear();
        board.begin(from);
        meter.begin(0);
        problem.textContent = "";
        say(`Writing ${board.lanes.length} lanes`);
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
        ended = reason;
        if (reason === "stopped") showAll();
        showRest();
        progress();
      },
      failed(message) {
        ended = null;
        problem.textContent = message;
        showAll();
        showRest();
        say("");
        progress();
      },
      cleared() {
        ended = null;
        front = 0;
        typewriter.clear();
        board.begin("");
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

  /** Say it politely. Even the same text would be read out again. */
  function say(text: string): void {
    if (announcement.textContent !== text) announcement.textContent = text;
  }

  function progress(): void {
    const writing = player.running || typewriter.waiting > 0;
    const { shown } = board;
    root.classList.toggle("lstm-writing", writing);
    enable(stop, writing);
    enable(clear, shown > 0);
    enable(add, !board.full);
    const unit = shown === 1 ? "character" : "characters";
    const reached = `${board.lanes.length} lanes, ${shown.toLocaleString("en")} ${unit}`;
    const told = writing
      ? `Writing: ${reached}`
      : ended === null
        ? ""
        : `${ENDINGS[ended]}: ${reached}`;
    const figures = [told];
    const speed = writing ? meter.now : meter.whole;
    if (told && speed !== null)
      figures.push(`${Math.round(speed).toLocaleString("en")} per second in each`);
    if (isWaiting) figures.push(WAITING);
    status.textContent = figures.join(" · ");
    if (!writing && told !== said) {
      said = told;
      say(told);
    }
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
  const showLanes = () => {
    const [names, temperatures] = [model.get("names"), model.get("temperatures")];
    if (names.length !== temperatures.length) return; // what belongs to it comes in a moment
    board.lanes = names.map((name, n) => ({ name, temperature: temperatures[n] ?? 0 }));
    player.pump();
    progress();
  };
  follow(model, "names", showLanes, signal);
  follow(model, "temperatures", showLanes, signal);
  const presence = new Presence(
    common(model),
    (state) => {
      const told = board.shown > 0 ? RECORD : `${BUSY} Then run the cell.`;
      notice.textContent = state === "silent" ? told : "";
      if (state === "gone") player.lost();
      else if (problem.textContent === GONE) problem.textContent = "";
    },
    signal,
  );
  listen(
    model,
    "msg:custom",
    (message: FromKernel) => {
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
