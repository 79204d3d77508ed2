"""Which network a PyTorch module or a state dict holds: its parts, and the order of its layers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice, permutations, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lstm_widget.errors import refuse, short_repr
from lstm_widget.formats.torch_tensors import (
    LSTM_TENSOR,
    array_of,
    check_matrix,
    layers_of,
    named,
    shape_of,
    unknown,
)
from lstm_widget.network.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from lstm_widget.formats.torch_tensors import Array, Tensors
    from lstm_widget.network.weights import LSTMLayer

    _Owners = Mapping[str, Tensors]  # by the names of the modules they are of

_MAX_UNNUMBERED = 6  # LSTMs that their sizes may put in order
_MAX_COMPARED = 24  # orders of them, of which running the module finds the right one
_INSTEAD = "give the module instead of its state dict"
_LOSS = re.compile(r"(?:.*\.)?[^.]*(?:loss|criterion)[^.]*", re.IGNORECASE)


class _Ends(NamedTuple):
    """What is below and above the LSTM layers."""

    name: str  # of the embedding, else of the head
    embedding: Array | None  # [V, E]
    head: Array  # [V, H]
    bias: Array | None  # [V]


class _Way(NamedTuple):
    """One way to put the parts together."""

    order: tuple[str, ...]  # of the LSTMs
    layers: list[LSTMLayer]
    ends: _Ends


# A module: its parts have types.


def ways_of_module(module: nn.Module) -> tuple[list[Weights], str, str]:
    """Return every network that a module of these parts may be, the likeliest first.

    Also, as a sentence names it, what may compute something else and what makes the order uncertain.
    """
    lstms, embeddings, heads, doubtful = _parts(module)
    for found, limit in ((embeddings, "one nn.Embedding at most"), (heads, "one nn.Linear, its head")):
        if len(found) > 1:
            refuse(f"A character LSTM has {limit}, but here are {_listed(found)}.")
        for name, tensors in found.items():
            check_matrix(name, tensors)
            if "weight" not in tensors:
                refuse(f"The {named('module', name)} has no weight.")
    if not lstms or not heads:
        refuse(f"The module is not a character LSTM: it has no nn.{'Linear' if lstms else 'LSTM'}.")
    embedding = next((array_of(*item, "weight") for item in embeddings.items()), None)
    ((name, head),) = heads.items()
    bias = array_of(name, head, "bias") if "bias" in head else None
    # By the numbers in the names, else as they were registered, else in any order that fits.
    likely = _possible_orders(tuple(lstms))
    orders = [*likely[:_MAX_COMPARED], *islice(permutations(lstms), _MAX_COMPARED)]
    ways = _ways(lstms, dict.fromkeys(orders), [_Ends("", embedding, array_of(name, head, "weight"), bias)])
    is_clear = len(likely) == 1 or len(ways) == 1
    return [_weights(way) for way in ways], doubtful, "" if is_clear else _unordered(lstms)


def _parts(module: nn.Module) -> tuple[_Owners, _Owners, _Owners, str]:
    """Return LSTMs, embeddings and heads, and what may compute something else, as a sentence names it."""
    from torch import nn  # noqa: PLC0415 - the caller has imported it
    from torch.nn.modules.loss import _Loss  # noqa: PLC0415 - as above

    dropout = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
    harmless = (*dropout, nn.Identity, nn.Softmax, nn.LogSoftmax, _Loss)
    lstms: dict[str, Tensors] = {}
    embeddings: dict[str, Tensors] = {}
    heads: dict[str, Tensors] = {}
    doubtful = ""
    for name, part in module.named_modules():
        tensors = dict([*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)])
        for aside in part._non_persistent_buffers_set:  # noqa: SLF001 - not in a state dict either
            tensors.pop(aside, None)
        if isinstance(part, (nn.LSTM, nn.LSTMCell)):
            lstms[name] = tensors
        elif isinstance(part, nn.Linear):
            heads[name] = tensors
        elif isinstance(part, nn.Embedding):
            if part.max_norm is not None:
                refuse(
                    f"The {named('embedding', name)} has a max_norm, which cannot be run: train without it."
                )
            embeddings[name] = tensors
        elif not isinstance(part, harmless):
            is_leaf = not any(True for _ in part.children())
            if tensors:
                refuse(_not_run(name, part, None if is_leaf else min(tensors)))
            if is_leaf and not doubtful and not isinstance(part, (nn.ModuleList, nn.ModuleDict)):
                doubtful = f"its {named(type(part).__name__, name)}"
    return lstms, embeddings, heads, doubtful


def _not_run(name: str, part: nn.Module, tensor: str | None) -> str:
    msg = f"The {named('module', name)} is a {type(part).__name__}"
    msg += "" if tensor is None else f" with a tensor of its own, {short_repr(tensor)}"
    return f"{msg}: only nn.Embedding, nn.LSTM, nn.LSTMCell, nn.Linear and dropout can be run."


# A state dict: its tensors have names and shapes.


def from_state_dict(state: Mapping[str, Any]) -> Weights:
    """Return the network of a state dict.

    Raises
    ------
    ModelError
        If it is that of another network, or does not show which tensor is which.
    """
    _check_nesting(state)
    owners: dict[str, dict[str, Any]] = {}
    for name, tensor in state.items():
        if not isinstance(name, str):
            refuse(f"A state dict maps names to tensors, but this has the key {short_repr(name)}.")
        if 0 not in shape_of(name, tensor):
            owner, _, last = name.rpartition(".")
            owners.setdefault(owner, {})[last] = tensor
    lstms = {name: tensors for name, tensors in owners.items() if any(map(LSTM_TENSOR.fullmatch, tensors))}
    if not lstms:
        refuse("The state dict has no LSTM: no name in it ends in weight_ih_l0 or weight_ih.")
    others = {name: t for name, t in owners.items() if name not in lstms and not _is_loss(name, t)}
    orders = _possible_orders(tuple(lstms))
    way, *more = _ways(lstms, orders or [tuple(lstms)], _possible_ends(others))
    if not orders or any(other.order != way.order for other in more):
        refuse(f"T{_unordered(lstms)[1:]}: {_INSTEAD}.")
    # Of tied weights either may be either.
    if more and (way.ends.embedding is None or not np.array_equal(way.ends.embedding, way.ends.head)):
        name = short_repr(way.ends.name)
        refuse(f"It is not clear whether {name} is the embedding, the head or both: {_INSTEAD}.")
    return _weights(way)


def _is_loss(name: str, tensors: Tensors) -> bool:
    """Return whether tensors are the weights of a loss, one for each character."""
    return bool(_LOSS.fullmatch(name)) and all(len(shape_of(name, t)) == 1 for t in tensors.values())


def _check_nesting(state: Mapping[str, Any]) -> None:
    """Refuse a checkpoint that holds the state dict or the module beside other things."""
    inner = [
        name
        for name, value in state.items()
        if hasattr(value, "state_dict")
        or (isinstance(value, Mapping) and any(LSTM_TENSOR.search(str(key)) for key in value))
    ]
    if inner:
        refuse(
            f"This is a checkpoint with a model in it: take its {' or its '.join(map(short_repr, inner))}, "
            f"as in from_pytorch(checkpoint[{short_repr(inner[0])}], vocab)."
        )


def _possible_ends(owners: Mapping[str, Tensors]) -> list[_Ends]:
    """Return every way to take the matrices as embedding and head.

    The one with a bias is the head; without any, the one called so is the embedding. A lone one is the head,
    with one-hot input, or, where a bias shows that there is a head, embedding and head in one.
    """
    for name, tensors in owners.items():
        check_matrix(name, tensors)
    names = [name for name, tensors in owners.items() if "weight" in tensors]
    biased = [name for name, tensors in owners.items() if "bias" in tensors]
    if not names:
        refuse("The head is missing in the state dict: a character LSTM ends in an nn.Linear.")
    for found, most in ((names, 2), (biased, 1)):
        if len(found) > most:
            refuse(f"A character LSTM has one embedding at most and one head, but here are {_listed(found)}.")
    matrices = {name: array_of(name, owners[name], "weight") for name in names}
    bias = next((array_of(name, owners[name], "bias") for name in biased), None)
    if len(names) == 1:
        ((name, matrix),) = matrices.items()
        one_hot, tied = _Ends(name, None, matrix, bias), _Ends(name, matrix, matrix, bias)
        return [one_hot] if not biased else [one_hot, tied] if biased == names else [tied]
    if not set(biased) <= set(names):
        refuse(unknown(biased[0], "bias"))
    called_so = [name for name in names if "emb" in name.lower()]
    lower = [name for name in names if name not in biased] if biased else called_so
    return [
        _Ends(below, matrices[below], matrices[above], bias)
        for below, above in permutations(names)
        if below in lower or len(lower) != 1
    ]


def _possible_orders(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the order by the numbers in the names, else every order; none if there are too many.

    The order of the tensors means nothing: safetensors files sort them by their names.
    """
    words = {re.sub(r"[\d_]", "", name) for name in names}
    numbers = {name: tuple(map(int, re.findall(r"\d+", name))) for name in names}
    if len(words) == 1 and len(set(numbers.values())) == len(names):
        return [tuple(sorted(names, key=numbers.__getitem__))]
    return list(permutations(names)) if len(names) <= _MAX_UNNUMBERED else []


def _ways(lstms: _Owners, orders: Iterable[tuple[str, ...]], choices: Iterable[_Ends]) -> list[_Way]:
    """Return every way that fits; if none does the first one, which `Weights` refuses and says why."""
    layers = {name: layers_of(name, tensors) for name, tensors in lstms.items()}
    ways = [
        _Way(order, [layer for name in order for layer in layers[name]], ends)
        for order, ends in product(orders, choices)
    ]
    return [way for way in ways if _fits(way)] or ways[:1]


def _fits(way: _Way) -> bool:
    embedding, head = way.ends.embedding, way.ends.head
    rows, width = (head.shape[0],) * 2 if embedding is None else embedding.shape
    for layer in way.layers:
        if layer.input_size != width:
            return False
        width = layer.units
    return head.shape == (rows, width)


def _weights(way: _Way) -> Weights:
    head = way.ends.head
    bias: Array = np.zeros(len(head)) if way.ends.bias is None else way.ends.bias
    return Weights(tuple(way.layers), head.T, bias, way.ends.embedding)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(short_repr, names))


def _unordered(names: Iterable[str]) -> str:
    return f"the order of the LSTMs {_listed(names)} is not clear"
