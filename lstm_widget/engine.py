r"""One step of the network, packed for speed.

Per layer, with x the input and h, c the layer's state (TensorFlow's ``BasicLSTMCell``)::

    i, j, f, o = [x, h] @ kernel + bias
    c = sigmoid(f + 1) * c + sigmoid(i) * tanh(j)
    h = sigmoid(o) * tanh(c)

A step of a small network costs more in calls than in arithmetic, so the weights are packed once:

- ``sigmoid(a) = (1 + tanh(a / 2)) / 2``: with the columns of i, f, o halved beforehand, one `tanh`
  does all four gates.
- The outer halves are saved up: h is kept doubled, and what reads it is halved beforehand. Halving
  and doubling are exact in floating point.
- The gates are put in the order j, f, i, o behind c, so that ``[c, j] * [f, i]`` is one product.
- The embedding, the input kernel and the bias of the first layer fold into a table with one row per
  character: the first layer has no input product at all.
- The h of all layers lie in one array, so that ``[x, h]`` of every layer is a slice of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import SettingError, shown
from lstm_widget.model import FORGET_BIAS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lstm_widget.model import LSTMLayer, Weights

_F32 = np.float32
_HALF = np.array(0.5, dtype=_F32)


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
                msg = "A state must hold finite numbers only."
                raise SettingError(msg)
            for array in arrays:
                array.flags.writeable = False
            object.__setattr__(self, name, tuple(array[...] for array in arrays))


class Engine:
    """The packed weights. They are only read, so that any number of lanes and threads share them.

    Parameters
    ----------
    weights : Weights
    """

    def __init__(self, weights: Weights) -> None:
        self.units = tuple(layer.units for layer in weights.layers)
        first, *others = weights.layers
        kernel, bias = _packed(first)
        # The sum over the embedding in float64: rounded once, logits stay within 1e-4 of the exact ones.
        table = kernel[: first.input_size].astype(np.float64)
        if weights.embedding is not None:
            table = weights.embedding.astype(np.float64) @ table
        self.table = (table + bias).astype(_F32)  # [V, 4H]
        # Kernels are kept as [outputs, inputs]: the faster way round for a matrix-vector product.
        self.kernels = [_transposed(kernel[first.input_size :] * _HALF)]  # first: [4H, H]
        self.biases: list[NDArray[np.float32]] = []
        for layer in others:
            kernel, bias = _packed(layer)
            self.kernels.append(_transposed(kernel * _HALF))  # [4H, E + H]
            self.biases.append(bias)
        self.softmax_w = _transposed(weights.softmax_w * _HALF)  # [V, H]
        self.softmax_b = weights.softmax_b

    def lane(self) -> Lane:
        """Return a new stream through the network, in the zero state."""
        return Lane(self)


def _packed(layer: LSTMLayer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return kernel and bias with the gates as j, f, i, o; f, i, o halved; the forget bias added."""

    def pack(columns: NDArray[np.float32], forget_bias: float) -> NDArray[np.float32]:
        i, j, f, o = np.split(columns, 4, axis=-1)
        return np.concatenate([j, (f + _F32(forget_bias)) * _HALF, i * _HALF, o * _HALF], axis=-1)

    return pack(layer.kernel, 0.0), pack(layer.bias, FORGET_BIAS)


def _transposed(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(array.T)


class Lane:
    """One stream through the network: its state and its work space, allocated once.

    Not safe for two threads at a time; make a lane each. `Engine.lane` makes one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        ends = np.cumsum(engine.units)
        starts = ends - engine.units
        self._h = np.zeros(int(ends[-1]), dtype=_F32)  # 2h of every layer, side by side
        self._top = self._h[starts[-1] :]
        self._logits = np.empty(engine.softmax_b.size, dtype=_F32)
        self._c: list[NDArray[np.float32]] = []
        self._layers: list[tuple[Any, ...]] = []
        for number, units in enumerate(engine.units):
            # Work space of a layer: c, then the gates j, f, i, o.
            work = np.zeros(5 * units, dtype=_F32)
            c, z, fio = work[:units], work[units:], work[2 * units :]
            cj, fi, o = work[: 2 * units], work[2 * units : 4 * units], work[4 * units :]
            product = np.empty(2 * units, dtype=_F32)
            x = self._h[starts[max(number - 1, 0)] : ends[number]]  # first: h; others: [x, h]
            h = self._h[starts[number] : ends[number]]
            ones = np.ones(3 * units, dtype=_F32)  # an array adds faster than a scalar
            # The first layer has its bias in the table, whose row the step adds instead.
            bias = engine.biases[number - 1] if number else None
            self._c.append(c)
            self._layers.append(
                (
                    engine.kernels[number],
                    x,
                    bias,
                    z,
                    fio,
                    ones,
                    fi,
                    cj,
                    product,
                    product[:units],
                    product[units:],
                    c,
                    h,
                    o,
                )
            )

    def step(self, character: int) -> NDArray[np.float32]:
        """Feed one character.

        Parameters
        ----------
        character : int
            Id of the character, 0 .. V - 1.

        Returns
        -------
        ndarray of float32, shape (V,)
            Logits of the next character. The array is the lane's own: the next step overwrites it.
        """
        dot, add, multiply, tanh = np.dot, np.add, np.multiply, np.tanh
        addend = self._engine.table[character]
        for kernel, x, bias, z, fio, ones, fi, cj, product, left, right, c, h, o in self._layers:
            dot(kernel, x, z)
            add(z, addend if bias is None else bias, z)
            tanh(z, z)
            add(fio, ones, fio)  # now 2 * sigmoid
            multiply(fi, cj, product)  # 2 * sigmoid(f) * c and 2 * sigmoid(i) * tanh(j)
            add(left, right, c)
            multiply(c, _HALF, c)
            tanh(c, h)
            multiply(h, o, h)  # 2h
        return self.logits()

    def logits(self) -> NDArray[np.float32]:
        """Return the logits of the next character without a step, as `step` does."""
        np.dot(self._engine.softmax_w, self._top, self._logits)
        return np.add(self._logits, self._engine.softmax_b, self._logits)

    @property
    def state(self) -> State:
        """The state, by value: neither side sees what the other does with it later."""
        ends = np.cumsum(self._engine.units)[:-1]
        return State(tuple(self._c), tuple(np.split(self._h * _HALF, ends)))

    @state.setter
    def state(self, state: State) -> None:
        if not isinstance(state, State):
            msg = f"A state must be a State, as the network gives it, not {shown(state)}."
            raise SettingError(msg)
        shapes = [tuple(a.shape for a in arrays) for arrays in (state.c, state.h)]
        if shapes != [tuple((units,) for units in self._engine.units)] * 2:
            msg = f"A state of this model has layers of {self._engine.units} units, not {shapes}."
            raise SettingError(msg)
        for own, given in zip(self._c, state.c, strict=True):
            own[:] = given
        np.concatenate(state.h, out=self._h)
        np.multiply(self._h, 2, self._h)
