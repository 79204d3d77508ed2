"""Every notebook, opened in a real browser and run from top to bottom there."""

from __future__ import annotations

import nbformat
import pytest
from lab import Widget
from notebook_files import NOTEBOOKS, code, kinds, read, shortened
from playwright.sync_api import expect

TALL = {"width": 1000, "height": 20_000}


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_it_runs_and_its_widgets_come_to_life(lab, open_notebook, file_name, screenshot, tmp_path, file):
    copy = tmp_path / file.name
    nbformat.write(shortened(file), copy)
    lab.draw_all_cells()
    notebook = open_notebook(copy)
    notebook.page.set_viewport_size(TALL)
    expect.set_options(timeout=180_000)
    notebook.run_all()
    screenshot(f"notebook-{file.stem}")
    with notebook.saving():
        notebook.menu("File", "Save Notebook")
    # What comes out is of the same kinds as what is committed, with pictures instead of the widgets.
    for cell, committed in zip(code(read(lab.folder / file_name)), code(read(file)), strict=True):
        assert not {"stderr", "error"} & set(kinds(cell.outputs)), cell.outputs
        assert kinds(cell.outputs) == kinds(committed.outputs), committed.id
    roots = notebook.page.locator(".lstm-widget")
    assert roots.count() == sum(kinds(cell.outputs).count("widget") for cell in code(read(file))) > 0
    for root in roots.all():
        expect(root).to_be_visible()
        assert "".join(root.get_by_role("alert").all_text_contents()) == ""
    # The first that writes does so.
    widget = Widget(roots.filter(has=notebook.page.get_by_role("button", name="Generate", exact=True)).first)
    widget.speed.press("End")
    widget.generate.click()
    expect(widget.status).to_contain_text("Finished")
    before = widget.seed.input_value()
    assert len(widget.written(before)) > 0
