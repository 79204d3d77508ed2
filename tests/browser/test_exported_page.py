"""An exported page, opened from the disk with the network off: alive without a kernel."""

from __future__ import annotations

import re

import pytest
from bare import Placed
from contrasts import weak
from playwright.sync_api import expect
from test_hosts import PLACE
from test_lanes_page import Lanes
from test_page_inside import find_cells, look_at_a_letter, tab, what_if_marks
from test_page_looks import AXE, CUT_OFF, violations

from lstm_widget import LSTMGenerator, LSTMWidget, TemperatureLanes

MODEL, SEED, LENGTH = "tiny", "Once upon", 300
SETTINGS = {"seed": SEED, "temperature": 0.6, "rng": 1}
RUN = {**SETTINGS, "length": LENGTH}
WITHOUT = {
    "workers": "delete globalThis.Worker",
    "workers that work": "globalThis.Worker = class { constructor() { setTimeout(() => this.onerror?.({})); }"
    " postMessage() {} }",
    "WebAssembly, and workers": "delete globalThis.Worker; delete globalThis.WebAssembly",
}


@pytest.fixture(scope="module")
def generator():
    return LSTMGenerator(MODEL)


@pytest.fixture
def requested(page):
    """Return the addresses that the page asks for."""
    addresses = []
    page.context.on("request", lambda request: addresses.append(request.url))
    return addresses


@pytest.fixture
def complaints(page):
    """Return what is reported: a breach of the policy, or that another engine must do."""
    told = []
    page.on("console", lambda message: told.append(message.text))
    return told


@pytest.fixture
def opened(page, tmp_path):
    """Return a function that exports a widget and opens its page."""

    def open_it(widget, damage=lambda text: text):
        file = widget.export_html(tmp_path / "page.html")
        file.write_text(damage(file.read_text(encoding="utf-8")), encoding="utf-8")
        page.context.set_offline(True)
        page.goto(file.as_uri())
        return Placed(page.main_frame)

    return open_it


def turned_down(shown, generator):
    """Turn the temperature to 0 while it writes, then stop; return the text, which is what Python writes."""
    shown.generate.click()
    shown.wait_for(len(SEED) + 30)
    shown.temperature.press("Home")
    mark = shown.text.get_by_role("img", name="Temperature 0 from here")
    expect(mark).to_be_visible()
    changed_at = mark.evaluate(PLACE) - len(SEED)
    shown.wait_for(len(SEED) + changed_at + 10)
    shown.stop.click()
    expect(shown.status).to_have_text(re.compile("^Stopped: [0-9]+ characters$"))
    text = shown.written(SEED)
    run = generator.start(RUN, length=2000)
    expected = run.advance(changed_at)
    run.temperature = 0
    assert (expected + run.advance()).startswith(text)
    return text


def test_a_page_writes_what_python_writes_and_asks_the_network_for_nothing(
    opened, generator, requested, complaints, screenshot
):
    shown = opened(LSTMWidget(generator, **SETTINGS, length=2000, speed=200))
    expect(shown.seed).to_have_value(SEED)
    text = turned_down(shown, generator)
    shown.step.click()
    shown.wait_for(len(SEED) + len(text) + 1)

    shown.temperature_field.fill("0.6")
    shown.length_field.fill(str(LENGTH))
    shown.generate.click()
    expect(shown.status).to_have_text(f"Finished: {LENGTH} characters")
    assert shown.written(SEED) == generator.generate(RUN)
    screenshot("exported")
    look_at_a_letter(shown)
    trace = generator.trace(RUN, logits=True)
    for temperature in (1.2, 0.3):
        assert what_if_marks(shown, trace, temperature)

    found = [one.get_attribute("aria-label") or one.inner_text() for one in find_cells(shown).all()]
    assert len(found) == len(LSTMWidget(generator).generator.find_cells())
    shown.root.get_by_role("radio", name="cell").first.check(force=True)
    tab(shown, "Branches").click()
    expect(shown.root.get_by_role("button", name=re.compile("^The first text"))).to_be_visible()
    assert complaints == []
    assert [one for one in requested if not one.startswith("blob:")] == [shown.page.url]


