"""The receipt of a text: a small JSON dictionary from which the same text comes out again.

It is all that made the text: which model, the settings, the number that the dice came from, where the
temperature was changed, and which characters were forced (put there by hand, whatever the die said).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from lstm_widget.errors import SettingError, short_repr
from lstm_widget.writing.settings import as_whole, check_temperature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lstm_widget.writing.run import Run


class Receipt(TypedDict):
    """What a receipt says; positions count the written characters from 0."""

    model: str
    """Its name, for a person."""
    fingerprint: str
    """Identifies the model: `CharLSTM.fingerprint`."""
    seed: str
    length: int
    temperature: float
    top_k: int | None
    top_p: float | None
    rng: int | None
    """`None` if the dice came from a generator of NumPy: such a text cannot be replayed."""
    temperatures: list[tuple[int, float]]
    """Where the temperature was changed: from this character on it was that one."""
    placed: list[tuple[int, str]]
    """Which characters were forced, and where: one for each branch that led here."""
    written: int
    """Number of characters, `length` at most."""


def receipt_of(run: Run, model: str, rng: object) -> Receipt:
    """Return the receipt of a text as far as it is written.

    Parameters
    ----------
    run : Run
    model : str
        The name of its model.
    rng : object
        What its dice were made from.
    """
    settings = run.settings
    return {
        "model": model,
        "fingerprint": run.model.fingerprint,
        "seed": settings.seed,
        "length": settings.length,
        "temperature": settings.temperature,
        "top_k": settings.top_k,
        "top_p": settings.top_p,
        "rng": as_whole(rng),
        "temperatures": list(run.temperatures),
        "placed": list(run.forced.items()),
        "written": len(run.characters),
    }


def settings_in(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a receipt names, not yet checked.

    Raises
    ------
    SettingError
        If something is missing, or the text cannot be replayed.
    """
    if not isinstance(receipt, dict) or (missing := Receipt.__annotations__.keys() - receipt.keys()):
        lacks = f": it lacks {', '.join(map(repr, sorted(missing)))}" if isinstance(receipt, dict) else ""
        msg = f"This is not a receipt of a text{lacks}."
        raise SettingError(msg)
    if receipt["rng"] is None:
        msg = "This text cannot be replayed: its dice came from a generator, not from a number."
        raise SettingError(msg)
    return {name: receipt[name] for name in ("seed", "length", "temperature", "top_k", "top_p", "rng")}


def replay(receipt: Mapping[str, Any], run: Run) -> None:
    """Write the text of a receipt with a run that has just begun with its settings.

    Raises
    ------
    SettingError
        If it is damaged, or belongs to another model.
    """
    if receipt["fingerprint"] != run.model.fingerprint:
        name = short_repr(receipt["model"])
        msg = f"This receipt belongs to another model, {name} or another version of it: load that one."
        raise SettingError(msg)
    changes, forced, written = (receipt[name] for name in ("temperatures", "placed", "written"))
    end = as_whole(written)
    places = _positions(changes), _positions(forced)
    if (
        end is None
        or end > run.settings.length
        or any(place is None or not 0 <= place <= end for place in (*places[0], *places[1]))
        or any(len(set(one)) < len(one) for one in places)
    ):
        msg = "The receipt is damaged: a position in it is not in the text, or there twice."
        raise SettingError(msg)
    # At one and the same place the new temperature comes first: a forced character counts as
    # written with it.
    events: list[tuple[int, int, Any]] = [(place, 0, check_temperature(value)) for place, value in changes]
    events += [(place, 1, character) for place, character in forced]
    for position, kind, value in sorted(events, key=lambda event: event[:2]):
        run.advance(position - len(run.characters))
        if kind == 0:
            run.temperature = value
        else:
            run.force(value)
    run.advance(written - len(run.characters))


def _positions(pairs: object) -> list[int | None]:
    """Return the first of each pair; `None` for anything but pairs of a whole number."""
    if not isinstance(pairs, (list, tuple)):
        return [None]
    return [as_whole(one[0]) if isinstance(one, (list, tuple)) and len(one) == 2 else None for one in pairs]  # noqa: PLR2004
