"""What the widgets have in common: a model to choose, a seed, settings with their checks, and a status."""

from __future__ import annotations

from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypedDict, TypeVar

import traitlets

from lstm_widget.errors import SettingError
from lstm_widget.formats.safetensors import read_card
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.bundled import DEFAULT_MODEL, available_models, bundled_files
from lstm_widget.widgets.cards import USUAL, own_settings, shown_card
from lstm_widget.widgets.checks import check_locked, sendable
from lstm_widget.widgets.exported import export
from lstm_widget.widgets.page import OF_EVERY_WIDGET, Checked, PageWidget, checked, synced
from lstm_widget.widgets.portable import keep, let_go
from lstm_widget.widgets.protocol import Settings
from lstm_widget.writing.settings import CHECKS, check_length, check_names
from lstm_widget.writing.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from lstm_widget.network.model import CharLSTM
    from lstm_widget.widgets.checks import Lane
    from lstm_widget.widgets.protocol import FromKernel
    from lstm_widget.widgets.session import Session
    from lstm_widget.widgets.texts import Texts

    ModelLike = str | Path | CharLSTM | LSTMGenerator


class CommonSettings(TypedDict, total=False):
    """The settings of every widget that writes, as keywords."""

    seed: str
    length: int
    top_k: int | None
    top_p: float | None
    rng: int | None
    speed: float | None


class ShownSettings(CommonSettings, total=False):
    """What else every widget that writes takes as keywords: how its page shows them."""

    locked: Sequence[str]
    presenting: bool


T = TypeVar("T")
R = TypeVar("R")


