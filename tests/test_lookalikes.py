"""Reading a text with the characters that a model knows."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_texts import refused

from lstm_widget.errors import UnknownCharactersError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.normalize import Normalized, Replacement, normalize

ACUTE, DOT_BELOW, DIAERESIS = "\u0301", "\u0323", "\u0308"
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
SPACES = "".join(one for one in map(chr, range(0x20, 0x3001)) if unicodedata.category(one) == "Zs") + "\t"
LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"
SINGLE, DOUBLE = "'\u2018\u2019\u201a\u201b\u02bc`\u00b4\u2032", '"\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb'


def read(text, known):
    return normalize(text, known).text


# Step by step down the ladder.


def test_a_known_text_is_read_as_it_is():
    text = "“it’s”\r\n é e\u0301 …"
    assert normalize(text, set(text)) == Normalized(text, ())
    assert normalize("", set()) == Normalized("", ())


@pytest.mark.parametrize("group", [DASHES, SPACES, LINE_ENDS, SINGLE, DOUBLE])
def test_every_character_of_a_group_is_read_as_its_plain_one(group):
    for character in group[1:]:
        normalized = normalize(f"a{character}a", {"a", group[0]})
        assert normalized == Normalized(f"a{group[0]}a", (Replacement(1, character, group[0]),))
        assert normalized.unknown == ()


@pytest.mark.parametrize("group", [DASHES, "\n\r", SINGLE, DOUBLE, " \u00a0"])
def test_a_character_is_read_as_any_one_of_its_group(group):
    for known in group:
        for character in group:
            assert read(f"a{character}a", {"a", known}) == f"a{known}a"


def test_a_character_that_is_known_is_not_replaced_by_a_plainer_one():
    for group in (DASHES, SPACES, LINE_ENDS, SINGLE, DOUBLE):
        for character in group:
            assert normalize(f"a{character}\u2603", {"a", character, group[0]}).text == f"a{character}"


def test_groups_do_not_mix():
    for group in (DASHES, SPACES, SINGLE, DOUBLE):
        others = set(DASHES + SPACES + SINGLE + DOUBLE) - set(group)
        apart = [character for character in group if character != "\u2033"]  # to Unicode two of U+2032
        assert [read(character, others) for character in apart] == [""] * len(apart)
    assert read("a\nb", {"a", "b", " "}) == "a b"  # a line end may become a space
    assert normalize("a b", {"a", "b", "\n"}).unknown == (" ",)  # but not the other way round


def test_the_nearest_of_several_is_taken():
    assert read("—", {"–", "-"}) == "-"
    assert read("—", {"–", "‒"}) == "–"
    assert read("\t", {" ", "\u00a0"}) == " "
    assert read("\r", {"\n", " "}) == "\n"
    assert read("\n", {"\r", " "}) == "\r"


def test_an_ellipsis_is_three_points():
    assert normalize("a…", {"a", "."}) == Normalized("a...", (Replacement(1, "…", "..."),))
    assert normalize("a…", {"a"}).unknown == ("…",)
    assert read("a…", {"a", ".", "…"}) == "a…"


# Normal forms.

COMPOSED = [
    "é",
    "ñ",
    "Å",
    "\u1eb9\u0301",  # no single character has both marks
    "\u1e69",  # s with a dot below and one above
    "\u01d8",  # u with a diaeresis and an acute
    "\u1ec7",  # e with a circumflex and a dot below
    "\uac00",
    "\uac01",
    "\u09cb",
]


@pytest.mark.parametrize("sign", COMPOSED)
def test_what_is_decomposed_is_composed(sign):
    parts = unicodedata.normalize("NFD", sign)
    assert normalize(f"a{parts}b", {"a", "b", *sign}) == Normalized(
        f"a{sign}b", (Replacement(1, parts, sign),)
    )


@pytest.mark.parametrize("sign", ["é", "ñ", "Å", "\u1e69", "\u01d8", "\u1ec7", "\uac00", "\uac01", "\u09cb"])
def test_what_is_composed_is_decomposed(sign):
    parts = unicodedata.normalize("NFD", sign)
    assert normalize(f"a{sign}b", {"a", "b", *parts}) == Normalized(
        f"a{parts}b", (Replacement(1, sign, parts),)
    )


def test_marks_are_put_in_order():
    for text in ("e" + ACUTE + DOT_BELOW, "é" + DOT_BELOW, "\u1eb9" + ACUTE):
        assert read(text, {"\u1eb9", ACUTE}) == "\u1eb9" + ACUTE
        assert read(text, {"e", ACUTE, DOT_BELOW}).startswith("e")
        assert sorted(read(text, {"e", ACUTE, DOT_BELOW})) == sorted("e" + ACUTE + DOT_BELOW)


def test_signs_that_are_the_same_character():
    assert read("\u212b\u2126\u2000", {"Å", "Ω", "\u2002"}) == "ÅΩ\u2002"


def test_of_a_sign_the_known_parts_are_read():
    assert normalize("e" + ACUTE, {"e"}) == Normalized("e", (Replacement(1, ACUTE, ""),))
    assert normalize(ACUTE + "e", {"e"}) == Normalized("e", (Replacement(0, ACUTE, ""),))
    assert normalize("é" + DOT_BELOW, {"é"}) == Normalized("é", (Replacement(1, DOT_BELOW, ""),))
    normalized = normalize("é" + DOT_BELOW, {"e", ACUTE})
    assert normalized == Normalized(
        "e" + ACUTE, (Replacement(0, "é", "e" + ACUTE), Replacement(1, DOT_BELOW, ""))
    )
    assert normalize("é", {"e"}).unknown == ("é",)  # an accent is not dropped without a word
    assert read("o" + DIAERESIS, {"o", DIAERESIS}) == "o" + DIAERESIS  # a lone mark is a character (bolano)
    assert read("ö", {"o", DIAERESIS}) == "o" + DIAERESIS


# Compatibility forms and the other case.

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
LONG_S, FULL_A, SCRIPT_X, SCRIPT_H = "\u017f", "\uff41", "\U0001d4b3", "\u210c"


def test_ligatures_and_other_compatible_characters_are_read_as_plain_ones():
    normalized = normalize(f"ﬁﬄ²{SCRIPT_H}①{FULL_A}{LONG_S}½", set(LETTERS + "H/"))
    assert normalized.text == "fiffl2H1as1/2"
    assert [one.used for one in normalized.replacements] == ["fi", "ffl", "2", "H", "1", "a", "s", "1/2"]
    assert normalize("½", set(LETTERS)).unknown == ("½",)  # all of it or nothing


@pytest.mark.parametrize("space", set(SPACES) - {" "})
def test_no_space_vanishes_between_words(space):
    assert read(f"I{space}was{space}there", set("Iwasther ")) == "I was there"


def test_a_model_of_one_case_is_given_it():
    assert read("The Cat, É", set("the cat,é")) == "the cat, é"
    assert read("The Cat", set("THE CAT")) == "THE CAT"
    assert read(f"{SCRIPT_X}Ａ\u01c4", set(LETTERS + "\u01c6")) == "xa\u01c6"
    assert read("É", {"e", ACUTE}) == "e" + ACUTE
    assert read("E" + ACUTE, {"é"}) == "é"
    assert read("Straße, STRASSE", set("strase, ")) == "strasse, strasse"
    assert read("Straße", set("STRASE")) == "STRASSE"
    assert read("ς", {"σ"}) == "σ"


def test_a_nearer_step_comes_first():
    assert read("ﬁ", set("ﬁfi")) == "ﬁ"
    assert read("Ａ", set("aA")) == "A"
    assert read("\u2011", {"\u2010", "-"}) == "\u2010"  # its compatibility form
    assert read("\u00b4", {" ", ACUTE, "'"}) == "'"  # and no accent above a space
    assert normalize("\u00a8", {" ", DIAERESIS}).unknown == ("\u00a8",)
    assert read("\v" + ACUTE, {"\n", ACUTE}) == "\n" + ACUTE


# All of Unicode.

EVERY = [chr(code) for code in range(0x110000)]
WITH_FORMS = [one for one in EVERY if not unicodedata.is_normalized("NFKD", one)]


def forms_of(character):
    """Return what Unicode says to be the same character, but for its looks."""
    forms = {unicodedata.normalize(form, character) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    return {form for form in forms if form == " " or not form.startswith(" ")}


def test_every_character_with_a_known_compatibility_form_is_read():
    wrong = [
        (one, form)
        for one in WITH_FORMS
        for form in forms_of(one)
        if normalize(f"({one})", {*form, "(", ")"} - {one}).unknown and one not in form
    ]
    assert wrong == []


def test_every_character_with_a_known_other_case_is_read():
    wrong = [
        one
        for one in EVERY
        for other in (one.lower(), one.upper())
        if other != one and one not in other and normalize(f"({one})", {*other, "(", ")"}).unknown
    ]
    assert wrong == []


# Line ends.


@pytest.mark.parametrize(
    ("known", "pairs"),
    [
        ("\r\n", {"\r\n": "\r\n", "\r": "\r", "\n": "\n", "\n\r": "\n\r", "\r\n\r\n": "\r\n\r\n"}),
        ("\n", {"\r\n": "\n", "\r": "\n", "\n": "\n", "\n\r": "\n\n", "\r\r\n": "\n\n", "\r\n\r\n": "\n\n"}),
        ("\r", {"\r": "\r", "\n": "\r", "\n\n": "\r\r"}),
        (" ", {"\r": " ", "\n": " ", "\n\n": "  "}),
        ("", {"\r\n": "", "\r": "", "\n": ""}),
    ],
)
def test_line_ends(known, pairs):
    for given_end, read_end in pairs.items():
        assert read(f"a{given_end}b", {"a", "b", *known}) == f"a{read_end}b"


@pytest.mark.parametrize("known", ["\r", " "])
def test_one_line_end_stays_one(known):
    assert normalize("a\r\nb", {"a", "b", known}) == Normalized(
        f"a{known}b", (Replacement(1, "\r\n", known),)
    )


def test_a_mark_behind_a_line_end_does_not_double_it():
    assert read("a\r\n" + ACUTE, {"a", "\n"}) == "a\n"


def test_a_line_end_of_two_characters_is_one_place():
    assert normalize("a\r\nb\r\n", {"a", "b", "\n"}).replacements == (
        Replacement(1, "\r\n", "\n"),
        Replacement(4, "\r\n", "\n"),
    )


# Quotes.


@pytest.mark.parametrize(
    ("straight", "opening", "closing"), [("'", "‘", "’"), ('"', "“", "”"), ('"', "«", "»")]
)
def test_straight_quotes_open_and_close(straight, opening, closing):
    curly = f"{opening}Yes{closing} ({opening}no{closing})\n{opening}a{closing}—{opening}b{closing}"
    plain = curly.replace(opening, straight).replace(closing, straight)
    known = set("Yesnoab ()\n—")
    normalized = normalize(plain, known | {opening, closing})
    assert normalized.text == curly
    assert [one.used for one in normalized.replacements] == [opening, closing] * 4
    assert read(curly, known | {straight}) == plain
    assert read(plain, known | {opening}) == curly.replace(closing, opening)  # better than none


def test_an_apostrophe_is_a_closing_quote():
    assert read("don't, the boys' 'it's'", set("dont, heboysi‘’")) == "don’t, the boys’ ‘it’s’"
    assert read("don’t", set("dont'")) == "don't"


def test_curly_quotes_become_the_other_kind_only_if_there_is_nothing_nearer():
    assert read("“a”", set('a"”')) == '"a”'
    assert read("„a“", set("a“”")) == "“a“"
    assert read("“a”", set("a«»")) == "«a»"
    assert read("“a”", set("a'")) == "a"  # a double quote is no single one


# Places.


def test_positions_count_code_points_of_the_text_as_it_was():
    text = "😀“\r\n…é𝒳e" + ACUTE + "—\U0010ffff"
    normalized = normalize(text, set('"\n.e' + ACUTE + "-"))
    assert normalized.text == '"\n...e' + ACUTE + "e" + ACUTE + "-"
    assert normalized.replacements == (
        Replacement(0, "😀", ""),
        Replacement(1, "“", '"'),
        Replacement(2, "\r\n", "\n"),
        Replacement(4, "…", "..."),
        Replacement(5, "é", "e" + ACUTE),
        Replacement(6, "𝒳", ""),
        Replacement(9, "—", "-"),
        Replacement(10, "\U0010ffff", ""),
    )
    assert normalized.unknown == ("😀", "𝒳", "\U0010ffff")


def test_unknown_characters_are_told_once_each_in_order():
    assert normalize("XaYXaZY\ud800", {"a"}).unknown == ("X", "Y", "Z", "\ud800")
    assert normalize("Xa" + ACUTE, {"a"}).unknown == ("X", ACUTE)


# Properties.

signs = st.sampled_from([*DASHES, *SPACES, *LINE_ENDS, *SINGLE, *DOUBLE, "…", "\r\n"])
letters = st.sampled_from(
    [*"aeé\u1eb9\u1100\u1161가😀ﬁfiFÉAsSßx½12/", "e\u0301", ACUTE, DOT_BELOW, LONG_S, FULL_A, SCRIPT_X]
)
texts = st.lists(signs | letters | st.characters(), max_size=25).map("".join)
known_sets = st.frozensets(signs.filter(lambda sign: len(sign) == 1) | letters.filter(lambda s: len(s) == 1))


@given(texts, known_sets)
def test_the_result_is_known_and_the_replacements_say_how(text, known):
    normalized = normalize(text, known)
    assert set(normalized.text) <= known
    replayed, position = "", 0
    for one in normalized.replacements:
        assert one.position >= position
        assert one.character
        assert one.character != one.used
        assert text[one.position :].startswith(one.character)
        replayed += text[position : one.position] + one.used
        position = one.position + len(one.character)
    assert replayed + text[position:] == normalized.text
    assert normalized.unknown == tuple(
        dict.fromkeys(o.character for o in normalized.replacements if not o.used)
    )
    assert not set("".join(normalized.unknown)) & known


@given(texts, known_sets)
def test_reading_again_changes_nothing(text, known):
    assert normalize(read(text, known), known) == Normalized(read(text, known), ())
    assert normalize(text, known | set(text)) == Normalized(text, ())


@given(texts, known_sets, st.sampled_from("aé-\n' "))
def test_known_characters_are_kept_one_and_all(text, known, character):
    apart = "".join(one for one in text if not unicodedata.combining(one))  # which may join a letter
    found = read(apart, known | {character})
    assert found.count(character) >= apart.count(character)


@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_any_text_is_read_decomposed(text):
    decomposed = unicodedata.normalize("NFD", text)
    assert read(unicodedata.normalize("NFC", text), set(decomposed)) == decomposed


@given(st.text("aeéñ\u1e69\u1ec7\u01d8\u1eb9", max_size=12) | st.text("aé가각힣\u1100", max_size=12))
def test_any_text_is_read_composed(text):
    found = normalize(unicodedata.normalize("NFD", text), set(text))
    assert unicodedata.normalize("NFC", found.text) == unicodedata.normalize("NFC", text)
    assert found.unknown == ()


# The model and the generator.


@pytest.fixture
def model(random_model):
    return random_model((6, 4), embedding=5, characters="abcdeé \n\"'-.")


PAIRS = [("“bad”", '"bad"'), ("a—b…\r\n", "a-b...\n"), ("e\u0301\u00a0d’", "é d'"), ("bad", "bad")]


@pytest.mark.parametrize(("odd", "plain"), PAIRS)
def test_a_model_encodes_what_it_reads(model, odd, plain):
    assert model.encode(odd) == [model.vocab[character] for character in plain]
    assert model.decode(model.encode(odd)) == plain
    assert model.normalize(odd) == normalize(odd, model.vocab)


@pytest.mark.parametrize(("odd", "plain"), PAIRS)
def test_a_seed_is_continued_as_what_is_read(model, odd, plain):
    lstm = LSTMGenerator(model)
    assert lstm.generate(seed=odd, length=40, temperature=1, rng=1) == lstm.generate(
        seed=plain, length=40, temperature=1, rng=1
    )
    run = lstm.start(seed=odd)
    assert run.replacements == normalize(odd, model.vocab).replacements
    assert run.settings.seed == odd
    assert lstm.start(seed=plain).replacements == ()


@pytest.mark.parametrize(("odd", "plain"), PAIRS)
def test_a_fed_text_is_read_so_too(model, odd, plain):
    one, other = LSTMGenerator(model), LSTMGenerator(model)
    one.feed(odd)
    other.feed(plain)
    for first, second in zip((*one.state.c, *one.state.h), (*other.state.c, *other.state.h), strict=True):
        np.testing.assert_array_equal(first, second)


def test_what_is_still_unknown_is_an_error_that_lists_it(model):
    lstm = LSTMGenerator(model)
    for attempt in (model.encode, lstm.feed, lstm.score, lambda text: lstm.generate(seed=text)):
        with refused(UnknownCharactersError, "does not know 'X', '.*', '☃': leave them out") as caught:
            attempt("X“a\u0308—☃X")
        assert caught.value.characters == ("X", "\u0308", "☃")
