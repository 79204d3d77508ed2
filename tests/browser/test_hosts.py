"""The widget in other hosts than JupyterLab, with the bundled model."""

from __future__ import annotations

import re

import pytest
from contrasts import weak
from hosts import HOSTS, SETTINGS
from lab import SEED
from playwright.sync_api import expect
from test_page_inside import look_at_a_letter, what_if_marks
from test_page_looks import have_a_mark

from lstm_widget import LSTMGenerator

LENGTH = SETTINGS["length"]
FINISHED = f"Finished: {LENGTH} characters"
RUN = {name: value for name, value in SETTINGS.items() if name != "speed"}
# Where a mark stands in the text, in characters.
PLACE = """mark => {
  const range = document.createRange();
  range.setStart(mark.closest("[role=region]"), 0);
  range.setEndBefore(mark);
  return Array.from(range.toString()).length;
}"""
ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1[:/]|localhost[:/])")
# Of the ground, from 0 (black) to 1 (white).
LUMINANCE = """one => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = getComputedStyle(one).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => linear(c / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}"""


def low_contrasts(notebook):
    """Have much of a widget shown, errors included; return what of it can hardly be read."""
    notebook.seed.fill("The 北 road ‐ to")
    expect(notebook.root.locator("mark")).to_have_count(2)
    have_a_mark(notebook)
    notebook.length_field.fill("0")
    expect(notebook.status).to_have_text(FINISHED)
    look_at_a_letter(notebook)
    expect(notebook.root.locator(".lstm-bars-list button").first).to_be_visible()
    expect(notebook.root.get_by_text(re.compile("^Length must be a whole number"))).to_be_visible()
    return weak(notebook.root)


@pytest.fixture(scope="module")
def generator():
    return LSTMGenerator()


@pytest.fixture(scope="module", params=HOSTS)
def host(request, tmp_path_factory):
    server = HOSTS[request.param](tmp_path_factory.mktemp("host"))
    yield server
    server.stop()


@pytest.fixture
def shown(host, page):
    """Return a function that opens the notebook, light or dark, and returns it once the widget is there."""

    # Nor does a host need the network, though Voila would like to have fonts from there.
    page.context.route(
        re.compile(r"^https?://(?!127\.0\.0\.1[:/]|localhost[:/])"), lambda route: route.abort()
    )

    def show(**looks):
        notebook = host.show(page, **looks)
        notebook.generate.wait_for()
        return notebook

    yield show
    host.leave(page)


def test_it_appears_writes_and_stops(shown, generator):
    notebook = shown()
    expect(notebook.seed).to_have_value(SEED)
    expect(notebook.widgets).to_have_count(1)
    notebook.length_field.fill("2000")
    notebook.generate.click()
    expect(notebook.status).to_have_text("Writing")
    notebook.wait_for(len(SEED) + 30)
    notebook.stop.click()
    expect(notebook.status).to_have_text(re.compile("^Stopped: [0-9]+ characters$"))
    text = notebook.written(SEED)
    assert 30 <= len(text) < 2000
    assert generator.generate({**RUN, "length": len(text)}) == text
    length = len(text) + 20
    notebook.length_field.fill(str(length))
    notebook.go_on.click()
    expect(notebook.status).to_have_text(f"Finished: {length} characters")
    assert notebook.written(SEED) == generator.generate({**RUN, "length": length})
    notebook.length_field.fill(str(LENGTH))
    notebook.more.click()
    notebook.rng.fill("7")
    notebook.generate.click()
    expect(notebook.text).to_have_text(re.compile(re.escape(generator.generate(RUN, rng=7)[-15:])))
    expect(notebook.status).to_have_text(FINISHED)
    assert notebook.written(SEED) == generator.generate(RUN, rng=7)


def test_a_new_temperature_counts_while_it_writes_and_leaves_a_mark(shown, generator):
    notebook = shown()
    notebook.generate.click()
    notebook.wait_for(len(SEED) + 30)
    notebook.temperature.press("Home")
    mark = notebook.text.get_by_role("img", name="Temperature 0 from here")
    expect(mark).to_be_visible()
    expect(notebook.status).to_have_text(FINISHED)
    place = mark.evaluate(PLACE) - len(SEED)
    assert 30 <= place < LENGTH
    run = generator.start(RUN)
    expected = run.advance(place)
    run.temperature = 0
    assert notebook.written(SEED) == expected + run.advance()
    assert notebook.written(SEED) != generator.generate(RUN)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_text_can_be_read(shown, screenshot, request, theme):
    notebook = shown(dark=theme == "dark")
    low = low_contrasts(notebook)
    host = re.search(r"Notebook 7|Voila|marimo", request.node.name)[0]
    screenshot(f"host-{host.replace(' ', '-').lower()}-{theme}")
    assert low == {}
    # It really is dark, or light.
    luminance = notebook.root.locator(".lstm-case").evaluate(LUMINANCE)
    assert luminance < 0.2 if theme == "dark" else luminance > 0.8


def test_the_look_inside_opens_and_answers_what_if(shown, generator):
    notebook = shown()
    notebook.generate.click()
    expect(notebook.status).to_have_text(FINISHED)
    look_at_a_letter(notebook)
    trace = generator.trace(RUN, logits=True)
    assert notebook.written(SEED) == trace.text
    for temperature in (1.2, 0.3):
        assert what_if_marks(notebook, trace, temperature)
