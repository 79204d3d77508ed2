// A text as it is so far: what is written, what it was written with, and where the network is in it:
// lstm_widget/writing/draft.py.
import type { Change } from "../../kernel/protocol.ts";
import type { Lane } from "../engine.ts";
import { UnknownCharactersError } from "../errors.ts";
import { KeptStates } from "./kept-states.ts";
import type { Rolled } from "./rolled.ts";
import type { Settings } from "./settings.ts";
import { asTyped, idsOf } from "./typed.ts";
import type { Writer } from "./writer.ts";

/** Logits that are kept of the latest characters: 4 MB, but always those of a few characters. */
const MOST_RECENT = 1_000_000;
const LEAST_ROWS = 64;

/** Two lone surrogates side by side would become one character, so each is shown as U+FFFD. */
const HALF = /\p{Surrogate}/gu;

/** What a `Run` holds, for what writes it on. */
export class Draft {
  temperatures: Change[] = [];
  characters: string[] = [];
  /** What was put there by hand. */
  forced = new Map<number, string>();
  /** How surprising each character is to the model, in bits. */
  surprise: number[] = [];
  /** The logits that the latest characters came from, by their positions, once they are wanted. */
  recent: Map<number, Float32Array> | null = null;
  /** The ids of the seed, then of what is written. */
  ids: number[];
  readonly seedLength: number;
  /** What the network has yet to read, the next one last: at first the seed, then the character written last. */
  unread: number[];
  kept = new KeptStates();
  lane: Lane;
  protected next: { position: number; character: string } | null = null;
  #temperature: number;

  constructor(
    readonly writer: Writer,
    public settings: Settings,
    readonly dice: Rolled,
  ) {
    this.#temperature = settings.temperature;
    const read = asTyped(settings.seed, writer);
    if (read.unknown.length > 0) throw new UnknownCharactersError(read.unknown);
    this.ids = idsOf(read.text, writer.model);
    this.seedLength = this.ids.length;
    this.unread = this.ids.slice().reverse();
    this.lane = writer.engine.lane();
  }

  /** The temperature from the next piece on. */
  get temperature(): number {
    return this.#temperature;
  }

  /** Take a temperature, which was checked, from the next piece on. */
  changeTemperature(temperature: number): void {
    if (temperature === this.#temperature) return;
    this.#temperature = temperature;
    const position = this.characters.length;
    // No character was written with the one before.
    if (this.temperatures.at(-1)?.[0] === position) this.temperatures.pop();
    this.temperatures.push([position, temperature]);
  }

  /** Take over a change of temperature of the text that this one branches off. */
  protected inherit(change: Change): void {
    this.temperatures.push(change);
    this.#temperature = change[1];
  }

  /** The character that is forced next, or nothing. */
  get awaited(): string {
    return this.next?.position === this.characters.length ? this.next.character : "";
  }

  /** Keep the logits of the characters that are written from now on, as many as fit into some memory. */
  watch(): void {
    this.recent ??= new Map();
  }

  /** The temperature in force at a position. */
  temperatureAt(position: number): number {
    let found = this.settings.temperature;
    for (const [from, temperature] of this.temperatures) if (from <= position) found = temperature;
    return found;
  }

  /** Take down what was chosen, and from which logits [n, V] if watched; the last is yet to be read. */
  note(ids: readonly number[], surprise: readonly number[], logits: readonly Float32Array[]): void {
    const last = ids.at(-1);
    if (last === undefined) return;
    const start = this.characters.length;
    this.unread.push(last);
    this.#keep(start, logits);
    this.ids.push(...ids);
    this.surprise.push(...surprise);
    this.characters.push(...ids.map((id) => this.named(id)));
  }

  /** The character of an id, as it can be shown. */
  protected named(id: number): string {
    return (this.writer.model.characters[id] ?? "").replace(HALF, "\ufffd");
  }

  #keep(start: number, logits: readonly Float32Array[]): void {
    const { recent } = this;
    if (recent === null) return;
    const most = Math.max(LEAST_ROWS, Math.floor(MOST_RECENT / this.writer.engine.vocabSize));
    logits.forEach((row, n) => {
      recent.set(start + n, row);
      recent.delete(start + n - most);
    });
  }

  /** Have the network read what there is again, from the last place whose state was kept. */
  readAgain(): void {
    const { place, state } = this.kept.before(this.ids.length - 1);
    this.lane = this.writer.engine.lane();
    if (state !== null) this.lane.state = state;
    this.unread = this.ids.slice(place).reverse();
  }

  /** Leave the text as it was written, after an error in the middle of a piece. */
  startOver(): void {
    const written = this.characters.length;
    this.surprise.length = written;
    this.ids.length = this.seedLength + written;
    this.forced.delete(written);
    this.kept = this.kept.upTo(this.ids.length - 1);
    this.readAgain();
  }
}
