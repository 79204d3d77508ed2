"""One ``.safetensors`` file that carries weights, vocabulary and card.

The tensors are ``layer_N/kernel``, ``layer_N/bias``, ``softmax_w``, ``softmax_b`` and, if there is one,
``embedding``, as `lstm_widget.network.weights` describes them. The file's metadata hold ``format`` (`FORMAT`)
and, as JSON, ``vocab`` (character to id) and ``card``.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from lstm_widget.errors import ModelError, refuse, short_repr
from lstm_widget.formats.files import (
    MAX_JSON_BYTES,
    as_path,
    check_content,
    parse_object,
    read_model_file,
    write_file,
)
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import assembled, missing_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lstm_widget.network.weights import Place, Weights

FORMAT = "lstm-widget 1"
MAX_HEADER_BYTES = 2 * MAX_JSON_BYTES  # vocabulary and card
_LENGTH = 8  # bytes that hold the length of the header
_TENSOR = re.compile(r"layer_(?P<layer>0|[1-9]\d?)/(?P<layered>kernel|bias)|softmax_[wb]|embedding")
_DTYPES = ("float32", "float16")


def load_safetensors(file: str | Path) -> CharLSTM:
    """Read a model that `save_safetensors` wrote.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or is another kind of model.
    """
    return parse_safetensors(read_model_file(file), Path(file).name)


def parse_safetensors(data: bytes, name: str) -> CharLSTM:
    """Make a model of what such a file holds.

    Parameters
    ----------
    data : bytes
    name : str
        Where it comes from, for the errors.

    Raises
    ------
    ModelError
        As for `load_safetensors`.
    """
    check_content(data, name)
    metadata = metadata_of(data, name)
    if metadata.get("format") != FORMAT:
        refuse(
            f"{name} holds no model of this package; the state dict of a PyTorch model is read by "
            "from_pytorch, or by lstm-widget convert --vocab."
        )
    parts = {}
    for part, noun in (("vocab", "vocabulary"), ("card", "card")):
        if part not in metadata:
            refuse(f"The {noun} is missing in {name}.")
        parts[part] = parse_object(metadata[part], f"The {noun} in {name}")
    try:
        tensors = load(data)
    # What the file may get wrong, and a type of number that NumPy lacks.
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _invalid(name) from error
    return CharLSTM(_weights_from(tensors, name), parts["vocab"], parts["card"])


def read_card(file: str | Path) -> dict[str, Any]:
    """Read the card alone of a model that `save_safetensors` wrote, which is quick.

    Raises
    ------
    ModelError
        If the file is missing or no such model.
    """
    try:
        with safe_open(file, framework="numpy") as opened:
            metadata = opened.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise _invalid(Path(file).name) from error
    return parse_object(metadata.get("card", ""), f"The card in {Path(file).name}")


def metadata_of(data: bytes, name: str) -> dict[str, str]:
    """Read the texts at the start of the file, which `load` does not return: their length, then JSON."""
    size = int.from_bytes(data[:_LENGTH], "little")
    if not 0 < size <= min(len(data) - _LENGTH, MAX_HEADER_BYTES):
        raise _invalid(name)
    try:
        metadata = parse_object(data[_LENGTH : _LENGTH + size], name).get("__metadata__", {})
    except ModelError as error:
        raise _invalid(name) from error
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise _invalid(name)
    return metadata


def _invalid(name: str) -> ModelError:
    return ModelError(f"{name} is not a valid safetensors file: download or save it again.")


def save_safetensors(
    model: CharLSTM, file: str | Path, dtype: Literal["float32", "float16"] = "float32"
) -> Path:
    """Write a model as one file, all of it or nothing; an existing file is replaced.

    Parameters
    ----------
    model : CharLSTM
    file : str or Path
    dtype : {"float32", "float16"}
        float16 halves the size and rounds every weight (see `CharLSTM.rounded`).

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ModelError
        If a weight is too large for float16, the dtype is another one, or the file cannot be written.
    """
    if dtype not in _DTYPES:
        refuse(f"A model is written as {' or '.join(_DTYPES)}, not as {short_repr(dtype)}.")
    path = Path(os.path.realpath(as_path(file)))  # a link stays, what it leads to is written
    if path.exists() and not path.is_file():
        refuse(f"{str(file)!r} is not a file that can be replaced: choose another name.")
    write_file(path, safetensors_of(model.rounded() if dtype == "float16" else model, dtype))
    return as_path(file)


def safetensors_of(model: CharLSTM, dtype: Literal["float32", "float16"] | None = None) -> bytes:
    """Return what such a file holds, by default in float16 if that changes no weight."""
    weights = model.weights
    if dtype is None:
        dtype = "float16" if _fit_float16(weights) else "float32"
    tensors = {_tensor_name(*place): array.astype(dtype) for place, array in weights.arrays.items()}
    metadata = {
        "format": FORMAT,
        "vocab": json.dumps(dict(model.vocab)),
        "card": json.dumps(model.card),
    }
    return save(tensors, metadata)


def _fit_float16(weights: Weights) -> bool:
    with np.errstate(over="ignore"):
        return all(np.array_equal(array, array.astype(np.float16)) for array in weights.arrays.values())


def _tensor_name(part: str, number: int) -> str:
    return f"layer_{number}/{part}" if part in {"kernel", "bias"} else part


def _weights_from(tensors: dict[str, NDArray[Any]], name: str) -> Weights:
    arrays: dict[Place, NDArray[Any]] = {}
    for key, array in tensors.items():
        if array.dtype not in (np.float32, np.float16):
            refuse(f"The tensor {short_repr(key)} in {name} must be float32 or float16, not {array.dtype}.")
        match = _TENSOR.fullmatch(key)
        if match is None:
            refuse(f"{name} holds the unknown tensor {short_repr(key)}.")
        arrays[match["layered"] or key, int(match["layer"] or 0)] = array
    if (missing := missing_place(arrays)) is not None:
        refuse(f"{name} lacks the tensor {_tensor_name(*missing)!r}.")
    return assembled(arrays)
