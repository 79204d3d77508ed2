"""A notebook saved with its model, as a page without a kernel: it writes what Python writes."""

from __future__ import annotations

import base64
import re
from types import SimpleNamespace

import pytest
from converted import Converted, convert, convert_file
from lab import SEED as LAB_SEED
from lab import Notebook
from playwright.sync_api import expect
from test_exported_page import turned_down
from test_lanes_page import Lanes
from test_page_inside import look_at_a_letter, what_if_marks

from lstm_widget import LSTMGenerator

MODEL, SEED, LENGTH = "tiny", "Once upon", 300
SETTINGS = {"seed": SEED, "temperature": 0.6, "rng": 1}
RUN = {**SETTINGS, "length": LENGTH}
HEATS = [0.3, 0.7, 1.1]
LANES = {"seed": SEED, "rng": 1, "temperatures": HEATS, "length": LENGTH}
CELLS = [
    "from lstm_widget import LSTMWidget, TemperatureLanes",
    f"w = LSTMWidget({MODEL!r}, portable=True, speed=200, **{RUN!r})\nw.generate()\nw",
    f"TemperatureLanes({MODEL!r}, portable=True, speed=None, **{LANES!r})",
    "w",
]


@pytest.fixture(scope="module")
def tiny():
    return LSTMGenerator(MODEL)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return a notebook with a text, lanes without one, and a second view of the text, as HTML."""
    return convert(tmp_path_factory.mktemp("saved"), CELLS).text


@pytest.fixture
def converted(saved, tmp_path):
    """Return the same, to be changed."""
    file = tmp_path / "one.html"
    file.write_text(saved, encoding="utf-8")
    return Converted(file)


def model_of(state):
    """Return what is kept of the one model that there is."""
    (kept,) = (one for one in state.values() if "script" in one["state"])
    return kept


def test_a_page_without_a_kernel_writes_what_python_writes(page, converted, tiny, screenshot):
    """Also where nothing may be asked of any server, as nbviewer has it."""
    policy = """<meta http-equiv="Content-Security-Policy" content="connect-src 'none'">"""
    assert converted.text.count("<head>") == 1
    converted.file.write_text(converted.text.replace("<head>", f"<head>{policy}"), encoding="utf-8")
    refused = converted.open(page)
    shown = Notebook(page)
    expect(shown.status).to_have_text(f"Finished: {LENGTH} characters")
    assert shown.written(SEED) == tiny.generate(RUN)
    shown.go_on.click()
    expect(shown.status).to_have_text(f"Finished: {2 * LENGTH} characters")
    assert shown.written(SEED) == tiny.generate(RUN, length=2 * LENGTH)
    assert shown.widget(1).written(SEED) == shown.written(SEED)  # both views have one session
    look_at_a_letter(shown)
    assert what_if_marks(shown, tiny.trace(RUN, length=2 * LENGTH, logits=True), 1.2)
    screenshot("portable")
    assert [one for one in refused if "lstm" in one] == []


def test_the_temperature_can_be_turned_while_it_writes(page, converted, tiny):
    converted.open(page)
    shown = Notebook(page)
    expect(shown.status).to_have_text(f"Finished: {LENGTH} characters")
    shown.length_field.fill("2000")
    turned_down(shown, tiny)


def test_lanes_have_the_same_dice(page, converted, tiny):
    converted.open(page)
    lanes = Lanes(SimpleNamespace(page=page, command=None))
    lanes.generate.click()
    expect(lanes.status).to_have_text(f"Finished: 3 lanes of {LENGTH} characters")
    written = [lanes.text(lane).evaluate("element => element.textContent") for lane in (1, 2, 3)]
    assert written == [SEED + tiny.generate(RUN, temperature=heat) for heat in HEATS]


def test_a_damaged_model_is_one_sentence_and_the_record_is_shown(page, converted, tiny):
    state = converted.state
    (buffer,) = model_of(state)["buffers"]
    data = base64.b64decode(buffer["data"])
    buffer["data"] = base64.b64encode(data[:100] + b"\xff" * 8 + data[108:]).decode("ascii")
    converted.state = state
    converted.open(page)
    shown = Notebook(page)
    sentence = "The model of this page is not a valid safetensors file: download or save it again."
    expect(shown.alert.filter(has_text=sentence)).to_be_visible()
    assert shown.written(SEED) == tiny.generate(RUN)


@pytest.mark.parametrize("lost", ["script", "model"])
def test_without_what_was_kept_there_is_a_sentence_and_the_record(page, converted, tiny, lost):
    state = converted.state
    kept = model_of(state)
    if lost == "script":
        kept["state"]["script"] = kept["state"]["script"][:1000]
    else:
        state = {name: one for name, one in state.items() if one is not kept}
    converted.state = state
    converted.open(page)
    sentence = "What was saved to have this widget write cannot be used: run and save the notebook again."
    expect(page.get_by_role("alert").filter(has_text=sentence).first).to_be_visible()
    shown = Notebook(page)
    assert shown.written(SEED) == tiny.generate(RUN)
    expect(shown.notice).to_contain_text("This text was saved with the notebook")


def test_saved_by_jupyterlab_it_is_a_record_there_and_writes_in_html(opened, expected, lab, file_name):
    """Beside a kernel that knows nothing of it, it must not have a text of its own."""
    notebook = opened(portable=True)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    notebook.keep_widgets()
    notebook.save()
    lab.end_kernels(notebook.page)
    lab.visit(notebook.page, file_name)
    expect(notebook.notice).to_have_text(re.compile("This text was saved with the notebook"))
    assert notebook.written(LAB_SEED) == expected()

    convert_file(lab.folder / file_name).open(notebook.page)
    expect(notebook.status).to_have_text("Finished: 300 characters")
    notebook.go_on.click()
    expect(notebook.status).to_have_text("Finished: 600 characters")
    assert notebook.written(LAB_SEED) == expected(600)
    expect(notebook.notice).to_have_text("")
