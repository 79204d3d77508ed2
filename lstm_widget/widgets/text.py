"""`LSTMWidget`: the widget as a notebook sees it; `branches` has what it says to its pages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from lstm_widget.inspection.inspector import check_cell
from lstm_widget.widgets.base import ModelWidget, ShownSettings
from lstm_widget.widgets.branches import BranchingSession
from lstm_widget.widgets.callbacks import TextCallbacks
from lstm_widget.widgets.cards import USUAL
from lstm_widget.widgets.checks import TEXT, Lane, check_height
from lstm_widget.widgets.page import Checked, checked, synced
from lstm_widget.writing.settings import BOUNDS, check_temperature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Unpack

    from lstm_widget.inspection.trace import Trace
    from lstm_widget.network.engine import Engine
    from lstm_widget.widgets.base import ModelLike
    from lstm_widget.widgets.questions import Network

# What the page may change of how the text is looked at.
_LOOKS = ("inside", "what_if", "colour", "cell", "pointed")


class WidgetSettings(ShownSettings, total=False):
    """The settings of a widget as keywords; see `LSTMWidget`."""

    temperature: float
    inside: bool
    what_if: float | None
    colour: str
    cell: tuple[int, int] | None
    height: int | None


class LSTMWidget(ModelWidget[str]):
    """A page in which a character-level LSTM writes, letter by letter.

    Parameters
    ----------
    model : str, Path, CharLSTM or LSTMGenerator, optional
        What `LSTMGenerator` takes, or a generator; by default the bundled model. It can be assigned
        later, too, and counts from the next text; reading it gives a name.
    seed : str, optional
        The text to continue; by default the model's own. What the model does not know of it is skipped.
        Seed, temperature and length are those of the model's card until somebody sets them: another
        model brings its own.
    temperature : float, optional
        0 .. 100; 0 always takes the most likely character. Counts at once, also while it writes.
    length : int, optional
        Number of characters to write, 1 .. 1,000,000.
    top_k : int or None, optional
        Choose only among this many of the most likely characters; at least 1.
    top_p : float or None, optional
        Choose only among the fewest whose probability reaches this; above 0, at most 1.
    rng : int or None, optional
        A whole number from 0, below 2**53, throws the same dice in every run, `None` new ones.
    speed : float or None, optional
        Characters per second that the page shows, 1 .. 1000; `None`: as fast as it goes.
    inside : bool, optional
        Whether the look inside is open, beside the text; folded, it asks the kernel for nothing.
    what_if : float or None, optional
        The temperature that the look inside asks about, 0 .. 100; `None`: that of the text.
    colour : str, optional
        What the look inside colours the text by: ``"none"``, ``"surprise"``, ``"probability"``, ``"rank"`` or
        ``"cell"``.
    cell : (int, int) or None, optional
        Layer and unit of that cell, both from 0. It is reset when a text by another model begins.
    locked : sequence of str, optional
        Names of settings that the page shows but does not let change, as ``("model", "rng")``.
    presenting : bool, optional
        Whether all is larger, to be read from the back of a room.
    portable : bool, optional
        Whether the model is saved with the widget's state, so that it writes on pages without a kernel, too,
        that are made of the notebook: by nbconvert, nbviewer or Jupyter Book. The notebook grows by the model
        and 66 kB, once for all widgets with that model. ``jupyter nbconvert --execute`` saves the state, and
        JupyterLab and Notebook do while **Settings > Save Widget State Automatically** is on, which it is
        not at first. It cannot be changed later.
    height : int or None, optional
        Height of the text and what explains it in pixels, 240 .. 4000; `None`: what fits.

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
        From which the last text comes out again (`LSTMGenerator.replay`): its settings, the number that its
        dice came from, where the temperature was changed, what was put there by hand. See
        `lstm_widget.writing.receipt.Receipt`; besides, its surprise in `bits`.
    branches : list of dict
        The texts that branched off one another, see `branch` and `lstm_widget.widgets.protocol.Branch`.
    cells : list of dict
        Cells that follow something, of the model that wrote the text, once they were looked for; see
        `lstm_widget.inspection.units.Cell`.
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

    _kind = traitlets.Unicode("text", read_only=True).tag(sync=True)
    _session: BranchingSession
    _anyone_pointed: ClassVar[bool] = False

    _keywords: ClassVar[tuple[str, ...]] = tuple(WidgetSettings.__annotations__)
    for_the_page: ClassVar[frozenset[str]] = ModelWidget.for_the_page | {"temperature", *_LOOKS}
    lockable: ClassVar[frozenset[str]] = ModelWidget.lockable | {"temperature"}

    # The page may change these.
    temperature = synced(Checked(check_temperature, USUAL["temperature"]))
    inside = synced(traitlets.Bool(True))
    what_if = synced(Checked(lambda heat: None if heat is None else check_temperature(heat), None))
    colour = synced(traitlets.Enum(("none", "surprise", "probability", "rank", "cell"), "none"))
    cell = synced(traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=None, allow_none=True))
    pointed = synced(traitlets.Bool())
    """Whether a reader has looked at a letter since the kernel began; no hint points at one any more."""
    # These it only shows.
    height = synced(Checked(check_height, None))
    text = synced(traitlets.Unicode(read_only=True))
    receipt = synced(traitlets.Dict(read_only=True))
    branches = synced(traitlets.List(traitlets.Dict(), read_only=True))
    cells = synced(traitlets.List(traitlets.Dict(), read_only=True))
    units = synced(traitlets.List(traitlets.Int(), read_only=True))
    """Number of cells in each layer of the model that wrote the text; before there is one, of `model`."""
    bounds = synced(traitlets.Dict(BOUNDS, read_only=True))

    def __init__(
        self, model: ModelLike | None = None, *, portable: bool = False, **settings: Unpack[WidgetSettings]
    ) -> None:
        self._followed: Engine | None = None  # whose `cell` it is
        self._text_callbacks = TextCallbacks()
        self._session = BranchingSession(
            self._chosen, self._transmit, self._publish, self._kept, self._text_callbacks
        )
        super().__init__(model, portable, **settings)

    @traitlets.default("pointed")
    def _pointed_before(self) -> bool:
        return LSTMWidget._anyone_pointed

    @traitlets.observe("pointed")
    def _keep_pointed(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own
        LSTMWidget._anyone_pointed |= change.new

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
        self._set(settings)
        return self._result(self._session.write(self._lanes, self._start))

    def read(self, text: str | None = None) -> None:
        """Read a text, as the seed, and write nothing: the look inside then shows how likely it is.

        Parameters
        ----------
        text : str, optional
            By default the seed.

        Raises
        ------
        SettingError
            If the model knows no character of it.
        traitlets.TraitError
            If it is no text.
        """
        if text is not None:
            self.seed = text
        self._session.write(self._lanes, partial(self._start, only_read=True))

    def branch(self, position: int, character: str) -> str:
        """Write the text that is shown with another character at one place; the later dice are the same.

        Parameters
        ----------
        position : int
            Of the character that is replaced, counted from 0 without the seed; or just behind the last.
        character : str
            One that the model knows.

        Returns
        -------
        str
            The characters from that place on. `text` is then that of the branch; `branches` lists
            all, and `show` goes back to one.

        Raises
        ------
        SettingError
            If there is no text, or no such place or character.
        """
        begin = partial(self._session.branch, self._session.text(), position, character)
        return self._result(self._session.write(self._lanes, begin))

    def show(self, run: str) -> None:
        """Go back to one of the `branches`, by its `run`.

        Raises
        ------
        SettingError
            If it is not there.
        """
        self._session.show(run)

    def remove(self, run: str) -> None:
        """Forget one of the `branches`, with all that branch off it.

        Raises
        ------
        SettingError
            If it is not there, or is the first text.
        """
        self._session.remove(run)

    @property
    def trace(self) -> Trace:
        """How each character of the text was chosen; found by reading it once more.

        Raises
        ------
        SettingError
            If there is no text.
        """
        return self._session.trace()

    def on_text(self, callback: Callable[[str], object], *, remove: bool = False) -> None:
        """Pass on each piece of text as it is written, from the page or from a cell.

        Parameters
        ----------
        callback : callable
            Called with the new characters. What it raises is shown, and stops nothing. While a page
            writes, it may be called from another thread than the cells run in; what it prints appears
            below the cell that called `on_text`, where the host shows output of a cell that has ended
            (JupyterLab and Notebook do, Voila does not).
        remove : bool, optional
            Stop passing pieces on.
        """
        if remove:
            self._text_callbacks.remove(callback)
        else:
            self._text_callbacks.register(callback)

    def __repr__(self) -> str:
        title = self.card.get("title")
        return f"LSTMWidget({f'{title!r}, ' if title else ''}{self.status}, {len(self.text)} characters)"

    # How it gets there.

    def _written(self) -> str:
        return f"{self.receipt.get('seed', '')}{self.text}" if self.text else ""

    def _lanes(self) -> list[Lane]:
        return [Lane(TEXT, self.temperature)]

    def _result(self, written: Mapping[str, str]) -> str:
        return written[TEXT]

    def _kept(self) -> Mapping[str, Any]:
        texts = self._session.current
        return {
            "receipt": {} if texts is None else texts.receipt(TEXT),
            "text": "" if texts is None else texts.text(TEXT),
            "branches": self._session.branches,
            **self._cells_of(self._session.explained()),
        }

    def _unwritten(self) -> Mapping[str, Any]:
        return {"text": "", "receipt": {}, "branches": [], **self._cells_of(self._session.chosen())}

    def _cells_of(self, network: Network) -> Mapping[str, Any]:
        """Return what the traits have of the cells of a network."""
        return {
            "units": list(network.engine.units),
            "cells": [cell._asdict() for cell in self._session.questions.found(network)],
            **({} if self._followed is network.engine else {"cell": None}),
        }

    @traitlets.validate("cell")
    def _check_cell(self, proposal: Any) -> tuple[int, int] | None:  # noqa: ANN401 - traitlets' own
        cell: tuple[int, int] | None = proposal["value"]
        if cell is not None:
            # A page chooses among the cells that it shows, the notebook among those that are to write next.
            session = self._session
            engine = (session.explained() if self._is_asked_by_page else session.chosen()).engine
            checked(lambda one: check_cell(one, engine.units), cell)
            self._followed = engine
        return cell

    @traitlets.observe("model")
    def _show_cells(self, _: object) -> None:
        if self._session.current is not None:
            return  # they are those of the text, as long as it is there
        for name, value in self._cells_of(self._session.chosen()).items():
            self.set_trait(name, value)
