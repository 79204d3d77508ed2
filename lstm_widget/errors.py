"""What can go wrong, each in one sentence."""

from __future__ import annotations

import difflib
import reprlib
import sys
import warnings
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 120


def short_repr(value: object) -> str:
    """Return a value as an error quotes it: on one line and not too long."""
    try:
        return " ".join(_repr.repr(value).split())
    except ValueError:  # a whole number of more digits than Python prints
        return "a number of very many digits"


def warn(message: str) -> None:
    """Warn at the line that called this package."""
    frame, level = sys._getframe(1), 2  # noqa: SLF001 - warnings itself does so
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("lstm_widget"):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)


def listed(items: Sequence[str], at_most: int = 10) -> str:
    """Return the first few of many items as a sentence names them: ``a, b and 5 more``."""
    more = f" and {len(items) - at_most} more" if len(items) > at_most else ""
    return ", ".join(items[:at_most]) + more


class LSTMError(ValueError):
    """Base of every error this package raises on purpose; its text is one clear sentence."""


class ModelError(LSTMError):
    """A model cannot be used: a file is missing or damaged, or its parts do not fit together."""


def refuse(message: str, cause: Exception | None = None) -> NoReturn:
    """Raise a `ModelError`."""
    raise ModelError(message) from cause


def refuse_setting(message: str, cause: Exception | None = None) -> NoReturn:
    """Raise a `SettingError`."""
    raise SettingError(message) from cause


def too_large() -> ModelError:
    """Return the error for finite weights whose sums are not."""
    return ModelError("The model's weights are too large to compute with: use another copy of the model.")


class SettingError(LSTMError):
    """A setting (seed, length, temperature, ...) is out of its range or of the wrong type."""


class UnknownSettingError(SettingError, TypeError):
    """A setting has a name that does not exist; the nearest right one is named."""

    def __init__(self, name: object, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(short_repr(name).strip("'"), names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}."
        super().__init__(f"There is no setting {short_repr(name)}; {hint}")


class UnknownCharactersError(SettingError):
    """A text holds characters that are not in the model's vocabulary.

    Attributes
    ----------
    characters : tuple of str
        Each unknown character once, in the order of first appearance.
    """

    def __init__(self, characters: tuple[str, ...]) -> None:
        self.characters = characters
        names = listed([repr(character) for character in characters])
        super().__init__(f"The model does not know {names}: leave them out of the text.")


class NotReadyError(LSTMError):
    """The generator has weights but no vocabulary yet, or the other way round."""
