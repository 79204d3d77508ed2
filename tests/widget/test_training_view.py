"""`TrainingView` as a notebook sees it: tiny trainings, and what their page is told."""

from __future__ import annotations

import doctest
import json
import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from interrupts import in_another_thread, interrupted, lines_of
from pages import finishes, on_the_wire, one_line
from training_runs import TEXT, TINY, UPDATES, VALIDATED, ids_of, read_log, slow_losses, tiny
from traitlets import TraitError

from lstm_widget import LSTMGenerator, LSTMWidget, ModelError, SettingError, load_model
from lstm_widget.training import TrainingView, loop
from lstm_widget.training import baselines as comparisons
from lstm_widget.training.learner import Learner
from lstm_widget.widgets import training as module

pytestmark = pytest.mark.usefixtures("one_thread")

SETTINGS = {name: value for name, value in TINY.items() if name != "quiet"}
VALIDATION = TEXT[1800:]


class Watched:
    """A view, and what it sends: messages, and the traits with each update of them."""

    def __init__(self, text=TEXT, output=None, **more):
        self.view = TrainingView(text, output, **(SETTINGS | more))
        self.sent, self.synced, self.on_tick = [], [], lambda _: None
        self.view.send = self._arrived
        send_state = self.view.send_state

        def sync(key=None):
            names = [key] if isinstance(key, str) else list(key or ())
            self.synced.append(on_the_wire({name: self.view.get_state(name)[name] for name in names}))
            send_state(key)

        self.view.send_state = sync

    def _arrived(self, content, buffers=None):
        assert buffers is None
        message = on_the_wire(content)
        self.sent.append(message)
        if message["type"] == "tick":
            self.on_tick(message)

    def ask(self, content):
        """Send a message as it comes from a browser; return what was sent meanwhile."""
        before = len(self.sent)
        data = {"method": "custom", "content": content}
        self.view._handle_msg({"content": {"data": data}, "buffers": []})
        return self.sent[before:]

    def change(self, **state):
        """Set traits as a page does."""
        self.view._handle_msg({"content": {"data": {"method": "update", "state": state}}, "buffers": []})

    def ticks(self):
        return [message for message in self.sent if message["type"] == "tick"]


@pytest.fixture(scope="module", autouse=True)
def short():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "SAMPLE_LENGTH", 20)
        yield


