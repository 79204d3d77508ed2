// The texts of one lane: the tree of its branches, and the look inside: lstm_widget/widgets/branches.py.
import type { Branch } from "../../kernel/protocol.ts";
import { SettingError } from "../errors.ts";
import { type Message, nameIn, TEXT, textIn, wholeIn } from "./checks.ts";
import { beginMessage, statusOf } from "./outgoing.ts";
import { Questions } from "./questions.ts";
import { Session, type Surroundings } from "./session.ts";
import { Texts } from "./texts.ts";

const MAX_BRANCHES = 100;
/** Characters of a branch that its entry shows, and of what is before it. */
const EXCERPT = 60;
const BEFORE = 9;

/** A session of one lane. A new text forgets the branches of the one before. */
export class BranchingSession extends Session {
  readonly questions: Questions;
  /** The texts by their names, parents before their branches. */
  #tree = new Map<string, Texts>();

  constructor(around: Surroundings) {
    super(around);
    this.questions = new Questions(() => around.writer(), around.budget);
    Object.assign(this.answers, {
      show: (message: Message) => this.#show(nameIn(message, "run")),
      remove: (message: Message) => this.#remove(nameIn(message, "run")),
      branch: (message: Message) => this.#branch(message),
      expect: (message: Message) => this.send(...this.questions.expected(message)),
      inspect: (message: Message) =>
        this.send(...this.questions.inspected(message, this.#run(message))),
      activate: (message: Message) =>
        this.send(...this.questions.activated(message, this.#run(message))),
      find: (message: Message) => this.#find(message),
    });
  }

  override restore(texts: readonly Texts[], shown: Texts): void {
    super.restore(texts, shown);
    this.#tree = new Map(texts.map((one) => [one.name, one]));
  }

  /** What the views show of the texts. */
  get branches(): Branch[] {
    return Array.from(this.#tree.values(), ({ name: run, only, fork }) => {
      const { position, character, parent } = fork ?? { position: 0, character: "", parent: null };
      return {
        run,
        parent: parent?.name ?? null,
        position,
        character,
        instead: parent?.only.text(position, position + 1) ?? "",
        before: only.text(Math.max(0, position - BEFORE), position),
        written: only.written,
        bits: only.bits,
        excerpt: only.text(position, position + EXCERPT) || character,
      };
    });
  }

  // What a view asks for.

  #branch(message: Message): void {
    const question = nameIn(message, "id");
    const name = nameIn(message, "branch");
    const begun = this.#tree.get(name);
    if (begun === undefined) {
      const parent = this.#ofTheTree(nameIn(message, "run"));
      const position = wholeIn(message, "position", 0);
      this.#branchOff(parent, position, textIn(message, "character"), name, question);
      return;
    }
    if (begun !== this.current) throw new SettingError(this.around.gone); // asked twice
    this.send(beginMessage(begun, begun.fork?.position ?? 0, question));
    this.endAgain(begun);
  }

  #run(message: Message): Texts {
    return this.#ofTheTree(nameIn(message, "run"));
  }

  #find(message: Message): void {
    const { answer, cells } = this.questions.finding(message);
    if (cells !== null) this.around.publish({ cells });
    this.send(answer);
  }

  #ofTheTree(name: string): Texts {
    const texts = this.#tree.get(name);
    if (texts === undefined) throw new SettingError(this.around.gone);
    return texts;
  }

  /** Begin a text with another character at one place. */
  #branchOff(
    parent: Texts,
    position: number,
    character: string,
    name: string,
    question: string,
  ): void {
    const { run } = parent.only;
    run.checkBranch(position, character);
    if (this.#tree.size > MAX_BRANCHES) {
      throw new SettingError(`There are ${MAX_BRANCHES} branches already: remove some first.`);
    }
    const fork = { parent, position, character };
    const branch = run.beginBranch(position, character);
    const texts = new Texts(name, parent.model, parent.given, branch, TEXT, fork);
    this.#tree.set(name, texts);
    this.replace(texts);
    this.showNew(texts, position, question);
  }

  /** Go back to a text of the tree. */
  #show(name: string): void {
    const texts = this.#ofTheTree(name);
    if (texts === this.current && !texts.over) return; // it is what the views show
    if (texts !== this.current) this.replace(texts);
    this.#showAgain(texts);
  }

  /** Forget a text of the tree, with all that branch off it. */
  #remove(name: string): void {
    const { fork } = this.#ofTheTree(name);
    if (fork === null) {
      throw new SettingError("The first text has no parent to go back to: clear it instead.");
    }
    const gone = new Set([name]);
    for (const one of this.#tree.values()) {
      if (one.fork !== null && gone.has(one.fork.parent.name)) gone.add(one.name);
    }
    for (const one of gone) this.#tree.delete(one);
    this.questions.forget();
    if (this.current !== null && gone.has(this.current.name)) {
      this.replace(fork.parent);
      this.#showAgain(fork.parent);
    } else {
      this.around.publish({ branches: this.branches });
    }
  }

  // How a text comes and goes.

  protected override plant(texts: Texts | null): void {
    this.#tree = new Map(texts === null ? [] : [[texts.name, texts]]);
    this.questions.forget();
  }

  /** Show the views a text that is over. */
  #showAgain(texts: Texts): void {
    if (!texts.over) return; // it is being written, and is what they show
    this.around.publish({ error: "", ...this.around.kept(), status: statusOf(texts) });
    this.send({ type: "shown", run: texts.name, written: texts.only.written });
  }
}
