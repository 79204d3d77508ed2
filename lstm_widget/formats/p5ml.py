"""The p5ML / ml5.js folder: ``manifest.json``, one raw file per variable, ``vocab.json``.

``manifest.json`` maps a variable's name to ``{"filename": ..., "shape": [...]}``; the file holds the
variable in C order as little-endian float32, without a header. The names are in `p5ml_names`.

A model read from such a folder remembers the names in its card under ``p5ml``, so that writing it
gives the same files again.
"""

from __future__ import annotations

import json
import logging
import math
import re
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import ModelError, shown, warn
from lstm_widget.formats.json_data import parse_json
from lstm_widget.formats.p5ml_names import DEFAULT_NAMES, LEARNING_RATE, names_part, role_of
from lstm_widget.model import CharLSTM, LSTMLayer, Weights, check_vocab

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Variables = dict[str, NDArray[np.float32]]

log = logging.getLogger("lstm_widget")

MANIFEST = "manifest.json"
CARD = "card.json"
VOCABULARIES = ("vocab.json", "char_indices.json", "indices_char.json")
# Far above any real file of this kind, far below what hurts.
MAX_JSON_BYTES = 16 * 2**20
MAX_LAYERS = 100
MAX_DIMENSIONS = 4
MAX_SIZE = 2**31
MAX_KEPT_TEXT = 2**16

_FLOAT32 = np.dtype("<f4")


def load_p5ml(folder: str | Path) -> CharLSTM:
    """Read a p5ML / ml5.js model.

    Parameters
    ----------
    folder : str or Path
        With ``manifest.json``, the files it names, and ``vocab.json`` (or ``char_indices.json``, or
        a table of characters by id in either or in ``indices_char.json``).

    Raises
    ------
    ModelError
        If a file is missing or damaged, if the parts do not fit together, or if the cells are not
        LSTM cells.
    """
    weights, names = load_checkpoints(folder)
    path = Path(folder)
    file = _vocab_file(path)
    vocab = load_vocab(file, weights.vocab_size)
    text = file.read_bytes().decode("utf-8")
    if len(text) <= MAX_KEPT_TEXT:
        names |= {"vocab_file": file.name, "vocab_text": text}
    names["title"] = path.resolve().name
    card: dict[str, Any] = {"title": names["title"]}
    if (path / CARD).is_file():
        stored = _read_json(path / CARD)
        if not isinstance(stored, dict):
            msg = f"{CARD} must hold a JSON object."
            raise ModelError(msg)
        card |= stored
    return CharLSTM(weights, vocab, card | {"p5ml": names})


