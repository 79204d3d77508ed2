"""Which numeric backend computes: NumPy at first, Numba when it is loaded, and what the environment says."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from backends import use_backend
from slow_texts import TEXT, refused, slow_text

from lstm_widget.errors import SettingError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network import backend as module
from lstm_widget.network.backend import VARIABLE, Backend
from lstm_widget.network.engine import Engine, Lane
from lstm_widget.writing import batch
from lstm_widget.writing.batch import PIECE

THREAD = "lstm-widget-numba"


@pytest.fixture
def model(random_model):
    return random_model((6, 4), embedding=5, characters=TEXT)


@pytest.fixture
def compiled():
    """Return the module of the compiled engine."""
    return pytest.importorskip("lstm_widget.network.compiled", reason="This needs Numba (extra 'fast').")


@pytest.fixture
def held(monkeypatch, compiled):  # noqa: ARG001 - it is imported before
    """Let a backend load, but not finish before the event that is returned is set."""
    go = threading.Event()
    original = module._agrees

    def agrees(one):
        assert go.wait(60)
        return original(one)

    monkeypatch.setattr(module, "_agrees", agrees)
    yield go
    go.set()


def loaders():
    return [thread for thread in threading.enumerate() if thread.name == THREAD]


# What the environment says.


def test_numpy_leaves_numba_alone(monkeypatch, model):
    backend = use_backend(monkeypatch, "numpy")
    backend.warm_up()
    assert backend._thread is None
    assert backend.name == "numpy"
    assert isinstance(backend.lane(Engine(model.weights)), Lane)


def test_numba_is_waited_for(monkeypatch, model, compiled):
    backend = use_backend(monkeypatch, "numba")
    assert backend.name == "numba"
    assert isinstance(backend.lane(Engine(model.weights)), compiled.CompiledLane)
    assert isinstance(LSTMGenerator(model).start().lane, compiled.CompiledLane)
    assert LSTMGenerator(model).math == "numba"
    backend.warm_up()
    assert backend._thread is None  # there is nothing left to load


@pytest.mark.parametrize("said", ["auto", None])
def test_auto_begins_with_numpy(monkeypatch, model, said):
    use_backend(monkeypatch, "auto")
    if said is None:
        monkeypatch.delenv(VARIABLE)
    backend = Backend()
    assert backend.name == "numpy"
    assert isinstance(backend.lane(Engine(model.weights)), Lane)
    assert backend._thread is None


def test_where_no_thread_can_be_started_numpy_computes(monkeypatch, model):
    use_backend(monkeypatch, "numpy")
    expected = LSTMGenerator(model).generate(length=300, rng=1)
    backend = use_backend(monkeypatch, "auto")

    def refuse(_):
        msg = "can't start new thread"
        raise RuntimeError(msg)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    for _ in range(2):
        assert LSTMGenerator(model).generate(length=300, rng=1) == expected
    assert backend.name == "numpy"


@pytest.mark.parametrize("said", ["", "Numpy", "torch", "numba "])
def test_anything_else_is_refused(monkeypatch, model, said):
    monkeypatch.setenv(VARIABLE, said)
    backend = Backend()
    for attempt in (lambda: backend.name, lambda: backend.lane(Engine(model.weights)), backend.warm_up):
        with refused(SettingError, f"{VARIABLE} must be auto, numpy or numba, not '{said}'"):
            attempt()


def test_what_is_said_later_counts(monkeypatch, model, compiled):
    backend, engine = use_backend(monkeypatch, "numba"), Engine(model.weights)
    assert isinstance(backend.lane(engine), compiled.CompiledLane)
    monkeypatch.setenv(VARIABLE, "numpy")
    assert backend.name == "numpy"
    lane = backend.lane(engine)
    assert isinstance(lane, Lane)
    assert backend.fastest(lane, engine) is lane


# Numba cannot be used.


def without_numba(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "numba" else 1 / 0)


def with_a_broken_load(monkeypatch):
    pytest.importorskip("numba", reason="There is nothing to break without Numba (extra 'fast').")
    monkeypatch.setattr(module, "_agrees", lambda _: 1 / 0)


def with_a_wrong_compiler(monkeypatch):
    compiled = pytest.importorskip("lstm_widget.network.compiled", reason="This needs Numba (extra 'fast').")

    class Wrong(compiled.CompiledLane):
        def step(self, characters):
            return super().step(characters) + np.float32(0.01)

    monkeypatch.setattr(compiled, "CompiledLane", Wrong)


@pytest.mark.parametrize("damage", [without_numba, with_a_broken_load, with_a_wrong_compiler])
def test_without_numba_numpy_goes_on(monkeypatch, model, slow_network, damage):
    damage(monkeypatch)
    backend = use_backend(monkeypatch, "auto")
    run = LSTMGenerator(model).start(seed="ab", length=2 * PIECE, rng=1)
    run.advance(PIECE)
    backend._thread.join()
    assert backend.name == "numpy"
    run.advance()
    assert isinstance(run.lane, Lane)
    expected = slow_text(slow_network(model), "ab", 2 * PIECE, 0.5, np.random.default_rng(1))
    assert "".join(run.characters) == expected


@pytest.mark.parametrize("damage", [without_numba, with_a_broken_load, with_a_wrong_compiler])
def test_numba_that_is_asked_for_and_cannot_be_used_is_told(monkeypatch, model, damage):
    damage(monkeypatch)
    monkeypatch.setenv(VARIABLE, "numba")
    backend = Backend()
    for _ in range(2):
        with refused(SettingError, r"asks for Numba.*pip install \"lstm-widget\[fast\]\""):
            backend.lane(Engine(model.weights))
    monkeypatch.setenv(VARIABLE, "auto")
    assert backend.name == "numpy"


def test_why_numba_is_left_aside_is_logged(monkeypatch, caplog):
    caplog.set_level(logging.INFO, "lstm_widget")
    with_a_wrong_compiler(monkeypatch)
    Backend()._load()
    assert [(one.levelname, one.message) for one in caplog.records] == [
        ("WARNING", "Numba computes something else than NumPy; it is left aside")
    ]
    caplog.clear()
    with_a_broken_load(monkeypatch)
    Backend()._load()
    (record,) = caplog.records
    assert (record.levelname, record.exc_info[0]) == ("INFO", ZeroDivisionError)


@pytest.mark.parametrize(("wrong_id", "wrong_bits"), [(0, 0), (1, 0), (0, 0.01)])
def test_a_compiler_that_writes_wrongly_is_left_aside(monkeypatch, compiled, wrong_id, wrong_bits):
    class Wrong(compiled.CompiledLane):
        def write(self, *arguments):
            chosen, surprise = super().write(*arguments)
            return (chosen + wrong_id) % 9, surprise + wrong_bits

    monkeypatch.setattr(compiled, "CompiledLane", Wrong)
    backend = Backend()
    backend._load()
    assert (backend._compiled is None) == bool(wrong_id or wrong_bits)


# Numba takes over.


def test_a_lane_goes_on_in_the_same_state(monkeypatch, model, compiled):
    backend, engine = use_backend(monkeypatch, "auto"), Engine(model.weights)
    lane = backend.lane(engine)
    for number in (1, 2, 3):
        lane.step(number)
    assert backend.fastest(lane, engine) is lane  # nothing is loaded yet
    backend.warm_up()
    backend._thread.join()
    faster = backend.fastest(lane, engine)
    assert isinstance(faster, compiled.CompiledLane)
    for one, other in zip((*lane.state.c, *lane.state.h), (*faster.state.c, *faster.state.h), strict=True):
        assert one.tobytes() == other.tobytes()
    np.testing.assert_allclose(faster.step(4), lane.step(4), rtol=0, atol=1e-5)
    assert backend.fastest(faster, engine) is faster


def test_numba_takes_over_in_the_middle_of_a_text(monkeypatch, model, slow_network, compiled, held):
    backend = use_backend(monkeypatch, "auto")
    lstm = LSTMGenerator(model)
    run = lstm.start(seed="bad", length=300, temperature=1.0, top_p=0.95, rng=2)
    other = lstm.start(seed="h", length=250, temperature=0.8, rng=3)
    run.advance(PIECE - 1)
    assert backend._thread is None  # too short to be worth it
    run.advance(40)
    assert loaders() == [backend._thread]
    other.advance(90)
    assert isinstance(run.lane, Lane)  # nobody waits
    assert backend.name == lstm.math == "numpy"
    held.set()
    backend._thread.join()
    assert backend.name == lstm.math == "numba"
    run.advance(60)
    assert isinstance(run.lane, compiled.CompiledLane)
    other.advance()
    run.advance()
    network = slow_network(model)
    assert "".join(run.characters) == slow_text(
        network, "bad", 300, 1.0, np.random.default_rng(2), top_p=0.95
    )
    network = slow_network(model)
    assert "".join(other.characters) == slow_text(network, "h", 250, 0.8, np.random.default_rng(3))


@pytest.mark.parametrize("count", [1, 3])
def test_numba_takes_over_while_texts_are_written_at_once(monkeypatch, model, compiled, count):
    backend = use_backend(monkeypatch, "auto")
    monkeypatch.setattr(backend, "warm_up", backend._load)  # it is loaded as soon as it is asked for
    lanes, write = [], batch._write
    monkeypatch.setattr(batch, "_write", lambda lane, *more: (lanes.append(lane), write(lane, *more)))
    generator = LSTMGenerator(model)
    texts = [{"length": 4 * PIECE, "rng": n} for n in range(count)]
    written = generator.generate_many(texts)
    assert isinstance(lanes[0], Lane)
    assert isinstance(lanes[-1], compiled.CompiledLane)
    assert written == [generator.generate(text) for text in texts]


def test_one_thread_loads_however_often_it_is_asked_for(monkeypatch, held):
    backend = use_backend(monkeypatch, "auto")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: backend.warm_up(), range(64)))
    (thread,) = loaders()
    assert backend._thread is thread
    assert thread.daemon  # nobody waits for it at the end
    held.set()
    thread.join()
    backend.warm_up()
    assert backend._thread is thread
    assert loaders() == []


# In a process of its own.


def in_a_process(script):
    """Run it where nothing is loaded yet; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    imports = "from lstm_widget import LSTMGenerator\nfrom lstm_widget.network.backend import backend"
    head = f"import sys\n{imports}\n"
    done = subprocess.run(
        [sys.executable, "-c", head + script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_short_texts_never_load_numba():
    script = f"""
lstm = LSTMGenerator()
for n in range(9):
    lstm.generate(length={PIECE - 1})
lstm.generate_many([{{}}, {{}}], length={PIECE - 1})
lstm.feed("She was " * 99)
lstm.predict()
lstm.score("She was " * 99)
print("numba" in sys.modules, backend._thread)
"""
    assert in_a_process(script) == ["False", "None"]


def test_a_longer_text_loads_it_for_the_next(compiled):  # noqa: ARG001 - it needs Numba
    script = f"""
lstm = LSTMGenerator()
lstm.generate(length={PIECE})
backend._thread.join()
print("numba" in sys.modules, backend.name, type(lstm.start().lane).__name__)
"""
    assert in_a_process(script) == ["True", "numba", "CompiledLane"]
