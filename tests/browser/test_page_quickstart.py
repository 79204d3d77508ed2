"""The notebook that `make lab` opens."""

from __future__ import annotations

from pathlib import Path

import nbformat
from playwright.sync_api import expect

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


def test_quickstart(open_notebook):
    notebook = open_notebook(QUICKSTART)
    notebook.run_all()
    notebook.generate.wait_for()
    seed = notebook.seed.input_value()
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert len(notebook.written(seed)) == 300
    expect(notebook.page.get_by_text("--- temperature 1.4 ---")).to_be_visible()
    expect(notebook.page.locator(".jp-OutputArea-output[data-mime-type*='stderr']")).to_have_count(0)


def test_quickstart_is_committed_without_outputs():
    quickstart = nbformat.read(QUICKSTART, as_version=4)
    cells = [cell for cell in quickstart.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in cells] == [[]] * len(cells)
