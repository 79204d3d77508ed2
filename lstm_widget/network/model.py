"""The model as data: weights, vocabulary and card. It checks itself and never changes."""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import UnknownCharactersError, refuse, short_repr
from lstm_widget.network.normalize import normalize
from lstm_widget.network.weights import assembled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from lstm_widget.network.normalize import Normalized
    from lstm_widget.network.weights import Weights


def check_vocab(vocab: Mapping[str, int], vocab_size: int) -> dict[str, int]:
    """Return the vocabulary as a dictionary ordered by id.

    Parameters
    ----------
    vocab : mapping of str to int
        One character (one Unicode code point) to its id.
    vocab_size : int
        Number of ids V of the softmax.

    Raises
    ------
    ModelError
        If a key is not one character, or an id is no integer, outside 0 .. V - 1, or given twice.
    """
    owner: dict[int, str] = {}
    for character, number in vocab.items():
        if not isinstance(character, str) or len(character) != 1:
            refuse(
                f"The vocabulary must map single characters to ids, but it has {short_repr(character)}: "
                "leave out an id without a character."
            )
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            refuse(f"The id of {character!r} must be a whole number, not {short_repr(number)}.")
        if not 0 <= number < vocab_size:
            where = f"is {short_repr(number)}, but the softmax has only the ids 0 to {vocab_size - 1}"
            refuse(f"The id of {character!r} in the vocabulary {where}.")
        if int(number) in owner:
            refuse(f"The characters {owner[int(number)]!r} and {character!r} have the same id {number}.")
        owner[int(number)] = character
    if not owner:
        refuse("The vocabulary is empty.")
    return {owner[number]: number for number in sorted(owner)}


class CharLSTM:
    """A character-level LSTM: weights, vocabulary and model card. It cannot be changed.

    Parameters
    ----------
    weights : Weights
    vocab : mapping of str to int
        Character to id. Ids of the softmax without a character are allowed; they are never sampled.
    card : mapping, optional
        What a reader should know of the model, as JSON data: ``title``, ``text``, losses, ...

    Raises
    ------
    ModelError
        If the vocabulary does not fit the weights or the card is not JSON data.
    """

    __slots__ = ("_card", "_characters", "_fingerprint", "_vocab", "_weights")

    def __init__(
        self,
        weights: Weights,
        vocab: Mapping[str, int],
        card: Mapping[str, Any] | None = None,
    ) -> None:
        checked = check_vocab(vocab, weights.vocab_size)
        by_id = {number: character for character, number in checked.items()}
        characters = tuple(map(by_id.get, range(weights.vocab_size)))
        own_card = dict(card or {})
        own_card.pop("ids_without_character", None)
        if unused := characters.count(None):
            own_card["ids_without_character"] = unused
        try:
            self._card = json.dumps(own_card, allow_nan=False)
            json.loads(self._card)
        except (TypeError, ValueError, RecursionError) as error:
            refuse(f"The model card must be plain JSON data: {error}", error)
        self._weights = weights
        self._vocab = MappingProxyType(checked)
        self._characters = characters
        self._fingerprint: str | None = None

    @property
    def weights(self) -> Weights:
        """The arrays, read-only."""
        return self._weights

    @property
    def vocab(self) -> Mapping[str, int]:
        """Character to id, read-only, ordered by id."""
        return self._vocab

    @property
    def characters(self) -> tuple[str | None, ...]:
        """Id to character; `None` for an id that has none."""
        return self._characters

    @property
    def card(self) -> dict[str, Any]:
        """The model card; a copy, so that changing it changes nothing here."""
        card: dict[str, Any] = json.loads(self._card)
        return card

    @property
    def vocab_size(self) -> int:
        """Number of ids V, counted from the softmax."""
        return self._weights.vocab_size

    @property
    def unused_ids(self) -> NDArray[np.intp]:
        """Ids that no character has, ascending; they must never be sampled."""
        return np.array([i for i, c in enumerate(self._characters) if c is None], dtype=np.intp)

    @property
    def fingerprint(self) -> str:
        """A number in hexadecimal that no other model has: SHA-256 of the weights and the vocabulary.

        The card plays no part, nor does the format of the file. Of its 64 digits 16 are enough.
        """
        if self._fingerprint is None:
            digest = hashlib.sha256(json.dumps(dict(self._vocab)).encode())
            if self._weights.embedding is None:
                digest.update(b"[]")
            for array in self._weights.arrays.values():
                digest.update(json.dumps(array.shape).encode())
                digest.update(array.astype("<f4").tobytes())
            self._fingerprint = digest.hexdigest()[:16]
        return self._fingerprint

    def with_card(self, card: Mapping[str, Any]) -> CharLSTM:
        """Return the same model with another card."""
        return CharLSTM(self._weights, self._vocab, card)

    def rounded(self) -> CharLSTM:
        """Return the model with every weight rounded to float16.

        A file of it is half as large, and Numba writes with it at up to twice the speed. The bundled models
        and what is trained here are rounded already.

        Raises
        ------
        ModelError
            If a weight is larger than float16 can hold (65504).
        """
        with np.errstate(over="ignore"):  # reported by Weights as not finite
            arrays = {place: array.astype(np.float16) for place, array in self._weights.arrays.items()}
        return CharLSTM(assembled(arrays), self._vocab, self.card)

    def normalize(self, text: str) -> Normalized:
        """Read a text with the characters that the model knows, and report what was replaced.

        Characters that it knows in another form, or as a similar one, are replaced (see
        `lstm_widget.network.normalize`); others are left out and reported with nothing in their place.
        """
        return normalize(text, self._vocab)

    def encode(self, text: str) -> list[int]:
        """Return the id of each character, as the model reads the text (see `normalize`).

        Raises
        ------
        UnknownCharactersError
            If the model knows neither a character nor a similar one.
        """
        normalized = self.normalize(text)
        if normalized.unknown:
            raise UnknownCharactersError(normalized.unknown)
        return [self._vocab[character] for character in normalized.text]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`.

        Raises
        ------
        ModelError
            If an id is outside the softmax or has no character.
        """
        characters = []
        for number in ids:
            character = self._characters[number] if 0 <= number < self.vocab_size else None
            if character is None:
                refuse(f"No character has the id {number}.")
            characters.append(character)
        return "".join(characters)

    def __reduce__(self) -> tuple[Any, ...]:
        """Make copies, and those for other processes, through the checks."""
        return CharLSTM, (self._weights, dict(self._vocab), self.card)

    @property
    def architecture(self) -> str:
        """What it is made of, for a reader: ``"2 layers of 128 units, embedding of 64, ..."``."""
        units = [layer.units for layer in self._weights.layers]
        embedding = self._weights.embedding
        return (
            f"{_describe_layers(units)}, "
            f"{'one-hot input' if embedding is None else f'embedding of {embedding.shape[1]}'}, "
            f"{len(self._vocab)} characters, {self._weights.parameters:,} parameters"
        )

    def __repr__(self) -> str:
        title = self.card.get("title")
        return f"CharLSTM({repr(title) + ': ' if title else ''}{self.architecture})"


def _describe_layers(units: Sequence[int]) -> str:
    """Return for instance ``2 layers of 128 units``."""
    if len(set(units)) > 1:
        return f"{len(units)} layers of {', '.join(map(str, units))} units"
    return f"{len(units)} layer{'s' if len(units) > 1 else ''} of {units[0]} units"
