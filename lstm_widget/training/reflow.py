"""Hard-wrapped prose becomes one line a paragraph; verse, lists and headings stay as they are.

A line of prose ends where the next word had no room. So a file is hard-wrapped where most of its lines end
like that, and a paragraph is prose if nearly all its lines, but the last, come near the width of the page.
Verse breaks its lines before, and begins each with a capital.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_WRAPPED = 0.6  # of the lines that another one follows have no room for its first word
_NARROWEST = 30  # characters, of a page
_AT_THE_EDGE = 90  # percentile of the lengths of lines that another one follows: the width, but for a few
_AROUND = 30  # lines before and after, whose width counts
_LEAST_OF_WIDTH = 0.85  # that of a part of the file is at least, and where a line is long enough anyway
_MOST_BEYOND = 0.02  # of all lines, much longer than the width: else the text is not hard-wrapped
_FITTING = 0.85  # of the lines of a paragraph
_CAPITALS, _FEWEST_CAPITALS = 0.8, 4  # lines of verse
_IDEOGRAPHS = 0x2E80  # from here on there are no spaces between words


class Reflowed(NamedTuple):
    """A text, and what was done to it.

    Attributes
    ----------
    text : str
    joined, paragraphs : int
        How many lines were joined, and into how many.
    left : int
        Lines that belong together but are left: verse, lists, headings of several lines.
    """

    text: str
    joined: int = 0
    paragraphs: int = 0
    left: int = 0

    def __str__(self) -> str:
        """Say it in a sentence."""
        if not self.joined:
            return "No lines were joined: none are hard-wrapped prose."
        what = "paragraph" if self.paragraphs == 1 else "paragraphs"
        left = f"; left {self.left:,} lines of verse, lists or headings as they are" if self.left else ""
        return f"Joined {self.joined:,} lines into {self.paragraphs:,} {what}{left}."


def reflow(text: str) -> Reflowed:
    """Join the lines of each paragraph of hard-wrapped prose.

    A text that is already reflowed stays as it is.
    """
    found = _reflowed(text)
    joined, paragraphs = found.joined, found.paragraphs
    while found.text != text:  # until nothing more would change
        text = found.text
        found = _reflowed(text)
        joined, paragraphs = joined + found.joined, paragraphs + found.paragraphs
    return found._replace(joined=joined, paragraphs=paragraphs)


def reflow_all(texts: Sequence[str]) -> tuple[list[str], Reflowed]:
    """Reflow several texts; return them, and what was done to all of them together."""
    found = [reflow(text) for text in texts]
    counts = (sum(counts) for counts in zip(*(one[1:] for one in found), strict=True))
    return [one.text for one in found], Reflowed("", *counts)


def _reflowed(text: str) -> Reflowed:
    lines = text.split("\n")
    units = _units(lines)
    breaks = [number for start, end in units for number in range(start, end - 1)]
    if not breaks:
        return Reflowed(text)
    lengths = np.array([len(lines[number].rstrip()) for number in breaks])
    words = np.array([len(lines[number + 1].split(maxsplit=1)[0]) for number in breaks])
    widths = _widths(lengths)
    no_room = lengths + 1 + words > widths
    all_lengths = np.array([len(line) for line in lines if line.strip()])
    width = float(np.percentile(lengths, _AT_THE_EDGE))
    beyond = np.mean(all_lengths > width / _LEAST_OF_WIDTH)
    left = sum(len(block.split("\n")) for block in re.split(r"\n\s*\n", text.strip("\n")) if "\n" in block)
    if width < _NARROWEST or np.mean(no_room) < _WRAPPED or beyond > _MOST_BEYOND:
        return Reflowed(text, left=left)
    fits = dict(zip(breaks, (no_room | (lengths >= _LEAST_OF_WIDTH * widths)).tolist(), strict=True))
    join = _Joining(text)
    result: list[str] = []
    joined = paragraphs = done = 0
    for start, end in units:
        here = [fits[number] for number in range(start, end - 1)]
        if not here or sum(here) < _FITTING * len(here) or _is_verse(lines[start:end]):
            continue
        result += [*lines[done:start], join(lines[start:end])]
        joined, paragraphs, done = joined + end - start, paragraphs + 1, end
    return Reflowed("\n".join([*result, *lines[done:]]), joined, paragraphs, left - joined)


def _units(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return where paragraphs begin and end: at empty lines, and before each line that is indented.

    One space is no indentation, but a slip.
    """
    starts, units = (
        [n for n, line in enumerate(lines) if not line.strip() or line.startswith(("  ", "\t"))],
        [],
    )
    for start, end in pairwise([0, *starts, len(lines)]):
        begin = start if start < len(lines) and lines[start].strip() else start + 1
        if begin < end:
            units.append((begin, end))
    return units


def _widths(lengths: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return the width of the page at each line: books in one file may differ."""
    least = _LEAST_OF_WIDTH * np.percentile(lengths, _AT_THE_EDGE)
    widths = [
        np.percentile(lengths[max(0, start - _AROUND) : start + 2 * _AROUND], _AT_THE_EDGE)
        for start in range(0, len(lengths), _AROUND)
    ]
    return np.repeat(np.maximum(widths, least), _AROUND)[: len(lengths)]


def _is_verse(lines: Sequence[str]) -> bool:
    capitals = sum(line.lstrip("\"'“”‘’«»(_*")[:1].isupper() for line in lines)
    return len(lines) >= _FEWEST_CAPITALS and capitals >= _CAPITALS * len(lines)


class _Joining:
    """How lines are joined, in a text with habits of its own."""

    def __init__(self, text: str) -> None:
        self._spaced_dashes = len(re.findall(r"(?:--|—) ", text)) > len(re.findall(r"(?:--|—)\S", text))
        self._words = frozenset(re.findall(r"\w+(?:-\w+)*", text))

    def __call__(self, lines: Sequence[str]) -> str:
        result = lines[0].rstrip()
        for line in lines[1:]:
            result = self._with(result, line.strip())
        return result

    def _with(self, before: str, line: str) -> str:
        if before.endswith(("--", "—")):
            return f"{before} {line}" if self._spaced_dashes else before + line
        broken = re.search(r"(\w+)-$", before)
        rest = re.match(r"\w+", line)
        if broken and rest:
            whole = broken[1] + rest[0]
            # A word that was broken is elsewhere whole; one with a hyphen of its own is not.
            is_word = whole in self._words and f"{broken[1]}-{rest[0]}" not in self._words
            return (before[:-1] if is_word else before) + line
        return before + line if ord(before[-1]) >= _IDEOGRAPHS <= ord(line[0]) else f"{before} {line}"
