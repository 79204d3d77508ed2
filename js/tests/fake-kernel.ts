// A stand-in for the kernel's half of the conversation, written from lstm_widget/stream.py and not from
// the page: the tests compare the two. It needs fake timers; every message takes its time.
import type {
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
} from "../src/messages.ts";

/** Traits that the kernel publishes; they travel on the same way as its messages. */
export type State = Partial<Pick<Traits, "status" | "error" | "text" | "receipt">>;
export type Answer = FromKernel | { type: "state"; state: State };

/** Milliseconds after which each copy of the nth message arrives: none if it is lost, two if it is doubled. */
export type Route<Message> = (message: Message, nth: number) => readonly number[];

export const SEED = "She was";
export const SETTINGS: Settings = { seed: SEED, length: 300, temperature: 0.6, rng: null };
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

interface Way {
  count: number;
  /** When the latest message on it arrives. */
  latest: number;
}

/** A run as the kernel knows it. */
interface Writing {
  name: string;
  /** The text that it will have, as code points. */
  whole: string[];
  /** The temperature at which each character was written. */
  temperatures: number[];
  settings: Settings;
  receipt: Receipt;
  ending: End | Failure | null;
}

/** A page as the kernel knows it. */
export class Connection {
  readonly sent: ToKernel[] = [];
  /** Names of the pulls that neither were answered nor came before one that was. */
  readonly unanswered = new Set<string>();
  mostUnanswered = 0;

  constructor(
    private readonly kernel: FakeKernel,
    private readonly receive: (message: FromKernel) => void,
    private readonly update: (state: State) => void,
  ) {}

  send(message: ToKernel): void {
    this.sent.push(message);
    if (message.type === "pull") {
      if (this.pulls.filter(({ pull }) => pull === message.pull).length > 1) {
        throw new Error("Two pulls have the same name.");
      }
      this.unanswered.add(message.pull);
      this.mostUnanswered = Math.max(this.mostUnanswered, this.unanswered.size);
    }
    this.kernel.take(message);
  }

  deliver(answer: Answer): void {
    if (answer.type === "state") {
      this.update(answer.state);
      return;
    }
    const struck = answer.type === "chunk" && answer.pull !== null ? answer.pull : "";
    if (this.unanswered.has(struck)) {
      for (const pull of this.unanswered) {
        this.unanswered.delete(pull);
        if (pull === struck) break;
      }
    }
    this.receive(answer);
  }

  get pulls(): Pull[] {
    return this.sent.filter((message) => message.type === "pull");
  }
}

export class FakeKernel {
  /** What the next run writes, cut to its length. */
  text: string;
  /** Characters that the model does not know. */
  unknown = "";
  /** Characters that the budget of the nth pull is enough for. */
  budget: (nth: number) => number = () => Number.POSITIVE_INFINITY;
  /** If not empty, a start is refused with this sentence. */
  refusal = "";
  /** A pull fails, with `sentence`, when the run comes to this character. */
  failing: { at: number; sentence: string } | null = null;
  /** Ways of the messages; the same on every connection. */
  up: Route<ToKernel> = () => [5];
  down: Route<Answer> = () => [5];
  /** What was published, for a page that comes late. */
  state: State = {};
  /** Every run, in order. */
  readonly runs: Writing[] = [];

  #connections: Connection[] = [];
  #busy = false;
  #queue: ToKernel[] = [];
  #upward = { count: 0, latest: 0 };
  #downward = { count: 0, latest: 0 };
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

