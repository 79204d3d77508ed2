"""Writing a p5ML / ml5.js folder; `lstm_widget.formats.p5ml` describes one."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import ModelError
from lstm_widget.formats.files import MANIFEST, as_path, write_whole, writing
from lstm_widget.formats.p5ml_names import CARD, DEFAULT_NAMES, LEARNING_RATE, names_part
from lstm_widget.formats.p5ml_vocab import VOCABULARIES, parse_vocab

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from lstm_widget.network.model import CharLSTM, Weights


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
            msg = f"{str(folder)!r} exists already: choose another folder or remove it first."
            raise ModelError(msg)
    write_whole(path, lambda partial: _write(model, path, partial))
    return path


def _write(model: CharLSTM, path: Path, partial: Path) -> None:
    card = model.card
    names = card.pop("p5ml", None)
    if not isinstance(names, dict):  # from elsewhere, perhaps: it may be anything
        names = {}
    variables = _variables_of(model.weights, names)
    manifest = {
        name: {"filename": name.replace("/", "_"), "shape": list(array.shape)}
        for name, array in variables.items()
    }
    partial.mkdir()
    for name, array in variables.items():
        array.astype("<f4").tofile(partial / name.replace("/", "_"))
    _write_json(partial / MANIFEST, manifest)
    if (read := _vocab_as_read(names, model)) is not None:
        (partial / read[0]).write_bytes(read[1])
    else:
        _write_json(partial / VOCABULARIES[0], dict(model.vocab))
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
    variables = {named["softmax_w"]: weights.softmax_w, named["softmax_b"]: weights.softmax_b}
    for number, layer in enumerate(weights.layers):
        variables[named["kernel"].replace("{}", str(number))] = layer.kernel
        variables[named["bias"].replace("{}", str(number))] = layer.bias
    if weights.embedding is not None:
        variables[named["embedding"]] = weights.embedding
    if isinstance(rate := names.get("learning_rate"), float):
        variables[LEARNING_RATE] = np.array(rate, dtype=np.float32)
    return variables


def _vocab_as_read(names: Mapping[str, Any], model: CharLSTM) -> tuple[str, bytes] | None:
    """Return name and content of the vocabulary file that the model was read from, if they still fit."""
    file, text = names.get("vocab_file"), names.get("vocab_text")
    if file not in VOCABULARIES or not isinstance(text, str):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a repair was told when it was read
            table = parse_vocab(text, file, model.vocab_size)
        content = text.encode("utf-8")
    except (ModelError, UnicodeEncodeError):
        return None
    return (file, content) if table == dict(model.vocab) else None
