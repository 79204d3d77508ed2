"""`TrainingView`: a page that follows a training, and goes back to its checkpoints afterwards.

The training runs in the cell that asks for it. What the page says meanwhile comes on another thread with
ipykernel 7, and after the cell with an older one.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from lstm_widget.errors import LSTMError, SettingError, short_repr
from lstm_widget.formats.files import as_path
from lstm_widget.generator import LSTMGenerator
from lstm_widget.holding import Lock, holding
from lstm_widget.training.baselines import baselines
from lstm_widget.training.checkpoints import TimeMachine, checkpoint_file, find_checkpoints
from lstm_widget.training.corpus import open_corpus
from lstm_widget.training.estimate import estimate
from lstm_widget.training.settings import training_settings
from lstm_widget.widgets.checks import answer, sendable, whole_in
from lstm_widget.widgets.curve import Course
from lstm_widget.widgets.page import OF_EVERY_WIDGET, Checked, PageWidget, synced
from lstm_widget.writing.settings import BOUNDS, as_whole, check_temperature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lstm_widget.network.model import CharLSTM
    from lstm_widget.training.progress import Progress, Sample
    from lstm_widget.training.reading import Source
    from lstm_widget.widgets.checks import Answers
    from lstm_widget.widgets.training_protocol import Plan, Stage, TrainingFromKernel

log = logging.getLogger("lstm_widget")

TICK_SECONDS = 0.25  # between messages to the page
SYNC_SECONDS = 5.0  # between updates of the traits, which hold all that there is
_INDENTED = 0.25  # of the lines, in a program
MEASURED = 10_000  # characters of the validation text, on which the loss of each checkpoint is measured
_NO_SETTINGS = ("model", "card", "sample_seed")  # of the training
_AT_WORK = ("training", "looking back")


class TrainingView(PageWidget):
    r"""A page in which a training is watched: its losses, and what the network writes.

    Showing it starts nothing; `train` does, in the cell that calls it, and the page follows. **Stop**
    in the page, or the interrupt of the kernel, ends the training with the best model so far. Afterwards a
    slider goes through the checkpoints, from the untrained network on: each continues the same seed with
    the same dice.

    Parameters
    ----------
    text, output, model, card, sample_seed, **settings
        Those of `lstm_widget.training.train`. Without an output folder, the checkpoints are kept in a
        temporary one until the kernel ends.
    temperature : float, optional
        At which the checkpoints write; 0 .. 100.

    Attributes
    ----------
    model : CharLSTM or None
        The result of the last training, for `LSTMWidget`.
    status : str
        ``"ready"``, ``"training"``, ``"looking back"`` (the checkpoints write), ``"finished"``, ``"stopped"``
        or ``"failed"``; read-only, as all that follow.
    error : str
        One sentence if something went wrong, else empty.
    training_curve, validation_curve : list of (int, float)
        Updates, and the loss in bits per character; see `lstm_widget.widgets.curve.Curve`. Brought up to
        date every few seconds.
    references : list of dict
        What is reached without a network; see `lstm_widget.training.baselines.Baseline`.
    stages : list of dict
        See `lstm_widget.widgets.training_protocol.Stage`.

    Raises
    ------
    SettingError
        If a setting is unknown or out of its range.
    traitlets.TraitError
        If the temperature is wrong; also at every later assignment.

    Examples
    --------
    >>> from lstm_widget import TrainingView
    >>> view = TrainingView("the cat sat on the mat.\n" * 100, units=8, epochs=2)
    >>> model = view.train()
    >>> view.status, view.stages[0]["update"]
    ('finished', 0)
    """

    _kind = traitlets.Unicode("training", read_only=True).tag(sync=True)
    for_the_page: ClassVar[frozenset[str]] = frozenset({"temperature", "stage"})

    # The page may change these.
    temperature = synced(Checked(check_temperature, 0.6))
    stage = synced(Checked(lambda stage: stage, 0))  # see `_check_stage`
    # These it only shows.
    status = synced(traitlets.Unicode("ready", read_only=True))
    notes = synced(traitlets.List(traitlets.Unicode(), read_only=True))
    """What a person should know about the text."""
    indented = synced(traitlets.Bool(read_only=True))
    """Whether its lines are indented, as those of a program: then the page shows letters of one width."""
    plan = synced(traitlets.Dict(read_only=True))
    """About how long it takes, before it begins; empty if there is no telling."""
    now = synced(traitlets.Dict(read_only=True))
    training_curve = synced(traitlets.List(read_only=True))
    validation_curve = synced(traitlets.List(read_only=True))
    references = synced(traitlets.List(traitlets.Dict(), read_only=True))
    samples = synced(traitlets.List(traitlets.Dict(), read_only=True))
    stages = synced(traitlets.List(traitlets.Dict(), read_only=True))
    seed = synced(traitlets.Unicode(read_only=True))
    """What the texts of all checkpoints begin with."""
    written_at = synced(traitlets.Float(0.6, read_only=True))
    bounds = synced(traitlets.Dict({"temperature": BOUNDS["temperature"]}, read_only=True))

    def __init__(
        self,
        text: Source,
        output: str | Path | None = None,
        *,
        model: str | Path | CharLSTM | None = None,
        card: Mapping[str, Any] | None = None,
        sample_seed: str | None = None,
        temperature: float = 0.6,
        **settings: Any,  # noqa: ANN401 - see TrainingSettings
    ) -> None:
        usual = {name: settings.pop(name) for name in OF_EVERY_WIDGET if name in settings}
        training_settings(settings)  # raises what is wrong
        self.model: CharLSTM | None = None
        self._given = {"model": model, "card": card, "sample_seed": sample_seed, **settings}
        self._text, self._output = text, output
        self._folder: Path | None = None
        self._time_machine = TimeMachine([], "")
        self._state = Lock()  # the page changes traits on another thread than the cells run in
        self._training_by: dict[str, object] = {}  # the call that trains, if there is one
        self._wanted = False  # set to False from any thread: end as soon as possible
        self._remove_folder: Callable[[], object] = lambda: None
        self._forget()
        super().__init__(temperature=temperature, **usual)
        answers: Answers = {
            "hello": lambda _: self._greet(),
            "stop": lambda _: self.stop(),
            "shorten": lambda _: self._shorten(),
            "write": self._write,
        }
        self.on_msg(lambda _widget, content, _buffers: answer(content, answers, self._refuse))

    # What a cell does.

    def train(self) -> CharLSTM:
        """Train in this cell, and show it in the page.

        Returns
        -------
        CharLSTM
            As from `lstm_widget.training.train`; it is `model`, too.

        Raises
        ------
        SettingError, ModelError, ImportError
            As from `lstm_widget.training.train`; and if this view is training already.
        """

        def begin() -> CharLSTM:
            from lstm_widget.training import train  # noqa: PLC0415 - PyTorch

            self._forget()
            self._folder = self._new_folder()
            self._show()
            reported: dict[str, Any] = {"on_progress": self._progressed, "quiet": True}
            return train(self._text, self._folder, checkpoints=True, **reported, **self._given)

        return self._follow(begin)

    def resume(self) -> CharLSTM:
        """Go on in this cell with a training that was stopped, to the result that it would have had.

        Returns
        -------
        CharLSTM
            As from `train`.

        Raises
        ------
        SettingError
            If no training was stopped here, or this view is training already.
        """

        def begin() -> CharLSTM:
            from lstm_widget.training import resume  # noqa: PLC0415 - PyTorch

            folder = self._folder or self._output
            if folder is None:
                msg = "No training was stopped here: begin one with train()."
                raise SettingError(msg)
            self._folder = as_path(folder)
            return resume(self._folder, on_progress=self._progressed, quiet=True)

        return self._follow(begin)

    def stop(self) -> None:
        """End the training, if there is one, after the update that it is at; the best model is kept."""
        self._wanted = False

    def __repr__(self) -> str:
        done = f", {self.now['update']:,} of {self.now['updates']:,} updates" if self.now else ""
        return f"TrainingView({self.status}{done})"

    # What a page does.

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page changed; see `PageWidget`."""
        self._state.hold(lambda: super(TrainingView, self).set_state(sync_data))

    def _greet(self) -> None:
        self._transmit({"type": "here"})
        self._show()  # the traits are a little behind while it trains
        if self.status == "ready" and not self.plan and self._given["model"] is None:
            self._make_plan()

    def _write(self, message: Mapping[str, Any]) -> None:
        stage, temperature = whole_in(message, "stage", 0), check_temperature(message.get("temperature"))
        text = self._time_machine.text(stage, temperature)
        self._transmit({"type": "written", "stage": stage, "temperature": temperature, "text": text})

    def _shorten(self) -> None:
        """Take the shorter run that the plan offers."""
        epochs = self.plan.get("shorter_epochs")
        if epochs is not None and self.status not in _AT_WORK:
            self._given["epochs"] = epochs
            shorter = {"seconds": self.plan["shorter_seconds"], "epochs": epochs}
            self._show(plan={**shorter, "shorter_seconds": None, "shorter_epochs": None})

    # How it gets there.

    def _make_plan(self) -> None:
        """Show how long it is going to take. That takes seconds, so it is not done before a page is there."""
        settings = {name: value for name, value in self._given.items() if name not in _NO_SETTINGS}
        try:
            found = estimate(self._text, training_settings(settings))
        except ImportError:  # the training says so
            found = None
        if found is None:
            return
        seconds, epochs = found.shorter or (None, None)
        plan: Plan = {
            "seconds": found.seconds,
            "epochs": found.epochs,
            "shorter_seconds": seconds,
            "shorter_epochs": epochs,
        }
        self.set_trait("plan", plan)

    def _follow(self, begin: Callable[[], CharLSTM]) -> CharLSTM:
        """Have a training run, and keep the page informed from beginning to end."""
        me = object()

        def take() -> None:
            if self._training_by.setdefault("call", me) is not me:
                msg = "This view is training already: wait for it, or stop it."
                raise SettingError(msg)

        def give_back() -> None:
            if self._training_by.get("call") is not me:
                return
            try:
                if self.status in _AT_WORK:  # whatever ended it
                    self._show(status="stopped")
            finally:
                del self._training_by["call"]

        return holding(take, give_back, lambda: self._trained(begin))

    def _trained(self, begin: Callable[[], CharLSTM]) -> CharLSTM:
        self._wanted = True
        self._show(status="training", error="", stages=[])
        try:
            from lstm_widget.training.display import reported_elsewhere  # noqa: PLC0415 - PyTorch

            model = reported_elsewhere(begin)  # the page shows the notes of the text
        except BaseException as error:
            stopped = isinstance(error, KeyboardInterrupt)
            self._show(status="stopped" if stopped else "failed", error=_sentence(error))
            raise
        self.model = model
        try:
            self._look_back(model)
        except Exception:  # the model is there all the same
            log.exception("The checkpoints could not be read")
            self._show(error="The checkpoints could not be read; the kernel's log says why.")
        self._show(status="stopped" if "unfinished" in model.card else "finished")
        return model

    def _forget(self) -> None:
        """Begin with empty curves."""
        self._course = Course()
        self._known: dict[str, Any] = {}  # about the text, for the traits
        self._measured = ""
        self._ticked = self._synced = 0.0

    def _new_folder(self) -> Path:
        if self._output is not None:
            return as_path(self._output)
        self._remove_folder()  # of the training before
        folder = Path(tempfile.mkdtemp(prefix="lstm-widget-"))
        self._remove_folder = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _progressed(self, record: Progress) -> bool:
        """Take what the training reports after each update; return whether it is to go on."""
        if not self._known:
            self._read_corpus()
        samples = record.samples or self._samples_of_checkpoint(record.update)
        again = self._course.now is not None and record.update <= self._course.now["update"]
        self._state.hold(lambda: self._course.add(record, samples))
        moment = time.monotonic()
        # The last one is always sent, as the loss of the finished model takes a while.
        if again or moment - self._ticked >= TICK_SECONDS or record.update == record.updates:
            self._ticked = moment
            if again or moment - self._synced >= SYNC_SECONDS:
                self._synced = moment
                self._show()
            else:
                self._state.hold(self._tick)
        return self._wanted

    def _samples_of_checkpoint(self, update: int) -> tuple[Sample, ...]:
        """Have the network write if it was kept after this update: at first nothing else lets it write."""
        from lstm_widget.training.loop import write_samples  # noqa: PLC0415 - PyTorch

        assert self._folder is not None  # noqa: S101 - a training has begun
        file = checkpoint_file(self._folder / "checkpoints", update)
        if not file.exists():
            return ()
        return write_samples(LSTMGenerator(file), self._known["seed"])

    def _tick(self) -> None:
        """Send what is new."""
        if (tick := self._course.tick()) is not None:
            self._transmit(tick)

    def _show(self, **others: Any) -> None:  # noqa: ANN401 - of any trait
        """Bring the traits up to date, in one message."""
        self._state.hold(lambda: self._set_all(others))

    def _set_all(self, others: Mapping[str, Any]) -> None:
        def change() -> None:
            for name, value in {**self._course.traits(), **self._known, **others}.items():
                self.set_trait(name, value)

        self._in_one_message(change)

    def _refuse(self, _: object, sentence: str, _fatal: bool) -> None:
        self._transmit({"type": "error", "message": sentence})

    def _transmit(self, message: TrainingFromKernel) -> None:
        self.send(sendable(message))

    def _read_corpus(self) -> None:
        """Find out what there is to know of the text, as long as the training has it on the disk."""
        from lstm_widget.training.folder import RunFolder  # noqa: PLC0415 - PyTorch

        assert self._folder is not None  # noqa: S101 - a training has begun
        corpus = open_corpus(RunFolder(self._folder).text_file)
        training, validation = corpus.parts
        self._measured = corpus.decode(validation[:MEASURED])
        seed = self._given["sample_seed"]
        if seed is None:
            seed = corpus.sample_seed
        self._known = {
            "references": baselines(training, validation, len(corpus.vocab)),
            "notes": [*corpus.notes(), *corpus.remarks],
            "indented": _is_indented(self._measured),
            "seed": seed,
        }
        self._show()
        self._synced = time.monotonic()

    def _look_back(self, model: CharLSTM) -> None:
        """Have each checkpoint write at the present temperature, for pages without a kernel."""
        if self._course.now is None or self._folder is None:  # there was nothing left to train
            return
        kept = self._course.now["best_update"] or self._course.now["update"]
        found = find_checkpoints(self._folder / "checkpoints", model, kept)
        machine = TimeMachine(found, self._known["seed"])
        self._time_machine = machine
        states: list[Stage] = [
            {"update": one.update, "kept": one.update == kept, "bits": None, "text": None}
            for one in machine.checkpoints
        ]
        temperature = self.temperature
        self._show(status="looking back")
        try:
            for number, state in enumerate(states):
                state["text"] = machine.text(number, temperature)
                state["bits"] = round(machine.bits(number, self._measured), 4)
        except KeyboardInterrupt:  # the model is there; the rest is written when it is asked for
            pass
        except LSTMError as error:
            self._show(error=str(error))
        self._show(stages=states, stage=len(states) - 1, written_at=temperature)

    @traitlets.validate("stage")
    def _check_stage(self, proposal: Any) -> int:  # noqa: ANN401 - traitlets' own
        stage = as_whole(proposal["value"])
        if stage is None or not 0 <= stage <= max(0, len(self.stages) - 1):
            msg = f"The stage must be a whole number from 0 to {max(0, len(self.stages) - 1)}, not "
            msg += f"{short_repr(proposal['value'])}."
            raise traitlets.TraitError(msg)
        return stage


def _is_indented(text: str) -> bool:
    """Return whether enough of the lines that are not empty begin with two spaces or a tab."""
    lines = [line for line in text.splitlines() if line.strip()]
    indented = sum(line.startswith(("  ", "\t")) for line in lines)
    return indented > 0 and indented >= _INDENTED * len(lines)


def _sentence(error: BaseException) -> str:
    """Return what the page shows of an error; the cell shows all of it."""
    if isinstance(error, KeyboardInterrupt):
        return ""
    if isinstance(error, (LSTMError, ImportError)):
        return str(error)
    return "The training has failed: the cell says why."
