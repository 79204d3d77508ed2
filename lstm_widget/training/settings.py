"""How to train: the settings, their ranges, and the values of those that are not given."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from lstm_widget.errors import SettingError, short_repr
from lstm_widget.training.held_out import VALIDATIONS, validation_length
from lstm_widget.writing.settings import as_real, as_whole, check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lstm_widget.network.model import CharLSTM

FORMER_NAMES = {"steps": "sequence_length", "averaging": "ema"}
PRECISIONS = ("auto", "bfloat16", "float32")
MIN_CHARACTERS = 1000

# Least and most.
_WHOLE = {
    "units": (1, 8192),
    "layers": (1, 10),
    "embedding_size": (1, 8192),
    "epochs": (1, 100_000),
    "batch_size": (1, 65_536),
    "sequence_length": (2, 65_536),
    "patience": (1, 100_000),
    "min_count": (1, 1_000_000_000),
    "seed": (0, 2**31 - 1),
}
_REAL: dict[str, tuple[str, Callable[[float], bool]]] = {
    "learning_rate": ("above 0 and at most 1", lambda x: 0 < x <= 1),
    "dropout": ("from 0 to below 1", lambda x: 0 <= x < 1),
    "weight_decay": ("from 0 to 1", lambda x: 0 <= x <= 1),
    "ema": ("from 0 to 1", lambda x: 0 <= x <= 1),
    "clip_norm": ("above 0", lambda x: x > 0),
}

_CHOICES = {"precision": PRECISIONS, "validation": (*VALIDATIONS, None), "reflow": (False, True)}


@dataclass(frozen=True)
class TrainingSettings:
    """How to train, checked. What is `None` is chosen for the text, see `settings_for`.

    Attributes
    ----------
    units : int or None
        Units of each LSTM layer.
    layers : int or None
        Number of LSTM layers; ml5.js runs models of two.
    embedding_size : int or None
        Numbers that stand for a character at the input.
    epochs : int or None
        How many times the training text is read at most.
    batch_size : int or None
        Places of the text that are read side by side; with several processes, all of them together.
    sequence_length : int
        Characters read at each of these places for one update of the weights: how far the error is
        propagated back (truncated back-propagation through time).
    learning_rate : float or None
        The highest value; it is reached after 2 % of the updates, at most 30, and falls along half a
        cosine to 0.
    dropout : float or None
        In [0, 1): the share of the values between the layers that is set to zero, the same ones for
        all characters of an update; of the embedding, half that share.
    weight_decay : float
        Of AdamW, 0 to 1.
    clip_norm : float
        The gradient is shortened to this length.
    ema : float
        The model is an exponential moving average of the weights, over this share of all updates. 0 takes
        the weights as they are.
    patience : int
        The training stops after this number of validations without a better one.
    min_count : int
        Characters that occur less often are read as one that looks alike, or left out.
    validation : {"spread", "last"} or None
        What is held out of the text, to validate on and not to learn from. ``"spread"``: of the blocks of
        25,000 characters that the text is cut into, counted from 0, block 10, 30, 50, ...: 5 %. A
        text below 275,000 characters is cut into 60 blocks, one below 30,000 loses its end instead.
        ``"last"``: its end, a tenth or at most a million characters. `None` is ``"spread"`` for several
        files, where the last tenth may be one book that says little about the others.
    reflow : bool
        Join the lines of each paragraph of hard-wrapped prose; verse and headings stay as they are.
    precision : {"auto", "bfloat16", "float32"}
        Of the products; ``"auto"`` takes what is faster here, which is tried out.
    seed : int
        Of the random numbers.

    Raises
    ------
    SettingError
        If a value is out of its range or of the wrong type.
    """

    units: int | None = None
    layers: int | None = None
    embedding_size: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    sequence_length: int = 64
    learning_rate: float | None = None
    dropout: float | None = None
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    ema: float = 0.02
    patience: int = 10
    min_count: int = 3
    validation: str | None = None
    reflow: bool = False
    precision: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in _WHOLE.items():
            whole = as_whole(self._given(name))
            if self._given(name) is not None and (whole is None or not least <= whole <= most):
                raise _refused(name, f"a whole number from {least:,} to {most:,}", self._given(name))
            object.__setattr__(self, name, whole)
        for name, (span, holds) in _REAL.items():
            real = as_real(self._given(name))
            if self._given(name) is not None and (real is None or not holds(real)):
                raise _refused(name, f"a number {span}", self._given(name))
            object.__setattr__(self, name, real)
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if not any(value is choice or (choice == value and isinstance(value, str)) for choice in choices):
                raise _refused(name, f"one of {', '.join(str(one) for one in choices)}", value)

    def _given(self, name: str) -> object:
        """Return a value, `None` only where that means "chosen for the text"."""
        value = getattr(self, name)
        if value is None and name not in CHOSEN:
            raise _refused(name, "a number", value)
        return value


@dataclass(frozen=True)
class ChosenSettings(TrainingSettings):
    """The same with nothing left to choose; `settings_for` makes it.

    Only a model that is trained further may still have no `units`, if its layers differ, and no
    `embedding_size`, if its input is one-hot.
    """

    epochs: int = 1
    batch_size: int = 1
    learning_rate: float = 1.0
    dropout: float = 0.0
    validation: str = "last"


# Chosen for the text where they are not given.
CHOSEN = tuple(one.name for one in fields(TrainingSettings) if one.default is None)


def _refused(name: str, expected: str, value: object) -> SettingError:
    return SettingError(f"{name} must be {expected}, not {short_repr(value)}.")


def training_settings(given: Mapping[str, Any]) -> TrainingSettings:
    """Return the settings of that name, or raise `SettingError`."""
    settings = with_present_names(given)
    check_names(settings, [one.name for one in fields(TrainingSettings)])
    return TrainingSettings(**settings)


def with_present_names(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which those that the cards of older models name have the names of today."""
    return {FORMER_NAMES.get(name, name): value for name, value in given.items()}


