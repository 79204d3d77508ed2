"""The model as data: weights, vocabulary and card. It checks itself and never changes.

The canonical weights are those of the p5ML format, that is of TensorFlow's ``BasicLSTMCell``: gates
in the order i, j, f, o; input and recurrent kernel stacked as ``[x, h]``; a forget bias of 1.0 that
is *not* stored but added when the network runs (see `lstm_widget.network.engine`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lstm_widget.errors import UnknownCharactersError, refuse, short_repr
from lstm_widget.network.normalize import normalize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from lstm_widget.network.normalize import Normalized

# Where an array is: its name in `Weights` or `LSTMLayer`, and the number of its layer, else 0.
Place: TypeAlias = tuple[str, int]

GATES = 4
FORGET_BIAS = 1.0


def _frozen(name: str, values: ArrayLike, ndim: int) -> NDArray[np.float32]:
    """Return a read-only float32 copy, or raise `ModelError`."""
    try:
        source = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        refuse(f"The {name} is no array of numbers: {error}", error)
    if source.dtype.kind not in "fiu":
        refuse(f"The {name} must hold numbers, not {source.dtype}.")
    if source.ndim != ndim or 0 in source.shape:
        refuse(f"The {name} must have {ndim} non-empty dimension(s), but its shape is {source.shape}.")
    with np.errstate(over="ignore"):  # what overflows float32 is reported as not finite below
        array = source.astype(np.float32, order="C", copy=True)
    if not np.isfinite(array).all():
        refuse(f"The {name} holds values that are not finite numbers (NaN or infinity): the file is damaged.")
    array.flags.writeable = False
    return array[...]  # a view cannot be made writable again


@dataclass(frozen=True, eq=False, repr=False)
class LSTMLayer:
    """One LSTM layer of H units that reads E inputs.

    Parameters
    ----------
    kernel : array_like, shape (E + H, 4 * H)
        Input rows above recurrent rows; column blocks i, j, f, o.
    bias : array_like, shape (4 * H,)
        Without the forget bias of 1.0, which is added at run time.

    Raises
    ------
    ModelError
        If the shapes do not fit or a value is not finite.
    """

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel", _frozen("kernel of a layer", self.kernel, 2))
        object.__setattr__(self, "bias", _frozen("bias of a layer", self.bias, 1))
        if self.bias.size % GATES:
            refuse(f"The bias of a layer must hold 4 values per unit, but it holds {self.bias.size}.")
        rows, columns = self.kernel.shape
        if columns != self.bias.size or rows <= self.units:
            refuse(
                f"A layer of {self.units} units needs a kernel of (inputs + {self.units}) x "
                f"{self.bias.size}, but its shape is {self.kernel.shape}."
            )

    def __reduce__(self) -> tuple[Any, ...]:
        return LSTMLayer, (self.kernel, self.bias)

    @property
    def units(self) -> int:
        """Number of units H."""
        return self.bias.size // GATES

    @property
    def input_size(self) -> int:
        """Number of inputs E."""
        return int(self.kernel.shape[0]) - self.units


@dataclass(frozen=True, eq=False, repr=False)
class Weights:
    """The arrays of a character-level LSTM with V ids.

    Parameters
    ----------
    layers : sequence of LSTMLayer
        From the input upwards; layers may differ in size.
    softmax_w : array_like, shape (H_top, V)
    softmax_b : array_like, shape (V,)
    embedding : array_like, shape (V, E), optional
        Row per id. Without one the input of the first layer is the id one-hot.

    Raises
    ------
    ModelError
        If the shapes do not fit together or a value is not finite.
    """

    layers: tuple[LSTMLayer, ...]
    softmax_w: NDArray[np.float32]
    softmax_b: NDArray[np.float32]
    embedding: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "softmax_w", _frozen("softmax weights", self.softmax_w, 2))
        object.__setattr__(self, "softmax_b", _frozen("softmax bias", self.softmax_b, 1))
        if self.embedding is not None:
            object.__setattr__(self, "embedding", _frozen("embedding", self.embedding, 2))
        self._check_fit()

    def _check_fit(self) -> None:
        if not self.layers:
            refuse("A model needs at least one LSTM layer.")
        width = self.vocab_size
        if self.embedding is not None:
            rows, width = self.embedding.shape
            if rows != self.vocab_size:
                refuse(f"The embedding has {rows} rows, but the softmax has {self.vocab_size} ids.")
        for number, layer in enumerate(self.layers):
            if layer.input_size != width:
                hint = "; is the embedding missing?" if number == 0 and self.embedding is None else "."
                refuse(f"Layer {number} reads {layer.input_size} inputs, but it is given {width}{hint}")
            width = layer.units
        needed = (width, self.vocab_size)
        if self.softmax_w.shape != needed:
            refuse(f"The softmax weights must have the shape {needed}, but it is {self.softmax_w.shape}.")

    def __reduce__(self) -> tuple[Any, ...]:
        return Weights, (self.layers, self.softmax_w, self.softmax_b, self.embedding)

    @property
    def vocab_size(self) -> int:
        """Number of ids V, counted from the softmax."""
        return int(self.softmax_b.size)

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(array.size for array in self.arrays.values())

    @property
    def arrays(self) -> dict[Place, NDArray[np.float32]]:
        """Every array by its place, from the input upwards; `assembled` puts them together again."""
        arrays = {} if self.embedding is None else {("embedding", 0): self.embedding}
        for number, layer in enumerate(self.layers):
            arrays |= {("kernel", number): layer.kernel, ("bias", number): layer.bias}
        return arrays | {("softmax_w", 0): self.softmax_w, ("softmax_b", 0): self.softmax_b}


def missing_place(places: Collection[Place]) -> Place | None:
    """Return the first array, if any, without which those at some places are not a whole network."""
    count = 1 + max((number for _, number in places), default=0)
    layers = [(part, number) for number in range(count) for part in ("kernel", "bias")]
    required = [("softmax_w", 0), ("softmax_b", 0), *layers]
    return next((place for place in required if place not in places), None)


def assembled(arrays: Mapping[Place, NDArray[Any]]) -> Weights:
    """Return the network of its arrays, of which no place is missing (see `missing_place`)."""
    count = 1 + max(number for _, number in arrays)
    layers = tuple(LSTMLayer(arrays["kernel", number], arrays["bias", number]) for number in range(count))
    return Weights(layers, arrays["softmax_w", 0], arrays["softmax_b", 0], arrays.get(("embedding", 0)))


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
