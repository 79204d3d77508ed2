"""Callbacks for new text: what they print appears below the cell that registered them.

While a cell writes, its own output is the place. When a page has text written, a notebook shows only what
says to which cell it belongs.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from IPython import get_ipython
from ipywidgets import CallbackDispatcher

from lstm_widget.holding import holding

if TYPE_CHECKING:
    from collections.abc import Callable


class TextCallbacks:
    """The functions that are called with each piece of text, each with the cell that registered it."""

    def __init__(self) -> None:
        self._callbacks: list[tuple[Callable[[str], object], dict[str, Any]]] = []

    def __call__(self, text: str) -> None:
        """Call all of them. What one raises is shown, and stops nothing."""
        for callback, cell in self._callbacks:
            _output_below(cell, partial(CallbackDispatcher(callbacks=[callback]), text))

    def register(self, callback: Callable[[str], object]) -> None:
        """Call this, too; once, however often it is registered."""
        self.remove(callback)
        self._callbacks = [*self._callbacks, (callback, _request())]

    def remove(self, callback: Callable[[str], object]) -> None:
        """Stop calling this one."""
        # A new list, as a callback may remove itself while the old one is gone through.
        self._callbacks = [one for one in self._callbacks if one[0] != callback]


def _request() -> dict[str, Any]:
    """Return the request of a notebook that is being answered; nothing elsewhere."""
    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else None
    return parent if isinstance(parent, dict) else {}


def _is_cell(request: dict[str, Any]) -> bool:
    header = request.get("header", {})
    return isinstance(header, dict) and header.get("msg_type") == "execute_request"


def _output_below(cell: dict[str, Any], work: Callable[[], object]) -> None:
    """Do some work whose output appears below a cell that has ended, unless another one is running here."""
    now = _request()
    shell = get_ipython()
    if not _is_cell(cell) or _is_cell(now) or not hasattr(shell, "set_parent"):
        work()
        return

    def give_back() -> None:
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()  # an older ipykernel looks for the cell only now
        finally:
            shell.set_parent(now)

    holding(lambda: shell.set_parent(cell), give_back, work)
