"""From code points to ids.

A character that is not in the vocabulary is read as a model without it reads it later, with
`lstm_widget.network.normalize`; so training and writing agree on what a text says.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.network.normalize import normalize
from lstm_widget.training.reading import LINE_FEED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from lstm_widget.training.reading import Codes

_LONGEST_SIGN = 2**16  # characters; a longer sign is cut, to bound the memory
_UNKNOWN = -1  # the id of a character that is not in the vocabulary
_FIRST_MARK = 0x300  # no character before this one joins another


class Encoder:
    """From code points to ids, where a block may end in the middle of a sign.

    Parameters
    ----------
    counts : ndarray of int64
        How often each code point occurs.
    vocab : dict
        Character to id.

    Attributes
    ----------
    characters : int
        How many have been read.
    unread : Counter
        Characters that have been left out.
    """

    def __init__(self, counts: NDArray[np.int64], vocab: dict[str, int]) -> None:
        self.characters = 0
        self.unread: Counter[str] = Counter()
        self._vocab = vocab
        # By code point. The last one covers all behind it, which only a text that is changing holds.
        self._ids = np.full(len(counts) + 1, _UNKNOWN, dtype=np.int32)
        self._starts = np.ones(len(counts) + 1, dtype=np.bool_)
        for code in np.flatnonzero(counts):
            self._ids[code] = vocab.get(chr(code), _UNKNOWN)
            self._starts[code] = code < _FIRST_MARK or _starts_sign(chr(code))

    def encode(self, blocks: Iterable[Codes]) -> Iterator[NDArray[np.int32]]:
        """Yield the ids of a text."""
        waiting = np.empty(0, dtype=np.int32)
        before = 0  # how many of those that wait have been read: a quote depends on what is before it
        for codes in blocks:
            self.characters += len(codes)
            waiting = np.concatenate([waiting, codes])
            starts = self._starts.take(waiting, mode="clip")
            # The next block may go on with the last sign.
            end = len(waiting) - 1 - int(starts[::-1].argmax()) if starts.any() else 0
            if len(waiting) - end > _LONGEST_SIGN:
                end = len(waiting)
            if end > before:
                yield self._read(waiting[:end], before)
                waiting, before = waiting[end - 1 :], 1
        yield self._read(waiting, before)

    def _read(self, codes: Codes, before: int) -> NDArray[np.int32]:
        """Return the ids of whole signs, without those of the first `before` characters."""
        ids = self._ids.take(codes, mode="clip")
        unknown = before + np.flatnonzero(ids[before:] == _UNKNOWN)
        if not len(unknown):
            return ids[before:]
        places = self._around(codes, unknown, before)
        text = _text(np.where(places < 0, LINE_FEED, codes[places]))
        pieces: list[NDArray[np.int32]] = []
        done = before
        for position, character, used in normalize(text, self._vocab).replacements:
            place = int(places[position])
            if place < before:
                continue
            pieces += (ids[done:place], np.array([self._vocab[c] for c in used], dtype=np.int32))
            done = place + len(character)
            if not used:
                self.unread[character] += 1
        return np.concatenate([*pieces, ids[done:]])

    def _around(self, codes: Codes, unknown: NDArray[np.intp], before: int) -> NDArray[np.intp]:
        """Return the places that decide how unknown characters are read; a line feed (-1) between them.

        These are the whole sign and one character before it. A line feed joins nothing, and to `normalize` it
        is the same as the beginning of a text: so all can be read at once, as one text.
        """
        starts = before + np.flatnonzero(self._starts.take(codes[before:], mode="clip"))
        starts = np.concatenate([[before], starts[starts > before]])
        ends = np.append(starts[1:], len(codes))
        signs = np.unique(np.searchsorted(starts, unknown, side="right") - 1)
        places: list[int] = []
        for start, end in zip(starts[signs].tolist(), ends[signs].tolist(), strict=True):
            # Neighbours stay together: so what is before is known, and nothing is read twice.
            if not places or places[-1] != start - 1:
                places += (-1, start - 1)  # at the very start twice -1, which is as good
            places += range(start, end)
        return np.array(places, dtype=np.intp)


def _text(codes: NDArray[Any]) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def _starts_sign(character: str) -> bool:
    """Tell whether a character never joins the one before it, so that a text can be cut there.

    That is a boundary of the normal form NFC (Unicode Standard Annex 15, section 9.1).
    """
    first = unicodedata.normalize("NFD", character)[0]
    joins = unicodedata.combining(character) or unicodedata.combining(first) or first in _second_ones()
    return not joins


@cache
def _second_ones() -> frozenset[str]:
    """Return the characters that may become one with the character before them."""
    found = {chr(code) for code in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}  # Korean
    for code in range(0x20000):  # behind that there are only ideographs
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):  # noqa: PLR2004 - a pair
            found.add(chr(int(parts[1], 16)))
    return frozenset(found)
