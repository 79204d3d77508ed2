r"""One step of the network, packed for speed.

Per layer, with x the input and h, c the layer's state (TensorFlow's ``BasicLSTMCell``)::

    i, j, f, o = [x, h] @ kernel + bias
    c = sigmoid(f + 1) * c + sigmoid(i) * tanh(j)
    h = sigmoid(o) * tanh(c)

A step of a small network costs more in calls than in arithmetic, so the weights are packed once:

- ``sigmoid(a) = (1 + tanh(a / 2)) / 2``: with the columns of i, f, o halved beforehand, one `tanh`
  does all four gates.
- The outer factors of 1/2 are postponed: h is kept doubled, and what reads it is halved beforehand. Halving
  and doubling are exact in floating point.
- The gates are put in the order j, f, i, o behind c, so that ``[c, j] * [f, i]`` is one product.
- The embedding, the input kernel and the bias of the first layer fold into a table with one row per
  character: the first layer has no input product at all.
- The h of all layers lie in one array, so that ``[x, h]`` of every layer is a slice of it.

Several lanes share every product: the weights are read once for all of them. A text that is known
beforehand is read layer by layer, so that only half of the products have to wait for each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import SettingError, refuse_setting, short_repr, too_large
from lstm_widget.network.weights import FORGET_BIAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lstm_widget.network.weights import LSTMLayer, Weights

_F32 = np.float32
_HALF = np.array(0.5, dtype=_F32)
# OpenBLAS multiplies small matrices (up to 100^3 multiplications) as they lie; larger ones it copies
# first, which costs more than the product if it is a narrow one.
_SMALL = 1_000_000


@dataclass(frozen=True, eq=False)
class State:
    """Where a network is in a text: the cell state c and the output h of every layer, by value.

    Attributes
    ----------
    c, h : tuple of ndarray of float32, shape (H,) each
        One per layer, from the input upwards; read-only.

    Raises
    ------
    SettingError
        If a value is not finite.
    """

    c: tuple[NDArray[np.float32], ...]
    h: tuple[NDArray[np.float32], ...]

    def __post_init__(self) -> None:
        for name in ("c", "h"):
            arrays = tuple(np.array(a, dtype=_F32) for a in getattr(self, name))
            if not all(np.isfinite(array).all() for array in arrays):
                refuse_setting("A state must hold finite numbers only.")
            for array in arrays:
                array.flags.writeable = False
            object.__setattr__(self, name, tuple(array[...] for array in arrays))


class Engine:
    """The packed weights. They are only read, so that any number of lanes and threads share them.

    Parameters
    ----------
    weights : Weights
    unused : sequence of int, optional
        Ids without a character (`CharLSTM.unused_ids`). Their logits are minus infinity, so that they
        get no probability and are never chosen; those of the others are the same, to the last bit.
    """

    def __init__(self, weights: Weights, unused: Sequence[int] | NDArray[np.intp] = ()) -> None:
        self.units = tuple(layer.units for layer in weights.layers)
        first, *others = weights.layers
        kernel, bias = _packed(first)
        # The sum over the embedding in float64: rounded once, logits stay within 1e-4 of the exact ones.
        table = kernel[: first.input_size].astype(np.float64)
        if weights.embedding is not None:
            table = weights.embedding.astype(np.float64) @ table
        with np.errstate(over="ignore"):
            self.table = (table + bias).astype(_F32)  # [V, 4H]
        # Kernels are kept as [outputs, inputs]: the faster way round for a matrix-vector product.
        self.kernels = [_transposed(kernel[first.input_size :] * _HALF)]  # first: [4H, H]
        self.biases: list[NDArray[np.float32]] = []
        for layer in others:
            kernel, bias = _packed(layer)
            self.kernels.append(_transposed(kernel * _HALF))  # [4H, E + H]
            self.biases.append(bias)
        self.softmax_w = _transposed(weights.softmax_w * _HALF)  # [V, H]
        self.softmax_b = weights.softmax_b.copy()
        masked = np.asarray(unused, dtype=np.intp)
        self.softmax_w[masked], self.softmax_b[masked] = 0, -np.inf  # no sum can overflow there

    def lane(self, count: int | None = None) -> Lane:
        """Return a new stream through the network, or `count` side by side, in the zero state."""
        return Lane(self, count)


def _packed(layer: LSTMLayer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return kernel and bias with the gates as j, f, i, o; f, i, o halved; the forget bias added."""

    def pack(columns: NDArray[np.float32], forget_bias: float) -> NDArray[np.float32]:
        i, j, f, o = np.split(columns, 4, axis=-1)
        return np.concatenate([j, (f + _F32(forget_bias)) * _HALF, i * _HALF, o * _HALF], axis=-1)

    return pack(layer.kernel, 0.0), pack(layer.bias, FORGET_BIAS)


