"""Keras 3: a model, or the ``.keras`` file of one, becomes a `CharLSTM`.

A layer of H units that reads E inputs has there ``kernel`` (E, 4H), ``recurrent_kernel`` (H, 4H) and
``bias`` (4H,), in column blocks i, f, c, o (c is j here); the bias includes the forget bias.

A caller with a model has imported Keras; it is imported here only to open a file.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import ModelError, refuse, short_repr
from lstm_widget.formats.files import (
    MAX_JSON_BYTES,
    MAX_MODEL_BYTES,
    as_path,
    check_content,
    parse_json,
    read_model_file,
)
from lstm_widget.formats.finding import advice
from lstm_widget.formats.torch_tensors import translated
from lstm_widget.formats.vocabulary import vocab_of
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import LSTMLayer, Weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from lstm_widget.formats.vocabulary import Vocabulary

# Embedding, LSTM, dense layer, softmax, and what counts for nothing.
_ROLES = {"Embedding": "E", "LSTM": "L", "RNN": "L", "Dense": "D", "Activation": "S", "Softmax": "S"}
_ROLES |= dict.fromkeys(("InputLayer", "Dropout", "SpatialDropout1D"), "")
# What a file may ask Keras to make: these, and what has no part in running a model.
_CLASSES = {*_ROLES, "Sequential", "Functional", "StackedRNNCells", "LSTMCell", "TimeDistributed"}
_CLASSES |= {"DTypePolicy", "__keras_tensor__"}
_ASIDE = {"keras.initializers", "keras.regularizers", "keras.constraints"}

_CONFIG = "config.json"
_FILES = {_CONFIG, "metadata.json", "model.weights.h5"}


def from_keras(
    source: Any,  # noqa: ANN401 - keras.Model, str or Path; Keras has no types
    vocab: Vocabulary,
    card: Mapping[str, Any] | None = None,
) -> CharLSTM:
    """Translate a character-level LSTM of Keras 3.

    Parameters
    ----------
    source : keras.Model, str or Path
        A sequential or functional model, or its ``.keras`` file. Its layers are one chain: at most one
        ``Embedding``, without which the input is one-hot; ``LSTM`` layers, or ``RNN`` of ``LSTMCell``;
        one ``Dense``, the head, with or without softmax. Dropout counts for nothing, as in prediction.
    vocab : mapping of str to int, mapping of int to str, or sequence of str
        Character to id, id to character, or the characters in the order of their ids. An id need not
        have a character: it is left out of a mapping, and `None` in a sequence.
    card : mapping, optional
        The model card.

    Returns
    -------
    CharLSTM
        In float32, whatever the type of the weights.

    Raises
    ------
    ModelError
        If it is another network, or if the file is missing or damaged or asks Keras for anything else.
    """
    model = _opened(as_path(source)) if isinstance(source, (str, Path)) else source
    keras = sys.modules.get("keras")
    if keras is None or not isinstance(model, keras.Model):
        kind = type(model).__name__
        refuse(f"A Keras model is given as a keras.Model or the path of a .keras file, not as {kind}.")
    if keras.__version__.startswith("2."):
        refuse(f"Keras {keras.__version__} is too old: open the model with Keras 3.")
    weights = _weights(_chain(model, keras), keras)
    return CharLSTM(weights, vocab_of(vocab, weights.vocab_size), card)


# A model: its layers have types.


def _chain(model: Any, keras: Any) -> list[Any]:  # noqa: ANN401
    """Return the layers from the input upwards; those of a model within the model in its place."""
    for kind in takewhile(lambda kind: kind.__module__.split(".")[0] != "keras", type(model).__mro__):
        if {"call", "__call__"} & vars(kind).keys():
            refuse(
                f"The {kind.__name__} has a call of its own, which cannot be looked into: "
                "give the Sequential or functional Keras model that it is made of."
            )
    if isinstance(model, keras.Sequential):
        parts = model.layers
    elif len(getattr(model, "outputs", None) or ()) == 1:
        parts = _ancestors(model)
    else:
        refuse(
            f"The {type(model).__name__} is not a chain of layers: "
            "give a Sequential or functional Keras model with one output."
        )
    chain = []
    for part in parts:
        chain += _chain(part, keras) if isinstance(part, keras.Model) else [part]
    return chain


def _ancestors(model: Any) -> list[Any]:  # noqa: ANN401
    """Return what a functional model computes, from its input to its output."""
    found: list[Any] = []
    tensor = model.outputs[0]
    while not any(tensor is start for start in model.inputs):
        # Not `layer.input`: a layer that several models share has several.
        operation, number, output = tensor._keras_history  # noqa: SLF001
        node = operation._inbound_nodes[number]  # noqa: SLF001
        given = node.arguments
        more = [*given.args[1:], given.kwargs.get("initial_state"), given.kwargs.get("mask")]
        if len(given.keras_tensors) != 1 or output or any(value is not None for value in more):
            refuse(
                f"The {type(operation).__name__} {short_repr(operation.name)} has several inputs or outputs: "
                "a character LSTM is one chain of layers and starts in the zero state."
            )
        found.append(operation)
        tensor = given.keras_tensors[0]
    return found[::-1]


def _weights(chain: list[Any], keras: Any) -> Weights:  # noqa: ANN401
    parts = []
    for outer in chain:
        is_wrapped = _kind(outer) == "TimeDistributed" and _ROLES.get(_kind(outer.layer)) in {"D", "S"}
        layer = outer.layer if is_wrapped else outer
        name = short_repr(layer.name)
        if _kind(layer) not in _ROLES:
            refuse(_not_run(f"layer {name}", type(layer).__name__))
        if not layer.built:
            refuse(f"The layer {name} has no weights yet: call the model on some text first.")
        if getattr(layer, "quantization_mode", None) is not None:
            refuse(f"The layer {name} is quantized: give the model as it was before.")
        if getattr(layer, "mask_zero", False):
            refuse(f"The embedding {name} leaves out the id 0 (mask_zero): train without that.")
        parts.append((_ROLES[_kind(layer)], layer))
    embeddings, lstms, heads, ends = ([layer for role, layer in parts if role == each] for each in "ELDS")
    if not re.fullmatch("E?L+DS?", "".join(role for role, _ in parts)):
        refuse(
            f"The layers {', '.join(type(layer).__name__ for layer in chain)} do not form a character LSTM: "
            "an Embedding or none, LSTM layers, one Dense, and softmax or none."
        )
    _check_activations([*heads, *ends], keras)
    w = _array(heads[0].kernel, keras)  # [H, V]
    b: NDArray[Any] = np.zeros(w.shape[1]) if heads[0].bias is None else _array(heads[0].bias, keras)
    stack = tuple(cell for layer in lstms for cell in _cells(layer, keras))
    return Weights(stack, w, b, _array(embeddings[0].embeddings, keras) if embeddings else None)


def _kind(layer: Any) -> str:  # noqa: ANN401
    """Return the name of a class of Keras, "" for any other: a subclass may do anything."""
    return type(layer).__name__ if type(layer).__module__.startswith("keras.") else ""


def _check_activations(ends: list[Any], keras: Any) -> None:  # noqa: ANN401
    """Refuse what is between the logits and the output, other than one softmax over the characters."""
    softmax = 0
    for layer in ends:
        is_softmax = _kind(layer) == "Softmax" or layer.activation is keras.activations.softmax
        softmax += is_softmax
        if getattr(layer, "axis", -1) != -1 or softmax > 1:
            refuse(f"The softmax {short_repr(layer.name)} must be the only one, and over axis -1.")
        if not is_softmax and layer.activation is not keras.activations.linear:
            what = short_repr(getattr(layer.activation, "__name__", layer.activation))
            refuse(
                f"The {_kind(layer)} {short_repr(layer.name)} has the activation {what}: "
                "only softmax or none can be run."
            )


def _cells(layer: Any, keras: Any) -> Iterator[LSTMLayer]:  # noqa: ANN401
    """Translate the cells of an ``LSTM`` or ``RNN`` layer, from the input upwards."""
    name = short_repr(layer.name)
    if layer.go_backwards:
        refuse(f"The {_kind(layer)} {name} reads backwards: train it without go_backwards.")
    for cell in getattr(layer.cell, "cells", [layer.cell]):
        if _kind(cell) != "LSTMCell":  # an LSTM layer consists of one
            refuse(_not_run(f"cell of the layer {name}", type(cell).__name__))
        activations = cell.activation, cell.recurrent_activation
        if activations != (keras.activations.tanh, keras.activations.sigmoid):
            refuse(f"The layer {name} has other activations than tanh and sigmoid, which cannot be run.")
        kernel = np.concatenate([_array(part, keras) for part in (cell.kernel, cell.recurrent_kernel)])
        yield translated(kernel, np.zeros(kernel.shape[1]) if cell.bias is None else _array(cell.bias, keras))


def _array(variable: Any, keras: Any) -> NDArray[Any]:  # noqa: ANN401
    array: NDArray[Any] = np.asarray(keras.ops.convert_to_numpy(variable)).astype(np.float64)
    return array


def _not_run(what: str, kind: str, verb: str = "is") -> str:
    return f"The {what} {verb} a {kind}: only Embedding, LSTM, dropout, Dense and softmax can be run."


# A file: what it asks for is checked before Keras sees it.


def _opened(path: Path) -> Any:  # noqa: ANN401
    if path.suffix.lower() != ".keras":
        msg = f"{path.name} is not a .keras file: load it with Keras and give the model or save it as .keras."
        refuse(msg if path.suffix.lower() in {".h5", ".hdf5"} else advice(path.name) or msg)
    data = read_model_file(path)
    check_content(data, path.name)
    _check_file(data, path.name)
    try:
        keras = import_module("keras")
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except ImportError as error:
        refuse(
            f"Keras cannot be imported ({_short(error)}): install it, and name its backend in KERAS_BACKEND.",
            error,
        )
    except Exception as error:  # noqa: BLE001 - Keras raises anything
        refuse(f"Keras cannot open {path.name}: {_short(error)}", error)


def _check_file(data: bytes, name: str) -> None:
    """Refuse an archive that holds or asks for more than the model needs.

    Keras makes whatever a file names; in several of its versions that was a way to run any program.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            config = _config_of(archive, name)
    except ModelError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged archive raises anything
        refuse(f"{name} is not a valid .keras file: {_short(error)}", error)
    if isinstance(config, dict):
        config.pop("compile_config", None)  # optimizer and loss: left out with `compile=False`
    todo = [config]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            if "class_name" in part and not _is_harmless(part["class_name"], part.get("module")):
                kind = short_repr(part["class_name"]).strip("'")
                refuse(_not_run(f"model in {name}", kind, "holds"))
            todo += part.values()
        elif isinstance(part, list):
            todo += part


def _config_of(archive: zipfile.ZipFile, name: str) -> Any:  # noqa: ANN401 - JSON is anything
    entries = archive.infolist()
    sizes = {entry.filename: entry.file_size for entry in entries}
    if len(sizes) < len(entries) or not sizes.keys() <= _FILES:
        refuse(f"{name} holds more than {', '.join(sorted(_FILES))}, once each, which is not allowed.")
    if sum(sizes.values()) > MAX_MODEL_BYTES or sizes.get(_CONFIG, 0) > MAX_JSON_BYTES:
        refuse(f"{name} unpacks to more than any character LSTM, which is not allowed.")
    return parse_json(archive.read(_CONFIG), f"{_CONFIG} in {name}")


def _is_harmless(kind: object, module: object) -> bool:
    if not isinstance(kind, str):
        return False
    if str(module) in _ASIDE:
        return kind[:1].isupper()  # a class, no function
    return kind in _CLASSES and str(module or "keras").split(".")[0] == "keras"


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
