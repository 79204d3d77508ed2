"""The kernel is busy, restarted, killed or not there; the page is closed and opened again."""

from __future__ import annotations

import os
import re
import signal

import pytest
from lab import SEED
from playwright.sync_api import expect

GONE = "The kernel has stopped. Run the cell again."
SOON = 15_000  # milliseconds, on a busy machine, too

PID = "import os; print('process', os.getpid())"


def process_of(notebook) -> int:
    """Return the process of the kernel, as the cell `PID` has shown it."""
    shown = notebook.page.locator(".jp-OutputArea-output").get_by_text(re.compile(r"^process \d+"))
    return int(shown.text_content().split()[1])


def test_it_writes_while_another_cell_is_busy(opened, expected):
    wait = (
        "import threading\nfinished = threading.Event()\n"
        "w.observe(lambda change: change['new'] == 'finished' and finished.set(), 'status')\n"
        "print('busy'); print(finished.wait(120))"
    )
    notebook = opened(wait, run_all=False)
    notebook.run_cell(1)
    expect(notebook.page.get_by_text("busy", exact=True)).to_be_visible()
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(SEED) == expected()
    expect(notebook.page.get_by_text(re.compile("busy\\s+True"))).to_be_visible()


def test_what_is_told_of_new_text_appears_below_the_cell_that_asked_for_it(opened, expected):
    tell = "w.on_text(lambda text: print(text, end=''))\nprint('told: ', end='')"
    notebook = opened(tell, "print('the last cell')")
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    below = notebook.page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output")
    expect(below).to_have_text(re.compile(f"told: {re.escape(expected())}"), use_inner_text=False)


def test_while_a_long_seed_is_read_that_is_told_and_stop_reacts(opened):
    notebook = opened("w.seed = 'She was sitting next to ' * 5000")
    notebook.generate.click()
    expect(notebook.line).to_have_text(
        re.compile(r"^Writing · 0 of [\d,]+ · [\d,]+ characters to read first")
    )
    notebook.stop.click()
    expect(notebook.status).to_have_text("Stopped: 0 characters", timeout=SOON)
    notebook.clear.click()
    expect(notebook.status).to_have_text("Cleared")


def test_a_branch_with_a_character_that_the_model_does_not_know_changes_nothing(opened, expected):
    notebook = opened(inside=True, length=400, speed=50)
    notebook.generate.click()
    notebook.wait_for(60)
    notebook.text.focus()
    notebook.page.keyboard.press("Home")
    field = notebook.root.get_by_role("textbox", name="Or type another character")
    field.fill("€")
    expect(notebook.alert).to_contain_text("€")
    expect(notebook.status).to_have_text("Finished: 400 characters")
    assert notebook.written(SEED) == expected(400)


@pytest.mark.parametrize("writing", [False, True], ids=["idle", "writing"])
def test_a_restarted_kernel_is_told_in_one_sentence(opened, expected, writing):
    notebook = opened(length=1000, speed=50)
    notebook.generate.click()
    notebook.wait_for(30)
    if not writing:
        notebook.stop.click()
        expect(notebook.status).to_have_text(re.compile("^Stopped"))
    notebook.command("kernelmenu:restart")
    notebook.page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(notebook.alert).to_have_text(GONE, timeout=SOON)
    text = notebook.written(SEED)
    assert len(text) >= 20
    assert expected(1000).startswith(text)
    expect(notebook.stop).to_be_hidden()
    notebook.generate.click()
    expect(notebook.alert).to_have_text(GONE)
    assert notebook.written(SEED) == text
    # What the sentence says is what helps.
    notebook.run_all()
    expect(notebook.alert).to_have_count(0)
    notebook.generate.click()
    notebook.wait_for(30)


@pytest.mark.parametrize("writing", [False, True], ids=["idle", "writing"])
def test_a_killed_kernel_is_told_in_one_sentence(opened, expected, writing):
    notebook = opened(PID, length=1000, speed=50)
    notebook.generate.click()
    notebook.wait_for(30)
    if not writing:
        notebook.stop.click()
        expect(notebook.status).to_have_text(re.compile("^Stopped"))
    os.kill(process_of(notebook), signal.SIGKILL)
    # JupyterLab, which looks every few seconds, tells it too.
    expect(notebook.alert).to_have_text(GONE, timeout=SOON)
    text = notebook.written(SEED)
    assert len(text) >= 20
    assert expected(1000).startswith(text)
    expect(notebook.stop).to_be_hidden()


def test_a_page_that_is_reloaded_goes_on_with_the_text(opened, expected, lab, file_name):
    notebook = opened(length=600)
    notebook.generate.click()
    notebook.wait_for(30)
    notebook.save()
    before = notebook.written(SEED)
    assert len(before) < 600
    notebook.page.reload()
    lab.wait_for_kernel(notebook.page, file_name)
    notebook.wait_for(len(SEED) + len(before))
    expect(notebook.status).to_have_text("Finished: 600 characters")
    assert notebook.written(SEED) == expected(600)
    notebook.go_on.click()
    expect(notebook.status).to_have_text("Finished: 1,200 characters")
    assert notebook.written(SEED) == expected(1200)


def test_a_saved_notebook_shows_its_text_and_says_that_it_is_a_record(opened, lab, file_name):
    notebook = opened(speed=100)
    notebook.generate.click()
    notebook.wait_for(30)
    notebook.temperature.press("Home")
    mark = notebook.text.get_by_role("img", name="Temperature 0 from here")
    expect(mark).to_be_visible()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    shown = notebook.shown
    notebook.keep_widgets()
    notebook.save()
    lab.end_kernels(notebook.page)
    lab.visit(notebook.page, file_name)  # with a new kernel, which knows nothing of it
    expect(notebook.notice).to_have_text(re.compile("This text was saved with the notebook"))
    expect(notebook.status).to_have_text("Finished: 300 characters")
    expect(mark).to_be_visible()
    expect(notebook.seed).to_have_value(SEED)
    expect(notebook.temperature_field).to_have_value("0")
    assert notebook.shown == shown
    notebook.copy.click()
    expect(notebook.status).to_have_text("Copied")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == shown
    # Run again, the cell shows one that writes.
    lab.wait_for_kernel(notebook.page, file_name)
    notebook.run_all()
    expect(notebook.notice).to_have_text("")
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
