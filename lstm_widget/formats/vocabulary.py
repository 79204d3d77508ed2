"""A vocabulary from elsewhere: ids by character, characters by id, or a list of characters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from lstm_widget.errors import ModelError, refuse, short_repr, warn
from lstm_widget.formats.files import MAX_JSON_BYTES, LocalFiles, as_path, kind_of, parse_json, read_file
from lstm_widget.network.model import check_vocab

if TYPE_CHECKING:
    from pathlib import Path

    from lstm_widget.formats.files import Files

    # What a caller may give.
    Vocabulary: TypeAlias = Mapping[str, int] | Mapping[int, str | None] | Sequence[str | None]

VOCABULARIES = ("vocab.json", "char_indices.json", "indices_char.json")


def vocab_of(vocab: Vocabulary, vocab_size: int) -> dict[str, int]:
    """Return the vocabulary that comes with a converted model as a dictionary of character to id.

    Parameters
    ----------
    vocab : mapping of str to int, mapping of int to str, or sequence of str
        A sequence holds the characters in the order of their ids, and `None` for an id without one.
    vocab_size : int
        Number of ids.

    Raises
    ------
    ModelError
        If it is none of these, gives a character two ids, or lists another number of them than there are ids.
    """
    table = table_of(vocab, "The vocabulary")
    if not isinstance(vocab, Mapping) and len(vocab) != vocab_size:
        refuse(
            f"The vocabulary lists {len(vocab)} characters, but the model has {vocab_size} ids: "
            "list all of them, with None (null in JSON) for an id that has no character."
        )
    return table


def table_of(data: Any, name: str) -> dict[str, int]:  # noqa: ANN401 - anything may be given
    """Make a table of ids by character; `check_vocab` of the model then checks the ids.

    Raises
    ------
    ModelError
        If it is not a vocabulary, or gives a character two ids.
    """
    if isinstance(data, Mapping):
        table = dict(data)
        is_turned = table and all(value is None or isinstance(value, str) for value in table.values())
        return _by_character(table, name) if is_turned else table
    if not isinstance(data, Sequence) or isinstance(data, bytes):
        refuse(f"{name} must map characters to ids or list the characters, not be a {type(data).__name__}.")
    for number, character in enumerate(data):
        if character is not None and (not isinstance(character, str) or len(character) != 1):
            refuse(
                f"{name} must list single characters, but number {number} is {short_repr(character)}: "
                "use None (null in JSON) for an id without a character."
            )
    return _by_character(dict(enumerate(data)), name)


def _by_character(table: Mapping[Any, str | None], name: str) -> dict[str, int]:
    """Turn a table of characters by id into one of ids by character."""
    vocab: dict[str, int] = {}
    for key, character in table.items():
        shown = short_repr(character)
        if not re.fullmatch(r"\d{1,9}", str(key), re.ASCII):
            refuse(f"{name} must map characters to whole numbers, not {short_repr(key)} to {shown}.")
        if character is None:
            continue
        if character in vocab:
            refuse(f"{name} gives the character {shown} two ids, {vocab[character]} and {key}.")
        vocab[character] = int(key)
    return vocab


# The file of a p5ML / ml5.js folder.


def load_vocab(path: str | Path, vocab_size: int) -> dict[str, int]:
    """Read the vocabulary alone.

    Parameters
    ----------
    path : str or Path
        The file, or its folder.
    vocab_size : int
        Number of ids of the softmax.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or does not fit `vocab_size`.
    """
    return parse_vocab(*_read(path), vocab_size)


def vocab_data(path: str | Path) -> Any:  # noqa: ANN401 - JSON is anything
    """Return what such a file holds, unchanged; see `lstm_widget.formats.vocabulary.vocab_of`.

    Raises
    ------
    ModelError
        If the file is missing, or no JSON.
    """
    return _parsed(*_read(path))


def read_vocab(files: Files) -> tuple[bytes, str]:
    """Read the file of the vocabulary, whatever it is called.

    Returns
    -------
    data : bytes
    name : str

    Raises
    ------
    ModelError
        If there is none.
    """
    for name in VOCABULARIES:
        if (data := files.read(name, MAX_JSON_BYTES)) is not None:
            return data, name
    msg = f"The vocabulary is missing: there is no {VOCABULARIES[0]} {files.where}."
    raise ModelError(msg)


def parse_vocab(data: str | bytes, name: str, vocab_size: int) -> dict[str, int]:
    """Make a vocabulary, ordered by id, of what such a file holds.

    Raises
    ------
    ModelError
        If it is damaged or does not fit `vocab_size`.
    """
    return check_vocab(_repaired(table_of(_parsed(data, name), name)), vocab_size)


def _parsed(data: str | bytes, name: str) -> Any:  # noqa: ANN401 - JSON is anything
    parsed = parse_json(data, name)
    if not isinstance(parsed, (dict, list)):  # text, which is a list of characters in Python only
        refuse(f"{name} must map characters to ids or list the characters.")
    return parsed


def _read(path: str | Path) -> tuple[bytes, str]:
    """Read the file at a path, or the vocabulary in a folder; return its name, too."""
    given = as_path(path)
    if kind_of(given) == "folder":
        return read_vocab(LocalFiles(given))
    data = read_file(given, MAX_JSON_BYTES)
    if data is None:
        refuse(f"There is no vocabulary {short_repr(str(path))}: check the path.")
    return data, given.name


def _repaired(table: dict[str, int]) -> dict[str, int]:
    """Mend the vocabulary that ml5 published with its `shakespeare`: two keys lost their letter."""
    damage = {"  ": (13, "u"), "": (40, "U")}
    if all(table.get(key) == number for key, (number, _) in damage.items()) and not {"u", "U"} & set(table):
        warn('The vocabulary is damaged as published with ml5\'s "shakespeare"; "u" and "U" were put back.')
        return {damage[key][1] if key in damage else key: number for key, number in table.items()}
    return table
