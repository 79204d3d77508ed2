// A stand-in for the kernel's half of the conversation, written from lstm_widget/widgets/session.py and not from
// the page: the tests compare the two. It needs fake timers; every message takes its time.
import type {
  BranchOff,
  Cell,
  Change,
  Chunk,
  End,
  Failure,
  FromKernel,
  Pull,
  Reason,
  Receipt,
  Settings,
  ToKernel,
  Traits,
} from "../src/kernel/protocol.ts";
import { type Route, Way } from "./fake-host.ts";
import { type Thinking, think } from "./fake-mind.ts";

/** Traits that the kernel publishes; they travel on the same way as its messages. */
export type State = Partial<
  Pick<Traits, "status" | "error" | "text" | "receipt" | "model" | "cells">
>;
export type Answer = FromKernel | { type: "state"; state: State };

export const SEED = "She was";
export const MODEL = "a-model";
export const OTHER_MODEL = "another-model";
/** The settings of a text, with the temperature of its only lane. */
export type TextSettings = Settings & { temperature: number };

/** A pull as one text has it. */
export interface TextPull {
  run: string;
  pull: string;
  position: number;
  /** Characters that it asks for. */
  count: number;
  budget: number;
  temperature: number;
}

export function textPull({ run, pull, until, budget, lanes }: Pull): TextPull {
  const [lane] = lanes;
  if (lane?.name !== "text" || lanes.length > 1) throw new Error("A text is one lane.");
  const { position, temperature } = lane;
  return { run, pull, position, count: until - position, budget, temperature };
}

export const SETTINGS: TextSettings = {
  seed: SEED,
  length: 300,
  temperature: 0.6,
  top_k: null,
  top_p: null,
  rng: null,
};
/** Surprise of the first characters, this many: 1.5 each, and 50 more of every hundredth. */
export function bitsOf(count: number): number {
  return 1.5 * count + 50 * Math.floor(count / 100);
}
export const GONE = "This text is no longer being written: start a new one.";

/** The words "1 2 3 …": whatever is missing, doubled or in the wrong place can be seen. */
export function counting(length: number): string {
  let text = "";
  for (let number = 1; text.length < length; number += 1) text += `${number} `;
  return text.slice(0, length);
}

/** Numbers from 0 to 1 that only look random. */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Lose the nth message of a kind. */
export function losing<Message extends { type: string }>(type: string, nth = 1): Route<Message> {
  let count = 0;
  return (message) => {
    if (message.type === type) count += 1;
    return message.type === type && count === nth ? [] : [5];
  };
}

/** A run as the kernel knows it. */
interface Writing {
  name: string;
  /** The text that it would have if it went on for ever, as code points. */
  source: string[];
  /** The temperature at which each character was written. */
  temperatures: number[];
  settings: TextSettings;
  model: string;
  seed: string;
  length: number;
  placed: number[];
  ending: End | Failure | null;
}

/** A page as the kernel knows it. */
export class Connection {
  readonly sent: ToKernel[] = [];
  /** The kinds of those that came together. */
  readonly bundles: string[][] = [];
  /** Those that are not answered yet. */
  questions: (ToKernel & { id: string })[] = [];
  /** Names of the pulls that neither were answered nor came before one that was. */
  readonly unanswered = new Set<string>();
  mostUnanswered = 0;

  constructor(
    private readonly kernel: FakeKernel,
    private readonly receive: (message: FromKernel, buffers: DataView[]) => void,
    private readonly update: (state: State) => void,
  ) {}

  send(message: ToKernel): void {
    if (message.type === "several") {
      this.bundles.push(message.messages.map(({ type }) => type));
      for (const one of message.messages) this.send(one);
      return;
    }
    this.sent.push(message);
    if ("id" in message) this.questions.push(message);
    if (message.type === "pull") {
      if (this.pulls.filter(({ pull }) => pull === message.pull).length > 1) {
        throw new Error("Two pulls have the same name.");
      }
      this.unanswered.add(message.pull);
      this.mostUnanswered = Math.max(this.mostUnanswered, this.unanswered.size);
    }
    this.kernel.take(message);
  }

  deliver(answer: Answer, buffers: DataView[] = []): void {
    if (answer.type === "state") {
      this.update(answer.state);
      return;
    }
    if ("id" in answer) this.questions = this.questions.filter(({ id }) => id !== answer.id);
    const struck = answer.type === "chunk" && answer.pull !== null ? answer.pull : "";
    if (this.unanswered.has(struck)) {
      for (const pull of this.unanswered) {
        this.unanswered.delete(pull);
        if (pull === struck) break;
      }
    }
    this.receive(answer, buffers);
  }

