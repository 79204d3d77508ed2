"""The settings: what is taken, what is refused, and in which words."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_widget.errors import LSTMError, SettingError, UnknownSettingError
from lstm_widget.writing.settings import (
    BOUNDS,
    DEFAULTS,
    check_length,
    check_names,
    check_page_rng,
    check_seed,
    check_settings,
    check_speed,
    check_temperature,
    check_top_k,
    check_top_p,
    make_rng,
)

NAN, INF = float("nan"), float("inf")


def refused(match):
    """Expect a `SettingError` whose text is one line."""
    return pytest.raises(SettingError, match=rf"\A[^\n]*{match}[^\n]*\Z")


# What is taken.


def test_the_defaults_are_those_of_p5ml():
    assert DEFAULTS == {"seed": "a", "length": 20, "temperature": 0.5}


@pytest.mark.parametrize(
    ("check", "value", "expected"),
    [
        (check_seed, "She was", "She was"),
        (check_seed, " \r\n", " \r\n"),
        (check_length, 1, 1),
        (check_length, 1_000_000, 1_000_000),
        (check_length, np.int16(7), 7),
        (check_temperature, 0, 0.0),
        (check_temperature, -0.0, 0.0),
        (check_temperature, 1e-6, 1e-6),
        (check_temperature, 100, 100.0),
        (check_temperature, np.float32(0.5), 0.5),
        (check_temperature, np.int64(2), 2.0),
        (check_temperature, Fraction(1, 2), 0.5),
        (check_top_k, None, None),
        (check_top_k, 1, 1),
        (check_top_k, 10**9, 10**9),
        (check_top_k, np.uint8(3), 3),
        (check_top_p, None, None),
        (check_top_p, 1, 1.0),
        (check_top_p, 1e-9, 1e-9),
        (check_top_p, np.float64(0.9), 0.9),
        (check_speed, None, None),
        (check_speed, 1, 1.0),
        (check_speed, 1000, 1000.0),
        (check_speed, np.float32(2.5), 2.5),
        (check_speed, Fraction(5, 2), 2.5),
        (check_page_rng, None, None),
        (check_page_rng, 0, 0),
        (check_page_rng, 2**53 - 1, 2**53 - 1),
        (check_page_rng, np.uint64(7), 7),
    ],
)
def test_what_is_taken_becomes_a_plain_value(check, value, expected):
    result = check(value)
    assert result == expected
    assert type(result) is type(expected)


def test_settings_are_checked_and_cannot_be_changed():
    given = {"seed": "a", "length": np.int64(3), "temperature": 1, "top_k": np.int64(2), "top_p": 1}
    settings = check_settings(given)
    assert dataclasses.astuple(settings) == ("a", 3, 1.0, 2, 1.0)
    assert [type(value) for value in dataclasses.astuple(settings)] == [str, int, float, int, float]
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.temperature = -1


# What is refused.

REFUSED = {
    check_seed: (None, 3, b"a", ["a"], ""),
    check_length: (
        0,
        -1,
        "100",
        "",
        10**9,
        1_000_001,
        True,
        False,
        np.True_,
        2.5,
        2.0,
        NAN,
        INF,
        None,
        [3],
        3j,
    ),
    check_temperature: (-1, -1e-9, NAN, INF, -INF, "hot", "0.5", "", None, True, [1], 1j, 100.1, 10**400),
    check_top_k: (0, -1, 2.5, 2.0, "3", "", True, False, NAN, INF, [1]),
    check_top_p: (0, 0.0, -0.1, 1.5, 1.0000001, NAN, INF, "0.9", "", True, [1]),
    check_speed: (0, -1, 0.99, 1000.1, 10**400, NAN, INF, "50", "", True, np.True_, [1], 1j),
    check_page_rng: (-1, 2**53, 2**70, 1.0, NAN, "1", "", True, np.True_, [1], np.random.default_rng(1)),
}
NO_SETTINGS = {check_speed, check_page_rng}  # of the widget alone
WORDS = {
    check_seed: "seed (must be text|is empty)",
    check_length: "length must be a whole number from 1 to 1,000,000, not",
    check_temperature: "temperature must be a number from 0 to 100, not",
    check_top_k: r"top_k must be a whole number from 1 to 2\*\*53 - 1, or None, not",
    check_top_p: "top_p must be a number above 0 and at most 1, or None, not",
    check_speed: "speed must be a number of characters per second from 1 to 1,000, or None .*, not",
    check_page_rng: "rng (must be a whole number from 0|of a widget must be a whole number below 2)",
}


@pytest.mark.parametrize(
    ("check", "value"), [(check, value) for check in REFUSED for value in REFUSED[check]]
)
def test_what_is_refused_is_told(check, value):
    with refused(WORDS[check]):
        check(value)
    if check in NO_SETTINGS:
        return
    name = check.__name__.removeprefix("check_")
    with refused(WORDS[check]):
        check_settings(DEFAULTS | {name: value})


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(-(10**5000), id="a number too long to print"),
        pytest.param(np.zeros((3, 3)), id="an array of many lines"),
        pytest.param("x" * 10_000, id="a text of many letters"),
        pytest.param([[0] * 1000] * 1000, id="a long list"),
    ],
)
def test_even_what_does_not_print_well_is_told_in_a_sentence(value):
    for check in (check_length, check_temperature, check_top_k, check_top_p, check_speed, check_page_rng):
        with refused(WORDS[check]) as caught:
            check(value)
        assert len(str(caught.value)) < 1000


anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=3)
    | st.complex_numbers()
    | st.fractions()
    | st.decimals()
    | st.lists(st.integers(), max_size=2)
    | st.integers(-(2**31), 2**31 - 1).map(np.int32)
    | st.floats(width=32).map(np.float32)
)


RANGES = {
    check_seed: lambda result: isinstance(result, str) and result,
    check_length: lambda result: type(result) is int and 1 <= result <= 1_000_000,
    check_temperature: lambda result: type(result) is float and 0 <= result <= 100,
    check_top_k: lambda result: result is None or (type(result) is int and result >= 1),
    check_top_p: lambda result: result is None or (type(result) is float and 0 < result <= 1),
    check_speed: lambda result: result is None or (type(result) is float and 1 <= result <= 1000),
    check_page_rng: lambda result: result is None or (type(result) is int and 0 <= result < 2**53),
}


@pytest.mark.parametrize("check", RANGES)
@given(value=anything)
def test_a_check_returns_its_range_or_refuses(check, value):
    try:
        result = check(value)
    except SettingError as error:
        assert "\n" not in str(error)  # noqa: PT017 - it may be refused, but need not be
        return
    assert RANGES[check](result)
    assert result == (float(value) if isinstance(result, float) else value)


# Dice.


@pytest.mark.parametrize("rng", [0, 7, np.int64(7), 2**100, np.random.SeedSequence(7)])
def test_the_same_number_gives_the_same_dice(rng):
    expected = np.random.default_rng(rng).random(5)
    np.testing.assert_array_equal(make_rng(rng).random(5), expected)


def test_no_number_gives_new_dice():
    assert make_rng(None).random() != make_rng(None).random()


def test_a_generator_is_used_as_it_stands():
    generator = np.random.default_rng(7)
    assert make_rng(generator) is generator


@pytest.mark.parametrize(
    "rng",
    [-1, -(2**70), "x", "1", "", 1.5, 1.0, NAN, True, False, np.True_, np.float32(1), 1j, object(), {}, b"1"],
)
def test_what_gives_no_dice_is_refused(rng):
    with refused("rng must be a whole number from 0"):
        make_rng(rng)


@pytest.mark.parametrize("rng", [[1, 2], (), np.random.RandomState(1)])
def test_what_only_numpy_would_take_is_refused(rng):
    # Some of these it takes only from some version on.
    with refused("rng must be a whole number from 0"):
        make_rng(rng)


def test_the_dice_of_a_widget_are_those_of_the_number():
    expected = np.random.default_rng(2**53 - 1).random(5)
    np.testing.assert_array_equal(make_rng(check_page_rng(np.uint64(2**53 - 1))).random(5), expected)


# Unknown names.


def test_the_first_unknown_name_is_refused():
    known = ("seed", "length")
    check_names(["seed", "length", "seed"], known)
    check_names([], known)
    with refused("no setting 'sed'; did you mean 'seed'"):
        check_names(["length", "sed", "lenth"], known)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("temprature", "temperature"),
        ("Temperature", "temperature"),
        ("lenght", "length"),
        ("topk", "top_k"),
        ("top-p", "top_p"),
        ("seeds", "seed"),
    ],
)
def test_an_unknown_name_is_told_the_nearest(name, near):
    known = ["seed", "length", "temperature", "top_k", "top_p", "rng"]
    assert str(UnknownSettingError(name, known)) == f"There is no setting {name!r}; did you mean {near!r}?"


@pytest.mark.parametrize("name", ["frequency", 3, None, "x\ny"])
def test_a_name_like_no_other_is_told_all(name):
    message = str(UnknownSettingError(name, ["seed", "length"]))
    assert message == f"There is no setting {name!r}; there are length, seed."


def test_errors_are_what_python_would_raise():
    assert issubclass(UnknownSettingError, TypeError)  # as for any unknown keyword
    assert issubclass(SettingError, LSTMError)
    assert issubclass(LSTMError, ValueError)


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("temperature", check_temperature),
        ("length", check_length),
        ("speed", check_speed),
        ("top_k", check_top_k),
        ("top_p", check_top_p),
        ("rng", check_page_rng),
    ],
)
def test_the_page_takes_what_the_checks_take(name, check):
    bounds = BOUNDS[name]
    kind = int if name in {"length", "top_k", "rng"} else float
    least, most = kind(bounds["least"]), kind(bounds["most"])
    assert check(most) == most
    with pytest.raises(SettingError):
        check(most + 1)
    if bounds.get("above"):
        assert check(least + 1e-9) == least + 1e-9
    else:
        assert check(least) == least
    with pytest.raises(SettingError):
        check(least if bounds.get("above") else least - 1)