def settings_for(
    settings: TrainingSettings,
    characters: int,
    model: CharLSTM | None = None,
    *,
    learnt: int | None = None,
) -> ChosenSettings:
    """Choose what was not given.

    The larger the text, the larger the network, the fewer the times it is read, and the less there is
    to be done against learning it by heart.

    Parameters
    ----------
    settings : TrainingSettings
    characters : int
        Length of the text.
    model : CharLSTM, optional
        What the training starts from; its architecture stays.
    learnt : int, optional
        Length of the part that is not held out; of all but the end if not given.

    Raises
    ------
    SettingError
        If the text is too short, or settings contradict the model, the text or each other.
    """
    if characters < MIN_CHARACTERS:
        msg = (
            f"The text has {characters:,} characters to learn from (those that occur at least "
            f"{settings.min_count} times), but at least {MIN_CHARACTERS:,} are needed, and 100,000 for real "
            "words."
        )
        raise SettingError(msg)
    doublings = math.log2(characters / 250_000)
    if learnt is None:
        learnt = characters - validation_length(characters)
    chosen: dict[str, Any] = {
        "units": 64 * round(min(max(256 * 2 ** (doublings / 4), 128), 768) / 64),
        "layers": 2,
        "embedding_size": 64,
        "epochs": round(min(max(40 * 2 ** (-doublings / 2), 2), 60)),
        "batch_size": min(64, max(1, learnt // (32 * settings.sequence_length))),
        "learning_rate": 3e-3 if model is None else 1e-3,
        "dropout": round(min(max(0.3 - 0.04 * doublings, 0), 0.5), 3),
        "validation": "last",
    }
    if model is not None:
        chosen |= _architecture(settings, model)
    given = {name: value for name, value in asdict(settings).items() if value is not None}
    complete = ChosenSettings(**chosen | given)
    if complete.batch_size * complete.sequence_length >= learnt:
        msg = (
            f"batch_size {complete.batch_size} times sequence_length {complete.sequence_length} "
            f"is more than the {learnt:,} characters to learn from: make one of them smaller."
        )
        raise SettingError(msg)
    return complete


def _architecture(settings: TrainingSettings, model: CharLSTM) -> dict[str, int | None]:
    """Return the size of a model, or raise `SettingError` if another one was asked for."""
    weights = model.weights
    units = [layer.units for layer in weights.layers]
    own = {
        "units": units[0] if len(set(units)) == 1 else None,
        "layers": len(units),
        "embedding_size": None if weights.embedding is None else weights.embedding.shape[1],
    }
    for name, value in own.items():
        if getattr(settings, name) not in {None, value}:
            msg = f"{name} cannot be {getattr(settings, name)}: the model that is trained further has "
            msg += f"{model.architecture}; leave it out."
            raise SettingError(msg)
    return own
