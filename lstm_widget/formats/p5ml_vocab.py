"""The vocabulary of a p5ML / ml5.js folder: ids by character, or characters by id."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lstm_widget.errors import ModelError, shown, warn
from lstm_widget.formats.files import LocalFiles, as_path
from lstm_widget.formats.json_data import MAX_JSON_BYTES, parse_json
from lstm_widget.model import check_vocab

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lstm_widget.formats.files import Files

VOCABULARIES = ("vocab.json", "char_indices.json", "indices_char.json")


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
    given = as_path(path)
    try:
        is_folder = given.is_dir()
        # Whoever names a link to a file means that file, wherever it lies.
        file = given if is_folder else given.resolve()
    except (OSError, ValueError, RuntimeError):  # an impossible name, a link to itself
        msg = f"There is no vocabulary {shown(str(path))}: check the path."
        raise ModelError(msg) from None
    name, data = read_vocab(LocalFiles(file)) if is_folder else _read_one(LocalFiles(file.parent), file.name)
    return parse_vocab(data, name, vocab_size)


def read_vocab(files: Files) -> tuple[str, bytes]:
    """Read the file of the vocabulary, whatever it is called.

    Returns
    -------
    name : str
    data : bytes

    Raises
    ------
    ModelError
        If there is none.
    """
    for name in VOCABULARIES:
        if (data := files.read(name, MAX_JSON_BYTES)) is not None:
            return name, data
    msg = f"The vocabulary is missing: there is no {VOCABULARIES[0]} {files.where}."
    raise ModelError(msg)


def parse_vocab(data: str | bytes, name: str, vocab_size: int) -> dict[str, int]:
    """Make a vocabulary, ordered by id, of what such a file holds.

    Raises
    ------
    ModelError
        If it is damaged or does not fit `vocab_size`.
    """
    return check_vocab(_table_of(parse_json(data, name), name), vocab_size)


def _read_one(files: Files, name: str) -> tuple[str, bytes]:
    data = files.read(name, MAX_JSON_BYTES)
    if data is None:
        msg = f"The file {name} is missing {files.where}."
        raise ModelError(msg)
    return name, data


def _table_of(data: Any, name: str) -> dict[str, int]:  # noqa: ANN401 - JSON is anything
    """Make a table of ids by character of any of the published ones."""
    table = dict(enumerate(data)) if isinstance(data, list) else data
    if not isinstance(table, dict):
        msg = f"{name} must map characters to ids."
        raise ModelError(msg)
    if table and all(isinstance(value, str) for value in table.values()):
        table = _inverted(table, name)
    return _repaired(table)


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
