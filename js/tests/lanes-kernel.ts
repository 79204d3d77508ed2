// A stand-in for the kernel's half of the conversation of the lanes, written from lstm_widget/widgets/session.py
// and not from the page, and the model of a widget that speaks with it. It needs fake timers.
import type {
  Change,
  FromKernel,
  LaneChunk,
  LanePulled,
  LanesTraits,
  Pull,
  Reason,
  Receipt,
  Settings,
  ToKernel,
} from "../src/kernel/protocol.ts";
import { FakeHost, type Route, Way } from "./fake-host.ts";
import { counting, SEED } from "./fake-kernel.ts";
import { TRAITS } from "./fake-model.ts";

type State = Partial<LanesTraits>;
type Answer = FromKernel | { type: "state"; state: State };
export const COMMON: Settings = {
  seed: SEED,
  length: 300,
  top_k: null,
  top_p: null,
  rng: null,
};

/** The position from which a lane of this temperature writes something of its own. */
export function departs(temperature: number): number {
  return Math.round(60 / (temperature + 0.1));
}

/** The character that is written at a position: up to some place the same at all temperatures. */
function written(position: number, temperature: number): string {
  if (position < departs(temperature)) return counting(position + 1).slice(position);
  return String.fromCharCode(97 + (Math.round(100 * temperature) % 26));
}

/** What a lane writes that keeps its temperature. */
export function textAt(temperature: number, length = COMMON.length): string {
  return Array.from({ length }, (_, position) => written(position, temperature)).join("");
}

interface Lane {
  text: string;
  temperature: number;
  changes: Change[];
}

interface Run {
  name: string;
  settings: Settings;
  lanes: Map<string, Lane>;
  named: string[];
  ending: FromKernel | null;
}

export class LanesKernel {
  run: Run | null = null;
  /** Characters that a pull writes of each lane, at most; of one that catches up as well. */
  budget = Number.POSITIVE_INFINITY;
  refusal = "";
  state: State = {};
  /** Ways of the messages: milliseconds after which each copy of one arrives. */
  up: Route<ToKernel> = () => [5];
  down: Route<Answer> = () => [5];
  #pages: LanesPage[] = [];
  readonly #upward = new Way();
  readonly #downward = new Way();

  connect(page: LanesPage): void {
    this.#pages.push(page);
  }

  disconnect(page: LanesPage): void {
    this.#pages = this.#pages.filter((other) => other !== page);
  }

  take(message: ToKernel): void {
    this.#upward.travel(this.up, message, () => this.#handle(message));
  }

  /** A page, or a cell, has set traits. */
  save(state: State, from: LanesPage | null = null): void {
    this.state = { ...this.state, ...state };
    for (const page of this.#pages) if (page !== from) page.update(state);
  }

  /** A cell begins to write, and writes a part of each lane. */
  writeInCell(count: number, lanes: Record<string, number>): void {
    const named = Object.entries(lanes).map(([name, temperature]) => ({ name, temperature }));
    if (this.run === null) this.#begin("kernel-1", COMMON);
    const { run } = this;
    if (run === null) return;
    const asked = named.map((lane) => ({ ...lane, position: this.text(lane.name).length }));
    this.#write(run, asked, this.furthest + count);
    this.#answer(run, null, asked);
  }

  /** What a lane of the latest run has. */
  text(name: string): string {
    return this.run?.lanes.get(name)?.text ?? "";
  }

  get furthest(): number {
    const lanes = Array.from(this.run?.lanes.values() ?? []);
    return Math.max(0, ...lanes.map(({ text }) => text.length));
  }

  end(reason: Reason): void {
    const { run } = this;
    if (run === null || run.ending !== null) return;
    const receipts = Object.fromEntries(
      Array.from(run.lanes, ([name, lane]) => [name, receipt(run, lane)]),
    );
    run.ending = { type: "end", run: run.name, reason, receipts };
    this.#publish({ ...this.#texts(), status: reason });
    this.#send(run.ending);
  }

  #texts(): State {
    const names = this.state.names ?? [];
    const over = this.run !== null && this.run.ending !== null;
    return {
      texts: names.map((name) => (over ? this.text(name) : "")),
      receipts: names.map((name) => {
        const { run } = this;
        const lane = run?.lanes.get(name);
        return run && lane ? { ...receipt(run, lane), lane: name } : {};
      }),
    };
  }

