"""A vocabulary from elsewhere: ids by character, characters by id, or a list of characters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from lstm_widget.errors import ModelError, short_repr

if TYPE_CHECKING:
    # What a caller may give.
    Vocabulary: TypeAlias = Mapping[str, int] | Mapping[int, str | None] | Sequence[str | None]


def vocab_of(vocab: Vocabulary, vocab_size: int) -> dict[str, int]:
    """Return the vocabulary that comes with a converted model as a dictionary of character to id.

    Parameters
    ----------
    vocab : mapping of str to int, mapping of int to str, or sequence of str
        A sequence holds the characters in the order of their ids, and `None` for an id without one.
    vocab_size : int
        Number of ids that the head tells apart.

    Raises
    ------
    ModelError
        If it is none of these, gives a character two ids, or lists another number of them than there are ids.
    """
    table = table_of(vocab, "The vocabulary")
    if not isinstance(vocab, Mapping) and len(vocab) != vocab_size:
        msg = (
            f"The vocabulary lists {len(vocab)} characters, but the head tells {vocab_size} ids apart: "
            "list all of them, with None (null in JSON) for an id that has no character."
        )
        raise ModelError(msg)
    return table


def table_of(data: Any, name: str) -> dict[str, int]:  # noqa: ANN401 - anything may be given
    """Make a table of ids by character; `check_vocab` of the model then checks the ids.

    Raises
    ------
    ModelError
        If it is no vocabulary, or gives a character two ids.
    """
    if isinstance(data, Mapping):
        table = dict(data)
        is_turned = table and all(value is None or isinstance(value, str) for value in table.values())
        return _by_character(table, name) if is_turned else table
    if not isinstance(data, Sequence) or isinstance(data, bytes):
        msg = f"{name} must map characters to ids or list the characters, not be a {type(data).__name__}."
        raise ModelError(msg)
    for number, character in enumerate(data):
        if character is not None and (not isinstance(character, str) or len(character) != 1):
            msg = (
                f"{name} must list single characters, but number {number} is {short_repr(character)}: "
                "use None (null in JSON) for an id without a character."
            )
            raise ModelError(msg)
    return _by_character(dict(enumerate(data)), name)


def _by_character(table: Mapping[Any, str | None], name: str) -> dict[str, int]:
    """Turn a table of characters by id into one of ids by character."""
    vocab: dict[str, int] = {}
    for key, character in table.items():
        if not re.fullmatch(r"\d{1,9}", str(key), re.ASCII):
            msg = (
                f"{name} must map characters to whole numbers, not {short_repr(key)} to "
                f"{short_repr(character)}."
            )
            raise ModelError(msg)
        if character is None:
            continue
        if character in vocab:
            msg = f"{name} gives the character {short_repr(character)} two ids, {vocab[character]} and {key}."
            raise ModelError(msg)
        vocab[character] = int(key)
    return vocab
