"""`TemperatureLanes`: one seed and the same dice at several temperatures, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from lstm_widget.errors import SettingError, short_repr
from lstm_widget.widgets.base import ModelWidget, ShownSettings
from lstm_widget.widgets.checks import Lane, check_lane_names
from lstm_widget.widgets.page import Checked, synced
from lstm_widget.widgets.session import Session
from lstm_widget.writing.settings import BOUNDS, as_whole, check_temperature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Unpack

    from lstm_widget.widgets.base import ModelLike

MIN_LANES, MAX_LANES = 2, 6


def check_temperatures(temperatures: object) -> list[float]:
    """Return the temperatures of the lanes, or raise `SettingError`."""
    if isinstance(temperatures, (str, Mapping)) or not isinstance(temperatures, Iterable):
        msg = f"The temperatures must be a list of numbers, not {short_repr(temperatures)}."
        raise SettingError(msg)
    checked = [check_temperature(one) for one in temperatures]
    if not MIN_LANES <= len(checked) <= MAX_LANES:
        msg = f"There must be {MIN_LANES} to {MAX_LANES} temperatures, not {len(checked)}."
        raise SettingError(msg)
    return checked


class LaneSettings(ShownSettings, total=False):
    """The settings of the lanes as keywords; see `TemperatureLanes`."""

    temperatures: Sequence[float]


class TemperatureLanes(ModelWidget[list[str]]):
    """A page in which a character-level LSTM writes at several temperatures, side by side.

    All lanes have the same seed and the same dice, so that only the temperature differs.
    Where a lane first departs from the one to its left is marked. While they run, lanes can be added,
    removed and given another temperature. A new one begins at the seed and catches up.

    Parameters
    ----------
    model, seed, top_k, top_p, rng : optional
        As for `LSTMWidget`.
    temperatures : sequence of float, optional
        2 to 6, each 0 .. 100, from left to right. Counts at once, also while they write. A list is not
        to be changed in place, but assigned anew.
    length : int, optional
        Number of characters to write in each lane, 1 .. 1,000,000.
    speed : float or None, optional
        Characters per second that the page shows of each lane, 1 .. 1000; `None`: as fast as it goes.
    locked, presenting, portable : optional
        As for `LSTMWidget`; without a way to change the `temperatures` there is none to add or remove a
        lane in the page, either.

    Attributes
    ----------
    texts : list of str
        What was written last in each lane, without the seed, once it has ended or been stopped;
        read-only, as all that follow.
    receipts : list of dict
        From which each of them comes out again (`LSTMGenerator.replay`); empty for a lane without one.
    status : str
        ``"ready"``, ``"writing"``, ``"finished"``, ``"stopped"`` or ``"failed"``.
    error : str
        One sentence if something went wrong, else empty.
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
    >>> from lstm_widget import TemperatureLanes
    >>> lanes = TemperatureLanes(seed="She was", temperatures=[0.2, 0.2, 1.5], length=40, rng=1)
    >>> first, second, third = lanes.generate()
    >>> len(first), first == second, first == third
    (40, True, False)
    """

    _kind = traitlets.Unicode("lanes", read_only=True).tag(sync=True)

    _keywords: ClassVar[tuple[str, ...]] = tuple(LaneSettings.__annotations__)
    for_the_page: ClassVar[frozenset[str]] = ModelWidget.for_the_page | {"temperatures", "names"}
    lockable: ClassVar[frozenset[str]] = ModelWidget.lockable | {"temperatures"}

    # The page may change these.
    temperatures = synced(Checked(check_temperatures))
    names = synced(Checked(check_lane_names))
    """The names of the lanes, in order: a lane keeps its name when others come and go."""
    # These it only shows.
    texts = synced(traitlets.List(traitlets.Unicode(), read_only=True))
    receipts = synced(traitlets.List(traitlets.Dict(), read_only=True))
    bounds = synced(
        traitlets.Dict(
            {**BOUNDS, "lanes": {"least": MIN_LANES, "most": MAX_LANES, "step": 1}}, read_only=True
        )
    )

    def __init__(
        self, model: ModelLike | None = None, *, portable: bool = False, **settings: Unpack[LaneSettings]
    ) -> None:
        self._new_names = (f"lane-{number}" for number in count(1))
        self._session = Session(
            self._chosen,
            self._transmit,
            self._publish,
            self._kept,
            lanes=(MIN_LANES, MAX_LANES),
            gone="These texts are no longer being written: start new ones.",
        )
        super().__init__(model, portable, **settings)

    # What a cell does.

    def generate(self, **settings: Unpack[LaneSettings]) -> list[str]:
        """Write all lanes from a cell: they stream into the page and are returned.

        Parameters
        ----------
        **settings
            Those of `TemperatureLanes`: set on the widget before it starts.

        Returns
        -------
        list of str
            The text of each lane that there is in the end, without the seed. If it is stopped, in the
            page or by interrupting the kernel, what had been written until then.

        Raises
        ------
        SettingError
            If a name is unknown or the model knows no character of the seed.
        traitlets.TraitError
            If a value is wrong.
        """
        self._set(settings)
        return self._result(self._session.write(self._lanes, self._start))

    def add(self, temperature: float) -> None:
        """Add a lane at the right end, also while the others are written.

        Raises
        ------
        SettingError
            If there are six.
        traitlets.TraitError
            If the temperature is wrong.
        """
        if len(self.temperatures) == MAX_LANES:
            msg = f"There are {MAX_LANES} lanes already, and no room for more."
            raise SettingError(msg)
        self.temperatures = [*self.temperatures, temperature]

    def remove(self, index: int) -> None:
        """Remove a lane, counted from 0 on the left, also while it is written.

        Raises
        ------
        SettingError
            If there is no such lane, or only two are left.
        """
        lanes, place = len(self.temperatures), as_whole(index)
        if place is None or not 0 <= place < lanes:
            msg = (
                f"The lanes are counted from 0 to {lanes - 1}, so there is none of the number "
                f"{short_repr(index)}."
            )
            raise SettingError(msg)
        if lanes == MIN_LANES:
            msg = f"At least {MIN_LANES} lanes must stay."
            raise SettingError(msg)

        def remove() -> None:
            with self.hold_trait_notifications():
                self.temperatures = self.temperatures[:place] + self.temperatures[place + 1 :]
                self.names = self.names[:place] + self.names[place + 1 :]

        self._in_one_message(remove)

    def __repr__(self) -> str:
        return f"TemperatureLanes({', '.join(f'{one:g}' for one in self.temperatures)}, {self.status})"

    # How it gets there.

    def _written(self) -> str:
        return "\n\n".join(
            f"Temperature {heat:g}:\n{receipt.get('seed', '')}{text}"
            for heat, text, receipt in zip(self.temperatures, self.texts, self.receipts, strict=False)
            if text
        )

    def _result(self, written: Mapping[str, str]) -> list[str]:
        return [written.get(name, "") for name in self.names]

    def _kept(self) -> Mapping[str, Any]:
        texts, names = self._session.current, self.names
        receipts = [None if texts is None else texts.receipt(name) for name in names]
        return {
            "texts": ["" if texts is None else texts.text(name) for name in names],
            "receipts": [
                {**receipt, "lane": name} if receipt else {}
                for name, receipt in zip(names, receipts, strict=True)
            ],
        }

    def _unwritten(self) -> Mapping[str, Any]:
        return {"texts": [""] * len(self.names), "receipts": [{} for _ in self.names]}

    def _lanes(self) -> list[Lane]:
        # They may have different lengths for a moment, while another thread changes them.
        return [Lane(*one) for one in zip(self.names, self.temperatures, strict=False)]

    @traitlets.default("temperatures")
    def _usual_temperatures(self) -> list[float]:
        return [0.3, 0.7, 1.1]

    @traitlets.default("names")
    def _first_names(self) -> list[str]:
        return [next(self._new_names) for _ in self.temperatures]

    @traitlets.default("texts")
    def _no_texts(self) -> list[str]:
        return [""] * len(self.names)

    @traitlets.default("receipts")
    def _no_receipts(self) -> list[dict[str, Any]]:
        return [{} for _ in self.names]

    @traitlets.validate("names")
    def _check_number(self, proposal: Any) -> list[str]:  # noqa: ANN401 - traitlets' own
        names: list[str] = proposal["value"]
        if len(names) != len(self.temperatures):
            msg = f"There must be a name for each of the {len(self.temperatures)} lanes, not {len(names)}."
            raise traitlets.TraitError(msg)
        return names

    @traitlets.observe("temperatures")
    def _name_lanes(self, _: object) -> None:
        """Give names to new lanes at the end, and take those away of lanes that are there no longer."""
        lanes = len(self.temperatures)
        if len(self.names) != lanes:
            new = (name for name in self._new_names if name not in self.names)
            self.names = [*self.names[:lanes], *(next(new) for _ in range(lanes - len(self.names)))]

    @traitlets.observe("names")
    def _show_texts(self, _: object) -> None:
        self._publish(self._kept())
