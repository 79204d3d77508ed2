"""`LSTMWidget`: the widget as a notebook sees it. What it says to its pages is in `stream`."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict

import anywidget
import traitlets
from ipywidgets import CallbackDispatcher

from lstm_widget.errors import LSTMError, SettingError
from lstm_widget.formats.safetensors import read_card
from lstm_widget.generator import LSTMGenerator
from lstm_widget.messages import sendable
from lstm_widget.models import DEFAULT_MODEL, available_models, bundled_files
from lstm_widget.settings import (
    MAX_LENGTH,
    MAX_SPEED,
    MAX_TEMPERATURE,
    SettingNames,
    check_length,
    check_names,
    check_page_rng,
    check_speed,
    check_temperature,
    check_top_k,
    check_top_p,
)
from lstm_widget.stream import Conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from lstm_widget.messages import Reply, State
    from lstm_widget.model import CharLSTM

    ModelLike = str | Path | CharLSTM | LSTMGenerator

_STATIC = Path(__file__).parent / "static"

# Where the sliders end; the number fields beside them go on to `most`.
_BOUNDS = {
    "temperature": {"least": 0, "most": MAX_TEMPERATURE, "slider_most": 2, "step": 0.01},
    "length": {"least": 1, "most": MAX_LENGTH, "slider_most": 2000, "step": 1},
    "speed": {"least": 1, "most": MAX_SPEED, "step": 1},
    "top_k": {"least": 1, "most": 2**31, "step": 1},
    "top_p": {"least": 0.001, "most": 1, "step": 0.01},
    "rng": {"least": 0, "most": 2**53 - 1, "step": 1},
}
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "temperature": check_temperature,
    "length": check_length,
    "top_k": check_top_k,
    "top_p": check_top_p,
    "rng": check_page_rng,
    "speed": check_speed,
}


class WidgetSettings(TypedDict, total=False):
    """The settings of a widget as keywords; see `LSTMWidget`."""

    seed: str
    temperature: float
    length: int
    top_k: int | None
    top_p: float | None
    rng: int | None
    speed: float | None


_SETTINGS = tuple(WidgetSettings.__annotations__)
_OF_EVERY_WIDGET = ("layout", "tooltip", "tabbable")
# What a page may change.
_FOR_THE_PAGE = {"model", *_SETTINGS, *_OF_EVERY_WIDGET, "_dom_classes", "_view_count"}


class _Checked(traitlets.Any):
    """Its type is checked with its range. Whether `None` will do is asked, too."""

    allow_none = False


def _shown(trait: traitlets.TraitType[Any, Any]) -> traitlets.TraitType[Any, Any]:
    """Let the page have a trait."""
    return trait.tag(sync=True, to_json=lambda value, _widget: sendable(value))


class LSTMWidget(anywidget.AnyWidget):
    """A page in which a character-level LSTM writes, letter by letter.

    Parameters
    ----------
    model : str, Path, CharLSTM or LSTMGenerator, optional
        What `LSTMGenerator` takes, or a generator; by default the bundled model. It can be assigned
        later, too, and counts from the next text; reading it gives a name.
    seed : str, optional
        The text to continue. What the model does not know of it is skipped.
    temperature : float, optional
        0 .. 100; 0 always takes the most likely character. Counts at once, also while it writes.
    length : int, optional
        Number of characters to write, 1 .. 1,000,000.
    top_k : int or None, optional
        Choose only among so many of the most likely characters; at least 1.
    top_p : float or None, optional
        Choose only among the fewest whose probability reaches this; above 0, at most 1.
    rng : int or None, optional
        A whole number from 0, below 2**53, throws the same dice in every run, `None` new ones.
    speed : float or None, optional
        Characters per second that the page shows, 1 .. 1000; `None`: as fast as it goes.

    Attributes
    ----------
    text : str
        What was written last, without the seed, once it has ended or been stopped; read-only, as all
        that follow.
    status : str
        ``"ready"``, ``"writing"``, ``"finished"``, ``"stopped"`` or ``"failed"``.
    error : str
        One sentence if something went wrong, else empty.
    receipt : dict
        The settings of the last text, with the number that its dice came from, the places where the
        temperature was changed, and its surprise in bits.
    generator : LSTMGenerator
        What it writes with.

    Raises
    ------
    SettingError
        If a keyword is unknown.
    ModelError
        If there is no such model or it is damaged.
    traitlets.TraitError
        If a value is wrong; also at every later assignment.

    Examples
    --------
    >>> from lstm_widget import LSTMWidget
    >>> widget = LSTMWidget(seed="She was", temperature=0.6, rng=1)
    >>> len(widget.generate(length=40))
    40
    >>> len(widget.resume()), len(widget.text)
    (40, 80)
    """

    _esm: ClassVar[Path] = _STATIC / "widget.js"
    _css: ClassVar[Path] = _STATIC / "widget.css"

    # The page may change these. Most are checked by the rules of the generator.
    model = _shown(_Checked(None))
    seed = _shown(traitlets.Unicode("She was sitting next to"))
    temperature = _shown(_Checked(0.6))
    length = _shown(_Checked(300))
    top_k = _shown(_Checked(None))
    top_p = _shown(_Checked(None))
    rng = _shown(_Checked(None))
    speed = _shown(_Checked(50.0))
    # These it only shows.
    text = _shown(traitlets.Unicode(read_only=True))
    status = _shown(traitlets.Unicode("ready", read_only=True))
    error = _shown(traitlets.Unicode(read_only=True))
    receipt = _shown(traitlets.Dict(read_only=True))
    models = _shown(traitlets.List(traitlets.Dict(), read_only=True))
    """The models to choose from in the page: `name` and `title` of each."""
    card = _shown(traitlets.Dict(read_only=True))
    """What a reader should know of the model: the numbers and texts of its card, and its architecture."""
    replacements = _shown(traitlets.List(traitlets.Dict(), read_only=True))
    """What the model reads instead of characters of the seed that it does not know (see `lookalikes`)."""
    bounds = _shown(traitlets.Dict(_BOUNDS, read_only=True))

    def __init__(self, model: ModelLike | None = None, **settings: Unpack[WidgetSettings]) -> None:
        check_names((name for name in settings if name not in _OF_EVERY_WIDGET), ("model", *_SETTINGS))
        self._generators: dict[str, LSTMGenerator] = {}
        name = self._load(model)  # a wrong one is a ModelError here
        self._text_callbacks = CallbackDispatcher()
        self._conversation = Conversation(self._chosen, self._tell, self._keep, self._text_callbacks)
        super().__init__(model=name, **settings)
        # ipykernel 7.4 takes what a page says to the thread in which the widget was made, where a busy
        # cell blocks it. Without this method it goes where the page sent it, as in ipykernel 7.0 to 7.3.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = None  # noqa: SLF001 - there is no public way
        self.on_msg(lambda _widget, content, _buffers: self._conversation.handle(content))

    # What a cell does.

    def generate(self, **settings: Unpack[WidgetSettings]) -> str:
        """Write a text from a cell: it streams into the page and is returned.

        Parameters
        ----------
        **settings
            Those of `LSTMWidget`: set on the widget before it starts.

        Returns
        -------
        str
            The text without the seed. If it is stopped, in the page or by interrupting the
            kernel, what had been written until then.

        Raises
        ------
        SettingError
            If a name is unknown or the model knows no character of the seed.
        traitlets.TraitError
            If a value is wrong.
        """
        check_names(settings, _SETTINGS)
        with self.hold_trait_notifications():  # all of them, or none if one is wrong
            for name, value in settings.items():
                setattr(self, name, value)
        return self._conversation.write(self._settings(), lambda: self.temperature)

    def resume(self) -> str:
        """Write the text on, as **Continue** does: up to `length` characters, or so many more.

        Stopped or finished, it goes on with the same dice: it becomes the text that a longer run
        would have become.

        Returns
        -------
        str
            The characters written now.

        Raises
        ------
        SettingError
            If there is no text, or `seed` or `model` are no longer those of the text.
        """
        written = self._conversation.written(self._settings())
        if written is None:
            msg = "There is no text of this seed and model to continue: call generate() first."
            raise SettingError(msg)
        length = self.length if written < self.length else written + self.length
        return self._conversation.write_on(length, lambda: self.temperature)

    def step(self, characters: int = 1) -> str:
        """Write one character, or so many; the first ones if `seed` or `model` are not those of the text.

        Returns
        -------
        str
            The characters written now.

        Raises
        ------
        SettingError
            If the number is wrong or the model knows no character of the seed.
        """
        check_length(characters)
        self.stop()  # else it would write on to the end of what a page has begun
        written = self._conversation.written(self._settings())
        if written is None:
            settings: SettingNames = {**self._settings(), "length": characters}
            return self._conversation.write(settings, lambda: self.temperature)
        return self._conversation.write_on(written + characters, lambda: self.temperature)

    def stop(self) -> None:
        """End the run that is being written, if there is one, and keep its text."""
        self._conversation.stop()

    def clear(self) -> None:
        """End the run, if there is one, and forget its text."""
        self._conversation.clear()

    def on_text(self, callback: Callable[[str], object], *, remove: bool = False) -> None:
        """Have each piece of text told as it is written, whoever asked for it.

        Parameters
        ----------
        callback : callable
            Called with the new characters. What it raises is shown, and stops nothing. While a page
            writes, it may be called from another thread than the cells run in.
        remove : bool, optional
            Have it told no longer.
        """
        # A new list, as a callback may remove itself while the old one is gone through.
        others = [one for one in self._text_callbacks.callbacks if one != callback]
        self._text_callbacks.callbacks = others if remove else [*others, callback]

    @property
    def generator(self) -> LSTMGenerator:
        """What it writes with."""
        return self._generators[self.model]

    def __repr__(self) -> str:
        title = self.card.get("title")
        return f"LSTMWidget({f'{title!r}, ' if title else ''}{self.status}, {len(self.text)} characters)"

    # What a page does.

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page changed; refuse what it may not change or what is out of range."""
        allowed = {name: sendable(value) for name, value in sync_data.items() if name in _FOR_THE_PAGE}
        try:
            # Only a cell may have a file or an address opened.
            if "model" in allowed and allowed["model"] not in (one["name"] for one in self.models):
                msg = "There is no such model to choose."
                raise traitlets.TraitError(msg)  # noqa: TRY301 - told below like any other
            super().set_state(allowed)
        except traitlets.TraitError as error:
            self.set_trait("error", str(error))
            self.send_state([name for name in allowed if name in self.keys])

    # How it gets there.

    def _settings(self) -> SettingNames:
        return {
            "seed": self.seed,
            "length": self.length,
            "temperature": self.temperature,
            "top_k": self.top_k,
            "top_p": self.top_p,
            "rng": self.rng,
        }

    def _chosen(self) -> tuple[str, LSTMGenerator]:
        name = self.model  # once: another thread may choose another one
        return name, self._generators[name]

    def _load(self, model: ModelLike | None) -> str:
        """Load a model unless it is known; return its name."""
        if model is None:
            model = DEFAULT_MODEL
        if isinstance(model, (str, Path)):
            name: str = sendable(str(model))  # the page gives it back
            if name not in self._generators:
                self._generators[name] = LSTMGenerator(model)
        else:
            for name, known in self._generators.items():
                if model is known or model is known.model:
                    return name
            generator = model if isinstance(model, LSTMGenerator) else LSTMGenerator(model)
            title: str = sendable(str(generator.model.card.get("title") or "model"))
            numbered = (f"{title} ({k})" for k in count(2))
            taken = {*self._generators, *available_models()}
            name = next(n for n in chain([title], numbered) if n not in taken)
            self._generators[name] = generator
        return name

    @traitlets.validate("model")
    def _check_model(self, proposal: Any) -> str:  # noqa: ANN401 - traitlets' own
        try:
            return self._load(proposal["value"])
        except LSTMError as error:
            raise traitlets.TraitError(str(error)) from None

    @traitlets.validate(*_CHECKS)  # a seed may be empty while somebody is typing
    def _check(self, proposal: Any) -> Any:  # noqa: ANN401 - traitlets' own
        try:
            return _CHECKS[proposal["trait"].name](proposal["value"])
        except SettingError as error:
            raise traitlets.TraitError(str(error)) from None

    @traitlets.observe("model")
    def _show_model(self, _: object) -> None:
        own = {name: one.model.card.get("title") for name, one in self._generators.items()}
        titles = {name: read_card(file).get("title") for name, file in bundled_files().items()} | own
        self.set_trait(
            "models", [{"name": name, "title": str(title or name)} for name, title in titles.items()]
        )
        model = self.generator.model
        card = {key: value for key, value in model.card.items() if isinstance(value, (str, int, float))}
        self.set_trait("card", {**card, "network": model.architecture})
        self._adapt_seed()

    @traitlets.observe("seed")
    def _adapt_seed(self, _: object = None) -> None:
        replacements = self.generator.model.adapt(self.seed).replacements
        self.set_trait("replacements", [one._asdict() for one in replacements])

    def _tell(self, message: Reply) -> None:
        self.send(message)

    def _keep(self, state: State) -> None:
        for name, value in state.items():
            self.set_trait(name, value)
