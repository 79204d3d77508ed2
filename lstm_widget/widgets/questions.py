"""What a page that looks inside asks, and the answers; see `protocol`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from lstm_widget.formats.safetensors import safetensors_of
from lstm_widget.holding import Lock
from lstm_widget.inspection.inspector import Foresight, Inspector
from lstm_widget.inspection.units import CellFinder
from lstm_widget.widgets.checks import cells_in, name_in, span_in, text_in, whole_in
from lstm_widget.widgets.portable import session_script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lstm_widget.inspection.units import Cell
    from lstm_widget.network.engine import Engine
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.widgets.protocol import Activated, Expected, Finding, Inspected, Lent, Span
    from lstm_widget.widgets.texts import Texts
    from lstm_widget.writing.run import Run

    Buffers = list[np.ndarray]

# Seconds of work for one question; the kernel is busy for hardly longer.
PIECE = 0.03
# Bytes that are handed over at a time.
LENT = 1_000_000


class Network(NamedTuple):
    """A model with its name, and what computes with it."""

    name: str
    model: CharLSTM
    engine: Engine


class Questions:
    """Rereads the text, as far as a page asks.

    Parameters
    ----------
    chosen : callable
        Returns the network to write with.
    explained : callable
        Returns the one whose cells are looked at.
    """

    def __init__(self, chosen: Callable[[], Network], explained: Callable[[], Network]) -> None:
        self._chosen = chosen
        self._explained = explained
        self._lock = Lock()  # over what follows
        self._foresight: Foresight | None = None
        self._inspector: Inspector | None = None
        self._finder: tuple[Engine, CellFinder] | None = None
        self._found: WeakKeyDictionary[Engine, list[Cell]] = WeakKeyDictionary()
        self._parcel: tuple[str, int, np.ndarray] | None = None  # a model, by its fingerprint, for a page

    def expected(self, message: Mapping[str, Any]) -> tuple[Expected, Buffers]:
        """Return what comes after a seed."""
        question, seed = name_in(message, "id"), text_in(message, "seed")
        name, model, engine = self._chosen()

        def expect() -> tuple[np.ndarray, int]:
            if self._foresight is None or self._foresight.model is not model:
                self._foresight = Foresight(model, engine)
            return self._foresight.logits(seed, PIECE)

        logits, left = self._lock.hold(expect)
        found: Expected = {
            "type": "expected",
            "id": question,
            "model": name,
            "seed": seed,
            "left": left,
            "vocabulary": list(model.characters),
        }
        return found, [logits]

    def inspected(self, message: Mapping[str, Any], texts: Texts) -> tuple[Inspected, Buffers]:
        """Return how characters were chosen; the caller holds the lock of the session."""
        span, run = span_in(message), texts.only.run
        buffers, left = self._looking_at(run).choices(span["position"], span["count"], PIECE)
        found: Inspected = {
            **span,
            "type": "inspected",
            "count": len(buffers[1]),
            "left": left,
            "seed": run.seed_length,
            "placed": [run.seed_length + place for place in run.forced],
            "vocabulary": list(run.model.characters),
        }
        return found, buffers

    def activated(self, message: Mapping[str, Any], texts: Texts) -> tuple[Activated, Buffers]:
        """Return what a unit did; the caller holds the lock of the session."""
        span = span_in(message)
        layer, unit = whole_in(message, "layer", 0), whole_in(message, "unit", 0)
        looking = self._looking_at(texts.only.run)
        buffers, left = looking.activations(layer, unit, span["position"], span["count"], PIECE)
        place: Span = {**span, "count": len(buffers[0])}
        return {**place, "type": "activated", "layer": layer, "unit": unit, "left": left}, buffers

    def finding(self, message: Mapping[str, Any]) -> tuple[Finding, list[Cell] | None]:
        """Look for cells for a moment; return how far that has come and, at its end, the cells."""
        question = name_in(message, "id")
        name, model, engine = self._explained()
        theirs = None
        if message.get("fingerprint") == model.fingerprint:
            theirs = cells_in(message, engine.units)

        def find() -> tuple[float, list[Cell] | None]:
            self._parcel = None  # the page has it, or does without
            if theirs is not None:
                self._found[engine], self._finder = theirs, None
            if engine not in self._found:
                if self._finder is None or self._finder[0] is not engine:
                    self._finder = engine, CellFinder(model, engine)
                done = self._finder[1].advance(PIECE)
                if done < 1:
                    return done, None
                self._found[engine], self._finder = self._finder[1].cells, None
            return 1.0, self._found[engine]

        done, cells = self._lock.hold(find)
        return {"type": "finding", "id": question, "model": name, "done": done}, cells

    def lent(self, message: Mapping[str, Any]) -> tuple[Lent, Buffers]:
        """Hand over a piece of what a page needs to look for cells itself."""
        question, position = name_in(message, "id"), whole_in(message, "position", 0)
        model = self._explained().model

        def lend() -> tuple[int, int, np.ndarray]:
            if self._parcel is None or self._parcel[0] != model.fingerprint:
                script = session_script().encode()
                parcel = np.frombuffer(script + safetensors_of(model), dtype=np.uint8)
                self._parcel = model.fingerprint, len(script), parcel
            _, script_size, parcel = self._parcel
            piece = parcel[position : position + LENT]
            if position + LENT >= len(parcel):
                self._parcel = None  # that was all
            return script_size, len(parcel), piece

        script_size, size, piece = self._lock.hold(lend)
        answer: Lent = {
            "type": "lent",
            "id": question,
            "position": position,
            "script": script_size,
            "size": size,
            "fingerprint": model.fingerprint,
        }
        return answer, [piece]

    def found(self, network: Network) -> list[Cell]:
        """Return the cells that were found in a network, if any."""
        return self._found.get(network.engine, [])

    def forget(self) -> None:
        """Let go of the text that was looked at, and of what a page borrowed and did not fetch."""
        self._inspector = self._parcel = None

    def _looking_at(self, run: Run) -> Inspector:
        if self._inspector is None or self._inspector.run is not run:
            self._inspector = Inspector(run)
        return self._inspector
