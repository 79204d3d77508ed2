"""No key pressed in a widget does anything to the notebook around it, in JupyterLab and Notebook 7."""

from __future__ import annotations

import string

import pytest
from hosts import Notebook7
from lab import Lab
from playwright.sync_api import expect

KEYS = [*string.ascii_lowercase, *string.digits, "Delete", "Backspace", "ArrowUp", "ArrowDown", "Enter"]
KEYS += ["Shift+Enter", "Alt+Enter", "Control+Enter", "Control+Shift+Minus", "Shift+M", "Escape", "Escape"]
TRAINING = """from lstm_widget.training import TrainingView
view = TrainingView("the cat sat on the mat and " * 400, units=8, embedding_size=4, layers=1, epochs=2,
                    batch_size=4, sequence_length=16)
view"""
CELLS = [
    "from lstm_widget import LSTMWidget\nLSTMWidget(length=5, inside=True, speed=None)",
    "from lstm_widget import TemperatureLanes\nTemperatureLanes(length=5, speed=None)",
    TRAINING,
    "model = view.train()",
]
NAMES = ("LSTM text generator", "LSTM temperature lanes", "LSTM training")
# All of the notebook but what the widgets show: kinds, order and texts of the cells, and when they ran.
STATE = """() => Array.from(document.querySelectorAll(".jp-Notebook .jp-Cell"), (cell) => [cell.classList[2],
  cell.querySelector(".jp-InputPrompt").textContent, cell.querySelector(".cm-content")?.textContent])"""
# The next part that takes the focus, also one that was made meanwhile; of many alike the first ones.
NEXT = """root => {
  const met = (root.met ??= {all: new Set(), kinds: {}});
  for (const one of root.querySelectorAll("*")) {
    if (one.tabIndex < 0 || one.disabled || met.all.has(one) || !one.checkVisibility()) continue;
    met.all.add(one);
    const kind = [one.tagName, one.type, one.className, one.parentElement.className].join();
    met.kinds[kind] = (met.kinds[kind] ?? 0) + 1;
    if (met.kinds[kind] <= 4) return one;
  }
  return null;
}"""
MOVED = "([one, place]) => one.getBoundingClientRect().y !== place"


@pytest.fixture(scope="module", params=[Lab, Notebook7])
def host(request, tmp_path_factory):
    server = request.param(tmp_path_factory.mktemp("host"))
    server.draw_all_cells()
    yield server
    server.stop()


@pytest.fixture
def notebook(host, page):
    notebook = host.open(page, "keys.ipynb", CELLS)
    notebook.run_all()
    for name in NAMES:
        page.get_by_role("group", name=name).wait_for()
    expect(page.get_by_role("slider", name="Stage")).to_be_visible()  # the training is over
    yield notebook
    page.goto("about:blank")
    host.end_kernels(page)


def test_no_key_changes_the_notebook(notebook):
    page = notebook.page
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 5 characters")
    before = page.evaluate(STATE)
    assert len(before) == len(CELLS)
    counts = []
    for name in NAMES:
        root = page.get_by_role("group", name=name)
        count = 0
        while part := root.evaluate_handle(NEXT).as_element():
            count += 1
            told = part.evaluate("one => one.outerHTML.slice(0, 120)")
            for key in KEYS:
                if not part.evaluate("one => { one.focus(); return one === document.activeElement; }"):
                    break  # it is gone
                page.keyboard.press(key)
            assert page.evaluate(STATE) == before, f"after all keys on {told}"
        counts.append(count)
        with notebook.saving():  # but Ctrl+S still saves
            root.get_by_role("region").first.press("ControlOrMeta+S")
    assert counts[0] > 20
    assert counts[1] > 10
    assert counts[2] > 3


def test_the_wheel_scrolls_the_page_and_changes_no_number(notebook):
    page = notebook.page
    fields = [field for field in page.get_by_role("spinbutton").all() if field.is_visible()]
    assert len(fields) > 6
    for n, field in enumerate(fields):
        field.evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
        field.click()
        before, place = field.input_value(), field.bounding_box()["y"]
        page.mouse.wheel(0, 60 if 2 * n < len(fields) else -60)
        page.wait_for_function(MOVED, arg=[field.element_handle(), place])
        assert field.input_value() == before
        page.keyboard.press("ArrowUp")  # but the keys do
        expect(field).not_to_have_value(before)