def test_what_a_cell_wrote_is_shown_and_goes_on(opened, generator, complaints):
    widget = LSTMWidget(generator, **RUN, speed=None)
    text = widget.generate()
    shown = opened(widget)
    expect(shown.status).to_have_text(f"Finished: {LENGTH} characters")
    assert shown.written(SEED) == text
    look_at_a_letter(shown)
    assert what_if_marks(shown, generator.trace(RUN, logits=True), 1.2)
    shown.go_on.click()
    expect(shown.status).to_have_text(f"Finished: {2 * LENGTH} characters")
    assert shown.written(SEED) == generator.generate(RUN, length=2 * LENGTH)
    assert complaints == []


def test_lanes_have_the_same_dice(opened, generator, complaints, screenshot):
    heats = [0.3, 0.7, 1.1]
    lanes = Lanes(
        opened(TemperatureLanes(generator, seed=SEED, rng=1, temperatures=heats, length=LENGTH, speed=None))
    )
    lanes.generate.click()
    expect(lanes.status).to_have_text(f"Finished: 3 lanes of {LENGTH} characters")
    written = [lanes.text(lane).evaluate("element => element.textContent") for lane in (1, 2, 3)]
    assert written == [SEED + generator.generate(RUN, temperature=heat) for heat in heats]
    lanes.add.click()
    lanes.generate.click()
    expect(lanes.status).to_have_text(f"Finished: 4 lanes of {LENGTH} characters")
    screenshot("exported-lanes")
    assert complaints == []


@pytest.mark.parametrize("without", WITHOUT)
def test_it_writes_where_the_browser_lacks_something(page, opened, generator, without):
    page.add_init_script(WITHOUT[without])
    shown = opened(LSTMWidget(generator, **RUN, speed=None))
    shown.generate.click()
    expect(shown.status).to_have_text(f"Finished: {LENGTH} characters")
    assert shown.written(SEED) == generator.generate(RUN)


@pytest.fixture
def written(generator):
    """Return a widget with a text, and a title that is short enough for a phone."""
    short = generator.model.with_card({**generator.model.card, "title": "Tales"})
    widget = LSTMWidget(LSTMGenerator(short), **RUN)
    widget.generate()
    return widget


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_everybody(page, opened, written, scheme):
    page.emulate_media(color_scheme=scheme)
    shown = opened(written)
    expect(shown.status).to_have_text(f"Finished: {LENGTH} characters")
    look_at_a_letter(shown)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert violations(shown) == []
    assert page.evaluate("axe.run().then(({violations}) => violations.map(({id}) => id))") == []
    assert weak(shown.root) == {}


def test_it_fits_on_a_phone(page, opened, written):
    page.set_viewport_size({"width": 360, "height": 900})
    shown = opened(written)
    expect(shown.status).to_have_text(f"Finished: {LENGTH} characters")
    assert shown.root.evaluate(CUT_OFF) == []
    look_at_a_letter(shown)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_page_that_is_not_whole_says_so_and_shows_the_record(page, opened, written):
    opened(written, damage=lambda text: text[: 3 * len(text) // 4])
    expect(page.get_by_role("alert")).to_have_text("This page is not whole: save or download it again.")
    expect(page.get_by_text(written.text)).to_be_visible()


def test_a_page_without_its_script_says_so_and_shows_the_record(page, opened, written):
    opened(written, damage=lambda text: text[: text.index("<script>") + 1000])
    expect(page.get_by_text(written.text)).to_be_visible()
    expect(page.get_by_text("its script did not run")).to_be_visible()


def test_a_model_that_is_damaged_is_one_sentence_and_the_record_is_shown(page, opened, generator):
    def damage(text):
        start = text.index('id="lstm-weights">') + len('id="lstm-weights">')
        return text[: start + 100] + "AAAA" + text[start + 104 :]

    widget = LSTMWidget(generator, **RUN)
    text = widget.generate()
    shown = opened(widget, damage)
    sentence = "The model of this page is not a valid safetensors file: download or save it again."
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    assert shown.written(SEED) == text
