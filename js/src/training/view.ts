import type { AnyModel } from "@anywidget/types";
import { buttonMaker, enable } from "../dom/buttons.ts";
import { box, element, paragraph } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import { followInk } from "../dom/ink.ts";
import { keepKeys } from "../dom/keys.ts";
import { ignoreWheel } from "../dom/wheel.ts";
import { Presence, type State } from "../kernel/presence.ts";
import type {
  Now,
  Tick,
  TrainingFromKernel,
  TrainingToKernel,
  TrainingTraits,
} from "../kernel/protocol.ts";
import { follow, listen } from "../kernel/traits.ts";
import { SettingTraits } from "../settings/setting-traits.ts";
import { Notices } from "../sheet/notices.ts";
import { BUSY, DEAF } from "../sheet/status-line.ts";
import { Curves } from "./curves.ts";
import { PlanLine } from "./plan.ts";
import { Progress } from "./progress.ts";
import { Samples } from "./samples.ts";
import { TimeMachine } from "./time-machine.ts";

/** One view of a training. Everything it hangs on to goes when `signal` is aborted. */
export function createTrainingView(
  model: AnyModel<TrainingTraits>,
  signal: AbortSignal,
): HTMLElement {
  // The parts.
  const stop = buttonMaker(signal)("Stop", halt, "lstm-stop");
  stop.prepend(icon("stop"));
  const go = box("lstm-go", box("lstm-two", stop));
  const plan = new PlanLine(() => send({ type: "shorten" }), signal);
  const notices = new Notices();
  const { announcement, notice, problem } = notices;
  const progress = new Progress((sentence) => notices.say(sentence));
  const curves = new Curves(signal);
  const samples = new Samples();
  const notes = box("lstm-notes");
  const traits = new SettingTraits(model, () => undefined, signal);
  const machine = new TimeMachine(
    model.get("bounds").temperature,
    {
      moved(stage) {
        traits.set({ stage });
        draw();
      },
      heated: traits.setter("temperature"),
      ask: (stage, temperature) => send({ type: "write", stage, temperature }),
    },
    signal,
  );
  const code = (textContent: string) => element("code", { textContent });
  const result = element(
    "p",
    { className: "lstm-result" },
    ...["The model is kept as ", code("model"), " of this view. If the view is called "],
    ...[code("view"), ", this writes with it: ", code("LSTMWidget(view.model)")],
  );
  const told = box("lstm-heat", progress.line, progress.hint, plan.root);
  told.tabIndex = -1; // takes the focus of what goes
  const root = element(
    "section",
    { className: "lstm-widget lstm-training", role: "group", "aria-label": "LSTM training" },
    box(
      "lstm-case",
      box("lstm-deck", go, told),
      progress.bar,
      curves.chart.root,
      machine.root, // right below the picture that it marks
      samples.root,
      curves.table.root,
      box("lstm-foot", box("lstm-words", notice, problem, result, notes)),
    ),
    announcement,
  );
  let isStopping = false; // the reader has asked for it
  let now: Partial<Now> = {};

  function send(message: TrainingToKernel): void {
    try {
      model.send(message);
    } catch {
      machine.refuse(); // the connection is closed
    }
  }

  function draw(): void {
    curves.draw(model.get("references"), machine.root.hidden ? null : machine.update);
  }

  function showProgress(): void {
    const state = model.get("status");
    enable(stop, progress.show(state, now, isStopping));
    plan.show(state, model.get("plan"));
    const tree = root.getRootNode() as Partial<Document>;
    const hadFocus = tree.activeElement === stop;
    go.hidden = state !== "training";
    if (go.hidden && hadFocus) told.focus();
    result.hidden = state !== "finished" && state !== "stopped";
  }

  function tick(message: Tick): void {
    now = message.now;
    curves.add(message);
    if (message.samples.length > 0) samples.show(message.samples);
    showProgress();
    draw();
  }

  // What the reader does.
  function halt(): void {
    isStopping = true;
    send({ type: "stop" });
    showProgress();
  }

  followInk(root, signal);
  keepKeys(root, signal);
  ignoreWheel(root, signal);

  // What the kernel, or another view, does.
  const showNotes = (all: string[]) =>
    notes.replaceChildren(...all.map((note) => paragraph("lstm-hint", note)));
  follow(model, "error", (error) => (problem.textContent = error), signal);
  follow(model, "notes", showNotes, signal);
  follow(model, "samples", (all) => samples.show(all), signal);
  follow(model, "indented", (is) => root.classList.toggle("lstm-indented", is), signal);
  const showCurves = () => {
    now = model.get("now");
    curves.load(now, model.get("training_curve"), model.get("validation_curve"));
    showProgress();
    draw();
  };
  for (const name of ["now", "training_curve", "validation_curve", "references"] as const) {
    listen(model, `change:${name}`, showCurves, signal);
  }
  const showStages = () => {
    machine.load(model.get("stages"), model.get("seed"), model.get("written_at"));
    machine.stage = model.get("stage");
    draw();
  };
  for (const name of ["stages", "seed", "written_at"] as const) {
    listen(model, `change:${name}`, showStages, signal);
  }
  traits.show("temperature", machine.root, (temperature) => (machine.temperature = temperature));
  traits.show("stage", machine.root, (stage) => {
    if (stage !== machine.stage) machine.stage = stage;
    draw();
  });
  const begin = () => {
    isStopping = false;
    progress.begin();
    showCurves();
  };
  follow(model, "status", begin, signal);
  listen(model, "change:plan", showProgress, signal);
  const showPresence = (state: State) => {
    const silent = curves.isEmpty ? BUSY : `${BUSY} This training was saved with the notebook.`;
    notice.textContent = state === "here" ? "" : state === "deaf" ? DEAF : silent;
  };
  const presence = new Presence(model, showPresence, signal);
  const receive = (message: TrainingFromKernel) => {
    presence.heard();
    if (message.type === "tick") tick(message);
    else if (message.type === "written") machine.receive(message);
    else if (message.type === "error") {
      machine.refuse();
      problem.textContent = message.message;
    }
  };
  listen(model, "msg:custom", receive, signal);
  // This is how ipywidgets reports that a kernel was restarted or has died.
  listen(model, "comm_live_update", () => presence.ask(), signal);

  showStages();
  return root;
}
