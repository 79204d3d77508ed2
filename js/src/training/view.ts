import type { AnyModel } from "@anywidget/types";
import { buttonMaker, enable } from "../dom/buttons.ts";
import { element } from "../dom/elements.ts";
import { keepKeys } from "../dom/keys.ts";
import { ignoreWheel } from "../dom/wheel.ts";
import { bits, count, time } from "../dom/words.ts";
import { Presence } from "../kernel/presence.ts";
import type {
  Now,
  Point,
  Tick,
  TrainingFromKernel,
  TrainingStatus,
  TrainingToKernel,
  TrainingTraits,
} from "../kernel/protocol.ts";
import { follow, listen } from "../kernel/traits.ts";
import { SettingTraits } from "../settings/setting-traits.ts";
import { DEAF } from "../sheet/status-line.ts";
import { Chart } from "./chart.ts";
import { ComparisonTable } from "./comparison.ts";
import { Samples } from "./samples.ts";
import { stageName } from "./stage-name.ts";
import { TimeMachine } from "./time-machine.ts";

const SILENT = "No answer from the kernel (busy or not running).";
const RECORD = `${SILENT} This training was saved with the notebook.`;
const INTERRUPT =
  "If Stop has no effect, interrupt the kernel (in JupyterLab: Kernel, Interrupt Kernel).";
const STOPPING = "Stopping after the current update; the best model is kept.";
const STATUS: Record<TrainingStatus, string> = {
  ready: "Not trained yet. Run a cell that calls train() on this view.",
  training: "Training",
  "looking back": "Trained, generating samples",
  finished: "Finished",
  stopped: "Stopped",
  failed: "Training failed",
};

