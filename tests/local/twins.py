"""The same widget twice, in Python and in the page: both are told the same, and must say the same."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from page_in_node import PageEngine

    from lstm_widget import LSTMWidget, TemperatureLanes

# The types of the arrays that come with an answer.
ARRAYS = {
    "inspected": ("<f4", "<i4", "<f8", "<f8"),
    "activated": ("<f4",),
    "expected": ("<f4",),
}


class Twins:
    """A widget in Python, and one in the page that was saved from it.

    Parameters
    ----------
    widget : LSTMWidget or TemperatureLanes
    page : PageEngine
        A program made of ``js/tests/widget-harness.ts``.
    file : Path
        The model, as the page reads it.
    math : str
        What computes there: ``"wasm"`` or ``"javascript"``.
    """

    def __init__(
        self, widget: LSTMWidget | TemperatureLanes, page: PageEngine, file: Path, math: str
    ) -> None:
        self.widget, self.page = widget, page
        saved = on_the_wire(widget._saved())
        self.traits: dict[str, Any] = saved["traits"]  # of the one in the page
        page.ask("open", file=str(file), saved=saved, budget=None, math=math)
        self._sent: list[tuple[dict[str, Any], list[np.ndarray]]] = []
        widget.send = self._arrived  # type: ignore[method-assign]

    def _arrived(self, content: dict[str, Any], buffers: list[Any] | None = None) -> None:
        self._sent.append(answer_of(on_the_wire(content), [bytes(memoryview(one)) for one in buffers or []]))

    def say(self, content: object) -> list[dict[str, Any]]:
        """Send both a message; compare what they answer and what they have, and return the answers."""
        self._sent = []
        self.widget._handle_msg(
            {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
        )
        theirs = self._heard("custom", content=content)
        assert_same([content for content, _ in theirs], [content for content, _ in self._sent])
        for (_, one), (_, other) in zip(theirs, self._sent, strict=True):
            assert len(one) == len(other)
            for array, expected in zip(one, other, strict=True):
                np.testing.assert_allclose(array, expected, rtol=1e-5, atol=1e-4)
        self.compare()
        return [content for content, _ in self._sent]

    def set(self, **state: object) -> None:
        """Set traits as a page does it; compare what both have then, of what a page may change."""
        self.widget._handle_msg({"content": {"data": {"method": "update", "state": state}}, "buffers": []})
        self.traits |= state  # as the page has it at once
        self._heard("update", state=state)
        if self.widget.for_the_page.issuperset(state):
            self.compare()

    def compare(self) -> None:
        """Compare the traits of both."""
        # There is but one model; and a new page is one that nobody has pointed in.
        compared = {name: value for name, value in self.traits.items() if name not in ("models", "pointed")}
        assert_same(compared, on_the_wire(self.widget.get_state(list(compared))))

    def _heard(self, question: str, **details: object) -> list[tuple[dict[str, Any], list[np.ndarray]]]:
        heard = []
        for message in self.page.ask(question, **details):
            if message["method"] == "update":
                self.traits |= message["state"]
            else:
                heard.append(
                    answer_of(message["content"], [bytes.fromhex(one) for one in message["buffers"]])
                )
        return heard


def answer_of(content: dict[str, Any], buffers: list[bytes]) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return an answer with its arrays."""
    types = ARRAYS.get(content["type"], ())
    return content, [np.frombuffer(one, kind) for one, kind in zip(buffers, types, strict=True)]


def on_the_wire(content: Any) -> Any:
    """Return what a page reads of it."""
    return json.loads(json.dumps(content, allow_nan=False))


def assert_same(one: Any, other: Any, where: str = "") -> None:
    """Assert that two values of JSON are the same, numbers but for rounding."""
    if isinstance(other, dict):
        assert isinstance(one, dict), where
        assert one.keys() == other.keys(), where
        for name, value in other.items():
            assert_same(one[name], value, f"{where}.{name}")
    elif isinstance(other, list):
        assert isinstance(one, list), where
        assert len(one) == len(other), (where, one, other)
        for number, value in enumerate(other):
            assert_same(one[number], value, f"{where}[{number}]")
    elif isinstance(other, float) and not isinstance(one, bool) and math.isfinite(other):
        assert one == pytest.approx(other, abs=1e-4), where
    else:
        assert one == other, where
