"""What a student does in JupyterLab, with what he sees as the assertion."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from lstm_widget import LSTMGenerator

ROOT = Path(__file__).parents[2]
BOLANO = ROOT.parent / "shared" / "models" / "bolano"

SEED = "The road"
SETTINGS = f"seed={SEED!r}, temperature=0.6, length=300, rng=1"

# Counts how often the text was seen to grow.
WATCH = """element => {
  window.growth = new Set();
  new MutationObserver(() => window.growth.add(element.textContent.length))
    .observe(element, {subtree: true, characterData: true});
}"""


@pytest.fixture
def bolano() -> str:
    if not BOLANO.is_dir():
        pytest.skip("needs the published models in ../shared/models, which this checkout does not have")
    return str(BOLANO)


@pytest.fixture
def generator(bolano) -> LSTMGenerator:
    return LSTMGenerator(bolano)


@pytest.fixture
def opened(open_notebook, bolano):
    """Return a notebook whose first cell shows a widget with `bolano`; more cells may follow."""

    def open_it(*cells: str):
        first = f"from lstm_widget import LSTMWidget\nw = LSTMWidget({bolano!r}, {SETTINGS})\nw"
        notebook = open_notebook([first, *cells])
        notebook.run_all()
        notebook.generate.first.wait_for()
        return notebook

    return open_it


def expected(generator: LSTMGenerator, **changed) -> str:
    return generator.generate(seed=SEED, length=300, temperature=0.6, rng=1, **changed)


def test_the_text_arrives_in_pieces_and_whole(opened, generator):
    notebook = opened()
    notebook.text.evaluate(WATCH)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    text = notebook.written(SEED)
    assert len(text) == 300
    assert text == expected(generator)
    assert notebook.page.evaluate("window.growth.size") > 50


def test_accents_and_curly_quotes_are_intact(opened, generator):
    notebook = opened()
    seed = "“¿Dónde está Belano?” dijo él"
    notebook.seed.fill(seed)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    text = generator.generate(seed=seed, length=300, temperature=0.6, rng=1)
    assert notebook.written(seed) == text
    assert re.search("[é“]", seed + text)


def test_stop_keeps_what_is_there_and_a_second_run_starts_clean(opened, generator):
    notebook = opened()
    notebook.generate.click()
    expect(notebook.text).to_have_text(re.compile(f"{SEED}.{{20}}", re.DOTALL))
    notebook.stop.click()
    expect(notebook.status).to_have_text(re.compile("Stopped: [0-9]+ characters"))
    text = notebook.written(SEED)
    assert 20 <= len(text) < 300
    assert expected(generator).startswith(text)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(SEED) == expected(generator)


def test_the_temperature_counts_from_the_next_character_while_it_writes(opened, generator):
    notebook = opened()
    notebook.generate.click()
    expect(notebook.text).to_have_text(re.compile(f"{SEED}.{{20}}", re.DOTALL))
    before = len(notebook.written(SEED))
    notebook.temperature.press("Home")
    after = len(notebook.written(SEED))
    expect(notebook.status).to_have_text("Finished: 300 characters")
    text = notebook.written(SEED)
    assert text != expected(generator)

    def changed_at(position: int) -> str:
        run = generator.start(seed=SEED, length=300, temperature=0.6, rng=1)
        begun = run.advance(position)
        run.temperature = 0
        return begun + run.advance()

    # It is the text of a run whose temperature was changed at one place, and that place is where the
    # slider was moved: not before, and within a few characters behind.
    places = [position for position in range(300) if changed_at(position) == text]
    assert places
    assert any(before <= place <= after + 12 for place in places)


def test_it_writes_while_another_cell_is_busy(opened, generator):
    wait = (
        "import threading\nfinished = threading.Event()\n"
        "w.observe(lambda change: change['new'] == 'finished' and finished.set(), 'status')\n"
        "print('busy'); print(finished.wait(120))"
    )
    notebook = opened(wait)
    expect(notebook.page.get_by_text("busy", exact=True)).to_be_visible()
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(SEED) == expected(generator)
    expect(notebook.page.get_by_text(re.compile("busy\\s+True"))).to_be_visible()


def test_generate_from_a_cell_streams_into_the_page(opened, generator):
    notebook = opened(f"text = w.generate(seed={SEED!r}); print(len(text), text == w.text)")
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(SEED) == expected(generator)
    expect(notebook.page.get_by_text("300 True", exact=True)).to_be_visible()


def test_the_keyboard_is_enough(opened, generator):
    notebook = opened()
    notebook.seed.focus()
    keyboard = notebook.page.keyboard
    keyboard.press("ControlOrMeta+A")
    keyboard.type("The sea")
    keyboard.press("Tab")
    expect(notebook.temperature).to_be_focused()
    keyboard.press("ArrowRight")
    keyboard.press("ArrowUp")  # in the slider, not to the cell above
    expect(notebook.temperature_field).to_have_value("0.62")
    keyboard.press("Tab")
    expect(notebook.temperature_field).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(notebook.length_field).to_be_focused()
    keyboard.press("ControlOrMeta+A")
    keyboard.type("40")
    keyboard.press("Tab")
    expect(notebook.generate).to_be_focused()
    keyboard.press("Enter")
    expect(notebook.status).to_have_text("Finished: 40 characters")
    text = generator.generate(seed="The sea", length=40, temperature=0.62, rng=1)
    assert notebook.written("The sea") == text


def test_bad_input_gets_one_sentence(opened):
    notebook = opened()
    temperature = (notebook.temperature_field, "0.5", "Temperature must be a number from 0 to 100.")
    length = (notebook.length_field, "5", "Length must be a whole number from 1 to 1,000,000.")
    seed = (notebook.seed, SEED)
    cases = [(*temperature, bad) for bad in ("-1", "", "101")]
    cases += [(*length, bad) for bad in ("0", "-5", "1000000000", "2.5", "")]
    cases += [(*seed, "The seed is empty: give at least one character to start from.", "")]
    cases += [(*seed, "The model knows none of the characters of the seed: give it another one.", "北京")]
    length[0].fill("5")
    for field, good, sentence, bad in cases:
        field.fill(bad)
        notebook.generate.click()
        expect(notebook.widget.get_by_text(sentence)).to_be_visible()
        if field is not notebook.seed:  # the reader is taken to what is wrong
            expect(field).to_be_focused()
            expect(field).to_have_accessible_description(sentence)
        # Mended, it writes, and the sentence is gone.
        field.fill(good)
        notebook.generate.click()
        expect(notebook.widget.get_by_text(sentence)).to_have_count(0)
        expect(notebook.status).to_have_text("Finished: 5 characters")
    # A browser lets nobody type letters into a number.
    temperature[0].fill("0.5")
    temperature[0].press_sequentially("hot")
    expect(temperature[0]).to_have_value("0.5")


def test_unknown_characters_are_named_beside_the_seed(opened, generator):
    notebook = opened()
    notebook.seed.fill("The ‐ road")
    expect(notebook.seed).to_have_accessible_description('Read by the model: "‐" as "-"')
    notebook.seed.fill("The 北road")
    expect(notebook.seed).to_have_accessible_description(re.compile("Unknown to the model and skipped: .*北"))
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(SEED) == expected(generator)


def test_a_text_that_looks_like_markup_is_text(open_notebook):
    make = """
