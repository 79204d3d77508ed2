"""PyTorch: an ``nn.Module`` or its state dict becomes a `CharLSTM`, and the other way round.

A layer of H units that reads E inputs has there ``weight_ih`` (4H, E) and ``weight_hh`` (4H, H), in
row blocks i, f, g, o (g is j here), and two biases that are added up and include the forget bias.

Whoever gives a module or a tensor has imported PyTorch; only `to_pytorch` imports it by itself.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from itertools import chain, permutations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from safetensors import SafetensorError, deserialize

from lstm_widget.errors import ModelError, shown
from lstm_widget.formats.files import read_model_file
from lstm_widget.formats.safetensors import FORMAT
from lstm_widget.model import FORGET_BIAS, GATES, CharLSTM, LSTMLayer, Weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from torch import nn

    Array = NDArray[Any]
    # The tensors of one module, by the last part of their names.
    Tensors = Mapping[str, Any]

_MAX_UNNUMBERED = 6  # LSTMs that their sizes may put in order

_LSTM_TENSOR = re.compile(
    r"(?P<part>(?:weight|bias)_(?:ih|hh)|weight_hr)(?:_l(?P<number>0|[1-9]\d{0,3}))?(?P<reverse>_reverse)?"
)
_DIMENSIONS = {"weight": 2, "bias": 1}  # of an embedding and of the head
_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_PICKLED = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".tar"}
_INSTEAD = "give the module instead of its state dict"


def from_pytorch(
    source: nn.Module | Mapping[str, Any] | str | Path,
    vocab: Mapping[str, int] | Sequence[str],
    card: Mapping[str, Any] | None = None,
) -> CharLSTM:
    """Translate a character-level LSTM of PyTorch.

    Parameters
    ----------
    source : nn.Module, mapping of str to tensor or ndarray, str or Path
        A module of any class, its state dict, or a ``.safetensors`` file that holds one: at most one
        ``nn.Embedding`` (V, E), without which the input is one-hot; ``nn.LSTM`` and ``nn.LSTMCell``
        layers; one ``nn.Linear`` (V, H), the head. Dropout counts for nothing, as in ``eval`` mode.

        What a module does between its layers cannot be seen. They are taken in the order in which
        it registered them; those of a state dict in the order of the numbers in their names or,
        without numbers, in the only order that fits their sizes.
    vocab : mapping of str to int, or sequence of str
        Character to id, or the characters in the order of their ids.
    card : mapping, optional
        The model card.

    Returns
    -------
    CharLSTM
        In float32, whatever the type of the tensors and the device they are on.

    Raises
    ------
    ModelError
        If it is no such network, if a state dict does not tell which tensor is what, or if the file
        is missing or damaged. Pickled files (``.pt``, ``.pth``, ...) are never opened.
    """
    if isinstance(source, (str, Path)):
        weights = _from_state_dict(_read(Path(source)))
    elif isinstance(source, Mapping):
        weights = _from_state_dict(source)
    elif (torch := _torch()) is not None and isinstance(source, torch.nn.Module):
        weights = _from_module(source)
    else:
        msg = (
            "A PyTorch model is given as a module, a state dict or the path of a .safetensors file, "
            f"not as {type(source).__name__}."
        )
        raise ModelError(msg)
    return CharLSTM(weights, vocab_of(vocab, weights.vocab_size), card)


def to_pytorch(model: CharLSTM) -> nn.Module:
    """Return a model as a PyTorch module, for instance to train it further.

    Parameters
    ----------
    model : CharLSTM

    Returns
    -------
    lstm_widget.formats.torch_module.CharModule
        ``module(ids, state=None)`` returns ``(logits, state)`` for ids (batch, time) and logits
        (batch, time, V). `from_pytorch` gives every weight back as it was, but for the rounding of
        the forget bias, which PyTorch stores and this package adds.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    """
    if not isinstance(model, CharLSTM):
        msg = f"What becomes a PyTorch module is a CharLSTM, such as generator.model, not {shown(model)}."
        raise ModelError(msg)
    try:
        import torch  # noqa: PLC0415 - heavy, and an extra

        from lstm_widget.formats.torch_module import CharModule  # noqa: PLC0415 - needs PyTorch
    except ImportError as error:
        msg = 'to_pytorch needs PyTorch: run  pip install "lstm-widget[train]"'
        raise ImportError(msg) from error
    weights = model.weights
    state = {"head.weight": weights.softmax_w.T, "head.bias": weights.softmax_b}
    if weights.embedding is not None:
        state["embedding.weight"] = weights.embedding
    for number, layer in enumerate(weights.layers):
        kernel = _middle_swapped(layer.kernel).T  # [4H, E + H]
        bias = _middle_swapped(layer.bias).astype(np.float64)
        bias[layer.units : 2 * layer.units] += FORGET_BIAS
        state |= {
            f"lstm.{number}.weight_ih_l0": kernel[:, : layer.input_size],
            f"lstm.{number}.weight_hh_l0": kernel[:, layer.input_size :],
            f"lstm.{number}.bias_ih_l0": bias.astype(np.float32),
            f"lstm.{number}.bias_hh_l0": np.zeros_like(layer.bias),
        }
    with torch.device("meta"):  # no memory and no random numbers for what is replaced at once
        module = CharModule(
            weights.vocab_size,
            None if weights.embedding is None else weights.embedding.shape[1],
            [layer.units for layer in weights.layers],
        )
    tensors = {name: torch.tensor(array).contiguous() for name, array in state.items()}
    module.load_state_dict(tensors, assign=True)
    return module


def vocab_of(vocab: Mapping[str, int] | Sequence[str], vocab_size: int) -> Mapping[str, int]:
    """Return a vocabulary as a mapping of character to id.

    Parameters
    ----------
    vocab : mapping of str to int, or sequence of str
        A sequence holds the characters in the order of their ids.
    vocab_size : int
        Number of ids that the head tells apart.

    Raises
    ------
    ModelError
        If it is neither, or lists a character twice, or another number of them than there are ids.
    """
    if isinstance(vocab, Mapping):
        return vocab
    if not isinstance(vocab, Sequence):
        msg = (
            "A vocabulary maps characters to ids or lists the characters in the order of their ids, "
            f"but this is a {type(vocab).__name__}."
        )
        raise ModelError(msg)
    ids: dict[str, int] = {}
    for number, character in enumerate(vocab):
        if not isinstance(character, str) or len(character) != 1:
            msg = f"The vocabulary must list single characters, but number {number} is {shown(character)}."
            raise ModelError(msg)
        if character in ids:
            msg = f"The vocabulary lists {character!r} twice, as number {ids[character]} and {number}."
            raise ModelError(msg)
        ids[character] = number
    if len(ids) != vocab_size:
        msg = (
            f"The vocabulary lists {len(ids)} characters, but the head tells {vocab_size} ids apart: "
            "list all of them, or give a dictionary if some ids have no character."
        )
        raise ModelError(msg)
    return ids


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
    return LSTMLayer(_middle_swapped(kernel), _middle_swapped(bias))


def _middle_swapped(columns: Array) -> Array:
    """Turn the blocks i, f, j, o into i, j, f, o, or back."""
    first, second, third, fourth = np.split(columns, GATES, axis=-1)
    return np.concatenate([first, third, second, fourth], axis=-1)


# A module: its parts have types.


def _from_module(module: nn.Module) -> Weights:
    from torch import nn  # noqa: PLC0415 - whoever made the module has it

    dropout = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
    allowed = (*dropout, nn.Identity, nn.Softmax, nn.LogSoftmax, nn.Sequential, nn.ModuleList, nn.ModuleDict)
    lstms: dict[str, Tensors] = {}
    embeddings: dict[str, Tensors] = {}
    heads: dict[str, Tensors] = {}
    for name, part in module.named_modules():
        tensors = dict([*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)])
        if isinstance(part, (nn.LSTM, nn.LSTMCell)):
            lstms[name] = tensors
        elif isinstance(part, nn.Linear):
            heads[name] = tensors
        elif isinstance(part, nn.Embedding):
            if part.max_norm is not None:
                msg = (
                    f"The {_named('embedding', name)} has a max_norm, which cannot be run: train without it."
                )
                raise ModelError(msg)
            embeddings[name] = tensors
        elif not isinstance(part, allowed):
            _check_container(name, part, tensors)
    for found, limit in ((embeddings, "one nn.Embedding at most"), (heads, "one nn.Linear, its head")):
        if len(found) > 1:
            msg = f"A character LSTM has {limit}, but here are {_listed(found)}."
            raise ModelError(msg)
    if not lstms or not heads:
        msg = f"The module is no character LSTM: it has no nn.{'Linear' if lstms else 'LSTM'}."
        raise ModelError(msg)
    layers = [layer for name, tensors in lstms.items() for layer in _layers_of(name, tensors)]
    embedding = next((_matrix(*item) for item in embeddings.items()), None)
    head, bias = next((_matrix(*item), _bias(*item)) for item in heads.items())
    return _weights(layers, _Ends("", embedding, head, bias))


def _check_container(name: str, part: nn.Module, tensors: Tensors) -> None:
    """Refuse a module that may compute something; what only holds others is harmless."""
    is_leaf = not any(True for _ in part.children())
    if not is_leaf and not tensors:
        return
    msg = f"The {_named('module', name)} is a {type(part).__name__}"
    msg += "" if is_leaf else f" with a tensor of its own, {shown(min(tensors))}"
    msg += ": only nn.Embedding, nn.LSTM, nn.LSTMCell, nn.Linear and dropout can be run"
    msg += "." if tensors else "; if it changes nothing, give the state_dict() instead of the module."
    raise ModelError(msg)


# A state dict: its tensors have names and shapes.


class _Ends(NamedTuple):
    """What lies below and above the LSTM layers."""

    name: str  # of the embedding, else of the head
    embedding: Array | None  # [V, E]
    head: Array  # [V, H]
    bias: Array | None  # [V]


def _from_state_dict(state: Mapping[str, Any]) -> Weights:
    owners: dict[str, dict[str, Any]] = {}
    for name, tensor in state.items():
        if not isinstance(name, str):
            msg = f"A state dict maps names to tensors, but this has the key {shown(name)}."
            raise ModelError(msg)
        if 0 not in _shape(name, tensor):
            owner, _, last = name.rpartition(".")
            owners.setdefault(owner, {})[last] = tensor
    lstms = {name: tensors for name, tensors in owners.items() if any(map(_LSTM_TENSOR.fullmatch, tensors))}
    if not lstms:
        msg = "The state dict is that of no LSTM: no name in it ends in weight_ih_l0 or weight_ih."
        raise ModelError(msg)
    choices = _possible_ends({name: tensors for name, tensors in owners.items() if name not in lstms})
    layers = {name: _layers_of(name, tensors) for name, tensors in lstms.items()}
    ways = list(product(_possible_orders(list(lstms)), choices))
    # What fits in no way is refused by `Weights`, which tells why.
    ways = [way for way in ways if _fit([layers[name] for name in way[0]], way[1])] or ways[:1]
    order = ways[0][0]
    if any(other != order for other, _ in ways):
        raise ModelError(_unordered(lstms))
    choices = [choice for _, choice in ways]
    named = [choice for choice in choices if "emb" in choice.name.lower()]
    ends, *others = named if len(named) == 1 else choices
    # Of tied weights either may be either.
    if others and (ends.embedding is None or not np.array_equal(ends.embedding, ends.head)):
        msg = f"What {shown(ends.name)} is, embedding or head or both, cannot be told: {_INSTEAD}."
        raise ModelError(msg)
    return _weights([layer for name in order for layer in layers[name]], ends)


def _possible_ends(owners: Mapping[str, Tensors]) -> list[_Ends]:
    """Return every way to take the matrices as embedding and head.

    The one with a bias is the head. A lone one is the head, with one-hot input, or, where a bias tells
    that there is a head, embedding and head in one.
    """
    for name, tensors in owners.items():
        _check_matrix(name, tensors)
    names = [name for name, tensors in owners.items() if "weight" in tensors]
    biased = [name for name, tensors in owners.items() if "bias" in tensors]
    if not names:
        msg = "The head is missing in the state dict: a character LSTM ends in an nn.Linear."
        raise ModelError(msg)
    for found, most in ((names, 2), (biased, 1)):
        if len(found) > most:
            msg = f"A character LSTM has one embedding at most and one head, but here are {_listed(found)}."
            raise ModelError(msg)
    matrices = {name: _matrix(name, owners[name]) for name in names}
    bias = next((_bias(name, owners[name]) for name in biased), None)
    if len(names) == 1:
        ((name, matrix),) = matrices.items()
        one_hot, tied = _Ends(name, None, matrix, bias), _Ends(name, matrix, matrix, bias)
        return [one_hot] if not biased else [one_hot, tied] if biased == names else [tied]
    if not set(biased) <= set(names):
        raise ModelError(_unknown(biased[0], "bias"))
    return [
        _Ends(below, matrices[below], matrices[above], bias)
        for below, above in permutations(names)
        if not biased or above in biased
    ]


def _possible_orders(names: list[str]) -> list[tuple[str, ...]]:
    """Return the order that the numbers in the names of the LSTMs tell, else every order.

    The order of the tensors tells nothing: safetensors files sort them by their names.
    """
    words = {re.sub(r"[\d_]", "", name) for name in names}
    numbers = {name: tuple(map(int, re.findall(r"\d+", name))) for name in names}
    if len(words) == 1 and len(set(numbers.values())) == len(names):
        return [tuple(sorted(names, key=numbers.__getitem__))]
    if len(names) > _MAX_UNNUMBERED:
        raise ModelError(_unordered(names))
    return list(permutations(names))


def _fit(stacks: Iterable[list[LSTMLayer]], ends: _Ends) -> bool:
    rows, width = (ends.head.shape[0],) * 2 if ends.embedding is None else ends.embedding.shape
    for layer in chain.from_iterable(stacks):
        if layer.input_size != width:
            return False
        width = layer.units
    return ends.head.shape == (rows, width)


# Tensors.


def _layers_of(owner: str, tensors: Tensors) -> list[LSTMLayer]:
    """Return the layers of one ``nn.LSTM``, or the only one of an ``nn.LSTMCell``."""
    cells: dict[int, dict[str, Any]] = {}
    for last, tensor in tensors.items():
        match = _LSTM_TENSOR.fullmatch(last)
        if match is None:
            raise ModelError(_unknown(owner, last))
        if match["reverse"]:
            msg = f"The {_named('LSTM', owner)} is bidirectional: what writes a text cannot know its end."
            raise ModelError(msg)
        if match["part"] == "weight_hr":
            msg = f"The {_named('LSTM', owner)} has a proj_size, which cannot be run: train without it."
            raise ModelError(msg)
        cell = cells.setdefault(int(match["number"] or 0), {})
        if match["part"] in cell:  # weight_ih beside weight_ih_l0
            raise ModelError(_unknown(owner, last))
        cell[match["part"]] = tensor
    return [_layer_of(owner, number, cells.get(number, {})) for number in range(len(cells))]


def _layer_of(owner: str, number: int, tensors: Tensors) -> LSTMLayer:
    where = f"layer {number} of the {_named('LSTM', owner)}"
    for part in ("weight_ih", "weight_hh"):
        if part not in tensors:
            msg = f"The {part} of {where} is missing."
            raise ModelError(msg)
    shapes = {part: _shape(part, tensor) for part, tensor in tensors.items()}
    for part, shape in shapes.items():
        if len(shape) != _DIMENSIONS[part.partition("_")[0]]:
            raise ModelError(_misshapen(part, where, shape))
    rows, units = shapes["weight_hh"]
    if rows in {units, 3 * units}:
        kind = "plain RNN" if rows == units else "GRU"
        msg = f"The {_named('layer', owner)} is a {kind}: only nn.LSTM and nn.LSTMCell can be run."
        raise ModelError(msg)
    for part, shape in shapes.items():
        if shape[0] != GATES * units:
            raise ModelError(_misshapen(part, where, shape))
    arrays = {part: _array(f"{part} of {where}", tensor) for part, tensor in tensors.items()}
    kernel = np.concatenate([arrays.pop("weight_ih"), arrays.pop("weight_hh")], axis=1).T  # [E + H, 4H]
    with np.errstate(invalid="ignore", over="ignore"):  # `LSTMLayer` refuses what is not finite
        bias = sum(arrays.values(), np.zeros(rows))
    return translated(kernel, bias)


def _check_matrix(owner: str, tensors: Tensors) -> None:
    """Refuse what is neither the weight nor the bias of an embedding or a head."""
    for last, tensor in tensors.items():
        if len(_shape(_joined(owner, last), tensor)) != _DIMENSIONS.get(last):
            raise ModelError(_unknown(owner, last))


def _matrix(owner: str, tensors: Tensors) -> Array:
    _check_matrix(owner, tensors)
    if "weight" not in tensors:
        msg = f"The {_named('module', owner)} has no weight."
        raise ModelError(msg)
    return _array(_joined(owner, "weight"), tensors["weight"])


def _bias(owner: str, tensors: Tensors) -> Array | None:
    return _array(_joined(owner, "bias"), tensors["bias"]) if "bias" in tensors else None


def _weights(layers: list[LSTMLayer], ends: _Ends) -> Weights:
    bias: Array = np.zeros(len(ends.head)) if ends.bias is None else ends.bias
    return Weights(tuple(layers), ends.head.T, bias, ends.embedding)


def _torch() -> Any:  # noqa: ANN401 - a module
    return sys.modules.get("torch")


def _shape(name: str, tensor: object) -> tuple[int, ...]:
    torch = _torch()
    if not isinstance(tensor, np.ndarray) and (torch is None or not isinstance(tensor, torch.Tensor)):
        msg = f"{shown(name)} is no tensor but a {type(tensor).__name__}: give the state dict of the model."
        raise ModelError(msg)
    try:
        return tuple(tensor.shape)
    except RuntimeError as error:  # a lazy module that was never called
        raise ModelError(_unreadable(name, error)) from error


def _array(name: str, tensor: Any) -> Array:  # noqa: ANN401 - a tensor or an array
    """Return a tensor in float64, in which every type of a weight is exact."""
    try:
        if isinstance(tensor, np.ndarray) and "float" in tensor.dtype.name:
            return tensor.astype(np.float64)
        if not isinstance(tensor, np.ndarray) and tensor.is_floating_point():
            array: Array = tensor.detach().cpu().double().numpy()
            return array
    except (RuntimeError, TypeError, ValueError) as error:  # on no device, sparse, ...
        raise ModelError(_unreadable(name, error)) from error
    msg = f"The tensor {shown(name)} must hold floating-point numbers, not {tensor.dtype}."
    raise ModelError(msg)


def _read(path: Path) -> dict[str, Array]:
    """Read a state dict from a ``.safetensors`` file."""
    if path.suffix.lower() in _PICKLED:
        msg = (
            f"{path.name} is not opened, because a pickle can run any program: load it with PyTorch and "
            "give the module or its state dict, or save that with safetensors."
        )
        raise ModelError(msg)
    data = read_model_file(path)
    try:
        stored = dict(deserialize(data))  # type: ignore[no-untyped-call] # what reads for NumPy reads no bfloat16
    except SafetensorError as error:
        msg = f"{path.name} is no valid safetensors file: {error}"
        raise ModelError(msg) from error
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])  # checked by `deserialize`
    metadata = header.get("__metadata__") or {}
    if metadata.get("format") == FORMAT:
        msg = f"{path.name} is a model of this package, not of PyTorch: load_model reads it as it is."
        raise ModelError(msg)
    state = {name: _decoded(name, **tensor) for name, tensor in stored.items()}
    # What `safetensors.torch.save_model` writes for tied weights: the name left out to the name kept.
    return {name: state[kept] for name, kept in metadata.items() if kept in state} | state


def _decoded(name: str, dtype: str, shape: list[int], data: bytes) -> Array:
    if dtype not in _DTYPES:
        msg = f"The tensor {shown(name)} has the type {dtype}: only {', '.join(_DTYPES)} can be read."
        raise ModelError(msg)
    array = np.frombuffer(data, dtype=_DTYPES[dtype]).reshape(shape)
    if dtype == "BF16":  # the upper half of a float32
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array


# Words.


def _joined(owner: str, last: str) -> str:
    return f"{owner}.{last}" if owner else last


def _named(noun: str, name: str) -> str:
    return f"{noun} {shown(name)}" if name else noun


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(shown, names))


def _unknown(owner: str, last: str) -> str:
    name = shown(_joined(owner, last))
    return f"The tensor {name} is no part of a character LSTM, which is embedding, LSTM layers and head."


def _misshapen(part: str, where: str, shape: tuple[int, ...]) -> str:
    return f"The {part} of {where} has the shape {shape}, which does not fit an LSTM."


def _unordered(names: Iterable[str]) -> str:
    return f"In which order the LSTMs {_listed(names)} come cannot be told: {_INSTEAD}."


def _unreadable(name: str, error: Exception) -> str:
    return f"The tensor {shown(name)} cannot be read: {str(error).splitlines()[0]}"
