"""The p5ML / ml5.js folder: ``manifest.json``, one raw file per variable, ``vocab.json``.

``manifest.json`` maps a variable's name to ``{"filename": ..., "shape": [...]}``; the file holds the
variable in C order as little-endian float32, without a header. The names are in `p5ml_names`, the
vocabulary in `vocabulary`.

A model read from such a folder remembers the names in its card under ``p5ml``, so that writing it
gives the same files again.
"""

from __future__ import annotations

import json
import logging
import math
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lstm_widget.errors import ModelError, refuse, short_repr
from lstm_widget.formats.files import (
    MANIFEST,
    MAX_JSON_BYTES,
    MAX_MODEL_BYTES,
    Files,
    LocalFiles,
    TooLargeError,
    as_path,
    check_content,
    parse_json,
    parse_object,
    write_whole,
    writing,
)
from lstm_widget.formats.p5ml_names import CARD, DEFAULT_NAMES, LEARNING_RATE, names_part, role_of
from lstm_widget.formats.vocabulary import VOCABULARIES, load_vocab, parse_vocab, read_vocab
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import assembled, missing_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from lstm_widget.network.weights import Place, Weights

__all__ = ["load_checkpoints", "load_p5ml", "load_vocab"]

log = logging.getLogger("lstm_widget")

MAX_LAYERS = 100
MAX_DIMENSIONS = 4
MAX_KEPT_TEXT = 2**16

_FLOAT32 = np.dtype("<f4")


