"""What every widget has in common: what its page loads, and what a page may change."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import anywidget
import traitlets

from lstm_widget.errors import LSTMError
from lstm_widget.holding import holding
from lstm_widget.widgets.checks import sendable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_STATIC = Path(__file__).parents[1] / "static"
# To see each change at once, anywidget watches the bundle itself.
_WATCHED = os.environ.get("ANYWIDGET_HMR") == "1"


OF_EVERY_WIDGET = ("layout", "tooltip", "tabbable")


def checked(check: Callable[[Any], T], value: object) -> T:
    """Return what a check returns, or raise its error as traitlets does."""
    try:
        return check(value)
    except LSTMError as error:
        raise traitlets.TraitError(str(error)) from None


class Checked(traitlets.Any):
    """A trait whose type and range a function checks; whether `None` will do is its business, too."""

    allow_none = False

    def __init__(self, check: Callable[[Any], object], default: object = traitlets.Undefined) -> None:
        super().__init__(default)
        self._check = check

    def validate(self, _widget: object, value: object) -> object:
        """Return the value as a plain one, or raise `traitlets.TraitError`."""
        return checked(self._check, value)


def synced(trait: traitlets.TraitType[Any, Any]) -> traitlets.TraitType[Any, Any]:
    """Let the page have a trait."""
    return trait.tag(sync=True, to_json=lambda value, _widget: sendable(value))


class _Together(threading.local):
    """The traits that this thread is to send together; `None`: each of them at once."""

    names: list[str] | None = None


class PageWidget(anywidget.AnyWidget):
    """A widget that takes from its page only what the page may change."""

    # anywidget must have what it loads first within 2 s; that loads the page, once for all widgets.
    _esm: ClassVar[Path] = _STATIC / ("page.js" if _WATCHED else "loader.js")
    _css: ClassVar[Path] = _STATIC / "page.css"
    _page = traitlets.Unicode((_STATIC / "page.js").read_text(encoding="utf-8"), read_only=True).tag(
        sync=True
    )
    _kind: traitlets.Unicode[str, str]
    """The name of its view in the page."""

    for_the_page: ClassVar[frozenset[str]]
    """What a page may change, besides what every widget has."""

    error = synced(traitlets.Unicode(read_only=True))

    def __init__(self, **traits: Any) -> None:  # noqa: ANN401 - of any kind
        self._together = _Together()
        super().__init__(**traits)
        # ipykernel 7.4 takes what a page says to the thread in which the widget was made, where a busy
        # cell blocks it. Without this method it goes where the page sent it, as in ipykernel 7.0 to 7.3.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = None  # noqa: SLF001 - there is no public way

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page changed; refuse what it may not change or what is out of range."""
        known = {*self.for_the_page, *OF_EVERY_WIDGET, "_dom_classes", "_view_count"}
        allowed = {name: sendable(value) for name, value in sync_data.items() if name in known}
        try:
            self._check_asked(allowed)
            super().set_state(allowed)
        except traitlets.TraitError as error:
            self.set_trait("error", str(error))
            self.send_state([name for name in allowed if name in self.keys])

    def _check_asked(self, asked: Mapping[str, Any]) -> None:
        """Raise `traitlets.TraitError` for what a cell may set to this, and a page may not."""

    def _in_one_message(self, change: Callable[[], object]) -> None:
        """Do what changes some traits, and send them together: a host has much work with each message.

        ipywidgets' `hold_sync` would also hold back those of other threads, and, after a badly timed
        interrupt, all for good.
        """
        holding(self._gather, self._send_gathered, change)

    def _gather(self) -> None:
        if self._together.names is None:
            self._together.names = []

    def _send_gathered(self) -> None:
        if self._together.names:
            self.send_state(self._together.names)
        self._together.names = None

    def _should_send_property(self, key: str, value: Any) -> bool:  # noqa: ANN401 - ipywidgets' own
        is_news: bool = super()._should_send_property(key, value)
        if is_news and self._together.names is not None:
            self._together.names.append(key)
            return False
        return is_news
