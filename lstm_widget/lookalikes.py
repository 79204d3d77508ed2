"""Reading a text with the characters that a model knows: a curly quote as a straight one, and so on.

A text comes from a keyboard or a web page, a model's vocabulary from some old file; often they differ
only in how the same sign is encoded. The ladder, from the top, stopping at the first step that the
model knows:

1. the character itself;
2. its Unicode normal forms NFC and NFD (``é`` as one code point or as two);
3. look-alikes: curly and straight quotes, dashes, kinds of line end, kinds of space, the ellipsis.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Straight, closing, opening.
_QUOTES = (("'", "’ʼ′´", "‘‛‚`"), ('"', "”″»", "“„‟«"))
_BEFORE_OPENING = " \n\r\t\u00a0([{-–—"  # a straight quote behind one of these, or nothing, opens
# What looks alike, and what is read for it: the first that is known.
_GROUPS = (
    ("-‐‑‒–—―−", "-–—‐‑−―‒"),
    (" \u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000\t", " \u00a0"),
    ("\n\r\v\f\x85\u2028\u2029", "\n\r "),
)
_ELLIPSIS = "…"
_LINE_END = "\r\n"
_FIRST_MARK = "\u0300"  # no character before this one joins another


class Replacement(NamedTuple):
    r"""One place of a text that is read as something else.

    Attributes
    ----------
    position : int
        Where, counted in characters (Unicode code points) of the text as it was given.
    character : str
        What stands there: one character, or several that make one sign (a letter and its accent,
        ``"\r\n"``).
    used : str
        The known characters that are read instead; empty if there are none.
    """

    position: int
    character: str
    used: str


class Adapted(NamedTuple):
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


def adapt(text: str, known: Collection[str]) -> Adapted:
    """Read a text with known characters only.

    Parameters
    ----------
    text : str
    known : collection of str
        The characters that the model knows, such as its vocabulary.
    """
    if all(character in known for character in set(text)):  # the usual case, and a quick one
        return Adapted(text, ())
    pieces: list[str] = []
    replacements: list[Replacement] = []
    for position, sign in _signs(text, known):
        if all(character in known for character in sign):
            pieces.append(sign)
            continue
        whole = _normal(sign, known)
        for offset, part in enumerate([sign] if whole else sign):
            used = whole or _instead(part, text[max(position + offset - 1, 0) : position + offset], known)
            pieces.append(used)
            if used != part:
                replacements.append(Replacement(position + offset, part, used))
    return Adapted("".join(pieces), tuple(replacements))


def _signs(text: str, known: Collection[str]) -> Iterator[tuple[int, str]]:
    r"""Cut a text into signs: a character with all that joins it in Unicode, or an unknown ``\r\n``."""
    whole_line_end = not {"\r", "\n"} <= set(known)
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
    """Tell whether a character belongs to the sign before it: an accent, or a part of a syllable."""
    if character < _FIRST_MARK:
        return False
    if unicodedata.combining(character):
        return True
    alone, joined = (unicodedata.normalize("NFC", text) for text in (sign, sign + character))
    return len(joined) <= len(alone)


def _normal(sign: str, known: Collection[str]) -> str:
    """Return a sign in the form that is known; empty if none is."""
    if sign == _LINE_END:
        forms = ["\n", "\r", " "]
    else:
        forms = [unicodedata.normalize(form, sign) for form in ("NFC", "NFD")]
    return next((form for form in forms if all(character in known for character in form)), "")


def _instead(character: str, before: str, known: Collection[str]) -> str:
    """Return what is read for one character: itself, a normal form, a look-alike, or nothing."""
    if character in known:
        return character
    if normal := _normal(character, known):
        return normal
    if character == _ELLIPSIS:
        return "..." if "." in known else ""
    return next((other for other in _lookalikes(character, before) if other in known), "")


def _lookalikes(character: str, before: str) -> str:
    """Return what looks like a character, the nearest first."""
    for straight, closing, opening in _QUOTES:
        if character in straight + closing + opening:
            opens = before in _BEFORE_OPENING if character == straight else character in opening
            return straight + (opening + closing if opens else closing + opening)
    return next((others for group, others in _GROUPS if character in group), "")