class Variable(NamedTuple):
    """Where a variable is."""

    filename: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of bytes."""
        return _FLOAT32.itemsize * math.prod(self.shape)


def load_p5ml(folder: str | Path | Files) -> CharLSTM:
    """Read a p5ML / ml5.js model.

    Parameters
    ----------
    folder : str, Path or Files
        With ``manifest.json``, which may be named itself, the files it names, and ``vocab.json`` (or
        ``char_indices.json``, or a table of characters by id in either or in ``indices_char.json``).

    Raises
    ------
    ModelError
        If a file is missing or damaged, if the parts do not fit together, or if the cells are not
        LSTM cells.
    """
    files = folder if isinstance(folder, Files) else LocalFiles(folder)
    weights, names = load_checkpoints(files)
    data, vocab_file = read_vocab(files)
    vocab = parse_vocab(data, vocab_file, weights.vocab_size)
    text = data.decode("utf-8")
    if len(text) <= MAX_KEPT_TEXT:
        names |= {"vocab_file": vocab_file, "vocab_text": text}
    names["title"] = files.title
    card = files.read(CARD, MAX_JSON_BYTES)  # p5ML itself has no such file
    own = {} if card is None else parse_object(card, CARD)
    return CharLSTM(weights, vocab, {"title": files.title} | own | {"p5ml": names})


def load_checkpoints(folder: str | Path | Files) -> tuple[Weights, dict[str, Any]]:
    """Read the weights alone.

    Parameters
    ----------
    folder : str, Path or Files

    Returns
    -------
    weights : Weights
    names : dict
        How the variables were called, for `save_p5ml`.

    Raises
    ------
    ModelError
        As for `load_p5ml`.
    """
    files = folder if isinstance(folder, Files) else LocalFiles(folder)
    # Names and shapes are checked before any weights are read.
    manifest = _read_manifest(files)
    places, names = _places_of(manifest)
    variables = {name: _variable_of(name, manifest[name]) for name in places.values()}
    total = sum(variable.size for variable in variables.values())
    if total > MAX_MODEL_BYTES:
        refuse(
            f"{MANIFEST} announces {short_repr(total)} bytes of weights; at most {MAX_MODEL_BYTES} are read."
        )
    arrays = {place: _read_variable(files, name, variables[name]) for place, name in places.items()}
    rate = arrays.pop(("learning_rate", 0), None)
    if rate is not None and rate.size == 1 and np.isfinite(rate).all():
        names["learning_rate"] = float(rate.reshape(()))
    return assembled(arrays), names


def _read_manifest(files: Files) -> dict[str, dict[str, Any]]:
    data = files.read(MANIFEST, MAX_JSON_BYTES)
    if data is None:
        refuse(
            f"The file {MANIFEST} is missing {files.where}: give the folder with that file, "
            "or a .zip or .safetensors file."
        )
    manifest = parse_json(data, MANIFEST)
    if not isinstance(manifest, dict) or not all(isinstance(v, dict) for v in manifest.values()):
        refuse(
            f"{MANIFEST} must map each variable to its file name and shape; "
            f"the one {files.where} belongs to something else, such as a web app."
        )
    return manifest


def _places_of(variables: Iterable[str]) -> tuple[dict[Place, str], dict[str, Any]]:
    """Find each part of the network.

    Returns
    -------
    places : dict
        Name of the variable by part and layer.
    names : dict
        How the parts are called, with ``{}`` for the number of the layer.
    """
    places: dict[Place, str] = {}
    names: dict[str, Any] = {}
    for name in variables:
        part, layer, pattern = role_of(name)
        if part == "other":
            log.info("The variable %r is not part of the network and is ignored", name)
        elif (part, layer) in places:
            refuse(f"{MANIFEST} has the {part} of layer {layer} twice, also as {short_repr(name)}.")
        else:
            places[part, layer] = name
            if part != "learning_rate":
                names[part] = pattern
    count = 1 + max((layer for _, layer in places), default=0)
    if count > MAX_LAYERS:
        refuse(f"The model has {count} layers; at most {MAX_LAYERS} can be read.")
    if (missing := missing_place(places)) is not None:
        example = DEFAULT_NAMES[missing[0]].format(missing[1])
        refuse(f"A variable is missing in {MANIFEST}: there is none like {example!r}.")
    return places, names


def _variable_of(name: str, entry: Mapping[str, Any]) -> Variable:
    filename, shape = entry.get("filename"), entry.get("shape")
    if not isinstance(filename, str) or not filename:
        refuse(f"{MANIFEST} gives no file name for {short_repr(name)}.")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS or not all(map(_is_size, shape)):
        refuse(f"{MANIFEST} gives no valid shape for {short_repr(name)}: {short_repr(shape)}.")
    return Variable(filename, tuple(shape))


def _is_size(value: object) -> bool:
    return type(value) is int and 0 < value <= MAX_MODEL_BYTES


def _read_variable(files: Files, name: str, variable: Variable) -> NDArray[np.float32]:
    filename = variable.filename
    try:
        data = files.read(filename, variable.size)
    except TooLargeError as error:
        raise _wrong_size(variable, error.size) from error
    if data is None:
        refuse(
            f"The file {short_repr(filename)} of the variable {short_repr(name)} is missing {files.where}."
        )
    if len(data) != variable.size:
        check_content(data, filename)
        raise _wrong_size(variable, len(data))
    return np.frombuffer(data, dtype=_FLOAT32).reshape(variable.shape)


def _wrong_size(variable: Variable, size: int | None) -> ModelError:
    filename, shape = variable
    has = "too many" if size is None else size
    return ModelError(
        f"The file {short_repr(filename)} has {has} bytes, but the shape {list(shape)} needs {variable.size}."
    )


# Writing.


def save_p5ml(model: CharLSTM, folder: str | Path) -> Path:
    """Write a model as a p5ML / ml5.js folder, all of it or nothing.

    A model that was read from such a folder is written with the same variable names and the same
    vocabulary file; the published folders come out bit by bit as they were.

    Parameters
    ----------
    model : CharLSTM
    folder : str or Path
        Must not exist yet, or be empty.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ModelError
        If the folder exists and is not empty, or cannot be written.
    """
    path = as_path(folder)
    with writing(path):
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            refuse(f"{str(folder)!r} exists already: choose another folder or remove it first.")
    write_whole(path, lambda partial: _write(model, path, partial))
    return path


def _write(model: CharLSTM, path: Path, partial: Path) -> None:
    card = model.card
    names = card.pop("p5ml", None)
    if not isinstance(names, dict):  # from elsewhere, perhaps: it may be anything
        names = {}
    partial.mkdir()
    manifest = {}
    for name, array in _variables_of(model.weights, names).items():
        filename = name.replace("/", "_")
        manifest[name] = {"filename": filename, "shape": list(array.shape)}
        array.astype("<f4").tofile(partial / filename)
    _write_json(partial / MANIFEST, manifest)
    _write_vocab(partial, names, model)
    card.pop("ids_without_character", None)
    if card and card != {"title": names.get("title", path.name)}:
        _write_json(partial / CARD, card)
    if path.exists():
        path.rmdir()  # empty, as checked before; some systems do not rename over a folder


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write as the published folders were written."""
    path.write_text(json.dumps(data, indent=2, sort_keys=True), encoding="utf-8")


def _variables_of(weights: Weights, names: Mapping[str, Any]) -> dict[str, NDArray[np.float32]]:
    """Name the arrays: as `names` says, else as the newest published models do."""
    named = DEFAULT_NAMES | {part: names[part] for part in DEFAULT_NAMES if names_part(names.get(part), part)}
    if len(weights.layers) > 1 and not all("{}" in named[part] for part in ("kernel", "bias")):
        named |= {part: DEFAULT_NAMES[part] for part in ("kernel", "bias")}
    arrays = weights.arrays
    variables = {named[part].replace("{}", str(number)): arrays[part, number] for part, number in arrays}
    if isinstance(rate := names.get("learning_rate"), float):
        variables[LEARNING_RATE] = np.array(rate, dtype=np.float32)
    return variables


def _write_vocab(folder: Path, names: Mapping[str, Any], model: CharLSTM) -> None:
    """Write the vocabulary: as it was read, if that still fits."""
    file, text = names.get("vocab_file"), names.get("vocab_text")
    if file in VOCABULARIES and isinstance(text, str):
        with warnings.catch_warnings(), suppress(ModelError, UnicodeEncodeError):
            warnings.simplefilter("ignore")  # a repair was reported when it was read
            if parse_vocab(text, file, model.vocab_size) == dict(model.vocab):
                (folder / file).write_bytes(text.encode())
                return
    _write_json(folder / VOCABULARIES[0], dict(model.vocab))
