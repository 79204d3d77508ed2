"""The widget where there is nothing of JupyterLab: what can be known of Colab and VS Code without them."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from bare import ADDRESS, PLACES, STYLES, Bare
from hosts import SETTINGS
from lab import SEED
from playwright.sync_api import expect
from test_hosts import FINISHED, LENGTH, PLACE, RUN, low_contrasts
from test_page_inside import find_cells, look_at_a_letter, what_if_marks
from test_page_looks import CUT_OFF, narrow

from lstm_widget import LSTMGenerator, LSTMWidget, TemperatureLanes


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
    look_at_a_letter(notebook)
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


@pytest.mark.parametrize("style", ["light", "dark"])
def test_the_text_scrolls_without_being_painted_again(bare, style):
    bare.widget.length, bare.widget.speed = 3000, None
    notebook = bare.show("page", style)
    scrolled: set[int] = set()
    devtools = bare.page.context.new_cdp_session(bare.page)

    def layers(change):
        scrolled.update(one["backendNodeId"] for one in change.get("layers", []) if "backendNodeId" in one)

    devtools.on("LayerTree.layerTreeDidChange", layers)
    devtools.send("DOM.enable")
    devtools.send("LayerTree.enable")
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 3,000 characters")
    assert notebook.text.evaluate("text => text.scrollTop > 0 && text.scrollHeight > 2 * text.clientHeight")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    node = devtools.send("DOM.querySelector", {"nodeId": root, "selector": ".lstm-text"})["nodeId"]
    text = devtools.send("DOM.describeNode", {"nodeId": node})["node"]["backendNodeId"]
    assert text in scrolled  # it has a layer of its own


def test_a_page_finds_cells_itself_where_the_kernel_is_slow(page):
    generator = LSTMGenerator("tiny")
    bare = Bare(page, LSTMWidget(generator, **SETTINGS))
    find = bare.widget._session._answers["find"]

    def slowly(message):
        if "cells" in message:
            find(message)
        else:  # as where it would take minutes
            asked.append(message)
            time.sleep(0.2)
            bare.widget.send({"type": "finding", "id": message["id"], "model": "", "done": len(asked) / 1000})

    bare.widget._session._answers["find"] = slowly
    asked: list[object] = []
    cells = find_cells(bare.show())
    expect(cells).to_have_count(len(bare.widget.cells))
    assert len(asked) < 100  # it was not asked any more
    for ours, theirs in zip(bare.widget.cells, generator.find_cells(), strict=True):
        assert ours == pytest.approx(theirs._asdict(), abs=1e-4)


def test_a_text_is_explained_by_the_model_that_wrote_it(bare, generator, screenshot):
    notebook = bare.show()
    notebook.generate.click()
    expect(notebook.status).to_have_text(FINISHED)
    text = notebook.written(SEED)
    notebook.model.select_option("verne")
    expect(notebook.line).to_have_text("The model has changed: Generate starts anew with Jules Verne.")
    notebook.text.focus()
    for key in ["Control+Home", *["ArrowRight"] * (len(SEED) + 30)]:
        notebook.page.keyboard.press(key)
    best = np.argsort(-generator.trace(RUN, logits=True).logits[30])[:4]
    likely = [generator.model.characters[one] for one in best]
    names = notebook.root.locator(".lstm-bars-name")
    for place, one in enumerate(likely):
        expect(names.nth(place)).to_have_text({" ": "space", "\n": "line end"}.get(one, one))
    screenshot("text-of-another-model")
    new = next(one for one in likely if one != text[30])
    notebook.root.locator(".lstm-bars-list button").nth(likely.index(new)).click()
    expect(notebook.text).to_have_text(re.compile(re.escape(text[:30] + new)), use_inner_text=False)
    expect(notebook.status).to_have_text(FINISHED)
    assert generator.replay(bare.widget.receipt) == bare.widget.text


def test_a_page_that_cannot_be_loaded_says_what_to_do(bare):
    bare.widget.set_trait("_page", "import './is-nowhere.js';")
    bare.show()
    expect(bare.page.locator("body")).to_have_text("The browser could not load this widget. Reload the page.")


def test_many_widgets_load_their_page_once(bare):
    bare.show()
    for _ in range(3):
        bare.show_again()
    expect(bare.page.get_by_role("group", name="LSTM text generator")).to_have_count(4)
    loaded = bare.page.evaluate("window[Symbol.for('lstm-widget pages')].size")
    assert loaded == 1


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("kind", [LSTMWidget, TemperatureLanes])
def test_a_number_that_is_refused_moves_nothing(page, generator, kind, width):
    page.set_viewport_size({"width": width, "height": 900})
    Bare(page, kind(generator)).show()
    root = page.locator(".lstm-widget")
    expect(root.locator(".lstm-status")).to_contain_text("Ready")
    height = root.bounding_box()["height"]
    for count, field in enumerate(root.get_by_role("spinbutton").all(), 1):
        field.fill("-1")
        field.press("Tab")
        expect(root.get_by_text(re.compile("must be")).filter(visible=True)).to_have_count(count)
        assert root.bounding_box()["height"] == height
