r"""What a person types, as a model reads it; and what a text begins with by default.

A keyboard, an editor and a web page end a line with ``"\n"``. To a model that was trained on ``"\r\n"`` a
lone one is as surprising as a wrong letter, so it is given what it knows. Whether it was cannot be seen
from its vocabulary: it is asked, by having it write.
"""

from __future__ import annotations

import re
import unicodedata
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import ModelError
from lstm_widget.network.blas import single_thread
from lstm_widget.network.normalize import normalize
from lstm_widget.network.sampling import choose, probabilities
from lstm_widget.writing.settings import DEFAULTS

if TYPE_CHECKING:
    from lstm_widget.network.engine import Engine
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.network.normalize import Normalized

_LINE_END = "\r\n"
_OTHER_LINE_END = re.compile("(?<!\r)\n|[\v\f\x85\u2028\u2029]")
# The most characters that the model writes until it has expected about half a line end.
_ASKED, _ENOUGH, _TEMPERATURE = 256, 0.5, 0.5
_SURE = 0.9
_LONGEST_SEED = 100  # of a card from elsewhere

_line_ends: weakref.WeakKeyDictionary[Engine, str | None] = weakref.WeakKeyDictionary()


def as_typed(text: str, model: CharLSTM, engine: Engine) -> Normalized:
    r"""Read what a person has typed, or any text that has the line ends of this machine.

    As `CharLSTM.normalize`; besides, a lone ``"\n"`` is ``"\r\n"`` to a model that was trained on that.

    Parameters
    ----------
    text : str
    model : CharLSTM
    engine : Engine
        The model's weights, packed.
    """
    return normalize(
        text, model.vocab, line_end=_line_end(model, engine) if _OTHER_LINE_END.search(text) else None
    )


def default_seed(model: CharLSTM, engine: Engine) -> str:
    """Return what a text begins with by default: known characters, at least one.

    That is the ``seed`` of the model's card, else that of the samples in it, else the letter that the model
    most likely begins a line or a word with. A model that knows no letter begins with what else it knows.
    """
    card = model.card
    samples = card.get("samples")
    settings = samples.get("settings") if isinstance(samples, dict) else None
    for place in (card, settings):
        seed = place.get("seed") if isinstance(place, dict) else None
        if isinstance(seed, str) and (known := model.normalize(seed[:_LONGEST_SEED]).text):
            return known
    before = next((model.vocab[one] for one in "\n " if one in model.vocab), None)
    lane = engine.lane()
    likely = single_thread(lane.logits if before is None else lambda: lane.step(before))
    return min(model.vocab, key=lambda character: (_oddity(character), -likely[model.vocab[character]]))


def generator_seed(model: CharLSTM, engine: Engine) -> str:
    """Return p5ML's own seed if the model knows it, else `default_seed`."""
    seed = str(DEFAULTS["seed"])
    return default_seed(model, engine) if model.normalize(seed).unknown else seed


def _oddity(character: str) -> int:
    """Return how unfit a character is to begin a text: letters first, what cannot be seen last."""
    kind = unicodedata.category(character)
    return ("L", "N", "P", "S", "Z", "M", "C").index(kind[0])


def _line_end(model: CharLSTM, engine: Engine) -> str | None:
    r"""Return ``"\r\n"`` if the model was trained on that; asked once."""
    if engine not in _line_ends:
        in_two = set(_LINE_END) <= set(model.vocab)
        with suppress(ModelError):  # reported when a text is written
            in_two = in_two and single_thread(lambda: _ends_lines_in_two(model, engine))
        _line_ends[engine] = _LINE_END if in_two else None
    return _line_ends[engine]


def _ends_lines_in_two(model: CharLSTM, engine: Engine) -> bool:
    r"""Have the model write, and return whether it ends lines with ``"\r"`` and then expects ``"\n"``."""
    first, second = (model.vocab[character] for character in _LINE_END)
    lane = engine.lane()
    dice = np.random.default_rng(0).random(_ASKED)
    in_two = alone = best = 0.0
    place = lane.state

    *seed, last = model.encode(default_seed(model, engine))
    for character in seed:
        lane.step(character)
    for die in dice:
        logits = lane.step(last)
        shares = probabilities(logits, 1.0)
        in_two += shares[first]
        alone += 0.0 if last == first else shares[second]
        if shares[first] > best:
            best, place = shares[first], lane.state
        if in_two + alone > _ENOUGH:
            break
        last = choose(logits, _TEMPERATURE, die)
    lane.state = place
    sure = probabilities(lane.step(first), 1.0)[second]
    return bool(sure > _SURE and in_two * (1 - _SURE) > alone * _SURE)
