"""A training that is killed, or whose disk is full, leaves only whole files, and goes on from them."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import safe_open
from slow_texts import refused
from training_runs import TEXT, read_log, timeless, tiny

from lstm_widget import ModelError, SettingError, load_model
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.training import loop, resume
from lstm_widget.training.folder import RunFolder

pytestmark = pytest.mark.usefixtures("one_thread")

HERE = Path(__file__).parent

# Trains in one folder per number, each time in a process of its own that kills itself right before the
# file of that number is on the disk: it is written, but has no name yet.
KILLED_WHILE_WRITING = """
import os, signal, sys
import torch
from training_runs import tiny
from lstm_widget.training import loop

torch.set_num_threads(1)
loop.STATE_SECONDS = 0
sync = os.fsync

def training(moment):
    calls = []
    def killing(handle):
        calls.append(handle)
        if len(calls) == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(handle)
    os.fsync = killing
    tiny(output=f"{sys.argv[1]}/{moment}", checkpoints=True)

tiny(epochs=1)  # what is loaded now need not be loaded by each of them
for moment in map(int, sys.argv[2:]):
    child = os.fork()
    if not child:
        training(moment)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print(moment, os.WIFSIGNALED(status) and os.WTERMSIG(status))
"""

# Trains until somebody kills it, and tells every update.
KILLED_BY_OTHERS = """
import sys
import torch
from training_runs import tiny
from lstm_widget.training import loop

torch.set_num_threads(1)
loop.STATE_SECONDS = 0

def told(progress):
    print(progress.update, flush=True)
    if progress.update == 7:
        sys.stdin.read()

tiny(output=sys.argv[1], checkpoints=True, on_progress=told)
"""


def environment():
    return os.environ | {"PYTHONPATH": str(HERE)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the folder of the training that nobody kills, and its model."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    return folder, tiny(output=folder, checkpoints=True)


# Files 1 and 2 are the state and the checkpoint from before the first update; there is a state after each
# update, a model after the third, the sixth and the eighth one, and at last the finished model.
MOMENTS = (2, 4, 6, 7, 8, 9, 13, 17, 20, 21, 22)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Return where, for each of `MOMENTS`, is what a training left that was killed then."""
    if not hasattr(os, "fork"):
        pytest.skip("Windows has no fork.")
    base = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(base), *map(str, MOMENTS)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    expected = [f"{moment} {int(signal.SIGKILL)}" for moment in MOMENTS]
    assert done.stdout.splitlines() == expected, done.stderr
    return base


def check_files(folder):
    """Assert that every file that has its name can be read; return how many models there are."""
    with safe_open(folder / "training" / "state.safetensors", framework="pt") as state:
        assert {name: state.get_tensor(name) for name in state.keys()}  # noqa: SIM118 - no mapping
    models = [load_model(file) for file in (folder / "checkpoints").glob("*.safetensors")]
    if (folder / "model.safetensors").exists():
        models.append(load_model(folder / "model.safetensors"))
    return len(models)


def check_end(folder, model, whole, same_model):
    expected_folder, expected = whole
    same_model(model, expected)
    same_model(load_model(folder / "model.safetensors"), expected)
    same_model(load_model(folder / "p5ml"), expected)
    assert timeless(read_log(folder)) == timeless(read_log(expected_folder))
    for file in (expected_folder / "checkpoints").iterdir():
        if file.stem != "00000000":
            same_model(load_model(folder / "checkpoints" / file.name), load_model(file))
    assert not (folder / "training").exists()


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_a_file_is_written(killed, whole, same_model, moment):
    folder = killed / str(moment)
    # Among the first of them are no models yet.
    assert check_files(folder) >= (moment > 2)
    check_end(folder, resume(folder, quiet=True), whole, same_model)


def test_every_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    # So it is never torn, even if the power fails.
    folder, sync, synced = tmp_path / "out", os.fsync, set()

    def named():
        return {file.stat().st_ino: file for file in folder.rglob("[!.]*") if file.is_file()}

    def watched(handle):
        number = os.fstat(handle).st_ino
        assert number not in named()
        synced.add(number)
        sync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    tiny(output=folder, checkpoints=True, on_progress=lambda p: p.update < 4)
    files = {file.name for number, file in named().items() if number in synced}
    expected = {"state.safetensors", "model.safetensors", "card.json"}
    assert files >= expected | {f"{n:08d}.safetensors" for n in (0, 1, 2, 4)}


