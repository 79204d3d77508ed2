"""`LSTMWidget`: the widget as a notebook sees it. What it says to its pages is in `stream`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict

import anywidget
import traitlets

from lstm_widget.errors import SettingError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.models import DEFAULT_MODEL
from lstm_widget.settings import (
    MAX_LENGTH,
    MAX_TEMPERATURE,
    SettingNames,
    check_length,
    check_names,
    check_page_rng,
    check_temperature,
)
from lstm_widget.stream import Conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from lstm_widget.messages import Reply, State
    from lstm_widget.model import CharLSTM

_STATIC = Path(__file__).parent / "static"

# Where the sliders end; the number fields beside them go on to `most`.
_BOUNDS = {
    "temperature": {"least": 0, "most": MAX_TEMPERATURE, "slider_most": 2, "step": 0.01},
    "length": {"least": 1, "most": MAX_LENGTH, "slider_most": 2000, "step": 1},
}


class WidgetSettings(TypedDict, total=False):
    """The settings of a widget as keywords; see `LSTMWidget`."""

    seed: str
    temperature: float
    length: int
    rng: int | None


_SETTINGS = tuple(WidgetSettings.__annotations__)
# What a page may change: the settings, and what every widget has.
_FOR_THE_PAGE = (*_SETTINGS, "layout", "tooltip", "tabbable", "_dom_classes", "_view_count")


class LSTMWidget(anywidget.AnyWidget):
    """A page in which a character-level LSTM writes, letter by letter.

    Parameters
    ----------
    model : str, Path, CharLSTM or LSTMGenerator, optional
        What `LSTMGenerator` takes, or a generator; by default the bundled model.
    seed : str, optional
        The text to continue. What the model does not know of it is skipped.
    temperature : float, optional
        0 .. 100; 0 always takes the most likely character.
    length : int, optional
        Number of characters to write, 1 .. 1,000,000.
    rng : int or None, optional
        A whole number from 0, below 2**53, throws the same dice in every run, `None` new ones.

    Attributes
    ----------
    text : str
        What the last run wrote, without the seed; read-only, as all that follow.
    status : str
        ``"ready"``, ``"writing"``, ``"finished"``, ``"stopped"`` or ``"failed"``.
    error : str
        One sentence if something went wrong, else empty.
    receipt : dict
        The settings of the last run, with the number that its dice came from.

    Raises
    ------
    ModelError
        If there is no such model or it is damaged.
    SettingError
        If a keyword is unknown.
    traitlets.TraitError
        If a value is wrong; also at every later assignment.

    Examples
    --------
    >>> from lstm_widget import LSTMWidget
    >>> widget = LSTMWidget(seed="She was", temperature=0.6, rng=1)
    >>> len(widget.generate(length=40))
    40
    """

    _esm: ClassVar[Path] = _STATIC / "widget.js"
    _css: ClassVar[Path] = _STATIC / "widget.css"

    # The page may change these.
    seed = traitlets.Unicode("She was sitting next to").tag(sync=True)
    # Their type is checked with their range, in `_check`, by the rules of the generator.
    temperature = traitlets.Any(0.6).tag(sync=True)
    length = traitlets.Any(300).tag(sync=True)
    rng = traitlets.Any(None).tag(sync=True)
    # These it only shows.
    text = traitlets.Unicode(read_only=True).tag(sync=True)
    status = traitlets.Unicode("ready", read_only=True).tag(sync=True)
    error = traitlets.Unicode(read_only=True).tag(sync=True)
    receipt = traitlets.Dict(read_only=True).tag(sync=True)
    card = traitlets.Dict(read_only=True).tag(sync=True)
    replacements = traitlets.List(traitlets.Dict(), read_only=True).tag(sync=True)
    """What the model reads instead of characters of the seed that it does not know (see `lookalikes`)."""
    bounds = traitlets.Dict(_BOUNDS, read_only=True).tag(sync=True)

    def __init__(
        self,
        model: str | Path | CharLSTM | LSTMGenerator | None = None,
        **settings: Unpack[WidgetSettings],
    ) -> None:
        check_names((name for name in settings if name != "layout"), ("model", *_SETTINGS))
        generator = model
        if not isinstance(generator, LSTMGenerator):
            generator = LSTMGenerator(DEFAULT_MODEL if generator is None else generator)
        self._generator = generator
        self.set_trait("card", generator.model.card)
        super().__init__(**settings)
        self._adapt_seed()
        # ipykernel 7.4 takes what a page says to the thread in which the widget was made, where a busy
        # cell blocks it. Without this method it goes where the page sent it, as in ipykernel 7.0 to 7.3.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = None  # noqa: SLF001 - there is no public way
        self._conversation = Conversation(lambda: self._generator, self._tell, self._keep)
        self.on_msg(lambda _widget, content, _buffers: self._conversation.handle(content))

    def generate(self, **settings: Unpack[WidgetSettings]) -> str:
        """Write a text from a cell: it streams into the page and is returned.

        Parameters
        ----------
        **settings
            `seed`, `temperature`, `length`, `rng`: set on the widget before it starts.

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

    def _settings(self) -> SettingNames:
        return {"seed": self.seed, "length": self.length, "temperature": self.temperature, "rng": self.rng}

    def stop(self) -> None:
        """End the run that is being written, if there is one, and keep its text."""
        self._conversation.stop()

    def __repr__(self) -> str:
        title = self.card.get("title")
        return f"LSTMWidget({f'{title!r}, ' if title else ''}{self.status}, {len(self.text)} characters)"

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page changed; refuse what it may not change or what is out of range."""
        allowed = {name: value for name, value in sync_data.items() if name in _FOR_THE_PAGE}
        try:
            super().set_state(allowed)
        except traitlets.TraitError as error:
            self.set_trait("error", str(error))
            self.send_state([name for name in allowed if name in self.keys])

    @traitlets.validate("temperature", "length", "rng")  # a seed may be empty while somebody is typing
    def _check(self, proposal: Any) -> Any:  # noqa: ANN401 - traitlets' own
        checks: dict[str, Callable[[Any], Any]] = {
            "temperature": check_temperature,
            "length": check_length,
            "rng": check_page_rng,
        }
        try:
            return checks[proposal["trait"].name](proposal["value"])
        except SettingError as error:
            raise traitlets.TraitError(str(error)) from None

    @traitlets.observe("seed")
    def _adapt_seed(self, _: object = None) -> None:
        replacements = self._generator.model.adapt(self.seed).replacements
        self.set_trait("replacements", [one._asdict() for one in replacements])

    def _tell(self, message: Reply) -> None:
        self.send(message)

    def _keep(self, state: State) -> None:
        for name, value in state.items():
            self.set_trait(name, value)