class ModelWidget(PageWidget, Generic[R]):
    """A widget that writes with a model; see `LSTMWidget` for the traits. `R`: what it returns of a run."""

    _keywords: ClassVar[tuple[str, ...]]
    """The settings that a cell may name."""
    _session: Session

    lockable: ClassVar[frozenset[str]] = frozenset({"model", *CommonSettings.__annotations__})
    """The settings that can be locked."""
    for_the_page: ClassVar[frozenset[str]] = lockable | {"presenting"}

    portable = traitlets.Bool(False, read_only=True)
    """Whether the model is kept with its state."""

    # The page may change these.
    model = synced(Checked(lambda model: model, None))  # see `_check_model`
    seed = synced(traitlets.Unicode())  # may be empty while it is typed
    length = synced(Checked(CHECKS["length"], USUAL["length"]))
    top_k = synced(Checked(CHECKS["top_k"], None))
    top_p = synced(Checked(CHECKS["top_p"], None))
    rng = synced(Checked(CHECKS["rng"], None))
    speed = synced(Checked(CHECKS["speed"], 50.0))
    presenting = synced(traitlets.Bool(False))
    # These it only shows.
    locked = synced(Checked(check_locked, ()))
    status = synced(traitlets.Unicode("ready", read_only=True))
    models = synced(traitlets.List(traitlets.Dict(), read_only=True))
    """The models to choose from in the page: `name` and `title` of each."""
    card = synced(traitlets.Dict(read_only=True))
    """What a reader should know of the model, see `shown_card`."""
    replacements = synced(traitlets.List(traitlets.Dict(), read_only=True))
    """What the model reads instead of characters of the seed (see `typed`)."""

    def __init__(self, model: ModelLike | None, portable: bool, **settings: Any) -> None:  # noqa: ANN401 - of any kind
        check_names((name for name in settings if name not in OF_EVERY_WIDGET), ("model", *self._keywords))
        self._generators: dict[str, LSTMGenerator] = {}
        self._stamps: dict[str, object] = {}
        self._is_asked_by_page = False
        self.set_trait("portable", portable)
        if portable:  # else the state has no such traits
            self.add_traits(
                _portable=synced(traitlets.Unicode(read_only=True)),
                _texts=synced(traitlets.Dict(read_only=True)),
            )
        name = self._load(model)  # a wrong one is a ModelError here
        # The model's own values, until others are set.
        self._own = {
            one: value
            for one, value in own_settings(self._generators[name]).items()
            if one in self._keywords and one not in settings
        }
        super().__init__(**{"model": name, **self._own, **settings})
        self.on_msg(lambda _widget, content, _buffers: self._session.handle(content))

    @property
    def generator(self) -> LSTMGenerator:
        """What it writes with."""
        return self._generators[self.model]

    # What a cell does.

    def resume(self) -> R:
        """Go on writing, as **Continue** does: up to `length` characters, or `length` more.

        Stopped or finished, it goes on with the same dice: each text becomes what a longer run would have
        become.

        Returns
        -------
        str, or list of str for lanes
            The characters written now.

        Raises
        ------
        SettingError
            If there is no text, or `seed` or `model` are no longer those of the text.
        """
        written = self._session.written(self.seed)
        if written is None:
            msg = "There is no text of this seed and model to continue: call generate() first."
            raise SettingError(msg)
        return self._go_on(self.length if written < self.length else written + self.length)

    def step(self, characters: int = 1) -> R:
        """Write one character, or more; the first ones if `seed` or `model` are not those of the text.

        Returns
        -------
        str, or list of str for lanes
            As from `resume`.

        Raises
        ------
        SettingError
            If the number is wrong or the model knows no character of the seed.
        """
        characters = check_length(characters)
        self.stop()  # else it would write on to the end of what a page has begun
        written = self._session.written(self.seed)
        if written is not None:
            return self._go_on(written + characters)
        begin = partial(self._start, length=characters)
        return self._result(self._session.write(self._lanes, begin))

    def stop(self) -> None:
        """End the run that is being written, if there is one, and keep what it wrote."""
        self._session.stop()

    def clear(self) -> None:
        """End the run, if there is one, and forget what it wrote."""
        self._session.clear()

    def export_html(self, path: str | Path, *, weights: str | Path | None = None) -> Path:
        """Write the widget as a page of its own, which writes wherever it is opened.

        It is one HTML file with the model in it. It needs no kernel and no network: it works from a double
        click, from a USB stick and from any web server. What was written goes along, and can be written on;
        what is being written is stopped.

        Parameters
        ----------
        path : str or Path
            An existing file is replaced.
        weights : str or Path, optional
            A folder, often that of the page. The weights then go into a script file in it,
            ``lstm-weights-....js``, and not into the page: several pages can share it, and it has to go
            wherever they go.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        ModelError
            If a file cannot be written.

        Notes
        -----
        The content security policy in the page allows its own script and style, by their hashes, and
        WebAssembly. With the weights beside the page it also allows scripts from where the page is
        (``'self'``).
        """
        saved = self._saved()
        record = self._written() if saved["texts"] else ""
        return export(path, self.generator.model, saved, record, weights)

    def _saved(self) -> dict[str, Any]:
        """Return what a page without a kernel is made of, besides the weights."""
        self.stop()
        of_the_host = {*OF_EVERY_WIDGET, *(name for name in self.keys if name.startswith("_"))}
        traits = self.get_state([name for name in self.keys if name not in of_the_host])
        traits["models"] = [one for one in self.models if one["name"] == self.model]
        saved = self._saved_texts()
        return {"kind": self._kind, **saved, "traits": traits | saved["traits"]}

    def _saved_texts(self) -> dict[str, Any]:
        """Return what was written, and the traits that are others if that is nothing."""
        texts, current = ([], None) if self.status == "writing" else self._session.saved()
        nothing = {"status": "ready", "error": "", **self._unwritten()}
        return {
            "fingerprint": self.generator.model.fingerprint,
            "texts": texts,
            "current": current,
            "traits": nothing if current is None else {},
        }

    def close(self) -> None:
        """Close the widget and its views."""
        super().close()
        let_go(self)

    def _unwritten(self) -> Mapping[str, Any]:
        """Return what the traits have before anything was written."""
        raise NotImplementedError

    def _set(self, settings: Mapping[str, Any]) -> None:
        """Set what a cell names: all of it, or nothing if one is wrong."""
        check_names(settings, self._keywords)
        for name in settings:
            self._own.pop(name, None)
        with self.hold_trait_notifications():
            for name, value in settings.items():
                setattr(self, name, value)

    def _repr_mimebundle_(self, **options: Any) -> Any:  # noqa: ANN401 - IPython's own
        """Show the text also where there is no page: in a terminal, on a code host, in a file made of it."""
        bundle = super()._repr_mimebundle_(**options)
        written = self._written()
        if not written or bundle is None:
            return bundle
        data = bundle[0] if isinstance(bundle, tuple) else bundle  # with metadata, or without
        data["text/plain"] += f"\n\n{written}"
        return bundle

    def _written(self) -> str:
        """Return what was written, with its seed, or nothing."""
        raise NotImplementedError

    # What a page does.

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page changed; it chooses among the models as they were loaded."""
        self._is_asked_by_page = True
        try:
            super().set_state(sync_data)
        finally:
            self._is_asked_by_page = False

    def _check_asked(self, asked: Mapping[str, Any]) -> None:
        # Only a cell may have a file or an address opened.
        if "model" in asked and asked["model"] not in (one["name"] for one in self.models):
            msg = "There is no such model to choose."
            raise traitlets.TraitError(msg)
        for name in self.locked:
            if name in asked and asked[name] != sendable(getattr(self, name)):
                msg = f"{name} is set by the notebook and cannot be changed in the page."
                raise traitlets.TraitError(msg)

    # How it gets there.

    def _lanes(self) -> list[Lane]:
        """Return the lanes as they are to be written."""
        raise NotImplementedError

    def _kept(self) -> Mapping[str, Any]:
        """Return what the traits have of the current run."""
        raise NotImplementedError

    def _result(self, written: Mapping[str, str]) -> R:
        """Return what a cell gets of the characters that were written in each lane."""
        raise NotImplementedError

    def _start(self, name: str, *, only_read: bool = False, **others: int) -> Texts:
        settings = {one: getattr(self, one) for one in Settings.__annotations__} | others
        return self._session.start(name, settings, self._lanes(), only_read=only_read)

    def _go_on(self, length: int) -> R:
        texts = self._session.text()
        written = self._session.write(self._lanes, lambda _: self._session.resume(texts, length), texts.name)
        return self._result(written)

    def _transmit(self, message: FromKernel, *buffers: list[np.ndarray]) -> None:
        self.send(message, *buffers)

    def _publish(self, state: Mapping[str, Any]) -> None:
        def change() -> None:
            for name, value in state.items():
                self.set_trait(name, value)
            if self.portable:
                self.set_trait("_texts", self._saved_texts())

        self._in_one_message(change)

    def _chosen(self) -> tuple[str, LSTMGenerator]:
        name = self.model  # once: another thread may choose another one
        return name, self._generators[name]

    def _load(self, model: ModelLike | None) -> str:
        """Load a model unless it is known and its files are as they were; return its name."""
        if model is None:
            model = DEFAULT_MODEL
        if isinstance(model, (str, Path)):
            name: str = sendable(str(model))  # the page gives it back
            stamp = None if self._is_asked_by_page else _stamp(model)
            if name not in self._generators or stamp not in (None, self._stamps.get(name)):
                self._generators[name], self._stamps[name] = LSTMGenerator(model), stamp
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
        now = self._trait_values.get("model")  # with others at once it is what is proposed
        before = self._generators.get(now) if isinstance(now, str) else None
        name = checked(self._load, proposal["value"])
        if before is not None and name == self.model and self._generators[name] is not before:
            # Trained anew, which traitlets takes for no change.
            self.notify_change(traitlets.Bunch(name="model", old=name, new=name, owner=self, type="change"))
        return name

    @traitlets.observe("model")
    def _show_model(self, _: object) -> None:
        own = {name: one.model.card.get("title") for name, one in self._generators.items()}
        titles = {name: read_card(file).get("title") for name, file in bundled_files().items()} | own
        self.set_trait(
            "models", [{"name": name, "title": str(title or name)} for name, title in titles.items()]
        )
        self.set_trait("card", shown_card(self.generator.model))
        if self.portable:
            self.set_trait("_portable", keep(self.generator.model, self).reference)
            self.set_trait("_texts", self._saved_texts())
        new = own_settings(self.generator)
        self._own = {name: new[name] for name, value in self._own.items() if getattr(self, name) == value}
        for name, value in self._own.items():
            setattr(self, name, value)
        self._adapt_seed()

    @traitlets.validate("locked")
    def _check_locked(self, proposal: Any) -> tuple[str, ...]:  # noqa: ANN401 - traitlets' own
        names: tuple[str, ...] = proposal["value"]
        checked(lambda locked: check_names(locked, self.lockable), names)
        return names

    @traitlets.observe("seed")
    def _adapt_seed(self, _: object = None) -> None:
        replacements = as_typed(self.seed, self.generator.model, self.generator.engine).replacements
        self.set_trait("replacements", [one._asdict() for one in replacements])


def _stamp(model: str | Path) -> object:
    """Return what changes when the files of a model change; `None` for a model that is not on this disk."""
    place = Path(model)
    try:
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        return [
            (file.name, (found := file.stat()).st_mtime_ns, found.st_size, found.st_ino) for file in files
        ]
    except (OSError, ValueError):  # a bundled name, an address
        return None
