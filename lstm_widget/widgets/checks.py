"""What a page says is checked before it is used, and what it is sent can be sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from lstm_widget.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Longest name of a run, of a pull or of a question.
MAX_NAME = 100

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
