"""From a text to a model: `train` and `resume`."""

from __future__ import annotations

import atexit
import json
import shlex
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelerate import Accelerator, PartialState
from accelerate.utils import broadcast_object_list

from lstm_widget.errors import LSTMError, SettingError, UnknownCharactersError
from lstm_widget.formats import load_model
from lstm_widget.holding import holding
from lstm_widget.network.normalize import normalize
from lstm_widget.training.adoption import with_vocab
from lstm_widget.training.card import finished
from lstm_widget.training.corpus import open_corpus
from lstm_widget.training.display import Display
from lstm_widget.training.folder import RunFolder
from lstm_widget.training.held_out import TOO_SHORT
from lstm_widget.training.learner import Learner
from lstm_widget.training.loop import Loop, Plan
from lstm_widget.training.memory import keeping_freed_memory
from lstm_widget.training.network import blank_network, network_of, new_network
from lstm_widget.training.precision import faster_precision
from lstm_widget.training.reading import parts_of
from lstm_widget.training.settings import settings_for, training_settings
from lstm_widget.training.text import encode
from lstm_widget.writing.settings import check_seed

_LETTING_GO = 0.2  # seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from lstm_widget.network.model import CharLSTM
    from lstm_widget.training.corpus import Corpus
    from lstm_widget.training.loop import OnProgress
    from lstm_widget.training.network import CharNetwork
    from lstm_widget.training.reading import Source
    from lstm_widget.training.settings import ChosenSettings

    T = TypeVar("T")


def train(
    text: Source,
    output: str | Path | None = None,
    *,
    model: str | Path | CharLSTM | None = None,
    card: Mapping[str, Any] | None = None,
    sample_seed: str | None = None,
    checkpoints: bool = False,
    on_progress: OnProgress | None = None,
    quiet: bool = False,
    **settings: Any,  # noqa: ANN401 - see TrainingSettings
) -> CharLSTM:
    """Train a character-level LSTM on a text.

    A part of the text is held out: not learnt but validated on (see ``validation`` in `TrainingSettings`).
    The weights with the lowest loss there are the model. Ctrl-C, or a notebook's interrupt, ends the
    training with the best model so far.

    Parameters
    ----------
    text : str, Path or sequence of these
        A UTF-8 file, several, or a folder of ``.txt`` files; or the text itself, as a str that holds a
        line break or more than 255 characters.
    output : str or Path, optional
        A new folder for the model, its log and what is needed to go on; see
        `lstm_widget.training.folder`. Without one the model is only returned.
    model : str, Path or CharLSTM, optional
        Train this one further; it keeps its architecture and its characters, and learns those of
        the text, too.
    card : mapping, optional
        For the model's card: ``title``, ``text``, ``licence``, and anything else.
    sample_seed : str, optional
        What samples begin with; the beginning of the validation text if not given.
    checkpoints : bool, optional
        Keep the network before its first update and after 1, 2, 4, 8, ... updates, as small models
        in the output folder.
    on_progress : callable, optional
        Called with a `Progress` after each update, in the main process. If it returns `False`, or raises
        `KeyboardInterrupt`, the training ends as after Ctrl-C.
    quiet : bool, optional
        Show only what was left out of the text.
    **settings
        See `TrainingSettings`.

    Returns
    -------
    CharLSTM
        The best one, its weights rounded to float16 as in the file.

    Raises
    ------
    SettingError
        If the text or a setting cannot be used, or the folder is in use.
    ModelError
        If the model to start from cannot be used, or the folder cannot be written.
    ImportError
        If the extra ``train`` is not installed.
    """
    given = training_settings(settings)
    if checkpoints and output is None:
        msg = "Checkpoints are kept in the output folder: give one."
        raise SettingError(msg)
    _check_card(card)
    parts_of(text)  # a misspelt path is refused before anything else
    start = None if model is None else load_model(model)
    accelerator = _accelerator()
    display = Display(quiet=quiet, main=accelerator.is_main_process)
    display.note("Reading the text.")

    def work(folder: RunFolder | None, text_file: Path) -> CharLSTM:
        def prepare() -> ChosenSettings:
            if folder is not None:
                folder.begin()
            corpus = encode(
                text,
                text_file,
                min_count=given.min_count,
                keep=start.vocab if start else (),
                validation=given.validation,
                reflow=given.reflow,
            )
            _check_seed(sample_seed, corpus)
            asked = replace(given, validation="spread" if corpus.block else "last")
            return settings_for(asked, len(corpus.ids), start, learnt=corpus.learnt)

        # Without a folder every process encodes for itself.
        chosen = prepare() if folder is None else _in_main(accelerator, prepare)
        corpus = open_corpus(text_file)
        accelerator.wait_for_everyone()  # before one of them may fail, and remove it
        if given.validation == "spread" and not corpus.block:
            display.note(TOO_SHORT)
        network = _network(start, corpus, chosen).to(accelerator.device)
        if chosen.precision == "auto":
            display.note("Trying out which precision is faster on this machine.")
            precision = _in_main(accelerator, lambda: faster_precision(network, accelerator.device))
            chosen = replace(chosen, precision=precision)
        further = {"trained_further": start.card.get("title", "another model")} if start else {}
        plan = Plan(
            settings=chosen,
            units=tuple(layer.hidden_size for layer in network.layers),
            embedding_size=network.embedding_size,
            sample_seed=corpus.sample_seed if sample_seed is None else sample_seed,
            card={**corpus.facts, **(card or {}), **further},
            checkpoints=checkpoints,
        )
        loop = Loop(Learner(accelerator, network, corpus.parts, chosen), corpus, plan, folder, accelerator)
        loop.begin()
        if folder is not None:
            folder.begun()
        return _run(loop, corpus, folder, accelerator, display, on_progress)

    if output is None:
        with tempfile.TemporaryDirectory(prefix="lstm-widget-") as working:
            text_file = Path(working) / "text.ids"
            return keeping_freed_memory(lambda: work(None, text_file))
    folder = RunFolder(output)
    return _in_folder(folder, lambda: work(folder, folder.text_file))


