"""What comes from a page is checked, and what is sent to it can be sent."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lstm_widget.errors import LSTMError, ModelError, SettingError, short_repr
from lstm_widget.inspection.followed import FOLLOWED
from lstm_widget.inspection.units import BEST, Cell
from lstm_widget.widgets.protocol import Settings
from lstm_widget.writing.settings import CHECKS, as_whole, check_names, check_temperature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lstm_widget.widgets.protocol import Span

    Answers = dict[str, Callable[[Mapping[str, Any]], object]]

log = logging.getLogger("lstm_widget")

TEXT = "text"  # the name of the only lane of `LSTMWidget`
# Longest name of a run, of a pull or of a question.
MAX_NAME = 100
HEIGHTS = (240, 4000)


class Lane(NamedTuple):
    """What is asked of a lane: its name and its temperature from the next character on."""

    name: str
    temperature: float


_SURROGATE = re.compile("[\ud800-\udfff]")


def sendable(value: Any) -> Any:  # noqa: ANN401 - any JSON data
    """Return a message with a sign in the place of half characters, which no text on the wire can hold."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {sendable(key): sendable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [sendable(one) for one in value]
    return value


def answer(
    message: object, answers: Answers, refuse: Callable[[Mapping[str, Any], str, bool], object]
) -> None:
    """Answer a message of a page, or several in one; whatever they are, nothing is raised.

    Parameters
    ----------
    message : object
    answers : mapping of str to callable
        What answers each kind of message.
    refuse : callable
        Takes a message that cannot be answered, a sentence, and whether what it is about cannot go on.
    """
    content: dict[str, Any] = {}
    try:
        if not isinstance(message, dict):
            msg = "A message to the widget must be an object."
            raise SettingError(msg)  # noqa: TRY301 - answered below like any other
        content = sendable(message)
        kind = content.get("type")
        if kind == "several" and isinstance(content.get("messages"), list):
            for one in content["messages"]:
                answer(one, answers, refuse)
            return
        if not isinstance(kind, str) or kind not in answers:
            msg = f"The widget does not know the message {kind!r}."
            raise SettingError(msg)  # noqa: TRY301
        answers[kind](content)
    except LSTMError as error:
        refuse(content, str(error), isinstance(error, ModelError))
    except Exception as error:
        log.exception("A message of the page could not be answered")
        sentence = f"The kernel met an unexpected error, {type(error).__name__}; its log has the details."
        refuse(content, sentence, True)


def name_in(message: Mapping[str, Any], of: Literal["run", "pull", "branch", "id"]) -> str:
    """Return the name of something in a message of the page, or raise `SettingError`."""
    name = message.get(of)
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        msg = f"A message to the widget must name its {of}."
        raise SettingError(msg)
    return name


def whole_in(message: Mapping[str, Any], name: str, lowest: int) -> int:
    """Return a whole number in a message of the page, or raise `SettingError`."""
    value = message.get(name)
    if type(value) is not int or value < lowest:
        msg = f"A message to the widget must bring a {name} that is a whole number from {lowest}."
        raise SettingError(msg)
    return value


def text_in(message: Mapping[str, Any], name: Literal["seed", "character"]) -> str:
    """Return a text in a message of the page, or raise `SettingError`."""
    value = message.get(name)
    if not isinstance(value, str):
        msg = f"A message to the widget must bring a {name} that is text."
        raise SettingError(msg)
    return value


def span_in(message: Mapping[str, Any]) -> Span:
    """Return which characters of a run a question is about, or raise `SettingError`."""
    return {
        "id": name_in(message, "id"),
        "run": name_in(message, "run"),
        "position": whole_in(message, "position", 0),
        "count": whole_in(message, "count", 1),
    }


def budget_in(message: Mapping[str, Any]) -> float:
    """Return the budget of a pull, in milliseconds, or raise `SettingError`."""
    budget = message.get("budget")
    if isinstance(budget, bool) or not isinstance(budget, (int, float)) or not budget > 0:
        msg = "A pull message must bring a budget of milliseconds above 0."
        raise SettingError(msg)
    return budget


