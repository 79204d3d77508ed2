"""Which numeric backend computes: NumPy from the start, Numba as soon as it is loaded.

Loading Numba takes a moment, and the very first time on a machine it compiles for some seconds: so that
no text waits for it, that happens in a thread, and not before a text is under way. The environment
variable ``LSTM_WIDGET_MATH`` decides otherwise: ``numpy`` leaves Numba alone, ``numba`` waits for it.
"""

from __future__ import annotations

import logging
import os
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import refuse_setting, short_repr
from lstm_widget.holding import Lock
from lstm_widget.network.engine import Engine, Lane
from lstm_widget.network.sampling import choose
from lstm_widget.network.scoring import in_bits, log_probabilities
from lstm_widget.network.weights import LSTMLayer, Weights

if TYPE_CHECKING:
    from lstm_widget.network.compiled import CompiledLane

    AnyLane = Lane | CompiledLane

log = logging.getLogger("lstm_widget")

VARIABLE = "LSTM_WIDGET_MATH"
_TOLERANCE = 1e-4


class Backend:
    """The choice between NumPy and Numba; one for the whole process, as what is compiled serves all."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._compiled: type[CompiledLane] | None = None
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """What computes now: ``"numpy"`` or ``"numba"``."""
        return "numpy" if self._ready() is None else "numba"

    def math(self, engine: Engine) -> str:
        """Say what computes with an engine now: the `name`, and float16 if Numba reads its weights so."""
        compiled = self._ready()
        return "numpy" if compiled is None else compiled.math(engine)

    def lane(self, engine: Engine, count: int | None = None) -> AnyLane:
        """Return a new stream through a network, or `count` side by side, on the fastest that is ready."""
        compiled = self._ready()
        return engine.lane(count) if compiled is None else compiled(engine, count)

    def fastest(self, lane: AnyLane, engine: Engine) -> AnyLane:
        """Return the lane itself, or one in the same state on Numba, if that has become ready."""
        if not isinstance(lane, Lane) or self._ready() is None:
            return lane
        faster = self.lane(engine)
        faster.state = lane.state
        return faster

    def warm_up(self) -> None:
        """Begin to load Numba, in a thread, if it is installed and not yet begun."""
        if self._thread is None and _wanted() == "auto":
            self._lock.hold(self._begin_to_load)

    def _begin_to_load(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._load, name="lstm-widget-numba", daemon=True)
            self._thread = thread
            try:
                thread.start()
            except RuntimeError:  # there are none, as in Pyodide
                log.info("No thread can be started; NumPy computes")

    def _ready(self) -> type[CompiledLane] | None:
        wanted = _wanted()
        if wanted == "numpy":
            return None
        if self._compiled is None and wanted == "numba":
            self._lock.hold(self._load)
            if self._compiled is None:
                refuse_setting(
                    f'{VARIABLE} asks for Numba, which cannot be used here: pip install "lstm-widget[fast]".'
                )
        return self._compiled

    def _load(self) -> None:
        if self._compiled is not None or find_spec("numba") is None:
            return
        try:
            from lstm_widget.network.compiled import CompiledLane  # noqa: PLC0415 - it loads and compiles

            if _agrees(CompiledLane):
                self._compiled = CompiledLane
        except Exception:  # whatever is wrong with Numba here, NumPy goes on
            log.info("Numba cannot be used; NumPy computes", exc_info=True)


def _wanted() -> str:
    wanted = os.environ.get(VARIABLE, "auto")
    if wanted not in {"auto", "numpy", "numba"}:
        refuse_setting(f"{VARIABLE} must be auto, numpy or numba, not {short_repr(wanted)}.")
    return wanted


def _agrees(compiled: type[CompiledLane]) -> bool:
    """Compile, and compare with NumPy on a small network: a compiler can be wrong, too."""
    random = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return random.standard_normal(shape)

    layers = (LSTMLayer(normal(9 + 7, 28), normal(28)), LSTMLayer(normal(7 + 5, 20), normal(20)))
    engine = Engine(Weights(layers, normal(5, 9), normal(9)), unused=[8])
    plain, fast = engine.lane(), compiled(engine)
    agree = all(np.allclose(plain.step(n), fast.step(n), atol=_TOLERANCE) for n in range(8))
    dice, ids, bits = random.random((1, 20)), [0], []
    for die in dice[0]:
        logits = plain.step(ids[-1])
        ids.append(choose(logits, 0.7, die, 6, 0.9))
        bits.append(in_bits(log_probabilities(logits[None], ids[-1:])))
    (chosen,), surprise = fast.write([0], dice, [0.7], [6], [0.9])
    agree = agree and ids[1:] == chosen.tolist() and np.allclose(bits, surprise.T, atol=_TOLERANCE)
    if not agree:
        log.warning("Numba computes something else than NumPy; it is left aside")
    return agree


backend = Backend()