  get pulls(): TextPull[] {
    return this.sent.filter((message) => message.type === "pull").map(textPull);
  }
}

export class FakeKernel {
  /** What the next run writes, up to its length. */
  text: string;
  /** Characters that the model does not know. */
  unknown = "";
  /** The model of the next run; a page may choose one of `models`. */
  model = MODEL;
  models = [MODEL, OTHER_MODEL];
  /** Characters that the budget of the nth pull is enough for. */
  budget: (nth: number) => number = () => Number.POSITIVE_INFINITY;
  /** If not empty, a start, a reading or a branch is refused with this sentence. */
  refusal = "";
  /** A pull fails, with `sentence`, when the run comes to this character. */
  failing: { at: number; sentence: string } | null = null;
  /** Ways of the messages; the same on every connection. */
  up: Route<ToKernel> = () => [5];
  down: Route<Answer> = () => [5];
  /** How far the search for cells has come, and what it finds. */
  done = 0;
  /** What one question brings it further. */
  found = 0.25;
  /** Questions that it answers in part only, as it has much to read. */
  slow = 0;
  /** If not empty, every question is refused with this sentence. */
  unwilling = "";
  cells: Cell[] = [];
  /** What was published, for a page that comes late. */
  state: State = {};
  /** Every run, in order. */
  readonly runs: Writing[] = [];

  #connections: Connection[] = [];
  #busy = false;
  #queue: ToKernel[] = [];
  readonly #upward = new Way();
  readonly #downward = new Way();
  #handledPulls = 0;

  constructor(text: string) {
    this.text = text;
  }

  connect(receive: Connection["receive"], update: Connection["update"]): Connection {
    const connection = new Connection(this, receive, update);
    this.#connections.push(connection);
    return connection;
  }

  /** A page is closed. */
  disconnect(connection: Connection): void {
    this.#connections = this.#connections.filter((other) => other !== connection);
  }

  /** It is there again; what was said meanwhile is lost. */
  reconnect(connection: Connection): void {
    this.#connections.push(connection);
  }

  /** A page has set traits. */
  save({ model }: Partial<Traits>): void {
    if (model === undefined) return;
    if (this.models.includes(model)) this.model = model;
    else this.#publish({ error: "There is no such model to choose.", model: this.model });
  }

  /** Let a message take some seconds there, and some back. */
  set roundTrip(seconds: number) {
    this.up = () => [500 * seconds];
    this.down = () => [500 * seconds];
  }

  /** A busy kernel lets the messages wait, as one without subshells does while a cell runs. */
  set busy(isBusy: boolean) {
    this.#busy = isBusy;
    if (!isBusy) for (const message of this.#queue.splice(0)) this.#handle(message);
  }

  /** The latest run. */
  get run(): Writing {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error("No run has begun.");
    return run;
  }

  /** Number of characters of the latest run that are written. */
  get written(): number {
    return this.runs.at(-1)?.temperatures.length ?? 0;
  }

  take(message: ToKernel): void {
    this.#upward.travel(this.up, message, () => {
      if (this.#busy) this.#queue.push(message);
      else this.#handle(message);
    });
  }

  /** `widget.generate()` in a cell begins a run, and perhaps writes on at once. */
  beginInCell(settings: Partial<TextSettings> = {}, count = 0): void {
    this.#begin(`kernel-${this.runs.length}`, { ...SETTINGS, ...settings });
    if (count > 0) this.writeInCell(count);
  }

  writeInCell(count: number, temperature = this.run.settings.temperature): void {
    const position = this.written;
    write(this.run, count, temperature);
    this.#answer(chunk(this.run, position, null));
    if (this.written === this.run.length) this.#end(this.run, "finished");
  }

  /** `widget.resume()` in a cell. */
  resumeInCell(length: number, count = 0): void {
    this.#resume(this.run, length);
    if (count > 0) this.writeInCell(count);
  }

  /** The cell was interrupted. */
  endInCell(): void {
    this.#end(this.run, "stopped");
  }

