// The conversation with the views about the runs of a widget: lstm_widget/widgets/session.py, where the messages
// are explained. Here nothing else goes on at the same time, so nothing is locked.
import type { FromKernel, LaneAsked, Reason, Settings } from "../../kernel/protocol.ts";
import { LSTMError, SettingError } from "../errors.ts";
import { Rolled } from "../writing/rolled.ts";
import { Run } from "../writing/run.ts";
import { type Checks, checkSeed } from "../writing/settings.ts";
import { knownOf } from "../writing/typed.ts";
import type { Writer } from "../writing/writer.ts";
import {
  type Answers,
  answer,
  budgetIn,
  lanesIn,
  type Message,
  nameIn,
  sendable,
  settingsIn,
  wholeIn,
} from "./checks.ts";
import { beginMessage, failureOf, statusOf } from "./outgoing.ts";
import { Texts } from "./texts.ts";

/** Milliseconds that one pull may take; the page is busy for no longer. */
export const MAX_BUDGET = 50;

/** What is around a session: the widget that it is of. */
export interface Surroundings {
  /** What to write with, and its name; asked at the start of each run. */
  writer(): Writer;
  checks: Checks;
  /** Sends a message to the views. */
  send(message: FromKernel, buffers: readonly ArrayBufferView[]): void;
  /** Takes what has to last, by the names of the traits. */
  publish(state: Readonly<Record<string, unknown>>): void;
  /** What has to last of the current texts, by the names of the traits. */
  kept(): Readonly<Record<string, unknown>>;
  /** The least and the greatest number of lanes. */
  lanes: readonly [number, number];
  /** The answer to a view that means a run that is no longer there. */
  gone: string;
  /** Milliseconds that a pull and a question may take at most; tests have more. */
  budget?: number;
}

/** The runs of one widget; a new one ends the one before. */
export class Session {
  /** The run that the views show. */
  current: Texts | null = null;
  protected readonly answers: Answers = {
    hello: () => this.send({ type: "here" }),
    start: (message) => this.#start(message),
    pull: (message) => this.#pull(message),
    stop: (message) => this.#stop(message),
    resume: (message) => this.#resume(this.#named(message), wholeIn(message, "length", 1)),
    clear: () => this.#clear(),
  };

  constructor(protected readonly around: Surroundings) {}

  /** Answer a message of a view; whatever it is, nothing is thrown. */
  handle(message: unknown): void {
    answer(message, this.answers, (...refused) => this.#refuse(...refused));
  }

  /** Have texts that were written before this page was there, of which one is shown. */
  restore(texts: readonly Texts[], shown: Texts): void {
    this.current = texts.find((one) => one === shown) ?? null;
  }

  protected send(message: FromKernel, buffers: readonly ArrayBufferView[] = []): void {
    this.around.send(sendable(message), buffers);
  }

  // What a view asks for.

  /** The current run, if that is what the view means. */
  #named(message: Message): Texts {
    const run = nameIn(message, "run");
    if (this.current?.name !== run) throw new SettingError(this.around.gone);
    return this.current;
  }

