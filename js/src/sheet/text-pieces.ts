import { at, countCharacters, lastUpTo, unitsAt } from "./positions.ts";

/** A part of the text, and the position of its first character; the seed is a part, too, and ends at 0. */
interface Piece {
  readonly position: number;
  readonly node: Text;
}

/** Where a character is. */
interface Place {
  readonly position: number;
  readonly node: Text;
  readonly offset: number;
}

/** The text nodes of a text, in order. A position counts the generated characters; those of the seed are below 0. */
export class TextPieces {
  #pieces: Piece[] = [];
  #pieceOf = new WeakMap<Node, Piece>();
  #seedLength = 0;
  #length = 0;
  /** Where the last character was that was looked for: the next one is often near behind it. */
  #found: Place | null = null;

  /** @param root what the nodes are in */
  constructor(private readonly root: HTMLElement) {}

  /** Number of characters, without the seed. */
  get length(): number {
    return this.#length;
  }

  /** Number of characters of the seed. */
  get seedLength(): number {
    return this.#seedLength;
  }

  /** The last node. */
  get last(): Text {
    return at(this.#pieces, this.#pieces.length - 1).node;
  }

  /** Begin with the node of the seed, or take its letters as they are now. */
  begin(seed: Text, isSameText = false): void {
    this.#seedLength = countCharacters(seed.data);
    this.#found = null;
    const first = { position: -this.#seedLength, node: seed };
    if (isSameText) {
      this.#pieces[0] = first;
    } else {
      this.#length = 0;
      this.#pieces = [first];
      this.#pieceOf = new WeakMap();
    }
    this.#pieceOf.set(seed, first);
  }

  /** A node at the end, which is empty. */
  add(node: Text): Text {
    return this.#put(this.#pieces.length, this.#length, node);
  }

  /** The last node has more text. */
  grew(text: string): void {
    this.#length += countCharacters(text);
  }

  /** The text node that begins with a character, which is there. */
  nodeFrom(position: number): Text {
    const { node, offset } = this.#find(position);
    if (offset === 0) return node;
    return this.#put(lastUpTo(this.#pieces, position) + 1, position, node.splitText(offset));
  }

  /** A live range over the characters from one position to before another; what is beyond the text is left out. */
  range(from: number, to: number): Range {
    const range = document.createRange();
    const first = Math.min(Math.max(from, -this.#seedLength), this.#length);
    const end = Math.min(to, this.#length);
    const start = first < this.#length ? this.#find(first) : this.#end;
    range.setStart(start.node, start.offset);
    if (end <= first) return range;
    const { node, offset } = this.#find(end - 1);
    range.setEnd(node, offset + unitsAt(node, offset));
    return range;
  }

  /** The position of the character at a place of the document, or of the next one; the length behind the last. */
  positionAt(node: Node, offset: number): number {
    const own = this.#pieceOf.get(node);
    if (own !== undefined) {
      const { data } = own.node;
      // The character there counts, too, as the place may be within a pair.
      const isWithin = offset < data.length;
      return own.position + countCharacters(data.slice(0, offset + 1)) - (isWithin ? 1 : 0);
    }
    // Between nodes: the next one counts. To compare places, a browser would go through all of the text.
    const walker = document.createTreeWalker(this.root);
    let next: Node | null = node.childNodes[offset] ?? this.#behind(node);
    while (next !== null && !this.#pieceOf.has(next)) {
      walker.currentNode = next;
      next = walker.nextNode();
    }
    return next === null ? this.#length : (this.#pieceOf.get(next)?.position ?? this.#length);
  }

  /** The node behind all that is in one; null if there is none. */
  #behind(node: Node): Node | null {
    let one: Node | null = node;
    while (one !== null && one !== this.root && one.nextSibling === null) one = one.parentNode;
    return one === null || one === this.root ? null : one.nextSibling;
  }

  #put(index: number, position: number, node: Text): Text {
    const piece = { position, node };
    this.#pieces.splice(index, 0, piece);
    this.#pieceOf.set(node, piece);
    return node;
  }

  /** Where a character is, which is there. */
  #find(position: number): Place {
    const index = lastUpTo(this.#pieces, position);
    const piece = at(this.#pieces, index);
    const { node } = piece;
    const next = this.#pieces[index + 1]?.position ?? this.#length;
    const count = position - piece.position;
    if (next - piece.position === node.length) return { position, node, offset: count }; // without pairs
    // What is before a character in its node stays there, so that what was found once holds.
    const found = this.#found;
    const isBehind = found?.node === node && found.position <= position;
    let { position: before, offset } = isBehind ? found : { position: piece.position, offset: 0 };
    for (; before < position; before += 1) offset += unitsAt(node, offset);
    this.#found = { position, node, offset };
    return this.#found;
  }

  get #end(): Place {
    return { position: this.#length, node: this.last, offset: this.last.length };
  }
}
