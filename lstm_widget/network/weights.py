"""The arrays of a network as data: read-only, and checked to fit together.

The canonical weights are those of the p5ML format, that is of TensorFlow's ``BasicLSTMCell``: gates
in the order i, j, f, o; input and recurrent kernel stacked as ``[x, h]``; a forget bias of 1.0 that
is *not* stored but added when the network runs (see `lstm_widget.network.engine`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lstm_widget.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import ArrayLike, NDArray

# Where an array is: its name in `Weights` or `LSTMLayer`, and the number of its layer, else 0.
Place: TypeAlias = tuple[str, int]

GATES = 4
FORGET_BIAS = 1.0


def _frozen(name: str, values: ArrayLike, ndim: int) -> NDArray[np.float32]:
    """Return a read-only float32 copy, or raise `ModelError`."""
    try:
        source = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        refuse(f"The {name} is no array of numbers: {error}", error)
    if source.dtype.kind not in "fiu":
        refuse(f"The {name} must hold numbers, not {source.dtype}.")
    if source.ndim != ndim or 0 in source.shape:
        refuse(f"The {name} must have {ndim} non-empty dimension(s), but its shape is {source.shape}.")
    with np.errstate(over="ignore"):  # what overflows float32 is reported as not finite below
        array = source.astype(np.float32, order="C", copy=True)
    if not np.isfinite(array).all():
        refuse(f"The {name} holds values that are not finite numbers (NaN or infinity): the file is damaged.")
    array.flags.writeable = False
    return array[...]  # a view cannot be made writable again


@dataclass(frozen=True, eq=False, repr=False)
class LSTMLayer:
    """One LSTM layer of H units that reads E inputs.

    Parameters
    ----------
    kernel : array_like, shape (E + H, 4 * H)
        Input rows above recurrent rows; column blocks i, j, f, o.
    bias : array_like, shape (4 * H,)
        Without the forget bias of 1.0, which is added at run time.

    Raises
    ------
    ModelError
        If the shapes do not fit or a value is not finite.
    """

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel", _frozen("kernel of a layer", self.kernel, 2))
        object.__setattr__(self, "bias", _frozen("bias of a layer", self.bias, 1))
        if self.bias.size % GATES:
            refuse(f"The bias of a layer must hold 4 values per unit, but it holds {self.bias.size}.")
        rows, columns = self.kernel.shape
        if columns != self.bias.size or rows <= self.units:
            refuse(
                f"A layer of {self.units} units needs a kernel of (inputs + {self.units}) x "
                f"{self.bias.size}, but its shape is {self.kernel.shape}."
            )

    def __reduce__(self) -> tuple[Any, ...]:
        return LSTMLayer, (self.kernel, self.bias)

    @property
    def units(self) -> int:
        """Number of units H."""
        return self.bias.size // GATES

    @property
    def input_size(self) -> int:
        """Number of inputs E."""
        return int(self.kernel.shape[0]) - self.units


@dataclass(frozen=True, eq=False, repr=False)
class Weights:
    """The arrays of a character-level LSTM with V ids.

    Parameters
    ----------
    layers : sequence of LSTMLayer
        From the input upwards; layers may differ in size.
    softmax_w : array_like, shape (H_top, V)
    softmax_b : array_like, shape (V,)
    embedding : array_like, shape (V, E), optional
        Row per id. Without one the input of the first layer is the id one-hot.

    Raises
    ------
    ModelError
        If the shapes do not fit together or a value is not finite.
    """

    layers: tuple[LSTMLayer, ...]
    softmax_w: NDArray[np.float32]
    softmax_b: NDArray[np.float32]
    embedding: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "softmax_w", _frozen("softmax weights", self.softmax_w, 2))
        object.__setattr__(self, "softmax_b", _frozen("softmax bias", self.softmax_b, 1))
        if self.embedding is not None:
            object.__setattr__(self, "embedding", _frozen("embedding", self.embedding, 2))
        self._check_fit()

    def _check_fit(self) -> None:
        if not self.layers:
            refuse("A model needs at least one LSTM layer.")
        width = self.vocab_size
        if self.embedding is not None:
            rows, width = self.embedding.shape
            if rows != self.vocab_size:
                refuse(f"The embedding has {rows} rows, but the softmax has {self.vocab_size} ids.")
        for number, layer in enumerate(self.layers):
            if layer.input_size != width:
                hint = "; is the embedding missing?" if number == 0 and self.embedding is None else "."
                refuse(f"Layer {number} reads {layer.input_size} inputs, but it is given {width}{hint}")
            width = layer.units
        needed = (width, self.vocab_size)
        if self.softmax_w.shape != needed:
            refuse(f"The softmax weights must have the shape {needed}, but it is {self.softmax_w.shape}.")

    def __reduce__(self) -> tuple[Any, ...]:
        return Weights, (self.layers, self.softmax_w, self.softmax_b, self.embedding)

    @property
    def vocab_size(self) -> int:
        """Number of ids V, counted from the softmax."""
        return int(self.softmax_b.size)

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(array.size for array in self.arrays.values())

    @property
    def arrays(self) -> dict[Place, NDArray[np.float32]]:
        """Every array by its place, from the input upwards; `assembled` puts them together again."""
        arrays = {} if self.embedding is None else {("embedding", 0): self.embedding}
        for number, layer in enumerate(self.layers):
            arrays |= {("kernel", number): layer.kernel, ("bias", number): layer.bias}
        return arrays | {("softmax_w", 0): self.softmax_w, ("softmax_b", 0): self.softmax_b}


def missing_place(places: Collection[Place]) -> Place | None:
    """Return the first array, if any, without which those at some places are not a whole network."""
    count = 1 + max((number for _, number in places), default=0)
    layers = [(part, number) for number in range(count) for part in ("kernel", "bias")]
    required = [("softmax_w", 0), ("softmax_b", 0), *layers]
    return next((place for place in required if place not in places), None)


def assembled(arrays: Mapping[Place, NDArray[Any]]) -> Weights:
    """Return the network of its arrays, of which no place is missing (see `missing_place`)."""
    count = 1 + max(number for _, number in arrays)
    layers = tuple(LSTMLayer(arrays["kernel", number], arrays["bias", number]) for number in range(count))
    return Weights(layers, arrays["softmax_w", 0], arrays["softmax_b", 0], arrays.get(("embedding", 0)))
