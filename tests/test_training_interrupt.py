"""A training that is interrupted, at any moment, goes on to the result that it would have had."""

from __future__ import annotations

import shutil
import signal
import threading
from types import SimpleNamespace

import pytest
import torch
from slow_texts import refused
from training_runs import TEXT, UPDATES, VALIDATED, read_log, timeless, tiny

from lstm_widget import SettingError, load_model
from lstm_widget.training import card, learner, loop, resume, trainer
from lstm_widget.training.interrupt import Interrupt
from lstm_widget.training.learner import Learner

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module", autouse=True)
def short():
    """Write short samples, and validate in several pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "SAMPLE_LENGTH", 20)
        patch.setattr(card, "SAMPLE_SETTINGS", {"length": 20, "temperature": 0.6})
        patch.setattr(learner, "_VALIDATION_SEQUENCE_LENGTH", 60)
        yield


class Watched:
    """Keeps the loops that trainings make."""

    def __init__(self, patch):
        self.loops = []
        make = loop.Loop

        def watched(*given):
            self.loops.append(make(*given))
            return self.loops[-1]

        patch.setattr(trainer, "Loop", watched)

    def end(self):
        """Return everything that the last of them ended with."""
        last = self.loops[-1]
        tensors = last.learner.tensors() | {f"best.{name}": value for name, value in last._best.items()}
        tensors["misses"] = torch.tensor(last.so_far.misses)
        return {name: value.clone() for name, value in tensors.items()}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Return how the training goes that nobody interrupts."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "out"
    with pytest.MonkeyPatch.context() as patch:
        watched = Watched(patch)
        model = tiny(output=folder, checkpoints=True)
        return SimpleNamespace(folder=folder, model=model, end=watched.end(), log=timeless(read_log(folder)))


@pytest.fixture
def watched(monkeypatch):
    return Watched(monkeypatch)


@pytest.fixture
def check(uninterrupted, watched, same_model):
    """Return a function that asserts that a training has ended as if nobody had interrupted it."""

    def ended_alike(folder, model):
        same_model(model, uninterrupted.model)
        same_model(load_model(folder / "model.safetensors"), uninterrupted.model)
        end = watched.end()
        assert end.keys() == uninterrupted.end.keys()
        for name, value in end.items():
            assert torch.equal(value, uninterrupted.end[name]), name
        assert timeless(read_log(folder)) == uninterrupted.log
        expected = uninterrupted.model.card | {"training_seconds": model.card["training_seconds"]}
        assert model.card == expected
        names = {file.relative_to(folder) for file in folder.rglob("*")}
        assert names == {file.relative_to(uninterrupted.folder) for file in uninterrupted.folder.rglob("*")}

    return ended_alike


def interrupting(patch, name, moment):
    """Let Ctrl-C arrive in the call of that number of a method of `Learner`."""
    method, calls = getattr(Learner, name), []

    def called(self, *given):
        calls.append(name)
        if len(calls) == moment:
            signal.raise_signal(signal.SIGINT)
        return method(self, *given)

    patch.setattr(Learner, name, called)


def check_unfinished(folder, model, same_model):
    """Assert that a folder holds a training to go on with, and the model so far."""
    assert "after update" in model.card["unfinished"]
    assert (folder / "training" / "state.safetensors").exists()
    same_model(load_model(folder / "model.safetensors"), model)
    assert load_model(folder / "model.safetensors").card == model.card


# Once, at any moment.


@pytest.mark.parametrize("moment", range(1, UPDATES + 1))
def test_ctrl_c_during_any_update(tmp_path, monkeypatch, check, same_model, moment):
    folder = tmp_path / "out"
    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        interrupting(patch, "update", moment)
        model = tiny(output=folder, checkpoints=True)
    assert signal.getsignal(signal.SIGINT) is handler
    assert len(read_log(folder)) == moment
    check_unfinished(folder, model, same_model)
    check(folder, resume(folder, quiet=True))


@pytest.mark.parametrize("number", range(len(VALIDATED)))
def test_ctrl_c_during_a_validation(tmp_path, monkeypatch, check, same_model, number):
    folder, validate, calls = tmp_path / "out", Learner.validate, []

    def interrupted(self, stopped):
        calls.append(self.done)
        asked = []

        def in_the_middle():
            asked.append(stopped())
            if self.done == VALIDATED[number] and len(asked) == 2:
                signal.raise_signal(signal.SIGINT)
            return stopped()

        found = validate(self, in_the_middle)
        if self.done == VALIDATED[number]:
            assert asked == [False, False]  # it did not read to the end
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "validate", interrupted)
        model = tiny(output=folder, checkpoints=True)
    assert calls == list(VALIDATED[: number + 1])
    assert read_log(folder)[-1]["validation_bits"] is None
    check_unfinished(folder, model, same_model)
    check(folder, resume(folder, quiet=True))


def by_signal(_):
    signal.raise_signal(signal.SIGINT)


def by_exception(_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [by_signal, by_exception, lambda _: False])
@pytest.mark.parametrize("moment", [1, 3, 5, 7])
def test_the_callback_can_end_the_training(tmp_path, check, same_model, moment, stop):
    folder = tmp_path / "out"
    model = tiny(output=folder, checkpoints=True, on_progress=lambda p: stop(p) if p.update == moment else 0)
    assert len(read_log(folder)) == moment
    check_unfinished(folder, model, same_model)
    check(folder, resume(folder, quiet=True))


@pytest.mark.parametrize("stop", [by_signal, by_exception, lambda _: False])
def test_after_the_last_update_nothing_is_left_to_be_ended(tmp_path, check, stop):
    folder = tmp_path / "out"
    check(
        folder,
        tiny(output=folder, checkpoints=True, on_progress=lambda p: stop(p) if p.update == UPDATES else None),
    )


def test_only_false_ends_the_training(tmp_path, check):
    check(tmp_path / "out", tiny(output=tmp_path / "out", checkpoints=True, on_progress=lambda _: 0))


def test_ctrl_c_before_the_first_update(tmp_path, monkeypatch, check, same_model):
    folder, take = tmp_path / "out", Interrupt._take

    def interrupted(self):
        take(self)
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Interrupt, "_take", interrupted)
        model = tiny(output=folder, checkpoints=True)
    assert model.card["unfinished"] == "after update 0 of 8"
    same_model(model, load_model(folder / "checkpoints" / "00000000.safetensors"))
    check_unfinished(folder, model, same_model)
    check(folder, resume(folder, quiet=True))


def test_ctrl_c_while_the_state_is_written(tmp_path, monkeypatch, check):
    folder = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(loop, "STATE_SECONDS", 0)
        interrupting(patch, "tensors", 5)  # the first state is the one before the first update
        tiny(output=folder, checkpoints=True)
    assert len(read_log(folder)) == 4
    check(folder, resume(folder, quiet=True))


# Again and again.


def test_a_training_that_is_interrupted_after_every_update(tmp_path, check):
    folder = tmp_path / "out"
    model, parts = tiny(output=folder, checkpoints=True, on_progress=lambda _: False), 1
    while "unfinished" in model.card:
        model, parts = resume(folder, quiet=True, on_progress=lambda _: False), parts + 1
    assert parts == UPDATES
    check(folder, model)


def test_a_training_that_is_interrupted_during_every_update(tmp_path, monkeypatch, check):
    # Ctrl-C then falls into every validation too, which has to be made up for.
    folder, model, parts = tmp_path / "out", None, 0
    while model is None or "unfinished" in model.card:
        with monkeypatch.context() as patch:
            interrupting(patch, "update", 1)
            model = resume(folder, quiet=True) if parts else tiny(output=folder, checkpoints=True)
        parts += 1
        assert parts < 2 * UPDATES
    assert parts == UPDATES + 1
    check(folder, model)


@pytest.mark.parametrize("moment", [4, 6, 7])
def test_the_best_model_is_kept_although_it_was_found_before(tmp_path, monkeypatch, same_model, moment):
    losses = {3: 1.0, 6: 2.0, 8: 3.0}
    monkeypatch.setattr(Learner, "validate", lambda self, _: losses[self.done])
    expected = tiny(output=tmp_path / "whole", checkpoints=True)
    tiny(output=tmp_path / "out", on_progress=lambda p: p.update < moment)
    model = resume(tmp_path / "out", quiet=True)
    assert model.card["best_update"] == expected.card["best_update"] == 3
    same_model(model, expected)
    last = load_model(tmp_path / "whole" / "checkpoints" / "00000008.safetensors")
    assert not (last.weights.softmax_b == model.weights.softmax_b).all()


def test_the_folder_may_have_moved(tmp_path, check):
    tiny(output=tmp_path / "here", checkpoints=True, on_progress=lambda p: p.update < 4)
    shutil.move(tmp_path / "here", tmp_path / "there")
    check(tmp_path / "there", resume(str(tmp_path / "there"), quiet=True))


def test_the_seconds_go_on(tmp_path):
    seconds = []

    def told(progress):
        seconds.append(progress.seconds)
        assert progress.characters_per_second > 0
        return progress.update != 4

    tiny(output=tmp_path / "out", on_progress=told)
    resume(tmp_path / "out", quiet=True, on_progress=told)
    assert len(seconds) == UPDATES
    assert seconds == sorted(seconds)
    assert [r["seconds"] for r in read_log(tmp_path / "out")] == seconds


def test_the_log_is_plain_json_after_an_interrupted_validation(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    with monkeypatch.context() as patch:
        interrupting(patch, "validate", 2)
        tiny(output=folder)
    resume(folder, quiet=True)
    assert b"Infinity" not in (folder / "log.jsonl").read_bytes()
    assert b"NaN" not in (folder / "log.jsonl").read_bytes()


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b"])
def test_a_sample_may_hold_any_character(tmp_path, separator):
    # These end a line for str.splitlines, but not in JSON.
    text = TEXT.replace(" ", separator)
    for name in ("one", "two"):
        tiny(text + "\n", tmp_path / name, on_progress=lambda p, name=name: name == "one" or p.update < 7)
    resume(tmp_path / "two", quiet=True)
    one, two = (timeless(read_log(tmp_path / name)) for name in ("one", "two"))
    assert separator in "".join(sample["text"] for sample in one[2]["samples"])
    assert two == one


# What else ends a training.


def test_a_second_ctrl_c_is_an_exception(tmp_path, monkeypatch, check):
    folder, update = tmp_path / "out", Learner.update
    handler = signal.getsignal(signal.SIGINT)

    def impatient(self):
        if self.done == 3:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            pytest.fail("the second Ctrl-C was lost")
        return update(self)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", impatient)
        with pytest.raises(KeyboardInterrupt):
            tiny(output=folder, checkpoints=True)
    assert signal.getsignal(signal.SIGINT) is handler
    check(folder, resume(folder, quiet=True))


def test_an_error_of_the_callback_is_the_callers(tmp_path, check):
    folder = tmp_path / "out"
    handler = signal.getsignal(signal.SIGINT)

    def failing(progress):
        if progress.update == 4:
            msg = "the callback is wrong"
            raise LookupError(msg)

    with pytest.raises(LookupError, match="the callback is wrong"):
        tiny(output=folder, checkpoints=True, on_progress=failing)
    assert signal.getsignal(signal.SIGINT) is handler
    check(folder, resume(folder, quiet=True))  # nobody holds the folder any more


def test_without_a_folder_there_is_the_model_so_far():
    records = []
    model = tiny(on_progress=lambda p: records.append(p) or p.update < 4)
    assert len(records) == 4
    assert model.card["unfinished"].startswith("after update 3 of 8, at about ")
    assert f"{records[2].validation_bits:.3f} bits" in model.card["unfinished"]


def test_in_another_thread(tmp_path, check):
    models, folder = [], tmp_path / "out"

    def work():
        models.append(tiny(output=folder, checkpoints=True, on_progress=lambda p: p.update != 2))
        models.append(resume(folder, quiet=True))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "unfinished" in models[0].card
    check(folder, models[1])


def test_a_finished_training_cannot_go_on(uninterrupted):
    with refused(SettingError, "this one is finished"):
        resume(uninterrupted.folder)