def resume(output: str | Path, *, on_progress: OnProgress | None = None, quiet: bool = False) -> CharLSTM:
    """Go on with a training that was interrupted, to the result that it would have had.

    Parameters
    ----------
    output : str or Path
        The folder that was given to `train`.
    on_progress, quiet
        As for `train`.

    Returns
    -------
    CharLSTM
        As from `train`.

    Raises
    ------
    SettingError
        If no training was interrupted there, or the folder is in use.
    """
    accelerator = _accelerator()
    folder = RunFolder(output)

    def work() -> CharLSTM:
        _in_main(accelerator, folder.resume)
        tensors, facts = folder.load_state()
        plan = Plan.from_json(facts["plan"])
        corpus = open_corpus(folder.text_file)
        network = blank_network(len(corpus.vocab), plan.embedding_size, plan.units)
        learner = Learner(accelerator, network, corpus.parts, plan.settings)
        loop = Loop(learner, corpus, plan, folder, accelerator)
        loop.restore(tensors, facts["so_far"])
        display = Display(quiet=quiet, main=accelerator.is_main_process)
        return _run(loop, corpus, folder, accelerator, display, on_progress)

    return _in_folder(folder, work)


def _in_folder(folder: RunFolder, work: Callable[[], CharLSTM]) -> CharLSTM:
    """Train while no other program may, wherever it ends."""
    return holding(lambda: None, folder.leave, lambda: keeping_freed_memory(work))


def _accelerator() -> Accelerator:
    accelerator = Accelerator()
    if accelerator.num_processes > 1:
        atexit.register(_leave_group)
    return accelerator


def _leave_group() -> None:
    """Leave the group of processes while Python is still there.

    PyTorch's threads may hold the last reference to what they have just passed on. Where Python is gone
    before they give that back, they abort the process.
    """
    PartialState().destroy_process_group()
    time.sleep(_LETTING_GO)


def _run(
    loop: Loop,
    corpus: Corpus,
    folder: RunFolder | None,
    accelerator: Accelerator,
    display: Display,
    on_progress: OnProgress | None,
) -> CharLSTM:
    """Train to the end, and make the model of it."""
    show = display.loss if corpus.left_out or corpus.faults else display.note
    for note in corpus.notes():
        show(note)
    for remark in corpus.remarks:
        display.note(remark)
    display.note(loop.intent())
    if not loop.run(display, on_progress):
        model = loop.unfinished(loop.best_model())
        display.note(f"Interrupted; this is the best model so far, {model.card['unfinished']}.")
        if folder is not None:
            display.note(f"To go on:  lstm-widget train --resume {shlex.quote(str(folder.path))}")
            if accelerator.is_main_process:
                folder.save_model(model)
        return model
    display.note("Measuring the loss of the finished model.")
    best = loop.best_model()
    facts = _in_main(accelerator, lambda: finished(best, corpus, loop, accelerator.num_processes))
    model = best.with_card(facts).rounded()
    if folder is not None and accelerator.is_main_process:
        folder.save_model(model)
        folder.save_p5ml(model)
        folder.finish()
    return model


def _in_main(accelerator: Accelerator, make: Callable[[], T]) -> T:
    """Do something in the main process only; every process returns, or raises, what came out."""
    outcome: list[Any] = [None]
    if accelerator.is_main_process:
        try:
            outcome = [make()]
        except LSTMError as error:
            outcome = [error]
    broadcast_object_list(outcome)
    if isinstance(outcome[0], LSTMError):
        raise outcome[0]
    found: T = outcome[0]
    return found


def _network(start: CharLSTM | None, corpus: Corpus, settings: ChosenSettings) -> CharNetwork:
    """Return a new network, or the one that is trained further, with the vocabulary of the text."""
    if start is None:
        return new_network(len(corpus.vocab), settings)
    return network_of(with_vocab(start, corpus.vocab, settings.seed))


def _check_card(card: Mapping[str, Any] | None) -> None:
    try:
        json.dumps(dict(card or {}), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"The card must be a mapping of plain JSON data: {error}."
        raise SettingError(msg) from error


def _check_seed(seed: str | None, corpus: Corpus) -> None:
    if seed is not None and (unknown := normalize(check_seed(seed), corpus.vocab).unknown):
        raise UnknownCharactersError(unknown)
