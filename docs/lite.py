"""Builds JupyterLite with the widget and its notebooks, in ``build/lite/``: ``make lite``.

JupyterLite is JupyterLab with a kernel in the browser, Pyodide: a class needs no server and installs nothing
(see ``docs/jupyterlite.md``). Run this in an environment of its own, because every extension of JupyterLab
that it finds goes along.

    python docs/lite.py [FOLDER] [--pyodide ADDRESS]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / "build" / "lite"
# These need PyTorch or Keras, which Pyodide has not.
LEFT_OUT = {"train-your-own", "bring-your-model"}
# What the widget needs and Pyodide has not. With these beside it, nothing is fetched from PyPI.
WHEELS = ("anywidget", "ipywidgets", "jupyterlab-widgets", "psygnal")


def run(folder: str, *command: str | Path) -> None:
    """Run a module of this Python in a folder where it may leave things, or end with its complaint."""
    command = (sys.executable, "-m", *map(str, command))
    subprocess.run(command, check=True, cwd=folder)  # noqa: S603 - our own commands


def build(home: Path, pyodide: str | None) -> None:
    """Write the site.

    Parameters
    ----------
    home : Path
        An existing folder is replaced.
    pyodide : str, optional
        The file or address of a distribution of Pyodide, to go along; otherwise the pages load it from where
        JupyterLite says.
    """
    shutil.rmtree(home, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder, "pypi")  # JupyterLite takes the wheels from a folder of this name
        notebooks = Path(folder, "notebooks")
        run(folder, "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, ROOT)
        # Of any platform: machine code of this computer does not run in a browser.
        pure = ("--only-binary", ":all:", "--platform", "any", "--no-deps")
        run(folder, "pip", "download", "--quiet", *pure, "--dest", wheels, *WHEELS)
        notebooks.mkdir()
        for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
            if file.stem not in LEFT_OUT:
                shutil.copy(file, notebooks)
        arguments: list[str | Path] = ["--lite-dir", folder, "--contents", notebooks, "--output-dir", home]
        if pyodide is not None:
            arguments += ["--pyodide", pyodide]
        run(folder, "jupyter", "lite", "build", *arguments)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build a JupyterLite site with the widget.")
    parser.add_argument("folder", nargs="?", type=Path, default=HOME)
    parser.add_argument("--pyodide", metavar="ADDRESS", help="a distribution of Pyodide to go along")
    options = parser.parse_args()
    build(options.folder.resolve(), options.pyodide)
    sys.stdout.write(f"Serve it with: {sys.executable} -m http.server --directory {options.folder}\n")
