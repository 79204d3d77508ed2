"""A training in a real JupyterLab: its page follows, stops it and goes back to its stages."""

from __future__ import annotations

import re

import pytest
from contrasts import weak
from playwright.sync_api import expect
from test_page_looks import AXE, CUT_OFF, dark, narrow, violations

WORDS = ["the", "a", "cat", "dog", "mat", "log", "sat", "on", "under", "saw", "and", "then", "sleeps", "ran"]

# So long that somebody has to stop it.
FIRST = f"""
import random
import torch
from lstm_widget import LSTMWidget
from lstm_widget.training import TrainingView
torch.set_num_threads(1)  # others may need the machine, too
text = " ".join(random.Random(0).choices({WORDS!r}, k=20_000)) + "\\n"
view = TrainingView(text, units=32, embedding_size=8, layers=1, epochs=60, batch_size=16, sequence_length=32,
                    learning_rate=0.01, dropout=0, precision="float32", patience=1000)
view"""
TRAIN = "model = view.train()"

# The texts of the chart that are not all in it.
OUTSIDE = """chart => {
  const {left, right, top, bottom} = chart.getBoundingClientRect();
  return [...chart.querySelectorAll("text")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.left < left - 1 || box.right > right + 1 || box.top < top - 1 || box.bottom > bottom + 1;
  }).map((one) => one.textContent);
}"""


class Training:
    """A view in a page, by the names that a reader sees or hears."""

    def __init__(self, notebook) -> None:
        self.notebook, self.page, self.command = notebook, notebook.page, notebook.command
        self.root = self.page.get_by_role("group", name="LSTM training").first
        self.status = self.root.get_by_role("status")
        self.line = self.root.locator(".lstm-status")
        self.alert = self.root.get_by_role("alert")
        self.stop = self.root.get_by_role("button", name="Stop", exact=True)
        self.chart = self.root.get_by_role("img", name="Loss curves")
        self.stage = self.root.get_by_role("slider", name="Stage")
        self.temperature = self.root.get_by_role("spinbutton", name="Temperature")
        self.text = self.root.get_by_role("region", name="Text of the stage")

    def points(self, curve: str) -> int:
        """Return how many corners a curve has."""
        points = self.chart.locator(f"polyline.lstm-loss-{curve}").first.get_attribute("points") or ""
        return len(points.split())

    def wait_for_points(self, curve: str, least: int) -> None:
        self.page.wait_for_function(
            "([chart, curve, least]) => "
            "chart.querySelector(`polyline.lstm-loss-${curve}`)?.points.length >= least",
            arg=[self.chart.element_handle(), curve, least],
        )

    def written(self) -> str:
        return str(self.text.evaluate("element => element.textContent"))

    def go(self, *keys: str) -> None:
        for key in keys:
            self.stage.press(key)


@pytest.fixture
def opened(open_notebook):
    """Return a function that opens a notebook whose first cell shows a view, and begins to train."""

    def open_it(*cells: str) -> Training:
        notebook = open_notebook([FIRST, TRAIN, *cells])
        notebook.run_cell(0)
        training = Training(notebook)
        expect(training.line).to_contain_text("Not trained yet")
        notebook.run_cell(1)
        return training

    return open_it


def test_the_page_follows_stops_and_goes_back(opened, screenshot):
    training = opened("print(model is view.model); LSTMWidget(view.model)")
    training.wait_for_points("training", 5)
    training.wait_for_points("validation", 2)
    expect(training.line).to_contain_text(re.compile(r"Training · about .* left · .* updates"))
    expect(training.status).to_have_text(re.compile("^Training"))
    expect(training.root.get_by_role("figure")).to_have_count(3)
    count = training.points("training")
    training.wait_for_points("training", count + 3)  # it grows while the cell is busy
    training.wait_for_points("validation", 10)
    screenshot("training-running")
    training.stop.click()
    expect(training.line).to_have_text(re.compile("^Stopped"))
    expect(training.stop).to_have_count(0)  # there is nothing to stop
    expect(training.alert).to_have_count(0)

    stages = int(training.stage.get_attribute("max")) + 1
    assert stages >= 6
    training.go("End")
    last = training.written()
    training.go("Home")
    expect(training.stage).to_have_attribute("aria-valuetext", re.compile("^Stage 1 of .* before the first"))
    first = training.written()
    assert len(last) == len(first) > 200
    assert last != first
    # From noise to words, after the seed that all stages share.
    shared = next(n for n, (one, other) in enumerate(zip(first, last, strict=True)) if one != other)
    known = [[word in WORDS for word in text[shared:].split()[1:-1]] for text in (first, last)]
    assert sum(known[0]) / len(known[0]) < 0.3
    assert sum(known[1]) / len(known[1]) > 0.6
    training.go("ArrowRight", "ArrowRight")
    expect(training.stage).to_have_attribute("aria-valuetext", re.compile("^Stage 3 of .* after 2 updates"))
    third = training.written()
    training.temperature.fill("1.3")
    expect(training.text).not_to_have_text(third)
    expect(training.root).not_to_contain_text("the kernel has to write it")
    training.temperature.fill("0.6")
    expect(training.text).to_have_text(third)
    screenshot("training-stages")

    training.notebook.run_cell(2)
    expect(training.page.get_by_text("True", exact=True)).to_be_visible()
    expect(training.page.get_by_role("group", name="LSTM text generator")).to_have_count(1)
    expect(training.root).to_contain_text("LSTMWidget(view.model)")


def test_an_interrupt_of_the_kernel_keeps_the_best_and_no_kernel_shows_the_record(opened, lab, file_name):
    training = opened()
    training.wait_for_points("training", 5)
    training.command("kernelmenu:interrupt")
    expect(training.line).to_have_text(re.compile("^Stopped"))
    training.go("Home")
    first = training.written()
    training.notebook.keep_widgets()
    with training.notebook.saving():
        training.stage.press("ControlOrMeta+S")
    points = training.points("training")
    lab.end_kernels(training.page)
    lab.visit(training.page, file_name)
    training.wait_for_points("training", points)
    training.go("Home")
    assert training.written() == first


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_looks_right_and_axe_finds_nothing(opened, screenshot, theme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: cd js && npm ci")
    training = opened()
    if theme == "dark":
        dark(training)
    training.page.evaluate(AXE.read_text(encoding="utf-8"))
    training.wait_for_points("validation", 2)
    found = {"running": axe(training)}
    training.stop.click()
    expect(training.line).to_have_text(re.compile("^Stopped"))
    training.root.get_by_text("Baselines").click()
    found["stopped"] = violations(training)
    assert weak(training.root) == {}
    assert training.chart.evaluate(OUTSIDE) == []
    screenshot(f"training-{theme}")
    training.temperature.fill("101")
    found["wrong"] = violations(training)
    narrow(training)
    training.page.wait_for_function(
        "chart => chart.getBoundingClientRect().width <= 320", arg=training.chart.element_handle()
    )
    assert training.root.evaluate(CUT_OFF) == []
    assert training.chart.evaluate(OUTSIDE) == []
    found["narrow"] = violations(training)
    screenshot(f"training-narrow-{theme}")
    assert found == {state: [] for state in found}


def axe(training) -> list[str]:
    """Return what axe-core finds while there is no field yet."""
    found = training.root.evaluate("element => axe.run(element)")
    assert {"color-contrast", "button-name"} <= {rule["id"] for rule in found["passes"]}
    return [f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]]
