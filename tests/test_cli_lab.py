"""The command `lstm-widget lab`, with a stand-in for JupyterLab that notes what it was asked to open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from lstm_widget import cli
from lstm_widget.cli import lab

ROOT = Path(__file__).parents[1]
OPENED = ["quickstart.ipynb", "--LabApp.default_url=/lab/tree/quickstart.ipynb"]
QUICKSTART = ROOT / "notebooks" / "quickstart.ipynb"
STAND_IN = """
import json, os, sys
print(json.dumps({"asked": sys.argv[1:], "folder": os.getcwd()}))
sys.exit(3)
"""


@pytest.fixture
def stand_in(tmp_path):
    """Return an environment whose JupyterLab prints what it was asked, and ends with exit code 3."""
    packages = tmp_path / "packages"
    (packages / "jupyterlab").mkdir(parents=True)
    (packages / "jupyterlab" / "__init__.py").touch()
    (packages / "jupyterlab" / "__main__.py").write_text(STAND_IN)
    (packages / "ipykernel").mkdir()
    (packages / "ipykernel" / "__init__.py").touch()
    return {**os.environ, "PYTHONPATH": str(packages), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    return folder


def run(folder, env, *options, command=(sys.executable, "-m", "lstm_widget.cli", "lab")):
    return subprocess.run([*command, *options], cwd=folder, env=env, capture_output=True, check=False)


def quickstart_without_outputs():
    notebook = nbformat.read(QUICKSTART, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def opened(done):
    assert done.returncode == 3, done.stderr.decode()  # that of the stand-in
    return json.loads(done.stdout)


def test_it_opens_a_copy_in_the_current_folder(folder, stand_in):
    done = run(folder, stand_in)
    assert opened(done) == {"asked": OPENED, "folder": str(folder)}
    assert nbformat.read(folder / "quickstart.ipynb", as_version=4) == quickstart_without_outputs()
    assert [file.name for file in folder.iterdir()] == ["quickstart.ipynb"]
    assert done.stderr.decode() == f"quickstart.ipynb was copied into {folder}.\n"


@pytest.mark.parametrize("kind", ["file", "link to nowhere"])
def test_what_is_there_is_opened_as_it_is(folder, stand_in, kind):
    there = folder / "quickstart.ipynb"
    if kind == "file":
        there.write_text("my own work")
    else:
        there.symlink_to(folder / "nowhere")
    done = run(folder, stand_in)
    assert opened(done)["asked"] == OPENED
    assert done.stderr.decode() == "quickstart.ipynb is already here and is opened as it is.\n"
    assert there.read_text() == "my own work" if kind == "file" else not there.exists()


def test_options_behind_two_dashes_are_those_of_jupyterlab(folder, stand_in):
    done = run(folder, stand_in, "--", "--port=9999", "--no-browser")
    assert opened(done)["asked"] == [*OPENED, "--port=9999", "--no-browser"]


def test_other_options_are_refused(folder, stand_in):
    done = run(folder, stand_in, "--port=9999")
    assert done.returncode == 2
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("missing", [{"jupyterlab"}, {"ipykernel"}, {"jupyterlab", "ipykernel"}])
def test_what_is_not_installed_is_said_with_the_command(folder, monkeypatch, capsys, missing):
    find_spec = lab.find_spec
    monkeypatch.setattr(lab, "find_spec", lambda name: None if name in missing else find_spec(name))
    monkeypatch.setattr(lab.os, "execv", lambda *_: pytest.fail("It starts what is not there."))
    monkeypatch.chdir(folder)
    assert cli.main(["lab"]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    for name in ("jupyterlab", "ipykernel"):
        assert (f"no {name}" in told) == (name in missing)
    assert told.endswith('pip install "lstm-widget[lab]"')
    assert list(folder.iterdir()) == []


def test_without_the_notebook_it_says_so(folder, monkeypatch, capsys):
    monkeypatch.setattr(lab, "_PLACES", (folder / "nowhere",))
    monkeypatch.setattr(lab, "find_spec", lambda _: True)
    monkeypatch.setattr(lab.os, "execv", lambda *_: pytest.fail("It opens what is not there."))
    monkeypatch.chdir(folder)
    assert cli.main(["lab"]) == 1
    assert capsys.readouterr().err == (
        "lstm-widget: quickstart.ipynb is missing from this installation: install lstm-widget again.\n"
    )


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="Everything can be written to.")
def test_a_folder_that_cannot_be_written_to_is_named(folder, stand_in):
    folder.chmod(0o500)
    done = run(folder, stand_in)
    assert done.returncode == 1
    assert "cannot be used" in done.stderr.decode()


def test_where_a_program_cannot_be_replaced_its_exit_code_is_passed_on(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(lab, "_CAN_BE_REPLACED", False)
    monkeypatch.setattr(lab, "find_spec", lambda _: True)
    monkeypatch.setattr(lab.subprocess, "call", lambda command: asked.append(command) or 3)
    monkeypatch.chdir(folder)
    assert cli.main(["lab"]) == 3
    assert asked == [[sys.executable, "-m", "jupyterlab", *OPENED]]


def test_the_wheel_brings_the_notebook_and_opens_it(tmp_path, folder, stand_in):
    """From the wheel alone: the checkout, where the notebook lies elsewhere, is out of reach."""
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    env = {**stand_in, "PYTHONPATH": os.pathsep.join([str(installed), stand_in["PYTHONPATH"]])}
    where = "import lstm_widget.cli.lab as one; print(one.__file__)"
    done = run(folder, env, command=(sys.executable, "-c", where))
    assert Path(done.stdout.decode().strip()) == installed / "lstm_widget" / "cli" / "lab.py"
    assert opened(run(folder, env))["asked"] == OPENED
    assert nbformat.read(folder / "quickstart.ipynb", as_version=4) == quickstart_without_outputs()
