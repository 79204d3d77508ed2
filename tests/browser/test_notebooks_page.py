"""Every notebook, opened in a real browser and run from top to bottom there."""

from __future__ import annotations

import nbformat
import pytest
from lab import Widget
from notebook_files import NOTEBOOKS, code, kinds, read, shortened
from playwright.sync_api import expect

TALL = {"width": 1000, "height": 20_000}
# The one with the most widgets at once; the others take longer than they are worth every time.
AT_EVERY_TEST = {"temperature"}


@pytest.fixture
def opened_all(lab, open_notebook, tmp_path):
    """Return a function that opens a notebook with all its cells in the page."""

    def open_it(file):
        copy = tmp_path / file.name
        nbformat.write(shortened(file), copy)
        lab.draw_all_cells()
        notebook = open_notebook(copy)
        notebook.page.set_viewport_size(TALL)
        expect.set_options(timeout=180_000)
        return notebook

    return open_it


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_it_runs_and_its_widgets_come_to_life(lab, opened_all, file_name, screenshot, file):
    notebook = opened_all(file)
    notebook.run_all()
    screenshot(f"notebook-{file.stem}")
    with notebook.saving():
        notebook.command("docmanager:save")
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


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, marks=[] if file.stem in AT_EVERY_TEST else pytest.mark.long) for file in NOTEBOOKS],
    ids=lambda file: file.stem,
)
def test_all_its_widgets_answer_on_a_slow_computer(page, problems, opened_all, file):
    notebook = opened_all(file)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    notebook.run_all()
    roots = page.locator(".lstm-widget")
    for n in range(roots.count()):
        widget = Widget(roots.nth(n))
        expect(widget.root).to_be_visible()
        if "lstm-training" in widget.root.get_attribute("class"):
            expect(widget.line).to_contain_text("Finished")
        else:
            widget.speed.press("Home")  # as slow as it goes, so that it is still writing when it is stopped
            widget.generate.click()
            expect(widget.status).to_contain_text("Writing")
            widget.stop.click()
            expect(widget.status).to_contain_text("Stopped")
        expect(widget.notice).to_have_text("")
    assert roots.count() == sum(kinds(cell.outputs).count("widget") for cell in code(read(file)))
    # What anywidget says of a widget that it has given up, and that hears its kernel again.
    problems[:] = [problem for problem in problems if problem != "[anywidget] Failed to initialize model."]
