"""Passages that occur twice: in two files, or both in what is learnt and in what is held out.

What a network has learnt by heart it predicts well, so that a loss on such passages says little.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DOUBLINGS = 5
_LETTERS = 2**_DOUBLINGS  # of a passage: some seven words
_FACTOR = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)  # odd, without a pattern
_SAMPLED = 8  # about every eighth passage is compared, in all texts the same ones
_PIECE = 2**22  # characters that are hashed at a time
_FEWEST = 20  # passages in common, below which it may be chance
_LEAST_SHARE = 0.01  # that is worth a word
_MOST_FILES = 20  # with the same passage, each of which is compared with all of them
_REPORTED = 5  # pairs of files
_GAP, _QUOTED = 200, 60  # characters


class Passages:
    """Passages of a text, `_LETTERS` letters or digits long, whatever the case and what is between them.

    A sample of them: which ones are in it depends on the passage alone.

    Parameters
    ----------
    text : str

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n,)
        Of each passage.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        # A passage across the end of a piece is not seen.
        found = [_hashed(text[start : start + _PIECE]) for start in range(0, len(text), _PIECE)] or [
            _hashed("")
        ]
        self.hashes = np.concatenate([hashes for hashes, _ in found])
        self._places = np.concatenate([places + n * _PIECE for n, (_, places) in enumerate(found)])

    def also_in(self, other: Passages) -> float:
        """Return which share of this text is also in another one: of few passages, 0."""
        hits = np.isin(self.hashes, other.hashes)
        return float(hits.mean()) if hits.sum() >= _FEWEST else 0.0

    def quote(self, other: Passages) -> str:
        """Return how the longest part begins that is also in another text; there has to be one."""
        places = self._places[np.isin(self.hashes, other.hashes)]
        starts = np.flatnonzero(np.diff(places, prepend=-_GAP - 1) > _GAP)
        ends = np.append(starts[1:], len(places)) - 1
        begin = places[starts[np.argmax(places[ends] - places[starts])]]
        words = " ".join(self._text[begin : begin + 2 * _QUOTED].split())
        words = words.partition(" ")[2] or words  # it may begin inside a word
        return words[:_QUOTED].rpartition(" ")[0] or words[:_QUOTED]


def _hashed(text: str) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """Return hashes of passages, and where each begins.

    A hash is a polynomial in the letters of its passage, whose length is doubled step by step.
    """
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    letters = np.zeros(int(codes.max(initial=0)) + 1, dtype=np.uint64)
    for code in np.flatnonzero(np.bincount(codes)).tolist():
        if chr(code).isalnum():
            letters[code] = ord(chr(code).lower()[0])
    hashes = letters[codes]
    places = np.flatnonzero(hashes)
    hashes, factor = hashes[places], _FACTOR
    for doubling in range(_DOUBLINGS):
        half = 2**doubling
        hashes = hashes[:-half] * factor + hashes[half:]
        factor = factor * factor
    sampled = np.flatnonzero((hashes * _FACTOR) >> np.uint64(32) & np.uint64(_SAMPLED - 1) == 0)
    return hashes[sampled], places[sampled]


def notes_on_files(names: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Return a sentence for each pair of files that have much in common, the most first."""
    passages = [Passages(text) for text in texts]
    found = []
    for one, other in _pairs(passages):
        small, large = sorted((one, other), key=lambda n: len(passages[n].hashes))
        share = passages[small].also_in(passages[large])
        if share >= _LEAST_SHARE:
            found.append((share, small, large))
    found.sort(reverse=True)
    notes = [
        _note(share, names[small], names[large], passages[small].quote(passages[large]))
        for share, small, large in found[:_REPORTED]
    ]
    if (more := len(found) - _REPORTED) > 0:
        notes.append(
            f"{more} more {'pair of files has' if more == 1 else 'pairs of files have'} passages in common."
        )
    return notes


def _pairs(passages: Sequence[Passages]) -> list[tuple[int, int]]:
    """Return the pairs of texts that have at least `_FEWEST` passages in common."""
    hashes = np.concatenate([np.unique(one.hashes) for one in passages])
    texts = np.repeat(np.arange(len(passages)), [len(np.unique(one.hashes)) for one in passages])
    order = np.lexsort((texts, hashes))
    hashes, texts = hashes[order], texts[order]
    common: Counter[int] = Counter()
    for shift in range(1, _MOST_FILES):
        same = hashes[shift:] == hashes[:-shift]
        pairs, counts = np.unique(
            texts[:-shift][same] * len(passages) + texts[shift:][same], return_counts=True
        )
        common.update(dict(zip(pairs.tolist(), counts.tolist(), strict=True)))
    return [divmod(pair, len(passages)) for pair, count in common.items() if count >= _FEWEST]


def note_on_held_out(learnt: str, held_out: str) -> tuple[float, tuple[str, ...]]:
    """Return which share of what is held out is also learnt, and a sentence if that is worth one."""
    known, other = Passages(learnt), Passages(held_out)
    share = other.also_in(known)
    if share < _LEAST_SHARE:
        return share, ()
    return share, (_note(share, "what is held out", "what is learnt", other.quote(known)),)


def _note(share: float, one: str, other: str, quote: str) -> str:
    """Say it in a sentence."""
    percent = f"{100 * share:.0f} %"
    return f'{percent} of {one} is also in {other}, e.g. "{quote}": the loss may look better than it is.'
