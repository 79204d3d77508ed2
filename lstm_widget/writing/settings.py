"""The settings of a generation, their ranges and checks; Python and the page obey the same ones."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import numpy as np

from lstm_widget.errors import SettingError, UnknownSettingError, short_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from typing_extensions import NotRequired

    # Not at run time: NumPy loads its random part, which takes long, when it is first named.
    RngLike = int | np.random.Generator | np.random.BitGenerator | np.random.SeedSequence | None

N = TypeVar("N", int, float)

MAX_IN_PAGE = 2**53 - 1  # a page's whole numbers are exact up to here


class Bounds(TypedDict):
    """Where a number may lie.

    `above`: `least` itself is outside. A slider ends at `slider_most`; the field beside it goes on to `most`.
    """

    least: float
    above: NotRequired[bool]
    most: float
    step: float
    slider_most: NotRequired[float]


# The range of each setting, for the kernel and for the page, where sliders end at `slider_most` and the
# fields beside them go on to `most`. The largest are floats: Pyodide has no number for an int of that size.
BOUNDS: dict[str, Bounds] = {
    "temperature": {"least": 0, "most": 100, "slider_most": 2, "step": 0.01},
    "length": {"least": 1, "most": 1_000_000, "slider_most": 2000, "step": 1},
    "speed": {"least": 1, "most": 1000, "step": 1},
    "top_k": {"least": 1, "most": float(MAX_IN_PAGE), "step": 1},
    "top_p": {"least": 0, "above": True, "most": 1, "step": 0.01},
    "rng": {"least": 0, "most": float(MAX_IN_PAGE), "step": 1},
}

# p5ML's defaults.
DEFAULTS = {"seed": "a", "length": 20, "temperature": 0.5}


class SettingNames(TypedDict, total=False):
    """The settings of a generation as keywords; see `Settings` and `make_rng`."""

    seed: str
    length: int
    temperature: float
    top_k: int | None
    top_p: float | None
    rng: RngLike


@dataclass(frozen=True)
class Settings:
    """What to write; `check_settings` makes them from what the user gives.

    Attributes
    ----------
    seed : str
        The text to continue, at least one character.
    length : int
        Number of characters to write, 1 to 1,000,000.
    temperature : float
        0 to 100; 0 always takes the most likely character.
    top_k : int or None
        Choose only among this many of the most likely characters; at least 1.
    top_p : float or None
        Choose only among the fewest whose probability reaches this; above 0, at most 1.
    """

    seed: str
    length: int
    temperature: float
    top_k: int | None = None
    top_p: float | None = None


def check_seed(seed: object) -> str:
    """Return the seed, or raise `SettingError`."""
    if not isinstance(seed, str):
        msg = f"The seed must be text, not {short_repr(seed)}."
        raise SettingError(msg)
    if not seed:
        msg = "The seed is empty: give at least one character to start from."
        raise SettingError(msg)
    return seed


def check_length(length: object) -> int:
    """Return the length, or raise `SettingError`."""
    return _in_range("length", as_whole, length, "The length must be a whole number {range}")


def check_temperature(temperature: object) -> float:
    """Return the temperature, or raise `SettingError`."""
    return _in_range("temperature", as_real, temperature, "The temperature must be a number {range}")


def check_top_k(top_k: object) -> int | None:
    """Return top-k, or raise `SettingError`."""
    if top_k is None:
        return None
    return _in_range("top_k", as_whole, top_k, "top_k must be a whole number {range}, or None")


def check_top_p(top_p: object) -> float | None:
    """Return top-p, or raise `SettingError`."""
    if top_p is None:
        return None
    return _in_range("top_p", as_real, top_p, "top_p must be a number {range}, or None")


def check_speed(speed: object) -> float | None:
    """Return the characters per second that a page shows, or raise `SettingError`."""
    if speed is None:
        return None
    words = "The speed must be a number of characters per second {range}, or None for as fast as it goes"
    return _in_range("speed", as_real, speed, words)


def _in_range(name: str, read: Callable[[object], N | None], value: object, words: str) -> N:
    """Return a value as a number in the range of a setting, or raise `SettingError`."""
    bounds, number = BOUNDS[name], read(value)
    least, most = bounds["least"], bounds["most"]
    above = bounds.get("above", False)
    if number is None or not least <= number <= most or (above and number == least):
        end = "2**53 - 1" if most == MAX_IN_PAGE else f"{most:,}"
        span = f"above {least} and at most {end}" if above else f"from {least} to {end}"
        msg = f"{words.format(range=span)}, not {short_repr(value)}."
        raise SettingError(msg)
    return number


def check_piece(count: object, seconds: object) -> None:
    """Raise `SettingError` if a piece cannot have this many characters or seconds."""
    if count is not None and ((whole := as_whole(count)) is None or whole < 0):
        msg = f"The count must be a whole number from 0, or None, not {short_repr(count)}."
        raise SettingError(msg)
    if seconds is not None and ((number := as_real(seconds)) is None or number < 0):
        msg = f"The seconds must be a number from 0, or None, not {short_repr(seconds)}."
        raise SettingError(msg)


def make_rng(rng: RngLike) -> np.random.Generator:
    """Return the source of the dice (see `numpy.random.default_rng`).

    Parameters
    ----------
    rng : int, numpy.random.Generator or None
        A whole number from 0 gives the same dice every time, `None` new ones. A generator is used
        as it stands, and advanced by one number per character.

    Raises
    ------
    SettingError
        If it is something else.
    """
    taken = (int, np.integer, np.random.Generator, np.random.BitGenerator, np.random.SeedSequence)
    try:
        if rng is None or (isinstance(rng, taken) and not isinstance(rng, bool)):
            return np.random.default_rng(rng)
    except ValueError:  # a negative number
        pass
    msg = f"rng must be a whole number from 0, a numpy.random.Generator or None, not {short_repr(rng)}."
    raise SettingError(msg)


def check_page_rng(rng: RngLike) -> int | None:
    """Return the number that a widget's dice come from, or raise `SettingError`.

    A page's numbers are exact up to 2**53 only.
    """
    make_rng(rng)
    if rng is None:
        return None
    number = as_whole(rng)
    if number is None or number > BOUNDS["rng"]["most"]:
        msg = "The rng of a widget must be a whole number below 2**53, or None."
        raise SettingError(msg)
    return number


CHECKS: dict[str, Callable[[Any], Any]] = {
    "seed": check_seed,
    "length": check_length,
    "temperature": check_temperature,
    "top_k": check_top_k,
    "top_p": check_top_p,
    "speed": check_speed,
    "rng": check_page_rng,
}
"""How each setting of a widget is checked."""


def check_settings(given: Mapping[str, Any]) -> Settings:
    """Return settings as plain values.

    Parameters
    ----------
    given : mapping of str to object
        The values by their names; `seed`, `length` and `temperature` at least.

    Raises
    ------
    SettingError
        If a value is out of its range or of the wrong type.
    """
    return Settings(**{name: CHECKS[name](value) for name, value in given.items()})


def check_names(given: Iterable[object], known: Collection[str]) -> None:
    """Raise `UnknownSettingError` for the first name that is not a known one."""
    for name in given:
        if name not in known:
            raise UnknownSettingError(name, known)


def as_whole(value: object) -> int | None:
    """Return a whole number as an int; `None` for anything else."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        return None
    return operator.index(value)


def as_real(value: object) -> float | None:
    """Return a finite number as a float; `None` for anything else."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