  #handle(message: ToKernel): void {
    if (message.type === "hello") {
      this.#answer({ type: "here" });
      return;
    }
    const current = this.runs.at(-1);
    if (message.type === "clear") {
      this.runs.length = 0;
      if (current) this.#end(current, "stopped");
      this.#publish({ error: "", receipt: {}, text: "", status: "ready" });
      this.#answer({ type: "cleared" });
      return;
    }
    if ("id" in message && this.unwilling !== "") {
      this.#answer({ type: "error", id: message.id, run: "", message: this.unwilling });
      return;
    }
    if (
      "run" in message &&
      "id" in message &&
      !this.runs.some(({ name }) => name === message.run)
    ) {
      this.#answer({ type: "error", id: message.id, run: "", message: GONE });
      return;
    }
    const thought = think(message, this.#thinking(message), this.model);
    if (thought !== undefined) {
      if (this.slow > 0 && "left" in thought.answer) {
        // It has begun to read, and is not there yet.
        this.slow -= 1;
        thought.answer.left = this.slow + 1;
        if ("count" in thought.answer) thought.answer.count = 0;
        thought.buffers = thought.buffers.map(() => new DataView(new ArrayBuffer(0)));
      }
      this.#answer(thought.answer, thought.buffers);
      return;
    }
    if (message.type === "inspect" || message.type === "activate" || message.type === "expect")
      return;
    if (message.type === "lend") {
      this.#answer({ type: "error", id: message.id, run: "", message: "Not here." });
      return;
    }
    if (message.type === "find") {
      this.done = Math.min(1, this.done + this.found);
      if (this.done === 1) this.#publish({ cells: this.cells });
      this.#answer({ type: "finding", id: message.id, model: this.model, done: this.done });
      return;
    }
    if (message.type === "show") {
      this.#show(message.run);
      return;
    }
    if (message.type === "remove" || message.type === "several") return; // the latter was taken apart
    const { run } = message;
    if (message.type === "branch") {
      if (this.refusal === "") this.#branch(message);
      else this.#answer({ type: "error", id: message.id, run: "", message: this.refusal });
      return;
    }
    if (message.type === "start") {
      if (current?.name === run) return;
      const [lane] = message.lanes;
      if (lane?.name !== "text") throw new Error("A text has a lane of that name.");
      if (this.refusal === "") {
        this.#begin(run, { ...message.settings, temperature: lane.temperature });
        if (message.only_read) this.#end(this.run, "finished");
      } else {
        this.#publish({ error: this.refusal });
        this.#answer({ type: "error", run, message: this.refusal });
      }
    } else if (current?.name !== run) {
      this.#answer({ type: "error", run, message: GONE });
    } else if (message.type === "stop") this.#stop(current);
    else if (message.type === "resume") this.#resume(current, message.length);
    else this.#pull(message, current);
  }

