"""A page so busy that anywidget gives a widget up: it drops what its kernel says, but the view is drawn."""

from __future__ import annotations

import re

import pytest
from lab import SEED
from playwright.sync_api import expect

# anywidget's two seconds are over at once.
IMPATIENT = """() => {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (milliseconds) => {
    if (milliseconds !== 2000) return timeout(milliseconds);
    const controller = new AbortController();
    queueMicrotask(() => controller.abort());
    window.givenUp = (window.givenUp ?? 0) + 1;
    return controller.signal;
  };
}"""
GIVEN_UP = "[anywidget] Failed to initialize model."
# A version of anywidget whose model shows nothing of the host's.
LISTEN = "model.on(name, callback, context)"
HIDDEN = "model.on(name, (one, ...rest) => callback(one === model ? undefined : one, ...rest), context)"
CELLS = {
    "lanes": "from lstm_widget import TemperatureLanes\nlanes = TemperatureLanes(length=40)\nlanes",
    "training": "from lstm_widget.training import TrainingView\n"
    "view = TrainingView('the cat sat on the mat.\\n' * 100, units=8, epochs=2)\nview",
}


@pytest.fixture
def given_up(page, problems):
    page.add_init_script(f"({IMPATIENT})()")
    yield
    assert page.evaluate("window.givenUp") > 0
    problems[:] = [problem for problem in problems if problem != GIVEN_UP]


@pytest.mark.usefixtures("given_up")
def test_it_hears_again_each_message_once_and_what_it_missed(opened, expected):
    # The second cell writes before the page can have heard of anything.
    notebook = opened("print(len(w.generate()))")
    expect(notebook.text).to_have_text(SEED + expected())
    notebook.length_field.fill("100")
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 100 characters")
    assert notebook.written(SEED) == expected(100)
    notebook.step.click()
    expect(notebook.status).to_have_text("Finished: 101 characters")
    expect(notebook.line).to_have_text(re.compile(r"^Finished · 101 characters · .* bits per character$"))
    assert notebook.written(SEED) == expected(101)
    expect(notebook.notice).to_have_text("")


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.usefixtures("given_up")
def test_so_do_the_other_widgets(open_notebook, kind):
    change = "lanes.length = 50" if kind == "lanes" else "view.train();"
    notebook = open_notebook([CELLS[kind], change])
    notebook.run_all()
    if kind == "lanes":
        root = notebook.page.get_by_role("group", name="LSTM temperature lanes")
        expect(root.get_by_role("spinbutton", name="Length")).to_have_value("50")
        root.get_by_role("button", name="Generate", exact=True).click()
        expect(root.get_by_role("status")).to_have_text("Finished: 3 lanes of 50 characters")
    else:
        root = notebook.page.get_by_role("group", name="LSTM training")
        expect(root.locator(".lstm-status")).to_contain_text("Finished")
        expect(root.locator(".lstm-notice")).to_have_text("")


@pytest.mark.parametrize("kind", ["text", *CELLS])
@pytest.mark.usefixtures("given_up")
def test_where_it_cannot_it_says_that_its_cell_is_to_be_run_again(page, open_notebook, kind):
    def hide(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(LISTEN, HIDDEN))

    page.route("**/anywidget/static/*.js*", hide)
    notebook = open_notebook([CELLS.get(kind, "from lstm_widget import LSTMWidget\nLSTMWidget()")])
    notebook.run_all()
    expect(page.locator(".lstm-widget .lstm-notice")).to_have_text(
        "This widget did not start. Run its cell again."
    )