def test_killed_by_others(tmp_path, whole, same_model):
    folder = tmp_path / "out"
    command = [sys.executable, "-c", KILLED_BY_OTHERS, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment(), text=True, **pipes) as process:
        for line in process.stdout:
            if line == "5\n":
                process.kill()
                break
    assert process.returncode == -signal.SIGKILL
    assert check_files(folder) >= 4  # of update 0, 1, 2 and 4, and perhaps the best one
    model = resume(folder, quiet=True)
    check_end(folder, model, whole, same_model)


def test_a_torn_line_of_the_log_is_written_again(tmp_path, whole, same_model):
    folder = tmp_path / "out"
    tiny(output=folder, checkpoints=True, on_progress=lambda p: p.update < 4)
    with (folder / "log.jsonl").open("ab") as log:
        # A line that the state knows nothing of, and one that ends inside a character.
        log.write(b'{"update": 5, "updates": 8}\n{"update": 6, "samples": "' + "é".encode()[:1])
    check_end(folder, resume(folder, quiet=True), whole, same_model)


def test_killed_when_only_the_clearing_up_was_left(tmp_path, monkeypatch, whole, same_model):
    folder = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "finish", lambda folder: folder.leave())
        patch.setattr(loop, "STATE_SECONDS", 0)
        tiny(output=folder, checkpoints=True)
    check_files(folder)
    check_end(folder, resume(folder, quiet=True), whole, same_model)


# A full disk.


def full_after(patch, moment):
    """Let the disk be full when the file of that number is written."""
    sync, calls = os.fsync, []

    def failing(handle):
        calls.append(handle)
        if len(calls) >= moment:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    patch.setattr(os, "fsync", failing)


@pytest.mark.parametrize("moment", [3, 5, 6, 8])
def test_no_space_left(tmp_path, monkeypatch, whole, same_model, moment):
    folder = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(loop, "STATE_SECONDS", 0)
        full_after(patch, moment)
        with refused(ModelError, "cannot be written: No space left on device"):
            tiny(output=folder, checkpoints=True)
    check_files(folder)
    assert not [file for file in folder.rglob(".*") if file.is_file()]  # no half files
    check_end(folder, resume(folder, quiet=True), whole, same_model)


@pytest.mark.parametrize("moment", [1, 2])
def test_no_space_left_at_the_beginning(tmp_path, monkeypatch, moment):
    full_after(monkeypatch, moment)
    with refused(ModelError, "cannot be written: No space left on device"):
        tiny(output=tmp_path / "out", checkpoints=True)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_the_state_is_written_leaves_the_old_one(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    tiny(output=folder, on_progress=lambda p: p.update < 4)
    state = folder / "training" / "state.safetensors"
    before = state.read_bytes()
    with monkeypatch.context() as patch:
        full_after(patch, 1)
        with refused(ModelError, "No space left"):
            RunFolder(folder).save_state({}, {"plan": "another"})
    assert state.read_bytes() == before
    assert {file.name for file in state.parent.iterdir()} >= {"state.safetensors", "text.ids"}
    assert not list(state.parent.glob(".state*"))


# Damage.


@pytest.fixture
def interrupted(tmp_path):
    folder = tmp_path / "out"
    tiny(output=folder, on_progress=lambda p: p.update < 4)
    return folder


@pytest.mark.parametrize("damage", [b"", b"\xff" * 8, b"hello, this is no state of anything", "short"])
def test_a_damaged_state_is_refused(interrupted, damage):
    file = interrupted / "training" / "state.safetensors"
    file.write_bytes(file.read_bytes()[:-5] if damage == "short" else damage)
    with refused(SettingError, "state.safetensors' is damaged"):
        resume(interrupted, quiet=True)
    with refused(SettingError, "state.safetensors' is damaged"):  # and nobody holds the folder
        resume(interrupted, quiet=True)


def test_another_file_as_the_state_is_refused(interrupted, random_model):
    save_safetensors(random_model(), interrupted / "training" / "state.safetensors")
    with refused(SettingError, "state.safetensors' is damaged"):
        resume(interrupted, quiet=True)


@pytest.mark.parametrize("name", ["text.ids", "text.ids.json"])
def test_a_missing_text_is_refused(interrupted, name):
    (interrupted / "training" / name).unlink()
    with refused(ModelError, "holds no text as ids"):
        resume(interrupted, quiet=True)


def test_the_text_is_not_needed_any_more(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    tiny(tmp_path / "text.txt", tmp_path / "out", on_progress=lambda p: p.update < 4)
    (tmp_path / "text.txt").unlink()
    assert resume(tmp_path / "out", quiet=True).card["text"] == "text.txt"