def cells_in(message: Mapping[str, Any], units: Sequence[int]) -> list[Cell]:
    """Return the cells that a page has found, of layers with these units, or raise `SettingError`."""
    cells = message.get("cells")
    if not isinstance(cells, list) or len(cells) > BEST * len(FOLLOWED):
        msg = "A message to the widget must bring a list of the cells that were found."
        raise SettingError(msg)
    return [_cell(one, units) for one in cells]


def _cell(found: object, units: Sequence[int]) -> Cell:
    """Return a cell that a page has found."""
    given: Any = found if isinstance(found, dict) else {}
    layer, unit, follows, correlation = (given.get(name) for name in Cell._fields)
    has_layer = type(layer) is int and 0 <= layer < len(units)
    is_there = has_layer and type(unit) is int and 0 <= unit < units[layer]
    is_number = isinstance(correlation, (int, float)) and -1 <= correlation <= 1
    if not (is_there and is_number and isinstance(follows, str) and follows in FOLLOWED):
        msg = f"The model has no such cell: {short_repr(found)}."
        raise SettingError(msg)
    return Cell(layer, unit, follows, float(correlation))


def settings_in(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings in a message of the page, or raise `SettingError`."""
    settings = message.get("settings")
    if not isinstance(settings, dict):
        msg = "A start message must bring its settings."
        raise SettingError(msg)
    check_names(settings, Settings.__annotations__)
    # What is nothing may be missing: where Python runs in the browser, there is more than one nothing.
    return {name: CHECKS[name](settings.get(name)) for name in Settings.__annotations__}


def lanes_in(message: Mapping[str, Any], least: int, most: int) -> list[tuple[Lane, Mapping[str, Any]]]:
    """Return the lanes of a message, each with all that is said of it, or raise `SettingError`."""
    contents = message.get("lanes")
    if not isinstance(contents, list) or not all(isinstance(one, dict) for one in contents):
        msg = "A message to the widget must bring a list of its lanes."
        raise SettingError(msg)
    if not least <= len(contents) <= most:
        number = f"{least} to {most} lanes" if most > 1 else "1 lane"
        msg = f"A message to the widget must bring {number}, not {len(contents)}."
        raise SettingError(msg)
    temperatures = [check_temperature(one.get("temperature")) for one in contents]
    names = check_lane_names([one.get("name") for one in contents])
    if most == 1 and names != [TEXT]:
        msg = f"The only lane of this widget has the name {TEXT!r}."
        raise SettingError(msg)
    return list(zip(map(Lane, names, temperatures), contents, strict=True))


def check_locked(names: object) -> tuple[str, ...]:
    """Return names of settings, of which one may be given alone, or raise `SettingError`."""
    several = (names,) if isinstance(names, str) else names
    if not isinstance(several, (tuple, list, set, frozenset)) or not all(
        isinstance(one, str) for one in several
    ):
        msg = f"What is locked must be a list of names of settings, not {short_repr(names)}."
        raise SettingError(msg)
    return tuple(several)


def check_height(height: object) -> int | None:
    """Return the height of the text in pixels, or raise `SettingError`."""
    if height is None:
        return None
    pixels, (least, most) = as_whole(height), HEIGHTS
    if pixels is None or not least <= pixels <= most:
        span = f"a whole number of pixels from {least} to {most:,}, or None"
        msg = f"The height must be {span}, not {short_repr(height)}."
        raise SettingError(msg)
    return pixels


def check_lane_names(names: object) -> list[str]:
    """Return the names of lanes, or raise `SettingError`."""
    if isinstance(names, list) and len(set(map(str, names))) == len(names):
        named = [one for one in names if isinstance(one, str) and 0 < len(one) <= MAX_NAME]
        if len(named) == len(names):
            return named
    msg = "The names of the lanes must be different texts."
    raise SettingError(msg)
