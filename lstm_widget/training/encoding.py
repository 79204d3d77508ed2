"""From code points to ids.

A character that is not in the vocabulary is read as a model without it reads it later, with
`lstm_widget.network.normalize`; so training and writing agree on what a text says.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.network.normalize import normalize

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNKNOWN = -1  # the id of a character that is not in the vocabulary
_FIRST_MARK = 0x300  # no character before this one joins another
_LINE_FEED = 10


def to_ids(
    codes: NDArray[np.int32], counts: NDArray[np.int64], vocab: dict[str, int]
) -> tuple[NDArray[np.int32], Counter[str]]:
    """Encode a text.

    Parameters
    ----------
    codes : ndarray of int32
        The code points of the text.
    counts : ndarray of int64
        How often each code point occurs, up to the highest.
    vocab : dict
        Character to id.

    Returns
    -------
    ids : ndarray of int32
    unread : Counter
        Characters that were left out.
    """
    table = np.full(len(counts), _UNKNOWN, dtype=np.int32)
    for code in np.flatnonzero(counts):
        table[code] = vocab.get(chr(code), _UNKNOWN)
    ids = table[codes]
    unread: Counter[str] = Counter()
    unknown = np.flatnonzero(ids == _UNKNOWN)
    if not len(unknown):
        return ids, unread
    places = _around(codes, unknown)
    text = np.where(places < 0, _LINE_FEED, codes[places]).astype("<u4").tobytes().decode("utf-32-le")
    pieces: list[NDArray[np.int32]] = []
    done = 0
    for position, character, used in normalize(text, vocab).replacements:
        place = int(places[position])
        if place < 0:
            continue
        pieces += (ids[done:place], np.array([vocab[c] for c in used], dtype=np.int32))
        done = place + len(character)
        if not used:
            unread[character] += 1
    return np.concatenate([*pieces, ids[done:]]), unread


def _around(codes: NDArray[np.int32], unknown: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the places that decide how unknown characters are read; a line feed (-1) between them.

    These are the whole sign and one character before it. A line feed joins nothing, and to `normalize` it
    is the same as the beginning of a text: so all can be read at once, as one text.
    """
    places: list[int] = []
    end = 0
    for place in unknown.tolist():
        if place < end:  # in the same sign as the one before
            continue
        start, end = place, place + 1
        while start > 0 and not _starts_sign(int(codes[start])):
            start -= 1
        while end < len(codes) and not _starts_sign(int(codes[end])):
            end += 1
        # Neighbours stay together: so what is before is known, and nothing is read twice.
        if not places or places[-1] != start - 1:
            places += (-1, start - 1)  # at the very start twice -1, which is as good
        places += range(start, end)
    return np.array(places, dtype=np.intp)


@cache
def _starts_sign(code: int) -> bool:
    """Return whether a character never joins the one before it, so that a text can be cut there.

    That is a boundary of the normal form NFC (Unicode Standard Annex 15, section 9.1).
    """
    if code < _FIRST_MARK:
        return True
    character = chr(code)
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