def load_checkpoints(folder: str | Path) -> tuple[Weights, dict[str, Any]]:
    """Read the weights alone.

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
    path = _path(folder)
    if not path.is_dir():
        msg = f"There is no folder {shown(str(folder))}: check the path of the model."
        raise ModelError(msg)
    return _weights_from(_read_variables(path))


def load_vocab(path: str | Path, vocab_size: int) -> dict[str, int]:
    """Read the vocabulary alone.

    Parameters
    ----------
    path : str or Path
        The file, or the folder it lies in.
    vocab_size : int
        Number of ids that the softmax tells apart.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or does not fit `vocab_size`.
    """
    file = _vocab_file(_path(path))
    return check_vocab(_vocab_table(_read_json(file), file.name), vocab_size)


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
        If the folder exists and is not empty.
    """
    path = Path(folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        msg = f"{str(folder)!r} exists already: choose another folder or remove it first."
        raise ModelError(msg)
    path.parent.mkdir(parents=True, exist_ok=True)
    card = model.card
    names = card.pop("p5ml", None)
    if not isinstance(names, dict):  # from elsewhere, perhaps: it may be anything
        names = {}
    variables = _variables_of(model.weights, names)
    manifest = {
        name: {"filename": name.replace("/", "_"), "shape": list(array.shape)}
        for name, array in variables.items()
    }
    partial = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        for name, array in variables.items():
            array.astype(_FLOAT32).tofile(partial / name.replace("/", "_"))
        _write_json(partial / MANIFEST, manifest)
        if (read := _vocab_as_read(names, model)) is not None:
            (partial / read[0]).write_bytes(read[1])
        else:
            _write_json(partial / VOCABULARIES[0], dict(model.vocab))
        card.pop("ids_without_character", None)
        if card and card != {"title": names.get("title", path.name)}:
            _write_json(partial / CARD, card)
        partial.chmod(0o755)
        if path.exists():
            path.rmdir()  # empty, as checked above; some systems do not rename over a folder
        partial.rename(path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return path


def _read_json(path: Path) -> Any:  # noqa: ANN401 - JSON is anything
    """Read a JSON file in which no key occurs twice."""
    if not path.is_file():
        msg = f"The file {path.name} is missing in {str(path.parent)!r}."
        raise ModelError(msg)
    if path.stat().st_size > MAX_JSON_BYTES:
        msg = f"{path.name} is larger than {MAX_JSON_BYTES // 2**20} MiB: that is no model's."
        raise ModelError(msg)
    return parse_json(path.read_bytes(), path.name)


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write as the published folders were written."""
    path.write_text(json.dumps(data, indent=2, sort_keys=True), encoding="utf-8")


def _read_variables(folder: Path) -> Variables:
    """Read every variable of the manifest, after checking its name, shape and size."""
    manifest = _read_json(folder / MANIFEST)
    if not isinstance(manifest, dict) or not all(isinstance(v, dict) for v in manifest.values()):
        msg = f"{MANIFEST} must map each variable to its file name and shape."
        raise ModelError(msg)
    # The names first: they tell other cells before anything is read.
    wanted = [name for name in manifest if role_of(name).part != "other"]
    for name in manifest.keys() - set(wanted):
        log.info("The variable %r is not part of the network and is ignored", name)
    return {name: _read_variable(folder, name, manifest[name]) for name in wanted}


def _read_variable(folder: Path, name: str, entry: Mapping[str, Any]) -> NDArray[np.float32]:
    filename, shape = entry.get("filename"), entry.get("shape")
    if not isinstance(filename, str) or not filename:
        msg = f"{MANIFEST} gives no file name for {shown(name)}."
        raise ModelError(msg)
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS or not all(map(_is_size, shape)):
        msg = f"{MANIFEST} gives no valid shape for {shown(name)}: {shown(shape)}."
        raise ModelError(msg)
    file = folder / filename
    try:
        inside = file.resolve().is_relative_to(folder.resolve()) and "\\" not in filename
        exists = file.is_file()
    except (OSError, ValueError):  # too long a name, or one with a NUL byte
        inside = exists = False
    if not inside:
        msg = f"{MANIFEST} names a file outside the model's folder, {shown(filename)}; that is refused."
        raise ModelError(msg)
    if not exists:
        msg = f"The file {shown(filename)} of the variable {shown(name)} is missing."
        raise ModelError(msg)
    expected, size = 4 * math.prod(shape), file.stat().st_size
    if size != expected:
        msg = f"The file {shown(filename)} has {size} bytes, but the shape {shape} needs {expected}."
        raise ModelError(msg)
    return np.fromfile(file, dtype=_FLOAT32).reshape(shape)


def _is_size(value: object) -> bool:
    return type(value) is int and 0 < value <= MAX_SIZE


def _weights_from(variables: Variables) -> tuple[Weights, dict[str, Any]]:
    """Put the network together from its variables."""
    parts: dict[tuple[str, int], NDArray[np.float32]] = {}
    names: dict[str, Any] = {}
    for name, array in variables.items():
        part, layer, pattern = role_of(name)
        if part == "learning_rate":
            if array.size == 1 and np.isfinite(array).all():
                names[part] = float(array.reshape(()))
        elif (part, layer) in parts:
            msg = f"{MANIFEST} has the {part} of layer {layer} twice, the second time as {shown(name)}."
            raise ModelError(msg)
        else:
            parts[part, layer] = array
            names[part] = pattern
    count = 1 + max((layer for _, layer in parts), default=0)
    if count > MAX_LAYERS:
        msg = f"The model has {count} layers; at most {MAX_LAYERS} can be read."
        raise ModelError(msg)
    required = [("softmax_w", 0), ("softmax_b", 0)]
    required += [(part, layer) for layer in range(count) for part in ("kernel", "bias")]
    for needed, layer in required:
        if (needed, layer) not in parts:
            example = DEFAULT_NAMES[needed].format(layer)
            msg = f"A variable is missing in {MANIFEST}: there is none like {example!r}."
            raise ModelError(msg)
    layers = tuple(LSTMLayer(parts["kernel", n], parts["bias", n]) for n in range(count))
    weights = Weights(layers, parts["softmax_w", 0], parts["softmax_b", 0], parts.get(("embedding", 0)))
    return weights, names


def _variables_of(weights: Weights, names: Mapping[str, Any]) -> Variables:
    """Name the arrays: as `names` says, else as the newest published models do."""
    named = DEFAULT_NAMES | {part: names[part] for part in DEFAULT_NAMES if names_part(names.get(part), part)}
    if len(weights.layers) > 1 and not all("{}" in named[part] for part in ("kernel", "bias")):
        named |= {part: DEFAULT_NAMES[part] for part in ("kernel", "bias")}
    variables = {named["softmax_w"]: weights.softmax_w, named["softmax_b"]: weights.softmax_b}
    for number, layer in enumerate(weights.layers):
        variables[named["kernel"].replace("{}", str(number))] = layer.kernel
        variables[named["bias"].replace("{}", str(number))] = layer.bias
    if weights.embedding is not None:
        variables[named["embedding"]] = weights.embedding
    if isinstance(rate := names.get("learning_rate"), float):
        variables[LEARNING_RATE] = np.array(rate, dtype=np.float32)
    return variables


def _path(path: str | Path) -> Path:
    try:
        return Path(path)
    except TypeError:
        msg = f"A path must be text, not {shown(path)}."
        raise ModelError(msg) from None


def _vocab_file(path: Path) -> Path:
    """Return the file of the vocabulary: the path itself, or what lies in that folder."""
    if not path.is_dir():
        return path
    found = next((path / name for name in VOCABULARIES if (path / name).is_file()), None)
    if found is None:
        msg = f"The vocabulary is missing: there is no {VOCABULARIES[0]} in {str(path)!r}."
        raise ModelError(msg)
    return found


def _vocab_table(data: Any, name: str) -> dict[str, int]:  # noqa: ANN401 - JSON is anything
    """Make a table of ids by character of any of the published ones."""
    table = dict(enumerate(data)) if isinstance(data, list) else data
    if not isinstance(table, dict):
        msg = f"{name} must map characters to ids."
        raise ModelError(msg)
    if table and all(isinstance(value, str) for value in table.values()):
        table = _inverted(table, name)
    return _repaired(table)


def _vocab_as_read(names: Mapping[str, Any], model: CharLSTM) -> tuple[str, bytes] | None:
    """Return name and content of the vocabulary file that the model was read from, if they still fit."""
    file, text = names.get("vocab_file"), names.get("vocab_text")
    if file not in VOCABULARIES or not isinstance(text, str):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a repair was told when it was read
            table = check_vocab(_vocab_table(parse_json(text, file), file), model.vocab_size)
        content = text.encode("utf-8")
    except (ModelError, UnicodeEncodeError):
        return None
    return (file, content) if table == dict(model.vocab) else None


def _inverted(table: Mapping[Any, str], name: str) -> dict[str, int]:
    """Turn a table of characters by id into one of ids by character."""
    vocab: dict[str, int] = {}
    for key, character in table.items():
        if character in vocab:
            msg = f"{name} gives the character {shown(character)} two ids."
            raise ModelError(msg)
        if not re.fullmatch(r"\d{1,9}", str(key), re.ASCII):
            msg = f"{name} must map characters to whole numbers, not {shown(key)} to {shown(character)}."
            raise ModelError(msg)
        vocab[character] = int(key)
    return vocab


def _repaired(table: dict[str, int]) -> dict[str, int]:
    """Mend the vocabulary that ml5 published with its `shakespeare`: two keys lost their letter."""
    damage = {"  ": (13, "u"), "": (40, "U")}
    if all(table.get(key) == number for key, (number, _) in damage.items()) and not {"u", "U"} & set(table):
        warn('The vocabulary is damaged as published with ml5\'s "shakespeare"; "u" and "U" were put back.')
        return {damage[key][1] if key in damage else key: number for key, number in table.items()}
    return table
