"""PyTorch: an ``nn.Module`` or its state dict becomes a `CharLSTM`, and the other way round.

A caller with a module or a tensor has imported PyTorch; only `to_pytorch` imports it itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, deserialize

from lstm_widget.errors import refuse, short_repr, warn
from lstm_widget.formats.files import check_content, read_model_file
from lstm_widget.formats.finding import advice
from lstm_widget.formats.safetensors import FORMAT, metadata_of
from lstm_widget.formats.torch_networks import from_state_dict, ways_of_module
from lstm_widget.formats.torch_tensors import middle_swapped, torch_if_loaded
from lstm_widget.formats.vocabulary import vocab_of
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import FORGET_BIAS

if TYPE_CHECKING:
    from torch import nn

    from lstm_widget.formats.torch_tensors import Array
    from lstm_widget.formats.vocabulary import Vocabulary
    from lstm_widget.network.weights import Weights

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_PICKLED = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".tar"}
_OTHERWISE = "an activation, a scaling or a residual connection"


def from_pytorch(
    source: nn.Module | Mapping[str, Any] | str | Path,
    vocab: Vocabulary,
    card: Mapping[str, Any] | None = None,
) -> CharLSTM:
    """Translate a character-level LSTM of PyTorch.

    Parameters
    ----------
    source : nn.Module, mapping of str to tensor or ndarray, str or Path
        A module of any class, its state dict, or a ``.safetensors`` file that holds one: at most one
        ``nn.Embedding`` (V, E), without which the input is one-hot; ``nn.LSTM`` and ``nn.LSTMCell``
        layers; one ``nn.Linear`` (V, H), the head. Dropout counts for nothing, as in ``eval`` mode.

        A module is run on a few ids: what its ``forward`` does besides these layers would be lost, so
        another prediction is refused; where it cannot be run, a warning says so. The layers of a state
        dict come in the order of the numbers in their names or, without numbers, in the only order
        that fits their sizes.
    vocab : mapping of str to int, mapping of int to str, or sequence of str
        Character to id, id to character, or the characters in the order of their ids. An id need not
        have a character: it is left out of a mapping, and `None` in a sequence.
    card : mapping, optional
        The model card.

    Returns
    -------
    CharLSTM
        In float32, whatever the type of the tensors and the device they are on.

    Raises
    ------
    ModelError
        If it is another network or predicts something else than its weights do, if a state dict does
        not show which tensor is which, or if the file is missing or damaged. Pickled files (``.pt``,
        ``.pth``, ...) are never opened.
    """
    if isinstance(source, (str, Path)):
        weights = from_state_dict(_read(Path(source)))
    elif isinstance(source, Mapping):
        weights = from_state_dict(source)
    elif (torch := torch_if_loaded()) is not None and isinstance(source, torch.nn.Module):
        weights = _from_module(source)
    else:
        refuse(
            "A PyTorch model is given as a module, a state dict or the path of a .safetensors file, "
            f"not as {type(source).__name__}."
        )
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
        refuse(f"to_pytorch converts a CharLSTM, such as generator.model, not {short_repr(model)}.")
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
        kernel = middle_swapped(layer.kernel).T  # [4H, E + H]
        bias = middle_swapped(layer.bias).astype(np.float64)
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


def _from_module(module: nn.Module) -> Weights:
    from torch import jit  # noqa: PLC0415 - the caller has imported it

    if isinstance(module, jit.ScriptModule):  # its parts have no types
        ways, doubtful, unordered = [from_state_dict(module.state_dict())], "", ""
    else:
        ways, doubtful, unordered = ways_of_module(module)
    from lstm_widget.formats.torch_check import compare  # noqa: PLC0415 - needs PyTorch

    found = compare(module, ways)
    if found.agreed is not None:
        return found.agreed
    if found.difference is not None:
        refuse(
            "The module's forward does something that cannot be converted, such as "
            f"{doubtful or _OTHERWISE}: its predictions differ by {found.difference:.2g} nats; "
            "to leave that out, give its state_dict()."
        )
    trouble = f"The module cannot be run to compare its predictions ({found.trouble})"
    if doubtful:
        refuse(
            f"{trouble}, and what it does with {doubtful} is not known: if nothing, give its state_dict()."
        )
    if unordered:
        refuse(f"{trouble}, and {unordered}: name them by numbers, such as lstm0 and lstm1.")
    warn(f"{trouble}, so what its forward does besides embedding, LSTM layers and head is not converted.")
    return ways[0]


def _read(path: Path) -> dict[str, Array]:
    """Read a state dict from a ``.safetensors`` file."""
    if path.suffix.lower() in _PICKLED:
        refuse(
            f"{path.name} is not opened, because a pickle can run any program: load it with PyTorch and "
            "give the module or its state dict, or save that with safetensors."
        )
    if path.suffix.lower() != ".safetensors" and (sentence := advice(path.name)):
        refuse(sentence)
    data = read_model_file(path)
    check_content(data, path.name)
    try:
        stored = dict(deserialize(data))  # type: ignore[no-untyped-call] # what reads for NumPy reads no bfloat16
    except SafetensorError as error:
        refuse(f"{path.name} is not a valid safetensors file: {error}", error)
    metadata = metadata_of(data, path.name)
    if metadata.get("format") == FORMAT:
        refuse(f"{path.name} is a model of this package, not of PyTorch: load_model reads it as it is.")
    state = {name: _decoded(name, **tensor) for name, tensor in stored.items()}
    # What `safetensors.torch.save_model` writes for tied weights: the name left out to the name kept.
    return {name: state[kept] for name, kept in metadata.items() if kept in state} | state


def _decoded(name: str, dtype: str, shape: list[int], data: bytes) -> Array:
    if dtype not in _DTYPES:
        refuse(f"The tensor {short_repr(name)} has the type {dtype}: only {', '.join(_DTYPES)} can be read.")
    array = np.frombuffer(data, dtype=_DTYPES[dtype]).reshape(shape)
    if dtype == "BF16":  # the upper half of a float32
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array