/** One view of a training. Everything it hangs on to goes when `signal` is aborted. */
export function createTrainingView(
  model: AnyModel<TrainingTraits>,
  signal: AbortSignal,
): HTMLElement {
  // The parts.
  const stop = buttonMaker(signal)("Stop", halt);
  const buttons = element("div", { className: "lstm-buttons" }, stop);
  const hint = element("p", { className: "lstm-hint" });
  const bar = element("progress", { max: 1, value: 0 });
  bar.setAttribute("aria-label", "Training progress");
  const notes = element("div", { className: "lstm-notes" });
  // The line changes with every update; what is read out, now and then only.
  const status = element("p", { className: "lstm-status" });
  const announcement = element("p", { className: "lstm-unseen" });
  announcement.setAttribute("role", "status");
  const notice = element("p", { className: "lstm-notice" });
  const problem = element("p", { className: "lstm-problem" });
  problem.setAttribute("role", "alert");
  const chart = new Chart(signal);
  const table = new ComparisonTable();
  const samples = new Samples();
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
  const result = element(
    "p",
    { className: "lstm-result" },
    "The model is kept as ",
    element("code", { textContent: "model" }),
    " of this view. If the view is called ",
    element("code", { textContent: "view" }),
    ", this writes with it: ",
    element("code", { textContent: "LSTMWidget(view.model)" }),
  );
  const root = element(
    "section",
    { className: "lstm-widget lstm-training" },
    buttons,
    bar,
    hint,
    notice,
    problem,
    status,
    chart.root,
    machine.root, // right below the picture that it marks
    samples.root,
    table.root,
    notes,
    result,
    announcement,
  );
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "LSTM training");

  // What is known of the training: the traits, and what the messages have told since.
  let now: Partial<Now> = {};
  let training: Point[] = [];
  let validation: Point[] = [];
  let asked = false; // to stop
  let quarter = 0; // of the training, the last that was read out

  function tried(act: () => void): boolean {
    try {
      act();
    } catch {
      return false; // the connection is closed
    }
    return true;
  }

  function send(message: TrainingToKernel): void {
    if (!tried(() => model.send(message))) machine.refuse();
  }

  /** Say it politely. Even the same text would be read out again. */
  function say(text: string): void {
    if (announcement.textContent !== text) announcement.textContent = text;
  }

  function draw(): void {
    const { update, training_bits } = now;
    // The curve ends where the training is, though there is no point yet.
    const live: Point[] =
      update !== undefined && training_bits !== undefined && update > (training.at(-1)?.[0] ?? 0)
        ? [[update, training_bits]]
        : [];
    chart.root.hidden = training.length === 0;
    chart.show({
      training: [...training, ...live],
      validation,
      updates: now.updates ?? 0,
      references: model.get("references"),
      stage: machine.root.hidden ? null : machine.update,
      summary: summary(),
    });
    table.show(model.get("references"), validation);
  }

  function summary(): string {
    const last = (curve: readonly Point[], name: string) => {
      const point = curve.at(-1);
      return point === undefined ? [] : [`${bits(point[1])} ${name} ${stageName(point[0])}`];
    };
    const losses = [...last(training, "in training"), ...last(validation, "in validation")];
    const others = model.get("references").map((one) => `${one.name} ${bits(one.bits)}`);
    const compared = others.length > 0 ? `; for comparison: ${others.join(", ")}` : "";
    return `Loss curves in bits per character: ${losses.join(", ")}${compared}.`;
  }

  function tell(): void {
    const state = model.get("status");
    const trains = state === "training";
    const { update, updates = 0, best_bits, best_update } = now;
    const measures = trains && update !== undefined && update === updates;
    enable(stop, trains && !asked && !measures);
    hint.textContent = trains && !measures ? (asked ? `${STOPPING} ${INTERRUPT}` : INTERRUPT) : "";
    bar.hidden = !trains;
    if (trains && update === undefined) bar.removeAttribute("value");
    else bar.value = updates > 0 ? (update ?? 0) / updates : 0;
    result.hidden = state !== "finished" && state !== "stopped";
    const figures = [STATUS[state]];
    if (trains && update === undefined) figures[0] = "Reading the text";
    else if (measures) figures[0] = "Trained, measuring the loss";
    if (update !== undefined) {
      figures.push(`${update.toLocaleString("en")} of ${count(updates, "update")}`);
      if (best_bits != null) {
        const when = best_update == null ? "" : `, ${stageName(best_update)}`;
        figures.push(`best in validation ${bits(best_bits)} bits${when}`);
      }
      if (trains && !measures) figures.push(...speed());
    }
    status.textContent = figures.join(" · ");
    if (!trains) say(state === "ready" ? "" : (figures.slice(0, 3).join(", ") ?? ""));
    else {
      const reached = updates > 0 ? Math.floor((4 * (update ?? 0)) / updates) : 0;
      if (reached === 0) say("Training");
      else if (reached > quarter && reached < 4) say(`Training, ${25 * reached} percent done`);
      quarter = reached;
    }
  }

  function speed(): string[] {
    const { characters_per_second, seconds_left, expected_bits } = now;
    const told: string[] = [];
    if (characters_per_second !== undefined) {
      told.push(`${Math.round(characters_per_second).toLocaleString("en")} characters per second`);
    }
    if (seconds_left !== undefined) told.push(`about ${time(seconds_left)} left`);
    if (expected_bits != null) told.push(`about ${expected_bits.toFixed(1)} bits expected`);
    return told;
  }

  function tick(message: Tick): void {
    const newer = (curve: readonly Point[], points: readonly Point[]) => {
      const last = curve.at(-1)?.[0] ?? 0;
      return [...curve, ...points.filter(([update]) => update > last)];
    };
    now = message.now;
    training = newer(training, message.training);
    validation = newer(validation, message.validation);
    if (message.samples.length > 0) samples.show(message.samples);
    tell();
    draw();
  }

  // What the reader does.
  function halt(): void {
    asked = true;
    send({ type: "stop" });
    tell();
  }

  keepKeys(root, signal);
  ignoreWheel(root, signal);

  // What the kernel, or another view, does.
  follow(model, "error", (error) => (problem.textContent = error), signal);
  follow(
    model,
    "notes",
    (all) =>
      notes.replaceChildren(
        ...all.map((textContent) => element("p", { className: "lstm-hint", textContent })),
      ),
    signal,
  );
  follow(model, "samples", (all) => samples.show(all), signal);
  follow(model, "indented", (is) => root.classList.toggle("lstm-indented", is), signal);
  const showCurves = () => {
    now = model.get("now");
    training = model.get("training_curve");
    validation = model.get("validation_curve");
    tell();
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
  follow(
    model,
    "status",
    () => {
      asked = false;
      quarter = 0;
      showCurves();
    },
    signal,
  );
  const presence = new Presence(
    model,
    (state) => {
      const told = training.length > 0 ? RECORD : SILENT;
      notice.textContent = state === "here" ? "" : state === "deaf" ? DEAF : told;
    },
    signal,
  );
  listen(
    model,
    "msg:custom",
    (message: TrainingFromKernel) => {
      presence.heard();
      if (message.type === "tick") tick(message);
      else if (message.type === "written") machine.receive(message);
      else if (message.type === "error") {
        machine.refuse();
        problem.textContent = message.message;
      }
    },
    signal,
  );
  // This is how ipywidgets reports that a kernel was restarted or has died.
  listen(model, "comm_live_update", () => presence.ask(), signal);

  showStages();
  return root;
}
