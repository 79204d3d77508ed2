"""Reading a text with the characters that a model knows: a curly quote as a straight one, and so on.

A text comes from a keyboard or a web page, a model's vocabulary from some old file; often they differ
only in how the same sign is encoded. The ladder, from the top, stopping at the first step that the
model knows:

1. the character itself;
2. its Unicode normal forms NFC and NFD (``é`` as one code point or as two);
3. its compatibility forms NFKC and NFKD (a ligature as two letters, a fullwidth letter as a plain one);
4. look-alikes: curly and straight quotes, dashes, kinds of line end, kinds of space;
5. the other case.

The later steps start from every form that the earlier ones found: a fullwidth capital is read as a small
letter where a model knows no other.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

# Straight, closing, opening.
_QUOTES = (("'", "’ʼ′´›", "‘‛‚`ʻ‹"), ('"', "”″»", "“„‟«"))
_BEFORE_OPENING = " \n\r\t\u00a0([{-–—"  # a straight quote behind one of these, or nothing, opens
_LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"
# What looks alike, and what is read for it: the first that is known.
_GROUPS = (
    ("-‐‑‒–—―−", "-–—‐‑−―‒"),
    (
        " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
        " \u00a0",
    ),
    ("/⁄∕", "/⁄∕"),  # the middle one is that of ½
)
_LINE_END = "\r\n"
_LONE_LINE_FEED = re.compile(r"(?<!\r)\n")
_FIRST_MARK = "\u0300"  # no character before this one joins another


class Replacement(NamedTuple):
    r"""One place of a text that is read as something else.

    Attributes
    ----------
    position : int
        Where, counted in characters (Unicode code points) of the text as it was given.
    character : str
        What is there: one character, or several that make one sign (a letter and its accent,
        ``"\r\n"``).
    used : str
        The known characters that are read instead; empty if there are none.
    """

    position: int
    character: str
    used: str


class Normalized(NamedTuple):
    """A text as a model can read it.

    Attributes
    ----------
    text : str
        Known characters only: what has no replacement is left out.
    replacements : tuple of Replacement
        Every place that differs from the text as it was given, in order.
    """

    text: str
    replacements: tuple[Replacement, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """What has no replacement, each once, in order."""
        return tuple(dict.fromkeys(one.character for one in self.replacements if not one.used))


def normalize(text: str, known: Collection[str], *, line_end: str | None = None) -> Normalized:
    r"""Read a text with known characters only.

    Parameters
    ----------
    text : str
    known : collection of str
        The characters that the model knows, such as its vocabulary.
    line_end : str, optional
        ``"\r\n"``, whose characters are then both known, has every lone ``"\n"`` read as that.
    """
    pairs = line_end == _LINE_END
    if all(character in known for character in set(text)) and not (pairs and _LONE_LINE_FEED.search(text)):
        return Normalized(text, ())  # the usual case, and a quick one
    pieces: list[str] = []
    replacements: list[Replacement] = []
    reading = _Reading(known, _LINE_END if pairs else "\n")
    for position, sign in _signs(text, whole_line_end=pairs or not {"\r", "\n"} <= set(known)):
        if sign != "\n" and all(character in known for character in sign):
            pieces.append(sign)
            continue
        before = text[max(position - 1, 0) : position]
        if used := reading(sign, before):
            parts = [(sign, used)]
        else:
            parts = [(one, reading(one, last)) for one, last in zip(sign, (before, *sign), strict=False)]
        for offset, (part, used) in enumerate(parts):
            pieces.append(used)
            if used != part:
                replacements.append(Replacement(position + offset, part, used))
    return Normalized("".join(pieces), tuple(replacements))


def _signs(text: str, *, whole_line_end: bool) -> Iterator[tuple[int, str]]:
    r"""Cut a text into signs: a character with all that joins it in Unicode, or perhaps a whole ``\r\n``."""
    start = 0
    while start < len(text):
        end = start + 1
        if whole_line_end and text.startswith(_LINE_END, start):
            end += 1
        elif text[start] not in "\r\n":
            while end < len(text) and _joins(text[start:end], text[end]):
                end += 1
        yield start, text[start:end]
        start = end


def _joins(sign: str, character: str) -> bool:
    """Return whether a character belongs to the sign before it: an accent, or a part of a syllable."""
    if character < _FIRST_MARK:
        return False
    if unicodedata.combining(character):
        return True
    alone, joined = (unicodedata.normalize("NFC", text) for text in (sign, sign + character))
    return len(joined) <= len(alone)


class _Reading:
    """What is read for a sign, or for a part of one: known characters, or nothing."""

    def __init__(self, known: Collection[str], line_feed: str) -> None:
        self._known = known
        self._line_feed = line_feed  # what a line feed is read as, if it is known
        self._found: dict[tuple[str, str], str] = {}  # few differ in a text, and they come often

    def __call__(self, sign: str, before: str) -> str:
        """Return what is read for a sign; what a quote is depends on the character before it."""
        key = sign, before
        if key not in self._found:
            ends_line = sign == _LINE_END or sign in tuple(_LINE_ENDS)
            self._found[key] = self._line_end(sign) if ends_line else self._down(sign, before)
        return self._found[key]

    def _line_end(self, sign: str) -> str:
        if sign != "\n" and all(character in self._known for character in sign):
            return sign
        used = next((one for one in "\n\r " if one in self._known), "")
        return self._line_feed if used == "\n" else used

    def _down(self, sign: str, before: str) -> str:
        """Go down the ladder."""
        forms, steps = _forms(sign), (self._itself, self._lookalike, self._other_case)
        return next(filter(None, (_spelled(forms, before, step) for step in steps)), "")

    def _itself(self, character: str, _before: str) -> str:
        return character if character in self._known else ""

    def _lookalike(self, character: str, before: str) -> str:
        others = (character, *_lookalikes(character, before))
        return next((other for other in others if other in self._known), "")

    def _other_case(self, character: str, before: str) -> str:
        others = dict.fromkeys((character.lower(), character.casefold(), character.upper()))
        forms = [character, *(form for other in others for form in _forms(other))]
        return _spelled(forms, before, self._lookalike)


def _spelled(forms: Iterable[str], before: str, step: Callable[[str, str], str]) -> str:
    """Return what a step makes of the first form of which it reads every character."""
    for form in forms:
        pieces = [step(one, last) for one, last in zip(form, (before, *form), strict=False)]
        if all(pieces):
            return "".join(pieces)
    return ""


def _forms(sign: str) -> list[str]:
    """Return a sign in each of its forms, the nearest first."""
    normal = (unicodedata.normalize(form, sign) for form in ("NFC", "NFD", "NFKC", "NFKD"))
    forms = dict.fromkeys((sign, *normal))
    # An accent that stands alone, such as ´, is no space with an accent above.
    return [form for form in forms if form in (" ", sign) or not form.startswith(" ")]


def _lookalikes(character: str, before: str) -> str:
    """Return what looks like a character, the nearest first."""
    for straight, closing, opening in _QUOTES:
        if character in straight + closing + opening:
            opens = before in _BEFORE_OPENING if character == straight else character in opening
            return straight + (opening + closing if opens else closing + opening)
    return next((others for group, others in _GROUPS if character in group), "")
