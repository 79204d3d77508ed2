"""The widget where there is nothing of JupyterLab: what can be known of Colab and VS Code without them."""

from __future__ import annotations

import re

import pytest
from bare import ADDRESS, PLACES, STYLES, Bare
from hosts import SETTINGS
from lab import SEED
from playwright.sync_api import expect
from test_hosts import FINISHED, LENGTH, PLACE, RUN, low_contrasts
from test_page_inside import inside, what_if_marks
from test_page_looks import CUT_OFF, narrow

from lstm_widget import LSTMGenerator, LSTMWidget


@pytest.fixture(scope="module")
def generator():
    return LSTMGenerator()


@pytest.fixture
def bare(page, generator):
    return Bare(page, LSTMWidget(generator, **SETTINGS))


@pytest.mark.parametrize("place", PLACES)
def test_it_works_anywhere_and_asks_the_network_for_nothing(bare, generator, place):
    notebook = bare.show(place)
    expect(notebook.seed).to_have_value(SEED)
    notebook.length_field.fill("2000")
    notebook.generate.click()
    notebook.wait_for(len(SEED) + 30)
    notebook.temperature.press("Home")
    mark = notebook.text.get_by_role("img", name="Temperature 0 from here")
    expect(mark).to_be_visible()
    changed_at = mark.evaluate(PLACE) - len(SEED)
    notebook.wait_for(len(SEED) + changed_at + 10)
    notebook.stop.click()
    expect(notebook.status).to_have_text(re.compile("^Stopped: [0-9]+ characters$"))
    text = notebook.written(SEED)
    assert 30 <= changed_at < len(text) < 2000
    run = generator.start(RUN, length=2000)
    expected = run.advance(changed_at)
    run.temperature = 0
    assert (expected + run.advance()).startswith(text)
    assert bare.widget.text == text

    notebook.temperature_field.fill("0.6")
    notebook.length_field.fill(str(LENGTH))
    notebook.generate.click()
    expect(notebook.status).to_have_text(FINISHED)
    assert notebook.written(SEED) == generator.generate(RUN)
    inside(notebook).click()
    trace = generator.trace(RUN, logits=True)
    for temperature in (1.2, 0.3):
        assert what_if_marks(notebook, trace, temperature)

    assert [one for one in bare.requested if not one.startswith(("blob:", "about:"))] == [ADDRESS]
    assert bare.leave() == {"listeners": 0, "elements": 0}


@pytest.mark.parametrize("style", STYLES)
def test_its_text_can_be_read_on_any_ground(bare, screenshot, style):
    notebook = bare.show(style=style)
    low = low_contrasts(notebook)
    screenshot(f"bare-{style.replace(', ', '-')}")
    assert low == {}
    narrow(notebook)
    assert notebook.root.evaluate(CUT_OFF) == []