@pytest.fixture
def ticking(monkeypatch):
    """Let every update be told, and the traits follow only when something else demands it."""
    monkeypatch.setattr(module, "TICK_SECONDS", 0.0)
    monkeypatch.setattr(module, "SYNC_SECONDS", 1e9)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a view that has trained in a folder of its own and told every update."""
    watched = Watched(output=tmp_path_factory.mktemp("trained") / "model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TICK_SECONDS", 0.0)
        patch.setattr(module, "SYNC_SECONDS", 1e9)
        watched.model = watched.view.train()
    watched.ended = watched.view.status, watched.view.error  # other tests refuse what its page asks for
    watched.folder = watched.view._folder
    watched.log = read_log(watched.folder)
    return watched


# A training.


def test_the_model_is_that_of_train(trained, same_model):
    same_model(trained.model, tiny())
    assert trained.view.model is trained.model
    same_model(trained.model, load_model(trained.folder))
    assert trained.ended == ("finished", "")
    assert repr(trained.view) == "TrainingView(finished, 8 of 8 updates)"
    LSTMWidget(trained.view.model, seed="the", length=5).generate()


def test_the_curves_are_those_of_the_log(trained):
    training = [[one["update"], one["training_bits"]] for one in trained.log]
    validation = [
        [one["update"], one["validation_bits"]] for one in trained.log if one["update"] in VALIDATED
    ]
    for found, expected in (
        (trained.view.training_curve, training),
        (trained.view.validation_curve, validation),
    ):
        assert [update for update, _ in found] == [update for update, _ in expected]
        assert [bits for _, bits in found] == pytest.approx([bits for _, bits in expected], abs=1e-4)


def test_what_is_known_besides(trained):
    last = trained.log[-1]
    view = trained.view
    for name in ("update", "updates", "epoch", "seconds", "seconds_left", "best_bits"):
        assert view.now[name] == last[name]
    assert view.now["best_update"] == trained.model.card["best_update"]
    samples = [{"update": UPDATES, **one} for one in last["samples"]]
    assert view.samples == samples
    assert {sample["seed"] for sample in samples} == {view.seed}
    place = VALIDATION.index(view.seed)
    assert place < 30
    assert VALIDATION[place - 1].isspace()  # it begins with a whole word
    vocab = {character: number for number, character in enumerate(sorted(set(TEXT)))}
    ids = ids_of(SimpleNamespace(vocab=vocab), TEXT)
    expected = comparisons.baselines(ids[:1800], ids[1800:], len(vocab))
    assert [one["name"] for one in view.references] == [one["name"] for one in expected]
    for ours, theirs in zip(view.references, expected, strict=True):
        assert ours["bits"] == pytest.approx(theirs["bits"], rel=1e-9)


def test_the_messages_bring_each_point_once_and_in_order(trained):
    ticks = trained.ticks()
    assert [tick["now"]["update"] for tick in ticks] == list(range(1, UPDATES + 1))
    # The first update is told with the traits, which show what is known of the text.
    points = [point for tick in ticks for point in tick["training"]]
    assert points == trained.view.training_curve
    assert [p for tick in ticks for p in tick["validation"]] == trained.view.validation_curve
    told = [tick["now"]["update"] for tick in ticks if tick["samples"]]
    assert told == sorted({1, 2, 4, 8, *VALIDATED})


def test_it_also_writes_whenever_a_checkpoint_is_kept(trained):
    told = {tick["now"]["update"]: tick["samples"] for tick in trained.ticks() if tick["samples"]}
    for update in (1, 2, 4):
        generator = LSTMGenerator(trained.folder / "checkpoints" / f"{update:08d}.safetensors")
        assert [sample["temperature"] for sample in told[update]] == list(loop.SAMPLE_TEMPERATURES)
        for sample in told[update]:
            assert (sample["update"], sample["seed"]) == (update, trained.view.seed)
            written = {"seed": sample["seed"], "length": 20, "temperature": sample["temperature"]}
            assert sample["text"] == generator.generate(written, rng=0)


def test_it_tells_whether_lines_are_indented(trained):
    assert trained.view.indented is False
    program = "def cat(mat):\n    if mat:\n        sat(mat)\n\n    return mat\n\n\n" * 40
    view = Watched(program, epochs=1).view
    view.train()
    assert view.indented is True


def test_the_traits_are_not_sent_with_every_update(trained):
    curves = [state["training_curve"] for state in trained.synced if "training_curve" in state]
    assert curves == [trained.view.training_curve]
    assert [state["status"] for state in trained.synced if "status" in state] == [
        "training",
        "looking back",
        "finished",
    ]


def test_everything_is_there_for_a_page_that_comes_later(trained):
    state = on_the_wire({k: v for k, v in trained.view.get_state().items() if not k.startswith("_")})
    state.pop("layout")
    assert len(state["stages"]) == 5
    assert all(stage["text"] for stage in state["stages"])
    assert len(json.dumps(state)) < 20_000


def test_what_is_told_of_the_text(tmp_path):
    view = Watched(TEXT + "é", tmp_path / "out", epochs=1).view
    view.train()
    assert len(view.notes) == 1
    assert view.notes[0].startswith("1 character occurs fewer than 3 times")


def test_messages_are_sent_four_times_a_second_at_most(monkeypatch):
    clock = SimpleNamespace(now=100.0)

    def monotonic():
        clock.now += 0.1
        return clock.now

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=monotonic))
    assert (module.TICK_SECONDS, module.SYNC_SECONDS) == (0.25, 5.0)
    watched = Watched(epochs=10, patience=100)
    watched.view.train()
    assert watched.view.now["updates"] == 40
    moments = [tick["now"]["update"] for tick in watched.ticks()]
    synced = [len(s["training_curve"]) for s in watched.synced if "training_curve" in s]
    # The clock goes on by 0.1 s with each update: it is told at every third one, by message or by trait.
    assert len(moments) + len(synced) <= 40 / 2.5 + 3
    assert len(moments) >= 10
    assert len(synced) <= 3
    assert moments[-1] == 40  # the last one is told in any case


# The stages.


def test_the_stages_are_the_checkpoints_and_the_model(trained):
    stages = trained.view.stages
    kept = trained.model.card["best_update"]
    assert [stage["update"] for stage in stages] == sorted({0, 1, 2, 4, 8, kept})
    assert [stage["update"] for stage in stages if stage["kept"]] == [kept]
    assert trained.view.stage == len(stages) - 1
    for stage in stages:
        file = trained.folder / "checkpoints" / f"{stage['update']:08d}.safetensors"
        model = trained.model if stage["kept"] else load_model(file)
        expected = LSTMGenerator(model).generate(seed=trained.view.seed, length=200, temperature=0.6, rng=0)
        assert stage["text"] == expected
        loss = slow_losses(model, ids_of(model, VALIDATION)).mean() / 0.6931471805599453
        assert stage["bits"] == pytest.approx(loss, abs=2e-4)
    assert stages[0]["bits"] > stages[-1]["bits"]


def test_a_stage_writes_at_another_temperature_when_it_is_asked(trained):
    asked = {"type": "write", "stage": 2, "temperature": 1}
    (answer,) = trained.ask(asked)
    model = load_model(trained.folder / "checkpoints" / "00000002.safetensors")
    expected = LSTMGenerator(model).generate(seed=trained.view.seed, length=200, temperature=1, rng=0)
    assert answer == {"type": "written", "stage": 2, "temperature": 1, "text": expected}


def test_what_was_written_once_is_remembered(trained, monkeypatch):
    asked = {"type": "write", "stage": 1, "temperature": 0.9}
    (first,) = trained.ask(asked)
    monkeypatch.setattr(LSTMGenerator, "generate", lambda *_, **__: pytest.fail("It writes again."))
    assert trained.ask(asked) == [first]


@pytest.mark.usefixtures("ticking")
def test_a_model_between_two_checkpoints_has_its_place(tmp_path):
    watched = Watched(output=tmp_path / "out", epochs=5)
    watched.on_tick = lambda tick: tick["now"]["update"] == 12 and watched.view.stop()
    watched.view.train()
    best = watched.view.now["best_update"]
    assert best in {9, 12}
    updates = [stage["update"] for stage in watched.view.stages]
    assert updates == [0, 1, 2, 4, 8, best]
    assert [stage["kept"] for stage in watched.view.stages] == [False] * 5 + [True]


# Stopping.


@pytest.mark.usefixtures("ticking")
def test_stop_on_another_thread_ends_it_with_the_best_model_and_it_can_go_on(tmp_path, same_model):
    watched = Watched(output=tmp_path / "out")
    view = watched.view

    def stop(tick):
        if tick["now"]["update"] == 4:
            thread = threading.Thread(target=watched.ask, args=[{"type": "stop"}])
            thread.start()
            thread.join(30)
            assert not thread.is_alive()

    watched.on_tick = stop
    model = view.train()
    assert (view.status, view.now["update"]) == ("stopped", 4)
    assert model.card["unfinished"].startswith("after update 3 of 8")
    assert [stage["update"] for stage in view.stages] == [0, 1, 2, 3, 4]
    assert [stage["kept"] for stage in view.stages] == [False, False, False, True, False]
    watched.on_tick = lambda _: None
    same_model(view.resume(), tiny())
    assert view.status == "finished"
    assert [update for update, _ in view.training_curve] == list(range(1, UPDATES + 1))
    assert [update for update, _ in view.validation_curve] == list(VALIDATED)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
@pytest.mark.usefixtures("ticking")
def test_an_interrupt_of_the_kernel_does_the_same(tmp_path):
    watched = Watched(output=tmp_path / "out")
    watched.on_tick = lambda tick: tick["now"]["update"] == 4 and os.kill(os.getpid(), signal.SIGINT)
    model = watched.view.train()
    assert "unfinished" in model.card
    assert watched.view.status == "stopped"
    assert watched.view.now["update"] == 4


def test_an_interrupt_while_the_stages_write_keeps_the_model(monkeypatch):
    def text(_, stage, temperature):
        if stage == 2:
            raise KeyboardInterrupt
        return f"text {stage} at {temperature}"

    watched = Watched()
    monkeypatch.setattr("lstm_widget.training.checkpoints.TimeMachine.text", text)
    model = watched.view.train()
    assert watched.view.model is model
    assert [stage["text"] for stage in watched.view.stages][:3] == ["text 0 at 0.6", "text 1 at 0.6", None]
    assert len(watched.view.stages) == 5


@pytest.mark.usefixtures("ticking")
def test_a_page_that_comes_while_it_trains_gets_all_there_is():
    watched = Watched()
    seen, progressed = [], watched.view._progressed

    def and_then(record):
        goes_on = progressed(record)
        if record.update == 5:
            answers = finishes(lambda: watched.ask({"type": "hello"}))  # on another thread
            seen.append(([one["type"] for one in answers], watched.synced[-1]))
        return goes_on

    watched.view._progressed = and_then
    watched.view.train()
    ((kinds, state),) = seen
    assert kinds == ["here"]
    assert [update for update, _ in state["training_curve"]] == [1, 2, 3, 4, 5]
    assert [[update for update, _ in tick["training"]] for tick in watched.ticks()[5:]] == [[6], [7], [8]]


# What goes wrong.


def test_a_long_training_offers_a_shorter_one_before_it_begins(monkeypatch):
    monkeypatch.setattr("lstm_widget.training.estimate.shutil.which", lambda _: None)
    monkeypatch.setattr("lstm_widget.training.estimate.platform.system", lambda: "Linux")
    monkeypatch.setattr("lstm_widget.training.estimate._seconds_per_update", lambda _: 400.0)
    watched = Watched(epochs=10)
    assert watched.view.plan == {}
    assert watched.ask({"type": "hello"}) == [{"type": "here"}]
    plan = watched.view.plan
    assert plan["epochs"] == 10
    assert plan["seconds"] > 1200
    assert plan["shorter_epochs"] < 10
    assert plan["shorter_seconds"] == pytest.approx(plan["seconds"] * plan["shorter_epochs"] / 10)
    assert watched.ask({"type": "shorten"}) == []
    shorter = {"seconds": plan["shorter_seconds"], "epochs": plan["shorter_epochs"]}
    assert watched.view.plan == {**shorter, "shorter_seconds": None, "shorter_epochs": None}
    watched.ask({"type": "shorten"})  # there is nothing shorter
    watched.view.train()
    assert watched.view.now["epoch"] <= plan["shorter_epochs"]


def test_a_short_training_offers_none_and_what_cannot_be_read_has_no_plan(monkeypatch):
    monkeypatch.setattr("lstm_widget.training.estimate.shutil.which", lambda _: None)
    monkeypatch.setattr("lstm_widget.training.estimate.platform.system", lambda: "Linux")
    monkeypatch.setattr("lstm_widget.training.estimate._seconds_per_update", lambda _: 1e-3)
    for watched, offers in ((Watched(), {"shorter_epochs": None}), (Watched("nowhere.txt"), {})):
        watched.ask({"type": "hello"})
        assert watched.view.plan.items() >= offers.items()
        assert bool(watched.view.plan) == bool(offers)


def test_a_wrong_setting_is_refused_at_once():
    with pytest.raises(SettingError, match="did you mean 'units'"):
        TrainingView(TEXT, unit=3)
    with pytest.raises(SettingError, match="epochs must be a whole number"):
        TrainingView(TEXT, epochs=0)
    with pytest.raises(TraitError, match="temperature must be a number"):
        TrainingView(TEXT, temperature=-1)


def test_what_goes_wrong_is_raised_and_told_in_the_page(tmp_path):
    (tmp_path / "there").write_text("something else", encoding="utf-8")
    for view, match in (
        (TrainingView(TEXT, tmp_path), "not empty"),
        (TrainingView("a short text\n" * 20), "at least 1,000"),
        (TrainingView(tmp_path / "nowhere.txt"), "nowhere.txt"),
    ):
        with pytest.raises(SettingError, match=one_line(match)) as caught:
            view.train()
        assert (view.status, view.error) == ("failed", str(caught.value))
        assert view.model is None


def test_after_a_failure_it_can_be_tried_again(tmp_path, monkeypatch):
    view = Watched(output=tmp_path / "out").view
    with monkeypatch.context() as patch:
        patch.setattr(loop.Loop, "run", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            view.train()
    assert (view.status, view.error) == ("failed", "The training has failed: the cell says why.")
    view.resume()
    assert (view.status, view.error) == ("finished", "")


def test_without_pytorch_it_tells_what_to_install(monkeypatch):
    view = TrainingView(TEXT)
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ImportError, match=r"lstm-widget\[train\]"):
        view.train()
    assert 'pip install "lstm-widget[train]"' in view.error


def test_nothing_to_go_on_with():
    view = TrainingView(TEXT)
    with pytest.raises(SettingError, match=one_line("No training was stopped here")):
        view.resume()


@pytest.mark.usefixtures("ticking")
def test_one_training_at_a_time():
    watched = Watched()
    refused = []

    def again(_):
        with pytest.raises(SettingError, match=one_line("training already")) as caught:
            watched.view.train()
        refused.append(caught.value)

    watched.on_tick = again
    watched.view.train()
    assert refused
    assert watched.view.status == "finished"


def test_a_second_training_without_a_folder_begins_anew(same_model):
    view = Watched(epochs=1).view
    first = view.train()
    before = view._folder
    assert (before / "checkpoints").is_dir()
    second = view.train()
    same_model(first, second)
    assert not before.exists()
    assert [update for update, _ in view.training_curve] == [1, 2, 3, 4]


# What a page says.


def test_a_page_may_change_the_temperature_and_the_stage_only(trained):
    view = trained.view
    trained.change(status="ready", error="x", stages=[], temperature=1.5, stage=3)
    assert (view.status, view.error, len(view.stages)) == ("finished", "", 5)
    assert (view.temperature, view.stage) == (1.5, 3)
    trained.change(temperature=101)
    assert view.temperature == 1.5
    assert "from 0 to 100" in view.error
    trained.change(stage=5)
    assert view.stage == 3
    assert "from 0 to 4" in view.error
    trained.change(temperature=0.6, stage=4)


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"type": "train"},
        {"type": ["stop"]},
        {"type": "write"},
        {"type": "write", "stage": 5, "temperature": 1},
        {"type": "write", "stage": -1, "temperature": 1},
        {"type": "write", "stage": 1.5, "temperature": 1},
        {"type": "write", "stage": 1, "temperature": "hot"},
        {"type": "write", "stage": 1, "temperature": 101},
    ],
)
def test_a_malformed_message_is_answered(trained, message):
    (answer,) = trained.ask(message)
    assert answer["type"] == "error"
    assert "\n" not in answer["message"]


def test_a_stage_whose_file_is_gone_is_told(tmp_path):
    watched = Watched(output=tmp_path / "out")
    watched.view.train()
    (tmp_path / "out" / "checkpoints" / "00000001.safetensors").unlink()
    (answer,) = watched.ask({"type": "write", "stage": 1, "temperature": 1.25})
    assert answer["type"] == "error"
    with pytest.raises(ModelError):
        load_model(tmp_path / "out" / "checkpoints" / "00000001.safetensors")


def test_pytorch_is_loaded_only_when_it_trains():
    program = (
        "import sys\n"
        "from lstm_widget.training import TrainingView\n"
        "TrainingView('some text\\n')\n"
        "print(sorted({'torch', 'accelerate', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_example_in_the_docstring_runs():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


# A kernel's interrupt at the worst moment, and files of strangers.


@pytest.mark.parametrize("part", range(4))
def test_an_interrupt_at_any_line_of_a_training_leaves_nothing_at_work(tmp_path, part):
    handler = signal.getsignal(signal.SIGINT)

    def begin(folder):
        view = TrainingView(TEXT, folder, **SETTINGS)
        view.send = lambda *_: None
        return view, view.train

    lines = lines_of(begin(tmp_path / "whole")[1])
    assert lines > 1000
    for line in range(1 + part * lines // 40, lines, lines // 10):  # all parts together: forty of them
        folder = tmp_path / str(line)
        view, train = begin(folder)
        place = interrupted(train, line)
        assert view.status in {"ready", "stopped", "failed", "finished"}, place
        assert signal.getsignal(signal.SIGINT) is handler, place
        assert [file.name for file in folder.rglob(".*")] == [], place
        # It can be trained again, or go on; from another thread, which waits for no lock.
        again = TrainingView(TEXT, folder, **SETTINGS)
        again.send = lambda *_: None
        state = folder / "training" / "state.safetensors"
        if not (folder / "model.safetensors").exists() or state.exists():
            in_another_thread(again.resume if state.exists() else again.train, 120)
            assert again.status == "finished", place


def test_a_foreign_file_among_the_checkpoints_is_left_alone(tmp_path):
    def put(_):
        (tmp_path / "out" / "checkpoints" / "my model.safetensors").write_bytes(b"mine")

    watched = Watched(output=tmp_path / "out")
    watched.on_tick = put
    watched.view.train()
    assert (watched.view.status, watched.view.error) == ("finished", "")
    assert watched.view.stages


def test_what_goes_wrong_while_it_looks_back_ends_it_with_a_sentence(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError

    monkeypatch.setattr(module, "find_checkpoints", fail)
    view = Watched(output=tmp_path / "out").view
    assert view.train() is view.model
    assert view.status == "finished"
    assert view.error == "The checkpoints could not be read; the kernel's log says why."


def test_updates_that_are_made_again_are_in_the_curves_once(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "STATE_SECONDS", 1e9)
    watched, update = Watched(output=tmp_path / "out"), Learner.update

    def interrupted(learner):
        if learner.done == 5:  # a second Ctrl-C: the last state that was kept is that of the beginning
            raise KeyboardInterrupt
        return update(learner)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", interrupted)
        with pytest.raises(KeyboardInterrupt):
            watched.view.train()
    assert watched.view.now["update"] == 5
    watched.view.resume()
    undisturbed = Watched(output=tmp_path / "other")
    undisturbed.view.train()
    for name in ("training_curve", "validation_curve"):
        assert getattr(watched.view, name) == getattr(undisturbed.view, name)