  #handle(message: ToKernel): void {
    const { run } = this;
    if (message.type === "hello") this.#send({ type: "here" });
    else if (message.type === "clear") {
      this.end("stopped");
      this.run = null;
      this.#publish({ ...this.#texts(), status: "ready" });
      this.#send({ type: "cleared" });
    } else if (message.type === "start") {
      if (run?.name === message.run) return;
      if (this.refusal === "") {
        this.end("stopped");
        this.#begin(message.run, message.settings);
        if (this.run) this.#write(this.run, message.lanes, 0);
        this.#publish({ ...this.#texts(), error: "", status: "writing" });
      } else {
        this.#publish({ error: this.refusal });
        this.#send({ type: "error", run: message.run, message: this.refusal });
      }
    } else if (message.type !== "stop" && message.type !== "pull" && message.type !== "resume") {
      throw new Error(`Lanes know no ${message.type}.`);
    } else if (run?.name !== message.run) {
      this.#send({ type: "error", run: message.run, message: "It is gone." });
    } else if (message.type === "resume") this.#resume(run, message.length);
    else if (message.type === "stop") {
      if (run.ending !== null) this.#send(run.ending);
      this.end("stopped");
    } else this.#pull(run, message);
  }

  #begin(name: string, settings: Settings): void {
    this.run = { name, settings, lanes: new Map(), named: [], ending: null };
    this.#send({ type: "begin", run: name, seed: settings.seed, rng: 7, position: 0 });
  }

  #resume(run: Run, length: number): void {
    const { name, settings } = run;
    const position = Math.min(...run.named.map((lane) => this.text(lane).length));
    if (length > this.furthest) {
      run.settings = { ...settings, length };
      run.ending = null;
      this.#publish({ ...this.#texts(), error: "", status: "writing" });
    }
    this.#send({ type: "begin", run: name, seed: settings.seed, rng: 7, position });
    if (run.ending !== null) this.#send(run.ending);
  }

  #pull(run: Run, { pull, until, budget, lanes }: Pull): void {
    const names = new Set(lanes.map(({ name }) => name));
    const isRight = lanes.every(
      ({ position, temperature }) =>
        Number.isInteger(position) && position >= 0 && temperature >= 0 && temperature <= 100,
    );
    const isWhole = Number.isInteger(until) && until >= 1 && budget > 0;
    if (!isRight || !isWhole || names.size < 2 || names.size > 6 || names.size !== lanes.length) {
      throw new Error("The pull is malformed.");
    }
    if (run.ending === null) this.#write(run, lanes, until);
    this.#answer(run, pull, lanes);
    if (run.ending !== null) this.#send(run.ending);
    else if (run.named.every((name) => this.text(name).length === run.settings.length)) {
      this.end("finished");
    }
  }

  #write(run: Run, lanes: readonly Omit<LanePulled, "position">[], until: number): void {
    run.named = lanes.map(({ name }) => name);
    for (const { name, temperature } of lanes) {
      const lane = run.lanes.get(name) ?? { text: "", temperature, changes: [] };
      run.lanes.set(name, lane);
      const end = Math.min(until, run.settings.length, lane.text.length + this.budget);
      if (lane.text.length < end && lane.temperature !== temperature) {
        lane.temperature = temperature;
        lane.changes.push([lane.text.length, temperature]);
      }
      while (lane.text.length < end) lane.text += written(lane.text.length, temperature);
    }
  }

  #answer(run: Run, pull: string | null, lanes: readonly LanePulled[]): void {
    const chunks = lanes.flatMap(({ name, position }): LaneChunk[] => {
      const lane = run.lanes.get(name);
      if (lane === undefined) return [];
      const from = Math.min(position, lane.text.length);
      const text = lane.text.slice(from);
      const temperatures = lane.changes.filter(([at]) => at >= from);
      const [count, bits] = [text.length, 2 * lane.text.length];
      return [{ name, position: from, count, text, temperatures, bits }];
    });
    this.#send({ type: "chunk", run: run.name, pull, lanes: chunks });
  }

  #publish(state: State): void {
    this.state = { ...this.state, ...state };
    this.#send({ type: "state", state });
  }

  /** Send an answer to every page. */
  #send(answer: Answer): void {
    this.#downward.travel(this.down, answer, () => {
      for (const page of this.#pages) page.deliver(answer);
    });
  }
}

function receipt({ name, settings }: Run, { text, temperature, changes }: Lane): Receipt {
  const { length: written } = text;
  const made = { model: TRAITS.model, fingerprint: "0123456789abcdef", placed: [] };
  const figures = { temperatures: changes, written, bits: 2 * written };
  return { ...settings, ...made, ...figures, run: name, rng: 7, temperature };
}

const { bounds, models, card, model, replacements } = TRAITS;

/** The model of lanes in the page. */
export class LanesPage extends FakeHost<LanesTraits> {
  readonly sent: ToKernel[] = [];

  constructor(
    private readonly kernel: LanesKernel,
    traits: State = {},
  ) {
    const temperatures = traits.temperatures ?? kernel.state.temperatures ?? [0.3, 0.7, 1.1];
    const names = kernel.state.names ?? temperatures.map((_, n) => `lane-${n + 1}`);
    const texts = names.map(() => "");
    const receipts = names.map(() => ({}));
    super({
      ...COMMON,
      ...{ model, models, card, replacements, status: "ready", error: "", speed: 50 },
      ...{ locked: [], presenting: false },
      ...{ temperatures, names, texts, receipts },
      bounds: { ...bounds, lanes: { least: 2, most: 6, step: 1 } },
      ...traits,
      ...kernel.state,
    });
    kernel.state = { temperatures, names, ...kernel.state };
    kernel.connect(this);
  }

  get pulls(): Pull[] {
    return this.sent.filter((message) => message.type === "pull");
  }

  send(message: ToKernel): void {
    if (message.type === "several") {
      for (const one of message.messages) this.send(one);
      return;
    }
    this.sent.push(message);
    this.kernel.take(message);
  }

  protected save(changed: State): void {
    this.kernel.save(changed, this);
  }

  deliver(answer: Answer): void {
    if (answer.type === "state") this.update(answer.state);
    else this.emit("msg:custom", answer, []);
  }

  /** The kernel changes traits; what one message brings is there before any listener is called. */
  update(state: State): void {
    this.put(state);
  }
}
