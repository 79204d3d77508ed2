"""How well a model writes: the words it knows, the quotes it closes, and what it copied from its text.

    python benchmarks/voices.py MODEL TEXT [--texts 10] [--length 2000] [--temperature 0.6]

Writes texts with `rng` 0, 1, 2, ... from the seed in the model's card, and pools them. TEXT is what the model
was trained on, with the part that was held out.
"""

from __future__ import annotations

import argparse
import re
from itertools import pairwise
from pathlib import Path

from lstm_widget import LSTMGenerator

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
OPENING = {'"': '"', "“": "”", "«": "»", "„": "“", "»": "«"}
COPIED = 50
WIDEST_LINE = 55, 82


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", metavar="MODEL", help="name, file or folder of a model")
    parser.add_argument("text", metavar="TEXT", type=Path, help="the UTF-8 text that it was trained on")
    parser.add_argument("--texts", type=int, default=10, help="number of texts (default: %(default)s)")
    parser.add_argument("--length", type=int, default=2000, help="characters in each (default: %(default)s)")
    parser.add_argument("--temperature", type=float, default=0.6, help="default: %(default)s")
    parser.add_argument("--seed", help="what each text goes on from (default: the card's)")
    options = parser.parse_args()
    generator = LSTMGenerator(options.model)
    seed = options.seed if options.seed is not None else generator.default_seed
    source = options.text.read_text(encoding="utf-8-sig")
    texts = [
        generator.generate(seed=seed, length=options.length, temperature=options.temperature, rng=rng)
        for rng in range(options.texts)
    ]
    report(seed, texts, source)


def report(seed: str, texts: list[str], source: str) -> None:
    """Print the figures of texts that were all begun with `seed`."""
    print(f"{len(texts)} texts of {len(texts[0]):,} characters after {seed!r}")
    known = {word.casefold() for word in WORD.findall(source)}
    words = [word for text in texts for word in whole_words(seed, text)]
    unknown = [word for word in words if word.casefold() not in known]
    share = 1 - len(unknown) / len(words)
    print(f"{share:7.2%} of {len(words):,} words are in the text; not:", ", ".join(sorted(set(unknown))))
    paragraphs = [part for text in texts for part in whole_paragraphs(seed + text)]
    quoted = [part for part in paragraphs if any(mark in part for mark in '"“”«»„')]
    closed = sum(map(quotes_close, quoted))
    print(f"{closed / max(len(quoted), 1):7.2%} of {len(quoted)} paragraphs with quotes close them")
    print(f"{sum(map(hard_wrapped, texts)):7} hard-wrapped lines, {sum(map(markup, texts))} pieces of markup")
    copied = sum(len(text) * copied_share(text, source) for text in texts) / sum(map(len, texts))
    print(f"{copied:7.2%} of the characters lie in pieces of {COPIED} or more that are in the text")


def whole_words(seed: str, text: str) -> list[str]:
    """Words of the text that neither its beginning nor its end cuts."""
    whole = seed + text
    return [match.group() for match in WORD.finditer(whole) if len(seed) < match.end() < len(whole)]


def whole_paragraphs(text: str) -> list[str]:
    """Paragraphs without the last one, which the length cuts."""
    return [part for part in re.split(r"\n+", text)[:-1] if part.strip()]


def quotes_close(paragraph: str) -> bool:
    """Whether every double quote that opens in a paragraph closes there."""
    waiting = ""
    for character in paragraph:
        if waiting and character == waiting[-1]:
            waiting = waiting[:-1]
        elif character in OPENING:
            waiting += OPENING[character]
        elif character in "”»":
            return False
    return not waiting


def hard_wrapped(text: str) -> int:
    """Line ends in the middle of a sentence, after a line as long as a printed one."""
    low, high = WIDEST_LINE
    lines = text.split("\n")
    return sum(
        low <= len(line) <= high and line[-1:].isalpha() and following[:1].islower()
        for line, following in pairwise(lines)
    )


def markup(text: str) -> int:
    """Underscores and asterisks around words, tags and entities."""
    return len(re.findall(r"_\w|\w_|\*\w|</?\w+>|&\w+;|\[\w+\]", text))


def copied_share(text: str, source: str) -> float:
    """Share of the characters that lie in a piece of COPIED or more characters of the source."""
    covered = bytearray(len(text))
    for start in range(len(text) - COPIED + 1):
        if text[start : start + COPIED] in source:
            covered[start : start + COPIED] = b"\x01" * COPIED
    return sum(covered) / max(len(text), 1)


if __name__ == "__main__":
    main()
