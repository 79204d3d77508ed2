"""The engine once more, compiled with Numba (extra ``fast``); `lstm_widget.network.backend` loads it.

What `lstm_widget.network.engine` does in a dozen calls of NumPy per character, and the choice of the
character with it, is one compiled loop here. Nearly all of the time then goes into reading the
weights, so they lie in the order in which they are read (`lstm_widget.network.panels`):

- The sums of a panel stay in registers or the first cache, and memory is read in one line.
- Every second step takes the panels from the last to the first: what was read last is still in the
  cache. The sums are the same, bit by bit, as each panel is summed in the same order.
- Several lanes take turns on eight rows of a panel. So a lane beside others computes exactly what it
  would alone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from lstm_widget.network.engine import StatefulLane
from lstm_widget.network.panels import PANEL, ROWS, packed
from lstm_widget.network.sampling import COLDEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lstm_widget.network.engine import Engine

EVERYTHING = 2.0  # a top-p that keeps all

_F32 = np.float32
_QUARTER, _HALF, _ONE = _F32(0.25), _F32(0.5), _F32(1.0)
_LN2 = math.log(2)
# tanh(x) = x P(x^2) / Q(x^2) for |x| <= 8.3; there it is 1 but for the last two bits of float32. The
# coefficients minimise the largest relative error, by weighted least squares. A formula without branches,
# unlike that of the C library, is computed for a whole vector at once.
_LIMIT = _F32(8.3)
_P0, _P1, _P2 = _F32(0.7788207530975342), _F32(0.10458286106586456), _F32(0.0027664427179843187)
_P3, _P4 = _F32(1.678780245129019e-05), _F32(1.1457672144388198e-08)
_Q0, _Q1, _Q2 = _F32(0.7788207530975342), _F32(0.3641897439956665), _F32(0.020320333540439606)
_Q3, _Q4 = _F32(0.00026313832495361567), _F32(6.480838692368707e-07)

# Only the contraction of a product and a sum into one instruction: the order of a sum stays as written.
_compile = njit(fastmath={"contract"}, error_model="numpy", cache=True, nogil=True)


@_compile
def _tanh(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    x = min(max(x, -_LIMIT), _LIMIT)
    y = x * x
    p = (((_P4 * y + _P3) * y + _P2) * y + _P1) * y + _P0
    return x * p / ((((_Q4 * y + _Q3) * y + _Q2) * y + _Q1) * y + _Q0)


def _widen(_, weight):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return a weight as float32; that of float16 is given by its bits."""

    def generate(_, builder, __, values):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        (value,) = values
        if weight == types.float32:
            return value
        return builder.fpext(builder.bitcast(value, ir.HalfType()), ir.FloatType())

    return types.float32(weight), generate


_widened: Any = intrinsic(_widen)


@_compile
def _add_product(w, scale, inputs, panels, x, start, z, backwards):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add scale * x[:, start : start + inputs] @ w to z [L, ...]: w [panels, inputs, PANEL], flat."""
    lanes = x.shape[0]
    is_shared = lanes > 1 and w.itemsize < z.itemsize  # float16 is widened once for all lanes
    wide = np.empty(ROWS * PANEL if is_shared else 0, dtype=z.dtype)
    for turn in range(panels):
        panel = panels - 1 - turn if backwards else turn
        for k in range(0, inputs, ROWS):
            begin = (panel * inputs + k) * PANEL
            rows = w[begin : begin + ROWS * PANEL]
            for j in range(wide.size):
                wide[j] = _widened(rows[j])
            for lane in range(lanes):
                x_now = x[lane, start + k : start + k + ROWS]
                sums = z[lane, panel * PANEL : (panel + 1) * PANEL]
                if is_shared:
                    _add_rows(wide, scale, x_now, sums)
                else:
                    _add_rows(rows, scale, x_now, sums)


@njit(fastmath={"contract"}, error_model="numpy", inline="always")  # a call would take longer than the sums
def _add_rows(rows, scale, x, sums):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add scale * x @ rows to the sums of a panel: x [ROWS], rows [ROWS, PANEL] flat."""
    x0, x1, x2, x3 = x[0] * scale, x[1] * scale, x[2] * scale, x[3] * scale
    x4, x5, x6, x7 = x[4] * scale, x[5] * scale, x[6] * scale, x[7] * scale
    for j in range(PANEL):
        # A sum of its own first: it is small, so it is rounded less than all of the sum.
        sums[j] += (
            x0 * _widened(rows[j])
            + x1 * _widened(rows[PANEL + j])
            + x2 * _widened(rows[2 * PANEL + j])
            + x3 * _widened(rows[3 * PANEL + j])
            + x4 * _widened(rows[4 * PANEL + j])
            + x5 * _widened(rows[5 * PANEL + j])
            + x6 * _widened(rows[6 * PANEL + j])
            + x7 * _widened(rows[7 * PANEL + j])
        )


