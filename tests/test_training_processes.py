"""Several processes that share a training come to the result of one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from training_runs import read_log, tiny, words

from lstm_widget import load_model
from lstm_widget.training import resume

pytestmark = pytest.mark.usefixtures("one_thread")

HERE = Path(__file__).parent
TEXT = words(20_000)
SETTINGS = {"batch_size": 8, "epochs": 1}

# What each process runs. A batch of 7 cannot be shared.
RUNNER = """
import os, sys
from pathlib import Path
from lstm_widget import SettingError
from training_runs import tiny, words

base, text, settings = Path(sys.argv[1]), words(20_000), {"batch_size": 8, "epochs": 1}
rank = os.environ["RANK"]
model = tiny(text, base / "whole", **settings)
(base / f"loss{rank}").write_text(str(model.card["validation_loss_nats"]))
tiny(text, base / "part", on_progress=lambda progress: progress.update < 7, **settings)
try:
    tiny(text, base / "odd", batch_size=7, epochs=1)
except SettingError as error:
    (base / f"odd{rank}").write_text(str(error))
try:
    tiny(words(500) + "\\n", base / "short", **settings)
except SettingError as error:
    (base / f"short{rank}").write_text(str(error))
"""

# As in a notebook; on a machine without a graphics card Accelerate has to be told so.
NOTEBOOK = """
import sys
from accelerate import notebook_launcher
from training_runs import tiny

def training(output):
    return tiny(output=output)

notebook_launcher(training, (sys.argv[1],), num_processes=2, use_port=sys.argv[2])
"""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def run(command, **environment):
    paths = os.pathsep.join([str(HERE), str(HERE.parent)])
    variables = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"} | environment
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Return the folder in which two processes have trained."""
    base = tmp_path_factory.mktemp("two")
    (base / "runner.py").write_text(RUNNER, encoding="utf-8")
    # With --cpu, `accelerate launch` starts several processes only through MPI; so it is told that there are
    # several graphics cards, and the environment says to do without them.
    launch = "-m accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1"
    others = ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", free_port()]
    command = [sys.executable, *launch.split(), *others, str(base / "runner.py"), str(base)]
    run(command, ACCELERATE_USE_CPU="true")
    return base


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """Return the folder in which one process has trained, and the model."""
    folder = tmp_path_factory.mktemp("one") / "out"
    return SimpleNamespace(folder=folder, model=tiny(TEXT, folder, **SETTINGS))


def check_logs(folder, one):
    """Assert that a log tells what that of one process does."""
    logs = [read_log(folder), read_log(one.folder)]
    assert [record["update"] for record in logs[0]] == [record["update"] for record in logs[1]]
    assert sum(record["validation_bits"] is not None for record in logs[0]) >= 1
    for ours, theirs in zip(*logs, strict=True):
        assert ours["characters"] == theirs["characters"]
        assert ours["training_bits"] == pytest.approx(theirs["training_bits"], abs=1e-3)
        assert ours["validation_bits"] == pytest.approx(theirs["validation_bits"], abs=1e-3)


def test_two_processes_train_as_one_does(two, one):
    check_logs(two / "whole", one)
    model = load_model(two / "whole" / "model.safetensors")
    assert model.card["processes"] == 2
    assert one.model.card["processes"] == 1
    loss = one.model.card["validation_loss_nats"]
    assert model.card["validation_loss_nats"] == pytest.approx(loss, abs=1e-3)


def test_every_process_returns_the_model(two):
    loss = load_model(two / "whole" / "model.safetensors").card["validation_loss_nats"]
    assert [float((two / f"loss{rank}").read_text()) for rank in (0, 1)] == [loss, loss]


def test_one_process_goes_on_where_two_were_interrupted(two, one):
    assert len(read_log(two / "part")) == 7
    model = resume(two / "part", quiet=True)
    check_logs(two / "part", one)
    loss = one.model.card["validation_loss_nats"]
    assert model.card["validation_loss_nats"] == pytest.approx(loss, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("odd", "batch_size must be a multiple of the 2 processes, not 7."),
        ("short", "at least 1,000 are needed"),
    ],
)
def test_every_process_tells_what_is_wrong(two, name, match):
    told = [(two / f"{name}{rank}").read_text() for rank in (0, 1)]
    assert match in told[0]
    assert told[0] == told[1]
    assert "\n" not in told[0]
    assert not (two / name).exists()


def test_from_a_notebook(tmp_path, same_model):
    run([sys.executable, "-c", NOTEBOOK, str(tmp_path / "out"), free_port()], ACCELERATE_USE_CPU="true")
    model = load_model(tmp_path / "out" / "model.safetensors")
    assert model.card["processes"] == 2
    same_model(load_model(tmp_path / "out" / "p5ml"), model)
    assert not (tmp_path / "out" / "training").exists()
