"""The tensors of PyTorch's modules, and how they become the arrays of a `CharLSTM`.

A layer of H units that reads E inputs has there ``weight_ih`` (4H, E) and ``weight_hh`` (4H, H), in
row blocks i, f, g, o (g is j here), and two biases that are added up and include the forget bias.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import refuse, short_repr
from lstm_widget.network.weights import FORGET_BIAS, GATES, LSTMLayer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[Any]
    # The tensors of one module, by the last part of their names.
    Tensors = Mapping[str, Any]

LSTM_TENSOR = re.compile(
    r"(?P<part>(?:weight|bias)_(?:ih|hh)|weight_hr)(?:_l(?P<number>0|[1-9]\d{0,3}))?(?P<reverse>_reverse)?"
)
_DIMENSIONS = {"weight": 2, "bias": 1}  # of an embedding and of the head


def translated(kernel: Array, bias: Array) -> LSTMLayer:
    """Return the layer whose column blocks are i, f, j, o, with the forget bias stored.

    Parameters
    ----------
    kernel : ndarray, shape (E + H, 4 * H)
    bias : ndarray, shape (4 * H,)
    """
    units = bias.size // GATES
    bias = bias.astype(np.float64)  # so that it is rounded once
    bias[units : 2 * units] -= FORGET_BIAS
    return LSTMLayer(middle_swapped(kernel), middle_swapped(bias))


def middle_swapped(columns: Array) -> Array:
    """Turn the blocks i, f, j, o into i, j, f, o, or back."""
    first, second, third, fourth = np.split(columns, GATES, axis=-1)
    return np.concatenate([first, third, second, fourth], axis=-1)


def layers_of(owner: str, tensors: Tensors) -> list[LSTMLayer]:
    """Return the layers of one ``nn.LSTM``, or the only one of an ``nn.LSTMCell``."""
    cells: dict[int, dict[str, Any]] = {}
    for last, tensor in tensors.items():
        match = LSTM_TENSOR.fullmatch(last)
        if match is None:
            refuse(unknown(owner, last))
        if match["reverse"]:
            refuse(
                f"The {named('LSTM', owner)} is bidirectional, which cannot generate text: train it forwards."
            )
        if match["part"] == "weight_hr":
            refuse(f"The {named('LSTM', owner)} has a proj_size, which cannot be run: train without it.")
        cell = cells.setdefault(int(match["number"] or 0), {})
        if match["part"] in cell:  # weight_ih beside weight_ih_l0
            refuse(unknown(owner, last))
        cell[match["part"]] = tensor
    return [_layer_of(owner, number, cells.get(number, {})) for number in range(len(cells))]


def _layer_of(owner: str, number: int, tensors: Tensors) -> LSTMLayer:
    where = f"layer {number} of the {named('LSTM', owner)}"
    for part in ("weight_ih", "weight_hh"):
        if part not in tensors:
            refuse(f"The {part} of {where} is missing.")
    shapes = {part: shape_of(part, tensor) for part, tensor in tensors.items()}
    for part, shape in shapes.items():
        if len(shape) != _DIMENSIONS[part.partition("_")[0]]:
            refuse(_misshapen(part, where, shape))
    rows, units = shapes["weight_hh"]
    if rows in {units, 3 * units}:
        kind = "plain RNN" if rows == units else "GRU"
        refuse(f"The {named('layer', owner)} is a {kind}: only nn.LSTM and nn.LSTMCell can be run.")
    for part, shape in shapes.items():
        if shape[0] != GATES * units:
            refuse(_misshapen(part, where, shape))
    arrays = {part: _array(f"{part} of {where}", tensor) for part, tensor in tensors.items()}
    kernel = np.concatenate([arrays.pop("weight_ih"), arrays.pop("weight_hh")], axis=1).T  # [E + H, 4H]
    with np.errstate(invalid="ignore", over="ignore"):  # `LSTMLayer` refuses what is not finite
        bias = sum(arrays.values(), np.zeros(rows))
    return translated(kernel, bias)


def check_matrix(owner: str, tensors: Tensors) -> None:
    """Refuse what is neither the weight nor the bias of an embedding or a head."""
    for last, tensor in tensors.items():
        if len(shape_of(_joined(owner, last), tensor)) != _DIMENSIONS.get(last):
            refuse(unknown(owner, last))


def array_of(owner: str, tensors: Tensors, last: str) -> Array:
    """Return the weight or bias of an embedding or a head."""
    return _array(_joined(owner, last), tensors[last])


def torch_if_loaded() -> Any:  # noqa: ANN401 - a module
    """Return PyTorch if somebody has imported it."""
    return sys.modules.get("torch")


def shape_of(name: str, tensor: object) -> tuple[int, ...]:
    """Return the shape of a tensor, or raise `ModelError` if it is none."""
    torch = torch_if_loaded()
    if not isinstance(tensor, np.ndarray) and (torch is None or not isinstance(tensor, torch.Tensor)):
        kind = type(tensor).__name__
        refuse(f"{short_repr(name)} is not a tensor but of type {kind}: give the state dict of the model.")
    try:
        return tuple(tensor.shape)
    except RuntimeError as error:  # a lazy module that was never called
        refuse(_unreadable(name, error), error)


def _array(name: str, tensor: Any) -> Array:  # noqa: ANN401 - a tensor or an array
    """Return a tensor in float64, in which every type of a weight is exact."""
    is_array = isinstance(tensor, np.ndarray)
    if not ("float" in tensor.dtype.name if is_array else tensor.is_floating_point()):
        refuse(f"The tensor {short_repr(name)} must hold floating-point numbers, not {tensor.dtype}.")
    try:
        return np.asarray(tensor if is_array else tensor.detach().cpu().double().numpy(), dtype=np.float64)
    except (RuntimeError, TypeError, ValueError) as error:  # on no device, sparse, ...
        refuse(_unreadable(name, error), error)


# Words.


def _joined(owner: str, last: str) -> str:
    return f"{owner}.{last}" if owner else last


def named(noun: str, name: str) -> str:
    """Return how a sentence names a part that may have no name."""
    return f"{noun} {short_repr(name)}" if name else noun


def unknown(owner: str, last: str) -> str:
    """Return the sentence about a tensor that has no place."""
    name = short_repr(_joined(owner, last))
    return f"The tensor {name} does not belong to a character LSTM (embedding, LSTM layers, head)."


def _misshapen(part: str, where: str, shape: tuple[int, ...]) -> str:
    return f"The {part} of {where} has the shape {shape}, which does not fit an LSTM."


def _unreadable(name: str, error: Exception) -> str:
    return f"The tensor {short_repr(name)} cannot be read: {str(error).splitlines()[0]}"
