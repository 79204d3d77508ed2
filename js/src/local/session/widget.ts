// What both widgets have in common: settings with their checks, and a status: lstm_widget/widgets/base.py.
import type { CommonTraits, FromKernel, SavedTexts } from "../../kernel/protocol.ts";
import { LSTMError, SettingError } from "../errors.ts";
import { shortRepr, textRepr } from "../python-repr.ts";
import { asTyped } from "../writing/typed.ts";
import type { Writer } from "../writing/writer.ts";
import { sendable } from "./checks.ts";
import type { ToPage } from "./messages.ts";
import { restored } from "./restored.ts";
import type { Session, Surroundings } from "./session.ts";

export type TraitChecks<T> = { [Name in keyof T]?: (value: unknown) => T[Name] };

/** A widget that takes from its page only what the page may change, and answers it. */
export abstract class PageWidget<T extends CommonTraits> {
  protected abstract readonly session: Session;
  /** How what the page may change is checked. */
  protected readonly checks: TraitChecks<T>;

  constructor(
    protected traits: T,
    protected readonly writer: Writer,
    private readonly tell: ToPage,
    own: TraitChecks<T>,
  ) {
    const { checks } = writer;
    const common: TraitChecks<CommonTraits> = {
      model: (value) => this.#checkModel(value),
      seed: (value) => checkText("seed", value),
      length: checks.length,
      top_k: checks.top_k,
      top_p: checks.top_p,
      rng: checks.rng,
      speed: checks.speed,
      presenting: (value) => checkFlag("presenting", value),
    };
    this.checks = { ...(common as TraitChecks<T>), ...own };
  }

  /** Have the texts that were saved; if that cannot be, none. */
  restore(texts: readonly SavedTexts[], current: number | null): void {
    try {
      const known = restored(texts, this.writer);
      const shown = known[current ?? -1];
      if (shown !== undefined) this.session.restore(known, shown);
    } catch (error) {
      if (!(error instanceof LSTMError)) throw error;
      this.publish({ ...this.kept(), status: "ready" });
    }
  }

  /** Answer a message of the page. */
  handle(message: unknown): void {
    this.session.handle(message);
  }

  /** Take what the page changed; refuse what it may not change or what is out of range. */
  setState(asked: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(asked).filter((name) =>
      Object.hasOwn(this.checks, name),
    ) as (keyof T & string)[];
    try {
      const values: Partial<T> = {};
      for (const name of names) {
        const value = sendable(asked[name]);
        this.#checkLocked(name, value);
        const check = this.checks[name] as (value: unknown) => T[typeof name];
        values[name] = check(value);
      }
      this.take(values);
    } catch (error) {
      if (!(error instanceof LSTMError)) throw error;
      const now = Object.fromEntries(names.map((name) => [name, this.traits[name]]));
      this.traits = { ...this.traits, error: error.message };
      this.tell({ method: "update", state: { ...now, error: error.message } });
    }
  }

  /** Have values that the page set and that were checked. */
  protected take(values: Partial<T>): void {
    this.traits = { ...this.traits, ...values };
    if (values.seed !== undefined) {
      this.publish({ replacements: asTyped(values.seed, this.writer).replacements });
    }
  }

  /** What has to last of the current texts. */
  protected abstract kept(): Readonly<Record<string, unknown>>;

  /** Have other traits, and tell the page which have changed. */
  protected publish(state: Readonly<Record<string, unknown>>): void {
    const news = Object.entries(state).filter(
      ([name, value]) => !isSame(value, this.traits[name as keyof T]),
    );
    if (news.length === 0) return;
    const changed = sendable(Object.fromEntries(news));
    this.traits = { ...this.traits, ...changed };
    this.tell({ method: "update", state: changed });
  }

  /** What a session of this widget has around it. */
  protected surroundings(
    lanes: readonly [number, number],
    gone: string,
    budget: number | undefined,
  ): Surroundings {
    const around = {
      writer: () => this.writer,
      checks: this.writer.checks,
      send: (content: FromKernel, buffers: readonly ArrayBufferView[]) =>
        this.tell({ method: "custom", content, buffers: buffers.map(copyOf) }),
      publish: (state: Readonly<Record<string, unknown>>) => this.publish(state),
      kept: () => this.kept(),
      lanes,
      gone,
    };
    return budget === undefined ? around : { ...around, budget };
  }

  #checkModel(value: unknown): string {
    const known = this.traits.models.find(({ name }) => name === value);
    if (known === undefined) throw new SettingError("There is no such model to choose.");
    return known.name;
  }

  #checkLocked(name: keyof T & string, value: unknown): void {
    if (!this.traits.locked.includes(name) || isSame(value, this.traits[name])) return;
    throw new SettingError(`${name} is set by the notebook and cannot be changed in the page.`);
  }
}

export function checkText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new SettingError(`The ${name} must be text, not ${shortRepr(value)}.`);
}

export function checkFlag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new SettingError(`${name} must be True or False, not ${shortRepr(value)}.`);
}

export function checkOneOf<T extends string>(name: string, value: unknown, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  const names = known.map(textRepr).join(", ");
  throw new SettingError(`The ${name} must be one of ${names}, not ${shortRepr(value)}.`);
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || one === null) return Object.is(one, other);
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The bytes of an array alone, whatever they lie in. */
function copyOf({ buffer, byteOffset, byteLength }: ArrayBufferView): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