@_compile
def _add_kernel(weights, number, h, z, backwards):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add the product with one of the kernels to z."""
    flat, halves, plan, _, _, _ = weights
    _, start, inputs, panels, offset, _, is_half = plan[number]
    if is_half:
        _add_product(halves[offset:], _QUARTER, inputs, panels, h, start, z, backwards)
    else:
        _add_product(flat[offset:], _ONE, inputs, panels, h, start, z, backwards)


@_compile
def _cell(z, c, h, start, units):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Turn the sums z [L, 4H] of the gates j, f, i, o into the next c and (doubled) h of a layer."""
    for lane in range(z.shape[0]):
        gates, cells = z[lane, : 4 * units], c[lane, start : start + units]
        outputs = h[lane, start : start + units]
        for n in range(4 * units):
            gates[n] = _tanh(gates[n])
        j, f, i, o = gates[:units], gates[units : 2 * units], gates[2 * units : 3 * units], gates[3 * units :]
        for n in range(units):
            cells[n] = ((f[n] + _ONE) * cells[n] + (i[n] + _ONE) * j[n]) * _HALF
        for n in range(units):
            outputs[n] = _tanh(cells[n]) * (o[n] + _ONE)


@_compile
def _logits(weights, h, z, backwards):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Write the logits of the next character into z[:, :V]."""
    softmax_b = weights[5]
    for lane in range(h.shape[0]):
        z[lane, : softmax_b.size] = softmax_b
    _add_kernel(weights, weights[2].shape[0] - 1, h, z, backwards)


@_compile
def _step(weights, ids, h, c, z, backwards):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Feed ids [L]; the logits are then in z[:, :V]."""
    _, _, plan, table, biases, _ = weights
    for layer in range(plan.shape[0] - 1):
        units, own = plan[layer, 0], plan[layer, 5]
        for lane in range(h.shape[0]):
            # The first layer has its bias, and all that it takes in, in the table.
            z[lane, : 4 * units] = biases[layer, : 4 * units] if layer else table[ids[lane]]
        _add_kernel(weights, layer, h, z, backwards)
        _cell(z, c, h, own, units)
    _logits(weights, h, z, backwards)


@_compile
def _choose(logits, best, temperature, u, top_k, top_p, left, widths):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Choose as `lstm_widget.network.sampling.choose` does, but sort only as far as needed.

    The `best` is the most likely one; `left` and `widths` [V] are work space.
    """
    if temperature < COLDEST:
        return best
    highest = np.float64(logits[best])
    whole = 0.0
    for n in range(logits.size):
        widths[n] = np.exp((np.float64(logits[n]) - highest) / temperature)
        whole += widths[n]
    # The length of the bar: of the first `top_k`, and of these of what reaches `top_p`. Then the die on it.
    count, length = min(top_k, logits.size), whole
    if count < logits.size:
        length, _ = _walk(logits, widths, left, count, np.inf, True)
    if top_p <= 1.0:
        length, _ = _walk(logits, widths, left, count, top_p * length, True)
    _, chosen = _walk(logits, widths, left, count, u * length, False)
    return chosen


@_compile
def _walk(logits, widths, left, count, goal, reaching):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Lay at most `count` of the most likely characters side by side until they reach or pass the goal.

    Return how far they go, and the last of them.
    """
    left[:] = logits
    length, last = 0.0, 0
    for _ in range(count):
        best = _largest(left)
        if left[best] == -np.inf or widths[best] == 0.0:
            break
        last = best
        length += widths[best]
        left[best] = -np.inf
        if length > goal or (reaching and length == goal):
            break
    return length, last


@_compile
def _largest(values):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the first index of the largest value; quicker than argmax, as it is a vector's work."""
    largest = _maximum(values)
    for n in range(values.size):
        if values[n] == largest:
            return n
    return 0


@njit(fastmath={"nnan", "nsz", "reassoc"}, error_model="numpy", cache=True, nogil=True)
def _maximum(values):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    largest = values[0]
    for n in range(1, values.size):
        largest = max(largest, values[n])
    return largest


@_compile
def _surprise(logits, best, chosen):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return -log2 of the chosen one's probability (temperature 1), as `lstm_widget.network.scoring` does."""
    highest = np.float64(logits[best])
    return np.log2(_sum_of_exp(logits, highest)) + (highest - logits[chosen]) / _LN2


@njit(fastmath={"contract", "reassoc"}, error_model="numpy", cache=True, nogil=True)
def _sum_of_exp(values, highest):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    whole = 0.0
    for n in range(values.size):
        whole += _exp(values[n] - highest)
    return whole


