// A text that is written: from its settings and its dice, as far as it was asked for: lstm_widget/writing/run.py.
import type { Change } from "../../kernel/protocol.ts";
import { SettingError, UnknownCharactersError } from "../errors.ts";
import { shortRepr } from "../python-repr.ts";
import { advanceTogether } from "./batch.ts";
import { Draft } from "./draft.ts";
import { withCommas } from "./settings.ts";

/** What was written of a text before, elsewhere. */
export interface Written {
  readonly ids: readonly number[];
  /** Of each, in bits. */
  readonly surprise: readonly number[];
  readonly temperatures: readonly Change[];
  readonly placed: readonly (readonly [position: number, character: string])[];
}

/** A text that is written a piece at a time, as often as it is asked to. */
export class Run extends Draft {
  /** Whether the text has its full length. */
  get finished(): boolean {
    return this.characters.length >= this.settings.length;
  }

  /** Take what was written before; the network reads it when it is needed. */
  take({ ids, surprise, temperatures, placed }: Written): void {
    this.ids = this.ids.concat(ids);
    this.surprise = [...surprise];
    this.characters = ids.map((id) => this.named(id));
    this.forced = new Map(placed);
    for (const change of temperatures) this.inherit(change);
    this.readAgain();
  }

  /** A new text with the same dice and weights, at another temperature. */
  beside(temperature: number, length: number): Run {
    return new Run(this.writer, { ...this.settings, temperature, length }, this.dice);
  }

  /** Give the text another length; one that is finished can then be written on. */
  extend(length: number): void {
    const checked = this.writer.checks.length(length);
    const written = this.characters.length;
    if (checked < written) {
      throw new SettingError(
        `The length must be at least ${withCommas(written)}: that many characters are written already.`,
      );
    }
    this.settings = { ...this.settings, length: checked };
  }

  /** Write this character next, whatever the die says; the die is used up all the same. */
  force(character: string): void {
    this.checkForce(character);
    this.have(character);
    try {
      advanceTogether([this], 1);
    } catch (error) {
      this.next = null;
      throw error;
    }
  }

  /** The text that this one would be with another character at one place, which is written first. */
  beginBranch(position: number, character: string): Run {
    this.checkBranch(position, character);
    const other = new Run(this.writer, this.settings, this.dice);
    other.characters = this.characters.slice(0, position);
    other.surprise = this.surprise.slice(0, position);
    other.ids = this.ids.slice(0, this.seedLength + position);
    other.kept = this.kept.upTo(other.ids.length - 1);
    other.readAgain();
    other.forced = new Map([...this.forced].filter(([at]) => at < position));
    for (const change of this.temperatures) if (change[0] <= position) other.inherit(change);
    if (this.recent !== null) other.watch();
    other.have(character);
    return other;
  }

  /** Throw the error of `beginBranch`, if there is one, and change nothing. */
  checkBranch(position: number, character: string): void {
    this.checkForce(character);
    const { length } = this.characters;
    if (position < 0 || position > length) {
      throw new SettingError(
        `A branch begins at a position from 0 to ${withCommas(length)}, not ${shortRepr(position)}.`,
      );
    }
    if (position === this.settings.length) this.writer.checks.length(position + 1);
  }

  /** Throw the error of `force`, if there is one, and change nothing. */
  private checkForce(character: string): void {
    if (Array.from(character).length !== 1) {
      throw new SettingError(
        `A forced character must be one character, not ${shortRepr(character)}.`,
      );
    }
    if (!this.writer.model.vocab.has(character)) throw new UnknownCharactersError([character]);
  }

  /** Have a character written next. */
  private have(character: string): void {
    if (this.finished) this.extend(this.characters.length + 1);
    this.next = { position: this.characters.length, character };
  }
}