  /** Let a message take so many seconds there, and so many back. */
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
    this.#travel(this.#upward, this.up, message, () => {
      if (this.#busy) this.#queue.push(message);
      else this.#handle(message);
    });
  }

  /** `widget.generate()` in a cell begins a run, and perhaps writes on at once. */
  beginInCell(settings: Partial<Settings> = {}, count = 0): void {
    this.#begin(`kernel-${this.runs.length}`, { ...SETTINGS, ...settings });
    if (count > 0) this.writeInCell(count);
  }

  writeInCell(count: number): void {
    const position = this.written;
    write(this.run, count, this.run.settings.temperature);
    this.#tell(chunk(this.run, position, null));
    if (this.written === this.run.whole.length) this.#end(this.run, "finished");
  }

  /** The cell was interrupted. */
  endInCell(): void {
    this.#end(this.run, "stopped");
  }

  #handle(message: ToKernel): void {
    const { run } = message;
    const current = this.runs.at(-1);
    if (message.type === "start") {
      if (current?.name === run) return;
      if (this.refusal === "") this.#begin(run, message.settings);
      else {
        if (current) this.#end(current, "stopped");
        this.#publish({ status: "failed", error: this.refusal });
        this.#tell({ type: "error", run, message: this.refusal });
      }
    } else if (current?.name !== run) this.#tell({ type: "error", run, message: GONE });
    else if (message.type === "stop") this.#end(current, "stopped");
    else this.#pull(message, current);
  }

  #pull({ run, pull, position, count, budget, temperature }: Pull, writing: Writing): void {
    const isWhole = Number.isInteger(count) && Number.isInteger(position);
    const isNamed = pull.length > 0 && pull.length <= 100;
    const isRight = isNamed && isWhole && count >= 1 && position >= 0 && budget > 0;
    if (!isRight || !(temperature >= 0 && temperature <= 100)) {
      this.#tell({ type: "error", run, message: "The pull is malformed." });
      return;
    }
    const allowed = this.budget(this.#handledPulls);
    this.#handledPulls += 1;
    const written = writing.temperatures.length;
    // A page that asks beyond what is written gets what comes next.
    const from = Math.min(position, written);
    const missing = Math.min(from + count - written, allowed);
    if (writing.ending === null && missing > 0) {
      const { failing } = this;
      if (failing !== null && written + missing > failing.at) {
        write(writing, failing.at - written, temperature);
        this.#fail(writing, failing.sentence);
        return;
      }
      write(writing, missing, temperature);
    }
    this.#tell(chunk(writing, from, pull));
    if (writing.ending !== null) this.#tell(writing.ending);
    else if (writing.temperatures.length === writing.whole.length) this.#end(writing, "finished");
  }

  #begin(name: string, settings: Settings): void {
    const before = this.runs.at(-1);
    const seed = Array.from(settings.seed)
      .filter((one) => !this.unknown.includes(one))
      .join("");
    const whole = Array.from(this.text).slice(0, settings.length);
    const receipt = { ...settings, run: name, seed, rng: settings.rng ?? 7 };
    this.runs.push({ name, whole, temperatures: [], settings, receipt, ending: null });
    if (before) this.#end(before, "stopped");
    this.#publish({ status: "writing", error: "", text: "", receipt });
    this.#tell({ type: "begin", run: name, seed });
  }

  #fail(writing: Writing, message: string): void {
    writing.ending = { type: "error", run: writing.name, message };
    this.#publish({ status: "failed", error: message, text: text(writing) });
    this.#tell(writing.ending);
  }

  #end(writing: Writing, reason: Reason): void {
    if (writing.ending !== null) return;
    const receipt = { ...writing.receipt, written: writing.temperatures.length };
    writing.ending = { type: "end", run: writing.name, reason, receipt };
    if (writing === this.run) this.#publish({ status: reason, text: text(writing), receipt });
    this.#tell(writing.ending);
  }

  #publish(state: State): void {
    this.state = { ...this.state, ...state };
    this.#tell({ type: "state", state });
  }

  /** Send an answer to every page. */
  #tell(answer: Answer): void {
    this.#travel(this.#downward, this.down, answer, () => {
      for (const connection of this.#connections) connection.deliver(answer);
    });
  }

  /** No message overtakes another. */
  #travel<M>(way: Way, route: Route<M>, message: M, arrive: () => void): void {
    const now = performance.now();
    for (const delay of route(message, way.count++)) {
      way.latest = Math.max(way.latest, now + delay);
      setTimeout(arrive, way.latest - now);
    }
  }
}

function write(writing: Writing, count: number, temperature: number): void {
  const left = writing.whole.length - writing.temperatures.length;
  for (let n = 0; n < Math.min(count, left); n += 1) writing.temperatures.push(temperature);
}

function text({ whole, temperatures }: Writing): string {
  return whole.slice(0, temperatures.length).join("");
}

function chunk(writing: Writing, position: number, pull: string | null): Chunk {
  const characters = writing.whole.slice(position, writing.temperatures.length);
  const { name: run } = writing;
  const count = characters.length;
  return { type: "chunk", run, pull, position, count, text: characters.join("") };
}