def _transposed(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(array.T)


class StatefulLane:
    """What a lane is on every backend: streams through a network, whose states are read and set by value."""

    def __init__(self, engine: Engine, count: int | None) -> None:
        self._engine, self._count = engine, count

    def __reduce__(self) -> tuple[Any, ...]:
        """Make copies by value: the arrays are views of each other, which copies of them would not be."""
        return _lane_in, (type(self), self._engine, self._count, self.states)

    def _layers_of_state(self) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
        """Return c and 2h of each layer as views, shape (L, H) each."""
        raise NotImplementedError

    @property
    def state(self) -> State:
        """The state of a single lane, by value: neither side sees what the other does with it later."""
        return self.states[0]

    @state.setter
    def state(self, state: State) -> None:
        self.states = (state,)

    @property
    def states(self) -> tuple[State, ...]:
        """The state of every lane, by value."""
        cs, hs = self._layers_of_state()
        try:
            return tuple(
                State(tuple(c[lane] for c in cs), tuple(h[lane] * _HALF for h in hs))
                for lane in range(len(cs[0]))
            )
        except SettingError:  # not finite
            raise too_large() from None

    @states.setter
    def states(self, states: Sequence[State]) -> None:
        for state in states:
            _check_state(state, self._engine.units)
        cs, hs = self._layers_of_state()
        for number, (c, h) in enumerate(zip(cs, hs, strict=True)):
            c[:] = [state.c[number] for state in states]
            np.multiply([state.h[number] for state in states], 2, h)


def _lane_in(
    kind: type[StatefulLane], engine: Engine, count: int | None, states: tuple[State, ...]
) -> StatefulLane:
    lane = kind(engine, count)
    lane.states = states
    return lane


def _check_state(state: object, units: tuple[int, ...]) -> None:
    """Raise `SettingError` unless it is a state of a network with these units per layer."""
    if not isinstance(state, State):
        refuse_setting(f"A state must be a State, as the network gives it, not {short_repr(state)}.")
    shapes = [tuple(a.shape for a in arrays) for arrays in (state.c, state.h)]
    if shapes != [tuple((count,) for count in units)] * 2:
        refuse_setting(f"A state of this model has layers of {units} units, not {shapes}.")


class Lane(StatefulLane):
    """One stream through the network, or several side by side: state and work space, allocated once.

    Not safe for two threads at a time; make a lane each. `Engine.lane` makes one.

    Parameters
    ----------
    engine : Engine
    count : int, optional
        L streams side by side. Every array then has one more axis of that length, at its end.
    """

    def __init__(self, engine: Engine, count: int | None = None) -> None:
        super().__init__(engine, count)
        lanes = () if count is None else (count,)
        ends = np.cumsum(engine.units)
        starts = ends - engine.units
        self._h = np.zeros((int(ends[-1]), *lanes), dtype=_F32)  # 2h of every layer, one after the other
        self._logits = np.zeros((engine.softmax_b.size, *lanes), dtype=_F32)
        self._softmax = _products(engine.softmax_w, self._h[starts[-1] :], self._logits)
        self._softmax_b = _column(engine.softmax_b, count)
        self._c: list[NDArray[np.float32]] = []
        self._layers: list[tuple[Any, ...]] = []
        for number, units in enumerate(engine.units):
            # Work space of a layer: c, then the gates j, f, i, o.
            work = np.zeros((5 * units, *lanes), dtype=_F32)
            c, z, fio = work[:units], work[units:], work[2 * units :]
            cj, fi, o = work[: 2 * units], work[2 * units : 4 * units], work[4 * units :]
            product = np.empty((2 * units, *lanes), dtype=_F32)
            x = self._h[starts[max(number - 1, 0)] : ends[number]]  # first: h; others: [x, h]
            h = self._h[starts[number] : ends[number]]
            ones = np.ones((3 * units, *lanes), dtype=_F32)  # an array adds faster than a scalar
            # The first layer has its bias in the table, whose row the step adds instead.
            bias = _column(engine.biases[number - 1], count) if number else None
            products = _products(engine.kernels[number], x, z)
            self._c.append(c)
            left, right = product[:units], product[units:]
            self._layers.append((products, bias, z, fio, ones, fi, cj, product, left, right, c, h, o))

    def step(self, characters: int | NDArray[np.intp]) -> NDArray[np.float32]:
        """Feed one character to each lane.

        Parameters
        ----------
        characters : int, or ndarray of int of shape (L,)
            Id of the character, 0 .. V - 1; with several lanes one for each.

        Returns
        -------
        ndarray of float32, shape (V,) or (L, V)
            Logits of the next character. The array is the lane's own: the next step overwrites it.
        """
        dot = np.dot
        addend = self._engine.table[characters].T
        for products, bias, z, *gates in self._layers:
            for kernel, x, part in products:
                dot(kernel, x, part)
            _cell(z, addend if bias is None else bias, *gates)
        return self.logits()

    def logits(self) -> NDArray[np.float32]:
        """Return the logits of the next character without a step, as `step` does."""
        for kernel, x, part in self._softmax:
            np.dot(kernel, x, part)
        return np.add(self._logits, self._softmax_b, self._logits).T

    def read(
        self, characters: NDArray[np.intp], cells: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Feed T characters to a single lane.

        Parameters
        ----------
        characters : ndarray of int, shape (T,)
        cells : ndarray of float32, shape (T, sum of all units), optional
            Takes the cell state c of all layers after each character.

        Returns
        -------
        ndarray of float32, shape (T, V)
            Logits after each character.
        """
        engine, dot = self._engine, np.dot
        ends = np.cumsum(engine.units)
        addends = engine.table[characters]  # [T, 4H]
        for number, (_, _, z, *gates) in enumerate(self._layers):
            c, h = gates[-3:-1]
            # The recurrent columns; the copy is soon earned back, as BLAS wants them side by side.
            kernel = np.ascontiguousarray(engine.kernels[number][:, -h.size :])
            outputs = np.empty((len(characters), h.size), dtype=_F32)
            kept = None if cells is None else cells[:, ends[number] - h.size : ends[number]]
            for n, addend in enumerate(addends):
                dot(kernel, h, z)
                _cell(z, addend, *gates)
                outputs[n] = h
                if kept is not None:
                    kept[n] = c
            if number + 1 < len(self._layers):  # what the next layer takes in, for the whole text at once
                kernel = engine.kernels[number + 1][:, : h.size]
                addends = outputs @ kernel.T + engine.biases[number]
        return outputs @ engine.softmax_w.T + engine.softmax_b

    def _layers_of_state(self) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
        hs = np.split(self._h, np.cumsum(self._engine.units)[:-1])
        cs, hs = ([array.reshape(len(array), -1).T for array in arrays] for arrays in (self._c, hs))
        return cs, hs


def _cell(z, addend, fio, ones, fi, cj, product, left, right, c, h, o) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Turn the sums of a layer's gates, in place, into its next c and h."""
    np.add(z, addend, z)
    np.tanh(z, z)
    np.add(fio, ones, fio)  # now 2 * sigmoid
    np.multiply(fi, cj, product)  # 2 * sigmoid(f) * c and 2 * sigmoid(i) * tanh(j)
    np.add(left, right, c)
    np.multiply(c, _HALF, c)
    np.tanh(c, h)
    np.multiply(h, o, h)  # 2h


def _column(values: NDArray[np.float32], count: int | None) -> NDArray[np.float32]:
    """Return what is added to every lane; spread out, an array adds faster."""
    return values if count is None else np.repeat(values[:, None], count, axis=1)


def _products(
    kernel: NDArray[np.float32], x: NDArray[np.float32], out: NDArray[np.float32]
) -> list[tuple[NDArray[np.float32], ...]]:
    """Cut ``out = kernel @ x`` for several lanes into products that BLAS takes for small ones."""
    if x.ndim == 1:
        return [(kernel, x, out)]
    rows = max(16, _SMALL // x.size // 16 * 16)
    return [(kernel[n : n + rows], x, out[n : n + rows]) for n in range(0, len(kernel), rows)]