  #stop(writing: Writing): void {
    if (writing.ending !== null) this.#answer(writing.ending); // again
    this.#end(writing, "stopped");
  }

  #pull(message: Pull, writing: Writing): void {
    const { run, pull, position, count, budget, temperature } = textPull(message);
    const isWhole = Number.isInteger(count) && Number.isInteger(position);
    const isNamed = pull.length > 0 && pull.length <= 100;
    const isRight =
      isNamed && isWhole && count >= 0 && message.until >= 1 && position >= 0 && budget > 0;
    if (!isRight || !(temperature >= 0 && temperature <= 100)) {
      this.#answer({ type: "error", run, message: "The pull is malformed." });
      return;
    }
    const allowed = this.budget(this.#handledPulls);
    this.#handledPulls += 1;
    const written = writing.temperatures.length;
    // A page that asks beyond what is written gets what comes next.
    const from = Math.min(position, written);
    const missing = Math.min(message.until - written, allowed, writing.length - written);
    if (writing.ending === null && missing > 0) {
      const { failing } = this;
      if (failing !== null && written + missing > failing.at) {
        write(writing, failing.at - written, temperature);
        this.#fail(writing, failing.sentence);
        return;
      }
      write(writing, missing, temperature);
    }
    const answer = chunk(writing, from, pull);
    const [only] = answer.lanes;
    if (allowed === 0 && only?.count === 0) only.left = 1000 - this.#handledPulls;
    this.#answer(answer);
    if (writing.ending !== null) this.#answer(writing.ending);
    else if (writing.temperatures.length === writing.length) this.#end(writing, "finished");
  }

  #begin(name: string, settings: TextSettings): void {
    const before = this.runs.at(-1);
    const seed = Array.from(settings.seed)
      .filter((one) => !this.unknown.includes(one))
      .join("");
    const source = Array.from(this.text);
    const length = Math.min(settings.length, source.length);
    const { model } = this;
    const nothing = { temperatures: [], placed: [], ending: null };
    this.runs.push({ name, source, settings, model, seed, length, ...nothing });
    if (before) this.#end(before, "stopped");
    this.#publish({ error: "", receipt: receipt(this.run), text: "", status: "writing" });
    this.#answer({ type: "begin", run: name, seed, rng: 7, position: 0 });
  }

  /** The characters behind the one that is exchanged are capitals. */
  #branch({ id, run, branch, position, character }: BranchOff): void {
    const parent = this.runs.find(({ name }) => name === run);
    if (parent === undefined || this.runs.some(({ name }) => name === branch)) return;
    const shared = parent.source.slice(0, position);
    const rest = parent.source.slice(position + 1).map((one) => one.toUpperCase());
    this.#end(this.run, "stopped");
    this.runs.push({
      ...parent,
      name: branch,
      source: [...shared, character, ...rest],
      temperatures: parent.temperatures.slice(0, position + 1),
      placed: [...parent.placed.filter((place) => place < position), position],
      ending: null,
    });
    this.#publish({
      error: "",
      receipt: receipt(this.run),
      text: shared.join(""),
      status: "writing",
    });
    this.#answer({ type: "begin", id, run: branch, seed: parent.seed, rng: 7, position });
  }

  #show(name: string): void {
    const index = this.runs.findIndex((one) => one.name === name);
    this.runs.push(...this.runs.splice(index, 1));
    const { run } = this;
    if (run.ending?.type !== "end") return;
    this.#publish({ receipt: receipt(run), text: text(run), status: run.ending.reason });
    this.#answer({ type: "shown", run: name, written: this.written });
  }

  #resume(writing: Writing, length: number): void {
    const position = writing.temperatures.length;
    if (length > position) {
      writing.length = Math.max(length, writing.ending === null ? writing.length : 0);
      if (writing.ending !== null) {
        writing.ending = null;
        this.#publish({ error: "", receipt: receipt(writing), status: "writing" });
      }
    }
    this.#answer({ type: "begin", run: writing.name, seed: writing.seed, rng: 7, position });
    if (writing.ending !== null) this.#answer(writing.ending);
  }

  #fail(writing: Writing, message: string): void {
    writing.ending = { type: "error", run: writing.name, message };
    this.#publish({ error: message, text: text(writing), status: "failed" });
    this.#answer(writing.ending);
  }

  #end(writing: Writing, reason: Reason): void {
    if (writing.ending !== null) return;
    const state = { receipt: receipt(writing), text: text(writing), status: reason };
    writing.ending = { type: "end", run: writing.name, reason, receipts: { text: state.receipt } };
    if (writing === this.runs.at(-1)) this.#publish(state);
    this.#answer(writing.ending);
  }

  #publish(state: State): void {
    this.state = { ...this.state, ...state };
    this.#answer({ type: "state", state });
  }

  /** Send an answer to every page. */
  #answer(answer: Answer, buffers: DataView[] = []): void {
    this.#downward.travel(this.down, answer, () => {
      for (const connection of this.#connections) connection.deliver(answer, buffers);
    });
  }

  #thinking(message: ToKernel): Thinking {
    const asked = "run" in message ? message.run : "";
    const writing = this.runs.find(({ name }) => name === asked);
    if (writing === undefined)
      return { run: asked, seed: "", text: "", temperatures: [], placed: [] };
    const { seed, temperatures, placed } = writing;
    return { run: asked, seed, text: text(writing), temperatures, placed };
  }
}

function write(writing: Writing, count: number, temperature: number): void {
  const left = writing.length - writing.temperatures.length;
  for (let n = 0; n < Math.min(count, left); n += 1) writing.temperatures.push(temperature);
}

function text({ source, temperatures }: Writing): string {
  return source.slice(0, temperatures.length).join("");
}

/** Where the temperature changed. */
function changes({ temperatures, settings }: Writing): Change[] {
  return temperatures.flatMap((temperature, position): Change[] => {
    const before = temperatures[position - 1] ?? settings.temperature;
    return temperature === before ? [] : [[position, temperature]];
  });
}

function receipt(writing: Writing): Receipt {
  const { name: run, settings, model, seed, length } = writing;
  const written = writing.temperatures.length;
  const temperatures = changes(writing);
  const bits = bitsOf(written);
  const rng = settings.rng ?? 7;
  const placed = writing.placed.map((place): [number, string] => [
    place,
    writing.source[place] ?? "",
  ]);
  const made = { fingerprint: "0123456789abcdef", placed };
  return { ...settings, ...made, run, model, seed, length, rng, temperatures, written, bits };
}

function chunk(writing: Writing, position: number, pull: string | null): Chunk {
  const characters = writing.source.slice(position, writing.temperatures.length);
  const { name: run } = writing;
  const count = characters.length;
  const temperatures = changes(writing).filter(([from]) => from >= position);
  const bits = bitsOf(position + count);
  const text = characters.join("");
  const lanes = [{ name: "text", position, count, text, temperatures, bits }];
  return { type: "chunk", run, pull, lanes };
}
