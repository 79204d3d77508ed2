"""``lstm-widget lab``: JupyterLab, opened on a copy of the quickstart notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_widget.cli.console import note
from lstm_widget.errors import LSTMError

if TYPE_CHECKING:
    import argparse

    from lstm_widget.cli.console import Output

HELP = "open JupyterLab on a copy of the quickstart notebook"
EXAMPLE = "lab"

NAME = "quickstart.ipynb"
INSTALL = 'pip install "lstm-widget[lab]"'
_PACKAGE = Path(__file__).parents[1]
# A wheel brings the notebook along; in a checkout it lies beside the package.
_PLACES = (_PACKAGE / "notebooks" / NAME, _PACKAGE.parent / "notebooks" / NAME)
# On Windows, a program that another one replaces is over for the terminal.
_CAN_BE_REPLACED = os.name != "nt"


class LabError(LSTMError):
    """JupyterLab cannot be opened."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("options", nargs="*", metavar="OPTION", help="what comes after -- goes to JupyterLab")


def run(options: argparse.Namespace, _: Output) -> None:
    """Copy the notebook into the current folder, unless it is there, and open it.

    Raises
    ------
    LabError
        If JupyterLab is not installed, or there is no notebook to copy.
    OSError
        If the notebook cannot be copied.
    SystemExit
        With the exit code of JupyterLab, where it does not take the place of this program.
    """
    # Both, as a kernel is what JupyterLab runs the notebook with.
    missing = [name for name in ("jupyterlab", "ipykernel") if find_spec(name) is None]
    if missing:
        msg = f"This Python has no {' and no '.join(missing)}; install it with  {INSTALL}"
        raise LabError(msg)
    note(place_notebook(Path.cwd()))
    sys.stdout.flush()
    sys.stderr.flush()
    # By name it sets the folder, too, whatever that is otherwise; the address is for copying it by hand.
    opened = [NAME, f"--LabApp.default_url=/lab/tree/{NAME}"]
    command = [sys.executable, "-m", "jupyterlab", *opened, *options.options]
    if _CAN_BE_REPLACED:
        os.execv(sys.executable, command)  # noqa: S606 - so that Ctrl-C is JupyterLab's alone
    sys.exit(subprocess.call(command))  # noqa: S603 - this Python and what the person gave


def place_notebook(folder: Path) -> str:
    """Put the quickstart notebook into a folder, where nothing is ever replaced; return what was done."""
    target = folder / NAME
    if os.path.lexists(target):
        return f"{NAME} is already here and is opened as it is."
    source = next((place for place in _PLACES if place.is_file()), None)
    if source is None:
        msg = f"{NAME} is missing from this installation: install lstm-widget again."
        raise LabError(msg)
    notebook = without_outputs(source.read_text(encoding="utf-8"))
    # Only a new file is opened so: nothing that came meanwhile is replaced.
    with target.open("x", encoding="utf-8") as copy:
        copy.write(notebook)
    return f"{NAME} was copied into {folder}."


def without_outputs(notebook: str) -> str:
    """Return the JSON of a notebook without its outputs."""
    contents = json.loads(notebook)
    for cell in contents["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(contents, indent=1, ensure_ascii=False) + "\n"