@_compile
def _exp(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return exp(x) for x <= 0, within 2e-10: the series of exp(x / 64), squared six times."""
    y = max(x, -40.0) / 64.0
    y = ((((y / 120.0 + 1.0 / 24.0) * y + 1.0 / 6.0) * y + 0.5) * y + 1.0) * y + 1.0
    for _ in range(6):
        y *= y
    return y


@_compile
def _write(weights, ids, h, c, z, turn, dice, temperatures, top_ks, top_ps, chosen, surprise, kept):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Feed ids [L], choose, feed what was chosen, and so on, once for each of the dice [L, n]."""
    size = weights[5].size
    left, widths = np.empty(size, dtype=z.dtype), np.empty(size, dtype=dice.dtype)
    for n in range(dice.shape[1]):
        _step(weights, ids, h, c, z, (turn + n) % 2 == 1)
        for lane in range(h.shape[0]):
            logits = z[lane, :size]
            if kept.shape[1] > 0:
                kept[lane, n] = logits
            best, die, temperature = _largest(logits), dice[lane, n], temperatures[lane]
            ids[lane] = _choose(logits, best, temperature, die, top_ks[lane], top_ps[lane], left, widths)
            chosen[lane, n] = ids[lane]
            surprise[lane, n] = _surprise(logits, best, ids[lane])


class CompiledLane(StatefulLane):
    """What `lstm_widget.network.engine.Lane` is, compiled; and it chooses the characters by itself.

    Not safe for two threads at a time.

    Parameters
    ----------
    engine : Engine
    count : int, optional
        L streams side by side; each computes bit by bit what it would alone.
    """

    @staticmethod
    def math(engine: Engine) -> str:
        """Say how this computes with an engine: with all weights in float32, or with some in float16."""
        return "numba, float16" if packed(engine).has_halves else "numba"

    def __init__(self, engine: Engine, count: int | None = None) -> None:
        super().__init__(engine, count)
        self._packed = packed(engine)
        self._weights = tuple(self._packed)  # as Numba likes it best
        lanes = count or 1
        self._h = np.zeros((lanes, sum(engine.units) + ROWS), dtype=_F32)  # 2h, and zeros behind
        self._c = np.zeros_like(self._h)
        self._z = np.zeros((lanes, int(self._packed.plan[:, 3].max()) * PANEL), dtype=_F32)
        self._turn = 0
        self.pace = 1.0
        """Seconds that a step of `write` takes, as last measured."""

    def step(self, characters: int | NDArray[np.intp]) -> NDArray[np.float32]:
        """Feed one character to each lane; see `lstm_widget.network.engine.Lane.step`."""
        ids = np.array(characters, dtype=np.int64, ndmin=1)
        _step(self._weights, ids, self._h, self._c, self._z, self._turn % 2 == 1)
        self._turn += 1
        return self._shown()

    def logits(self) -> NDArray[np.float32]:
        """Return the logits of the next character without a step, as `step` does."""
        _logits(self._weights, self._h, self._z, False)
        return self._shown()

    def write(
        self,
        characters: Sequence[int],
        dice: NDArray[np.float64],
        temperatures: Sequence[float],
        top_ks: Sequence[int | None],
        top_ps: Sequence[float | None],
        kept: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Feed a character to each lane, choose the next one, feed it, and so on.

        Parameters
        ----------
        characters : sequence of int, length L
        dice : ndarray of float64, shape (L, n)
        temperatures, top_ks, top_ps : sequence, length L
            As `lstm_widget.network.sampling.choose` takes them.
        kept : ndarray of float32, shape (L, n, V), optional
            Takes the logits of each choice.

        Returns
        -------
        chosen : ndarray of int64, shape (L, n)
            The last of each lane is not fed yet.
        surprise : ndarray of float64, shape (L, n)
            Of each of them in bits: -log2 of its probability at temperature 1, without top-k and top-p.
        """
        chosen, surprise = np.empty(dice.shape, dtype=np.int64), np.empty(dice.shape)
        size = self._packed.softmax_b.size
        _write(
            self._weights,
            np.array(characters, dtype=np.int64),
            self._h,
            self._c,
            self._z,
            self._turn,
            dice,
            np.array(temperatures, dtype=np.float64),
            np.array([size if k is None else min(k, size) for k in top_ks], dtype=np.int64),
            np.array([EVERYTHING if p is None else p for p in top_ps], dtype=np.float64),
            chosen,
            surprise,
            np.empty((1, 0, size), dtype=_F32) if kept is None else kept,
        )
        self._turn += dice.shape[1]
        return chosen, surprise

    def _layers_of_state(self) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
        ends = np.cumsum(self._engine.units)
        cs, hs = (np.split(array, ends, axis=1)[:-1] for array in (self._c, self._h))
        return cs, hs

    def _shown(self) -> NDArray[np.float32]:
        logits = self._z[:, : self._packed.softmax_b.size]
        return logits[0] if self._count is None else logits
