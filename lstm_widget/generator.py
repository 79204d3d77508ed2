"""`LSTMGenerator`: the p5ML interface over a `CharLSTM`."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import NotReadyError, SettingError, short_repr, too_large
from lstm_widget.formats import load_model
from lstm_widget.formats.p5ml import load_checkpoints, load_vocab
from lstm_widget.inspection.trace import Trace, trace
from lstm_widget.inspection.units import find_cells
from lstm_widget.network.backend import backend
from lstm_widget.network.blas import single_thread
from lstm_widget.network.bundled import DEFAULT_MODEL
from lstm_widget.network.engine import Engine, Lane, State
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.sampling import choose, probabilities
from lstm_widget.network.scoring import BLOCK
from lstm_widget.writing.batch import advance_together
from lstm_widget.writing.receipt import replay, settings_in
from lstm_widget.writing.run import Run
from lstm_widget.writing.score import Score, score
from lstm_widget.writing.settings import (
    DEFAULTS,
    SettingNames,
    check_names,
    check_settings,
    check_temperature,
    make_rng,
)
from lstm_widget.writing.typed import default_seed, generator_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Unpack

    from lstm_widget.inspection.units import Cell
    from lstm_widget.network.weights import Weights
    from lstm_widget.writing.settings import RngLike


@dataclass(frozen=True)
class Prediction:
    """What `LSTMGenerator.predict` finds.

    Attributes
    ----------
    sample : str
        One character, chosen by a die.
    probabilities : dict of str to float
        Of every character of the vocabulary, at the temperature asked for; they sum to 1.
    """

    sample: str
    probabilities: dict[str, float]


class LSTMGenerator:
    """Writes text with a character-level LSTM. It carries on the class of that name in p5ML (2017).

    Parameters
    ----------
    model : str, Path or CharLSTM, optional
        A bundled name; the path or http(s) address of a p5ML / ml5.js folder, of a ``.zip`` of one
        or of a ``.safetensors`` file; or a model. With nothing, the generator is not `ready` yet:
        give it weights with `load_checkpoints` and `load_vocab`, or just use it, and it loads the
        bundled default model.
    callback : callable, optional
        Called once, without arguments, when the model is loaded.

    Raises
    ------
    ModelError
        If there is no such model or it is damaged.

    Examples
    --------
    >>> from lstm_widget import LSTMGenerator
    >>> lstm = LSTMGenerator("fairytales")
    >>> text = lstm.generate(seed="Once upon a", length=40, temperature=0.6, rng=1)
    >>> len(text)
    40
    """

    def __init__(
        self, model: str | Path | CharLSTM | None = None, callback: Callable[[], object] | None = None
    ) -> None:
        self.defaults: dict[str, Any] = dict(DEFAULTS)
        """What is taken for a setting that is not given: seed "a", length 20, temperature 0.5.

        A model that does not know "a" brings a seed of its own; see `lstm_widget.writing.typed.default_seed`.
        """
        self._own_seed = self.defaults["seed"]
        self._model: CharLSTM | None = None
        self._engine: Engine | None = None
        self._lane: Lane | None = None
        self._weights: Weights | None = None  # loaded, with or without the vocabulary
        self._vocab_path: str | Path | None = None  # given before the weights
        self._names: dict[str, Any] = {}
        self._dice = np.random.default_rng()
        self._callback = callback
        if model is not None:
            self._use(load_model(model))

    # What the model is.

    @property
    def ready(self) -> bool:
        """Whether weights *and* vocabulary are loaded."""
        return self._model is not None

    @property
    def model(self) -> CharLSTM:
        """Architecture and weights.

        Raises
        ------
        NotReadyError
            If only the weights or only the vocabulary are loaded.
        """
        return self._loaded()[0]

    @property
    def cells_amount(self) -> int:
        """Number of LSTM layers."""
        return len(self._any_weights().layers)

    @property
    def vocab(self) -> Mapping[str, int]:
        """Character to id, read-only."""
        return self.model.vocab

    @property
    def vocab_size(self) -> int:
        """Number of ids, counted from the softmax."""
        return self._any_weights().vocab_size

    @property
    def math(self) -> str:
        """The numeric backend in use: ``"numpy"``, or ``"numba"`` as soon as that is loaded.

        ``"numba, float16"`` reads weights of half the size, if those of the model are rounded to float16 (see
        `CharLSTM.rounded`) and it is large enough for that to pay. The text is the same with all of them.
        """
        return backend.name if self._engine is None else backend.math(self._engine)

    def load_checkpoints(self, path: str | Path) -> None:
        """Read the weights of a p5ML / ml5.js folder. The vocabulary comes from `load_vocab`.

        Raises
        ------
        ModelError
            If they are missing or damaged; the generator then stays as it was.
        """
        weights, names = load_checkpoints(path)
        if self._vocab_path is not None:
            self._use(CharLSTM(weights, load_vocab(self._vocab_path, weights.vocab_size), {"p5ml": names}))
        else:
            vars(self).update(_model=None, _engine=None, _lane=None, _weights=weights, _names=names)

    def load_vocab(self, path: str | Path) -> None:
        """Read a vocabulary: ``vocab.json`` or the folder it lies in.

        Before the weights are loaded the path is only noted.

        Raises
        ------
        ModelError
            If it is missing or damaged or does not fit the weights; the generator stays as it was.
        """
        if self._weights is None:
            load_vocab(path, vocab_size=np.iinfo(np.int64).max)  # a damaged file is refused at once
            self._vocab_path = path
        else:
            vocab = load_vocab(path, self._weights.vocab_size)
            self._use(CharLSTM(self._weights, vocab, {"p5ml": self._names}))

    @property
    def engine(self) -> Engine:
        """The packed weights.

        Raises
        ------
        NotReadyError
            If only the weights or only the vocabulary are loaded.
        """
        return self._loaded()[1]

    @property
    def default_seed(self) -> str:
        """What a text of this model begins with by default; see `lstm_widget.writing.typed.default_seed`.

        It is the model's own, while `defaults` are those of p5ML wherever the model knows them.

        Raises
        ------
        NotReadyError
            If only the weights or only the vocabulary are loaded.
        """
        return default_seed(*self._loaded())

    # Writing.

    def generate(
        self,
        options: Mapping[str, Any] | None = None,
        callback: Callable[[str], object] | None = None,
        **settings: Unpack[SettingNames],
    ) -> str:
        """Write a text.

        Parameters
        ----------
        options : mapping, optional
            The settings as p5ML takes them, ``{"seed": ..., "length": ..., "temperature": ...}``.
        callback : callable, optional
            Called with the text at the end.
        **settings
            The same as keywords, which win: `seed`, `length`, `temperature`, `top_k`, `top_p` (see
            `lstm_widget.writing.settings.Settings`) and `rng` (see `lstm_widget.writing.settings.make_rng`).

        Returns
        -------
        str
            The text without the seed, `length` characters.

        Raises
        ------
        SettingError
            If a setting is unknown or wrong, or the model does not know a character of the seed.
        """
        if callback is not None and not callable(callback):
            msg = f"The callback must be a function that takes the text, not {short_repr(callback)}."
            raise SettingError(msg)
        check_names(settings, SettingNames.__annotations__)  # `start` takes more
        text = self.start(options, **settings).advance()
        if callback is not None:
            callback(text)
        return text

    def stream(
        self, options: Mapping[str, Any] | None = None, **settings: Unpack[SettingNames]
    ) -> Iterator[str]:
        """Write a text one character at a time; see `generate`.

        Returns
        -------
        iterator of str
            Each character as it is asked for. It can be left at any time.
        """
        check_names(settings, SettingNames.__annotations__)
        run = self.start(options, **settings)  # at once, so that a wrong setting is refused here
        return iter(partial(run.advance, 1), "")

    def generate_many(
        self, texts: Sequence[Mapping[str, Any]], **settings: Unpack[SettingNames]
    ) -> list[str]:
        """Write several texts at once, which takes much less time than one after the other.

        Parameters
        ----------
        texts : sequence of mapping
            The settings of each text, as for `generate`; each has its own `rng`.
        **settings
            What all of them share and a text's own settings do not say. An `rng` here gives all of
            them the same dice.

        Returns
        -------
        list of str
            The texts without the seeds, each as `generate` writes it alone.

        Raises
        ------
        SettingError
            As for `generate`, or if two texts share one `numpy.random.Generator`.
        """
        if isinstance(texts, (str, Mapping)) or not isinstance(texts, Iterable):
            msg = f"The texts must be a list with the settings of each, not {short_repr(texts)}."
            raise SettingError(msg)
        runs = [self.start({**settings, **_options(text)}) for text in texts]
        if len({id(run.rng.bit_generator) for run in runs}) < len(runs):
            msg = "Each text needs an rng of its own: give whole numbers or different generators."
            raise SettingError(msg)
        return advance_together(runs)

    def start(
        self,
        options: Mapping[str, Any] | None = None,
        **settings: Unpack[SettingNames],
    ) -> Run:
        """Begin a text that is then written in pieces with `Run.advance`; see `generate`.

        `Run.surprise` is how surprising each character is to the model.
        """
        model, engine = self._loaded()  # which may change the defaults
        given: dict[str, Any] = {**self.defaults, **_options(options), **settings}
        check_names(given, SettingNames.__annotations__)
        rng: RngLike = given.pop("rng", None)
        return Run(model, engine, check_settings(given), make_rng(rng))

    def trace(
        self,
        options: Mapping[str, Any] | None = None,
        *,
        logits: bool = False,
        **settings: Unpack[SettingNames],
    ) -> Trace:
        """Write a text and explain how each character was chosen; see `generate`.

        Parameters
        ----------
        options, **settings
            As for `generate`.
        logits : bool, optional
            Keep the logits of every choice as well.

        Examples
        --------
        >>> from lstm_widget import LSTMGenerator
        >>> trace = LSTMGenerator("fairytales").trace(seed="Once upon a", length=40, temperature=0.6, rng=1)
        >>> len(trace.text), trace.ranks.shape
        (40, (40,))
        """
        run = self.start(options, **settings)
        run.advance()
        return trace(run, logits=logits)

    def find_cells(self, text: str | None = None) -> list[Cell]:
        """Find cells that follow something a person can name; see `lstm_widget.inspection.units`.

        Parameters
        ----------
        text : str, optional
            Where to look for them, at least 200 characters; by default one that the model writes.

        Returns
        -------
        list of Cell
            Those that follow something best first.

        Raises
        ------
        SettingError
            If the text is too short.
        """
        return find_cells(*self._loaded(), text)

    def replay(self, receipt: Mapping[str, Any]) -> str:
        """Write the text of a receipt again: `LSTMWidget.receipt`, or what was copied from the page.

        Parameters
        ----------
        receipt : mapping
            JSON data; see `lstm_widget.writing.receipt.Receipt`.

        Returns
        -------
        str
            The text without the seed, the same as then. (If NumPy wrote it then and Numba now, or the
            other way round, a character can very rarely tip.)

        Raises
        ------
        SettingError
            If it is not a receipt, or belongs to another model.
        """
        run = self.start(settings_in(receipt))
        replay(receipt, run)
        return "".join(run.characters)

    # Reading and writing by hand, with a state that stays.

    def feed(self, text: str) -> None:
        r"""Let the network read a text on from where it is; each character once.

        Line ends are read as they stand, since a ``"\n"`` may follow a ``"\r"`` that was fed before.

        Raises
        ------
        SettingError
            If it is not a string, or the model does not know a character (`UnknownCharactersError`);
            nothing is read then.
        """
        if not isinstance(text, str):
            msg = f"Give a text to feed to the network, not {short_repr(text)}."
            raise SettingError(msg)
        ids = self.model.encode(text)
        lane = self.engine.lane()  # another one: interrupted, the state stays what it was
        lane.state = self.state
        for start in range(0, len(ids), BLOCK):
            block = np.array(ids[start : start + BLOCK])
            single_thread(partial(lane.read, block))
        self._lane = lane

    def predict(
        self,
        temperature: float | None = None,
        callback: Callable[[Prediction], object] | None = None,
        *,
        rng: RngLike = None,
    ) -> Prediction:
        """Predict the next character, and choose one. The state stays as it is.

        Parameters
        ----------
        temperature : float, optional
            By default that of `defaults`.
        callback : callable, optional
            Called with the prediction.
        rng : int or numpy.random.Generator, optional
            For the die; by default a new die each time.

        Raises
        ------
        SettingError
            If the temperature or `rng` is wrong.
        ModelError
            If the sums of the model are not finite.
        """
        heat = check_temperature(self.defaults["temperature"] if temperature is None else temperature)
        dice = self._dice if rng is None else make_rng(rng)
        lane, model = self._own_lane(), self.model
        logits = single_thread(lane.logits)
        if not logits.max() < np.inf:  # infinite, or not a number
            raise too_large()
        names = model.characters
        chosen = names[choose(logits, heat, dice.random())]
        shares = probabilities(logits, heat)
        prediction = Prediction(
            sample=chosen or "",
            probabilities={name: float(p) for name, p in zip(names, shares, strict=True) if name is not None},
        )
        if callback is not None:
            callback(prediction)
        return prediction

    def score(self, text: str, *, logits: bool = False) -> Score:
        r"""Score how likely a text is, character by character. What was fed plays no part, and stays.

        Parameters
        ----------
        text : str
            At least one character. A lone ``"\n"`` is read as ``"\r\n"`` by a model that was trained on that.
        logits : bool, optional
            Keep the logits of every character as well.

        Raises
        ------
        SettingError
            If it is not a string, or empty, or has a character that the model does not know
            (`UnknownCharactersError`).
        """
        return score(*self._loaded(), text, logits=logits)

    def reset(self) -> None:
        """Forget what was fed."""
        self._lane = None

    @property
    def state(self) -> State:
        """Where the network is in what it was fed, by value; can be set."""
        return self._own_lane().state

    @state.setter
    def state(self, state: State) -> None:
        self._own_lane().state = state

    def __copy__(self) -> LSTMGenerator:
        """Share the model, but neither the state nor the dice."""
        other = object.__new__(type(self))
        own = {"defaults": dict(self.defaults), "_dice": copy.deepcopy(self._dice)}
        other.__dict__.update(self.__dict__, **own)
        if self._lane is not None:
            other.reset()
            other.state = self.state
        return other

    def __repr__(self) -> str:
        return f"LSTMGenerator({self._model!r})" if self.ready else "LSTMGenerator(not ready)"

    # How it gets there.

    def _use(self, model: CharLSTM) -> None:
        engine = Engine(model.weights, model.unused_ids)
        seed, defaults = generator_seed(model, engine), self.defaults
        if defaults.get("seed") == self._own_seed:  # it was not set to another one
            defaults = {**defaults, "seed": seed}
        # All at once: an interrupt in between would leave the characters of one model to another one.
        vars(self).update(
            defaults=defaults,
            _own_seed=seed,
            _model=model,
            _engine=engine,
            _lane=None,
            _weights=model.weights,
            _vocab_path=None,
            _names=model.card.get("p5ml", {}),
        )
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()

    def _loaded(self) -> tuple[CharLSTM, Engine]:
        if self._model is None and self._weights is None and self._vocab_path is None:
            self._use(load_model(DEFAULT_MODEL))
        if self._model is None or self._engine is None:
            msg = (
                "The vocabulary is not loaded yet: call load_vocab(path)."
                if self._weights is not None
                else "The weights are not loaded yet: call load_checkpoints(path)."
            )
            raise NotReadyError(msg)
        return self._model, self._engine

    def _any_weights(self) -> Weights:
        return self._weights if self._weights is not None else self.model.weights

    def _own_lane(self) -> Lane:
        if self._lane is None:
            self._lane = self._loaded()[1].lane()
        return self._lane


def _options(options: object) -> Mapping[str, Any]:
    if options is not None and not isinstance(options, Mapping):
        msg = f"The options must be a dictionary such as {DEFAULTS}, not {short_repr(options)}."
        raise SettingError(msg)
    return options or {}