import numpy as np
from lstm_widget import CharLSTM, LSTMLayer, LSTMWidget, Weights
letters = "<img src=x oner=alert(1)>&"
vocab = {c: i for i, c in enumerate(sorted(set(letters)))}
rng, v = np.random.default_rng(0), len(set(letters))
layer = LSTMLayer(rng.normal(size=(v + 8, 32)), np.zeros(32))
model = CharLSTM(Weights((layer,), rng.normal(size=(8, v)), np.zeros(v)), vocab)
w = LSTMWidget(model, seed="<img src=x onerror=alert(1)>", length=200, temperature=2.0)
w
"""
    notebook = open_notebook([make])
    notebook.run_all()
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 200 characters")
    assert len(notebook.written("<img src=x onerror=alert(1)>")) == 200
    expect(notebook.text.locator("img")).to_have_count(0)


PAPER = "getComputedStyle(document.body).getPropertyValue('--jp-layout-color1')"


def contrast(locator) -> float:
    """Return the contrast ratio of a text to what is behind it (WCAG 2.1)."""
    return float(
        locator.evaluate(
            """element => {
  const parse = (colour) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
  const layers = [];
  for (let e = element; e; e = e.parentElement) layers.unshift(parse(getComputedStyle(e).backgroundColor));
  const ground = layers.reduce((under, top) => over(top, under), [255, 255, 255]);
  const ink = over(parse(getComputedStyle(element).color), ground);
  const luminance = (rgb) => {
    const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [luminance(ink), luminance(ground)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""
        )
    )


def test_light_and_dark_and_narrow(opened):
    notebook = opened()
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    parts = [notebook.text, notebook.seed, notebook.generate, notebook.temperature_field]
    parts += [notebook.widget.get_by_text("Finished").first, notebook.text.locator("span").first]
    notebook.screenshot("light")
    light = notebook.page.evaluate(PAPER)
    assert min(map(contrast, parts)) >= 4.5
    notebook.menu("Settings", "Theme", "JupyterLab Dark")
    notebook.page.wait_for_function(f"light => {PAPER} !== light", arg=light)
    notebook.screenshot("dark")
    assert min(map(contrast, parts)) >= 4.5

    notebook.widget.evaluate("element => { element.style.width = '320px'; }")
    everything = notebook.widget.locator("*:not(.lstm-unseen)").all()
    right = max(box["x"] + box["width"] for part in everything if (box := part.bounding_box()))
    left = notebook.widget.bounding_box()["x"]
    assert right <= left + 320
    notebook.screenshot("narrow")


def test_quickstart(open_notebook):
    notebook = open_notebook(ROOT / "notebooks" / "quickstart.ipynb")
    notebook.run_all()
    notebook.generate.wait_for()
    seed = notebook.seed.input_value()
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert len(notebook.written(seed)) == 300
    expect(notebook.page.get_by_text("--- temperature 1.4 ---")).to_be_visible()
    expect(notebook.page.locator(".jp-OutputArea-output[data-mime-type*='stderr']")).to_have_count(0)


def test_quickstart_is_committed_without_outputs():
    quickstart = nbformat.read(ROOT / "notebooks" / "quickstart.ipynb", as_version=4)
    assert [cell.outputs for cell in quickstart.cells if cell.cell_type == "code"] == [[]] * 3


def test_a_restarted_kernel_is_told_in_one_sentence(opened):
    notebook = opened()
    notebook.generate.click()
    expect(notebook.text).to_have_text(re.compile(f"{SEED}.{{20}}", re.DOTALL))
    notebook.menu("Kernel", "Restart Kernel…")
    notebook.page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(notebook.alert).to_have_text("The kernel is gone: run the cell again.")
    assert len(notebook.written(SEED)) >= 20
    notebook.generate.click()
    expect(notebook.alert).to_have_text("The kernel is gone: run the cell again.")


def test_two_views_of_a_widget_show_the_same(opened, generator):
    notebook = opened("w")
    first, second = notebook.widget.nth(0), notebook.widget.nth(1)
    first.get_by_role("button", name="Generate").click()
    for view in (first, second):
        expect(view.get_by_role("status")).to_have_text("Finished: 300 characters")
        text = view.get_by_role("region", name="Generated text")
        assert text.evaluate("element => element.textContent") == SEED + expected(generator)
