"""The page reads a text with the characters that a model knows as Python does."""

from __future__ import annotations

import os
import string
import unicodedata

import pytest

from lstm_widget.formats.safetensors import load_safetensors
from lstm_widget.network.bundled import DEFAULT_MODEL, bundled_files
from lstm_widget.network.normalize import normalize


def is_special(character):
    """Return whether Unicode says anything of a character that reading it depends on."""
    if "\uac00" <= character <= "\ud7a3":  # a syllable of Korean: there are thousands, all alike
        return False
    others = (
        character.lower(),
        character.upper(),
        character.casefold(),
        unicodedata.normalize("NFKD", character),
    )
    return unicodedata.combining(character) or {character} != set(others)


# What this Python knows of the Basic Multilingual Plane; a page may know newer characters, too. Of the many
# that Unicode says nothing of, one in so many.
EVERY = int(os.environ.get("LSTM_WIDGET_EVERY", "50"))
PLANE = [
    character
    for code, character in enumerate(map(chr, range(0x10000)))
    if unicodedata.category(character) != "Cn" and (code % EVERY == 0 or is_special(character))
]
LETTERS = string.ascii_letters
VOCABULARIES = {
    "printable": string.printable,
    "small": string.ascii_lowercase + " \n'\"-",
    "capital": string.ascii_uppercase + "\r “”‘’—",
    "accents": LETTERS + "\u0300\u0301\u0302\u0303\u0308\u0327\u0334\u0345 \u00a0/",
    "foreign": "αβγσςабвгәґἀაᏣꭳ가각ㄱ\u1100\u1161¿«»´`\u2028 ⁄½",
    "windows": string.printable + "ß’",
}
PLANES = {
    "alone": "\n".join(PLANE),
    "after a letter": "".join("a" + one for one in PLANE),
    "before a mark": "\n".join(one + "\u0301" for one in PLANE),
}
TEXTS = {
    "line ends": "a\nb\r\nc\rd\n\re\r\r\n\nf\x0bg\x0ch\x85i\u2028j\u2029\n",
    "quotes": "'a' \"b\" ('c') [\"d\"] it's “e” ‘f’ „g“ »h« «i» ‹j› `k´ —'l'—\"m\"",
    "beyond the plane": "𝐀𝑏𝟙😀👩‍👩‍👧🇩🇪𐐨𐐀\U0001d15e",
    "nothing": "",
}


def assert_same(page, text, known, line_end=None):
    found = page.ask("normalize", text=text, known=sorted(known), lineEnd=line_end)
    expected = normalize(text, known, line_end=line_end)
    assert found["text"] == expected.text
    replaced = [(one["position"], one["character"], one["used"]) for one in found["replacements"]]
    assert replaced == [tuple(one) for one in expected.replacements]
    assert found["unknown"] == list(expected.unknown)


@pytest.mark.parametrize("text", PLANES)
@pytest.mark.parametrize("vocabulary", ["accents", "foreign", "small"])
def test_the_first_plane(page, vocabulary, text):
    assert_same(page, PLANES[text], set(VOCABULARIES[vocabulary]))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_any_text(page, vocabulary, text):
    assert_same(page, TEXTS[text], set(VOCABULARIES[vocabulary]))


@pytest.mark.parametrize("text", TEXTS)
def test_a_model(page, text):
    assert_same(page, TEXTS[text], load_safetensors(bundled_files()[DEFAULT_MODEL]).vocab)


@pytest.mark.parametrize("text", TEXTS)
def test_the_line_ends_of_a_model_from_windows(page, text):
    assert_same(page, TEXTS[text], set(VOCABULARIES["windows"]), "\r\n")
