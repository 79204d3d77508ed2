// The session of a page, wherever it lives: it is given the model and the widget, and answers from then on.
import { engineOf } from "./backend.ts";
import type { Engine } from "./engine.ts";
import { LSTMError } from "./errors.ts";
import type { CharLSTM } from "./model.ts";
import { parseSafetensors } from "./safetensors.ts";
import { search } from "./search.ts";
import { answer } from "./session/checks.ts";
import { LanesWidget } from "./session/lanes.ts";
import type { Saved, ToPage, ToSession, Weights } from "./session/messages.ts";
import { TextWidget } from "./session/text.ts";
import { checksOf } from "./writing/settings.ts";

type Widget = Pick<TextWidget, "handle" | "setState">;
/** What is said once there is a widget. */
type Said = Exclude<ToSession, { method: "load" | "search" | "stop" }>;

const BROKEN = "The model of this page cannot be read: save or download the page again.";

export class Serving {
  #widget: Widget | null = null;
  /** Ends a search for cells. */
  #stop: () => void = () => {};
  /** What is said while the model is read, which takes a moment. */
  readonly #waiting: Said[] = [];

  constructor(private readonly tell: ToPage) {
    tell({ method: "ready" });
  }

  receive(message: ToSession): void {
    if (message.method === "search") {
      this.#stop = search(message.weights, message.bounds, this.tell);
    } else if (message.method === "stop") this.#stop();
    else if (message.method === "load") {
      // Later, so that a greeting is answered before: a view must not take this for a kernel that is gone.
      setTimeout(() => this.#begin(message.saved, message.weights));
    } else if (this.#widget !== null) take(this.#widget, message);
    else if (isGreeting(message)) greet(this.tell);
    else this.#waiting.push(message);
  }

  #begin(saved: Saved, weights: Weights): void {
    this.#widget = this.#load(saved, weights);
    for (const message of this.#waiting.splice(0)) take(this.#widget, message);
  }

  #load(saved: Saved, weights: Weights): Widget {
    try {
      const model = parseSafetensors(bytesOf(weights), "The model of this page");
      return widgetOf(saved, model, engineOf(model), this.tell);
    } catch (error) {
      if (!(error instanceof LSTMError)) console.error("The page could not be opened", error);
      const sentence = error instanceof LSTMError ? error.message : BROKEN;
      this.tell({ method: "update", state: { error: sentence, status: "failed" } });
      return new Refusing(sentence, this.tell);
    }
  }
}

/**
 * The widget that was saved, with its model.
 * @param budget milliseconds that a message may take at most; tests have more
 */
export function widgetOf(
  saved: Saved,
  model: CharLSTM,
  engine: Engine,
  tell: ToPage,
  budget?: number,
): Widget {
  const { traits, fingerprint, texts, current } = saved;
  const checks = checksOf(traits.bounds);
  const writer = { name: traits.model, model, engine, fingerprint, checks };
  const widget =
    saved.kind === "text"
      ? new TextWidget(saved.traits, writer, tell, budget)
      : new LanesWidget(saved.traits, writer, tell, budget);
  widget.restore(texts, current);
  return widget;
}

/** Stands in for a widget whose model cannot be used: it is there, and says why it cannot do anything. */
class Refusing implements Widget {
  constructor(
    private readonly sentence: string,
    private readonly tell: ToPage,
  ) {}

  setState(): void {}

  handle(message: unknown): void {
    const { sentence, tell } = this;
    const refuse = ({ run = "", id }: Readonly<Record<string, unknown>>) => {
      const error = { type: "error", run: String(run), message: sentence } as const;
      const content = typeof id === "string" ? { ...error, id } : error;
      tell({ method: "custom", content, buffers: [] });
    };
    answer(message, { hello: () => greet(tell) }, refuse);
  }
}

function take(widget: Widget, message: Said): void {
  if (message.method === "update") widget.setState({ ...message.state });
  else widget.handle(message.content);
}

function isGreeting(message: Said): boolean {
  return message.method === "custom" && (message.content as { type?: unknown })?.type === "hello";
}

function greet(tell: ToPage): void {
  tell({ method: "custom", content: { type: "here" }, buffers: [] });
}

/** The bytes of a file, or those that a text in base64 stands for. */
function bytesOf(text: Weights): Uint8Array {
  if (typeof text !== "string") return text;
  const { fromBase64 } = Uint8Array as { fromBase64?: (text: string) => Uint8Array };
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, text);
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let n = 0; n < raw.length; n += 1) bytes[n] = raw.charCodeAt(n);
  return bytes;
}
