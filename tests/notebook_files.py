"""The notebooks of the project, and how long a test lets them be."""

from __future__ import annotations

from pathlib import Path

import nbformat

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

VIEW = "application/vnd.jupyter.widget-view+json"

# Instead of the cell with the tag "parameters", papermill's way: what takes minutes takes seconds.
SMALLER = {"train-your-own": "CHARACTERS = 60_000\nUNITS = 32"}


def read(file: Path) -> nbformat.NotebookNode:
    return nbformat.read(file, as_version=4)


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shortened(file: Path) -> nbformat.NotebookNode:
    """Return a notebook that is run in seconds, without outputs."""
    notebook = read(file)
    cells = code(notebook)
    for cell in cells:
        cell.outputs, cell.execution_count = [], None
    parameters = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == (file.stem in SMALLER)
    for cell in parameters:
        cell.source = SMALLER[file.stem]
    return notebook


def kinds(outputs: list[nbformat.NotebookNode]) -> list[str]:
    """Return of which kinds outputs are: a widget or its picture, all else by name; pieces of text as one."""
    found = []
    for one in outputs:
        is_widget = {VIEW, "image/png"} & set(one.get("data", {}))
        kind = "widget" if is_widget else one.get("name", one.output_type)
        if kind != "stdout" or found[-1:] != ["stdout"]:
            found.append(kind)
    return found
