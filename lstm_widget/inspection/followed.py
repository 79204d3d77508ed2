"""What a unit may follow: properties of a text that a person can name.

Each is a number for every character, from the text up to and including it; NaN where it has no meaning.
"""

from __future__ import annotations

import unicodedata
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

# In each half of the text, the least number of characters at which a thing stands out, and of times it ends.
_LEAST_OUTSTANDING, _LEAST_ENDS = 15, 5
_VOWELS = frozenset("aeiouæœøıαεηιουωаеиоуыэюяієї")
_NEITHER = frozenset("yъь")  # a "y" is a vowel or a consonant, which is not always plain to see
_SHORT_I = "й"  # a consonant, though it is made of a vowel and a mark
_APOSTROPHES = "'’"
# A straight quote opens behind one of these; behind a dash it opens if none is open.
_BEFORE_OPENING = " \n\r\t\u00a0([{"
_DASHES = "-–—"
_CLOSING = {'"': '"', "“": '”"', "„": '“”"', "«": "»", "»": "«"}


def _position_in_line(text: str) -> Iterator[float]:
    position = 0
    for character in text:
        position = 0 if character == "\n" else position + 1
        yield position


def _blank_line(text: str) -> Iterator[float]:
    return (character == before == "\n" for before, character in _pairs(text))


def _first_line(text: str) -> Iterator[float]:
    first = False
    for before, character in _pairs(text):
        if character == "\n":
            first = before == "\n"
        yield first


def _inside_quotes(text: str) -> Iterator[float]:
    closing = ""  # what closes the quote that is open
    for before, character in _pairs(text):
        if character == before == "\n":
            closing = ""  # else one quote without its fellow would turn the rest of the text inside out
        elif closing:
            if character in closing and not (character == '"' and before in _BEFORE_OPENING):
                closing = ""
        elif character in _CLOSING and (character != '"' or before in _BEFORE_OPENING + _DASHES):
            closing = _CLOSING[character]
        yield closing != ""


def _inside_brackets(text: str) -> Iterator[float]:
    depth = 0
    for before, character in _pairs(text):
        if character == before == "\n":
            depth = 0
        depth = max(0, depth + (character in "([{") - (character in ")]}"))
        yield depth > 0


def _word_length(text: str) -> Iterator[int]:
    """Count the letters of the word so far; an apostrophe does not end it."""
    length = 0
    for character in text:
        if character.isalpha():
            length += 1
        elif character not in _APOSTROPHES and not unicodedata.combining(character):
            length = 0
        yield length


def _between_words(text: str) -> Iterator[float]:
    return (length == 0 for length in _word_length(text))


def _after_capital(text: str) -> Iterator[float]:
    capital = False
    for character, length in zip(text, _word_length(text), strict=True):
        if length == 1 and character.isalpha():
            capital = character.isupper()
        yield capital and length > 0


@cache
def _is_vowel(character: str) -> float:
    """Return 1 for a vowel, 0 for a consonant; NaN for anything else, and in scripts without capitals."""
    lower = character.lower()
    if not character.isalpha() or lower == character.upper():
        return np.nan
    base = lower if lower == _SHORT_I else unicodedata.normalize("NFD", lower)[0]
    return np.nan if base in _NEITHER else float(base in _VOWELS)


def _end_of_sentence(text: str) -> Iterator[float]:
    ended = False
    for character in text:
        ended = character in ".!?…" or (ended and not character.isalnum())
        yield ended


def _since_comma(text: str) -> Iterator[float]:
    count = 0
    for character in text:
        count = 0 if character in ",." else count + 1
        yield count


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Return each character with the one before it; nothing before a text is like a line end."""
    return zip("\n" + text[:-1], text, strict=True)


FOLLOWED: dict[str, Callable[[str], Iterable[float]]] = {
    "position in the line": _position_in_line,
    "line end just written": partial(map, "\n".__eq__),
    "blank line just written": _blank_line,
    "first line after a blank line": _first_line,
    "inside quotes": _inside_quotes,
    "inside brackets": _inside_brackets,
    "length of the word so far": _word_length,
    "between words": _between_words,
    "after a capital letter": _after_capital,
    "vowel or consonant": partial(map, _is_vowel),
    "end of a sentence": _end_of_sentence,
    "characters since the last comma or full stop": _since_comma,
    "digit just written": partial(map, str.isdigit),
}
"""What a cell may follow, by its name: each gives a number for every character of a text; NaN for none."""


def followed(name: str, text: str) -> NDArray[np.float64]:
    """Return what a cell may follow, at each character of a text.

    Parameters
    ----------
    name : str
        One of `FOLLOWED`.
    text : str
        T characters.

    Returns
    -------
    ndarray of float64, shape (T,)
        For each character, from it and those before it; NaN where the name has no meaning.
    """
    return np.fromiter(FOLLOWED[name](text), dtype=np.float64, count=len(text))


def stands_out(values: NDArray[np.float64]) -> bool:
    """Return whether there is enough to follow: often enough something unusual, that often enough ends."""
    defined = values[~np.isnan(values)]
    if defined.size == 0:
        return False
    outstanding = defined.size - np.unique(defined, return_counts=True)[1].max()
    ends = (np.diff(defined) < 0).sum()
    return bool(outstanding >= _LEAST_OUTSTANDING and ends >= _LEAST_ENDS)