  #start(message: Message): void {
    const run = nameIn(message, "run");
    if (this.current?.name === run) return; // asked twice
    const { around } = this;
    try {
      const settings = settingsIn(message, around.checks);
      const lanes = lanesIn(message, around.lanes, around.checks).map(({ lane }) => lane);
      this.#begin(run, settings, lanes, message.only_read === true);
    } catch (error) {
      if (error instanceof LSTMError) around.publish({ error: error.message });
      throw error;
    }
  }

  #pull(message: Message): void {
    const { around } = this;
    const texts = this.#named(message);
    const pull = nameIn(message, "pull");
    const budget = Math.min(budgetIn(message), around.budget ?? MAX_BUDGET);
    const until = wholeIn(message, "until", 1);
    const asked = lanesIn(message, around.lanes, around.checks);
    const have = new Map(
      asked.map(({ lane, content }) => [lane.name, wholeIn(content, "position", 0)]),
    );
    if (!texts.over) {
      const lanes = asked.map(({ lane }) => lane);
      texts.arrange(lanes, until);
    }
    // A page asks ahead; if the piece before came out shorter than it thought, this one begins where that ended.
    const positions = texts.reached(have);
    if (!texts.over) texts.write(until, budget);
    this.send({ type: "chunk", run: texts.name, pull, lanes: texts.chunks(positions) });
    if (texts.over) this.endAgain(texts);
    else if (texts.finished) this.#end(texts, "finished");
  }

  #stop(message: Message): void {
    const texts = this.#named(message);
    this.endAgain(texts);
    this.#end(texts, "stopped");
  }

  // How a run begins, goes on and ends.

  /** Begin a run with settings that were checked; skip what the model does not know of the seed. */
  #begin(name: string, settings: Settings, lanes: readonly LaneAsked[], isOnlyRead: boolean): void {
    const [lane] = lanes;
    if (lane === undefined) return; // a run has one at least
    const writer = this.around.writer();
    // So that the receipt can name it, and all lanes have it.
    const rng = settings.rng ?? (crypto.getRandomValues(new Uint32Array(1))[0] as number);
    const seed = knownOf(settings.seed, writer);
    if (seed === "") {
      checkSeed(settings.seed); // that of a widget may be empty
      throw new SettingError(
        "The model knows none of the characters of the seed: give it another one.",
      );
    }
    const { length, top_k, top_p } = settings;
    const chosen = { seed, length, temperature: lane.temperature, top_k, top_p };
    const first = new Run(writer, chosen, new Rolled(rng));
    const texts = new Texts(name, writer.name, { ...settings, rng }, first, lane.name);
    texts.arrange(lanes, 0);
    this.replace(texts);
    this.plant(texts);
    this.showNew(texts, 0);
    if (isOnlyRead) this.#end(texts, "finished");
  }

  #resume(texts: Texts, length: number): void {
    const position = Math.min(...texts.written().values());
    if (length > position) {
      const wasOver = texts.over;
      texts.resume(length);
      if (wasOver) this.around.publish({ error: "", ...this.around.kept(), status: "writing" });
    }
    this.send(beginMessage(texts, position));
    this.endAgain(texts); // it has these characters already
  }

  #clear(): void {
    this.replace(null);
    this.plant(null);
    this.around.publish({ error: "", ...this.around.kept(), status: "ready" });
    this.send({ type: "cleared" });
  }

  /** Take another first text, or none. */
  protected plant(_texts: Texts | null): void {}

  /** Show a new run, with `position` characters of its parent. */
  protected showNew(texts: Texts, position: number, question?: string): void {
    texts.show(position);
    this.around.publish({ error: "", ...this.around.kept(), status: "writing" });
    this.send(beginMessage(texts, position, question));
  }

  /** Make another run the current one and end the one before. */
  protected replace(texts: Texts | null): void {
    const before = this.current;
    this.current = texts;
    if (before !== null) this.#end(before, "stopped");
  }

  /** Refuse a message. After a fatal error the run that it names is over; what it wrote is kept. */
  #refuse(message: Message, sentence: string, isFatal: boolean): void {
    const failure = failureOf(message, sentence);
    const { around, current: texts } = this;
    if (isFatal && texts?.name === failure.run) {
      texts.ending = failure;
      texts.sent = true;
      texts.show();
      around.publish({ ...around.kept(), error: failure.message, status: "failed" });
    } else if (isFatal) {
      around.publish({ error: failure.message });
    }
    this.send(failure);
  }

  /** End a run unless it is over and the views know. */
  #end(texts: Texts, reason: Reason): void {
    if (texts.sent) return;
    if (texts.ending === null) texts.end(reason);
    texts.show();
    if (this.current === texts) {
      this.around.publish({ ...this.around.kept(), status: statusOf(texts) });
    }
    this.endAgain(texts);
    texts.sent = true;
  }

  /** Send how a run ended, if it is over: again, for a view that did not get it. */
  protected endAgain(texts: Texts): void {
    if (texts.ending !== null) this.send(texts.ending);
  }
}
