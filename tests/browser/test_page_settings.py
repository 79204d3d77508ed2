"""What a student sets: seed, numbers, speed, model; and what is said of bad input."""

from __future__ import annotations

import re

import pytest
from lab import SEED
from playwright.sync_api import expect

from lstm_widget import LSTMGenerator, available_models, load_model

# The rectangle of a character of a one-line textarea, measured without the help of the page: by the width
# of what stands before it.
WHERE = """(box, index) => {
  const style = getComputedStyle(box);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.font = style.font;
  const width = (text) => canvas.measureText(text).width;
  const {left, top} = box.getBoundingClientRect();
  const begin = left + parseFloat(style.paddingLeft) + width(box.value.slice(0, index));
  return {left: begin, right: begin + width(box.value[index]), top: top + parseFloat(style.paddingTop)};
}"""

# Finds and measures all marks in one step: the kernel's answer replaces them, and a mark that is no longer on
# the page measures 0.
BOXES = """root => [...root.querySelectorAll("mark")].map((one) => {
  const {left, right, top} = one.getBoundingClientRect();
  return {left, right, top, text: one.dataset.read};
})"""


def test_bad_input_gets_one_sentence(opened):
    notebook = opened(speed=None)
    temperature = (notebook.temperature_field, "0.5", "Temperature must be a number from 0 to 100.")
    length = (notebook.length_field, "5", "Length must be a whole number from 1 to 1,000,000.")
    top_k = (notebook.top_k, "", "Top-k must be a whole number from 1 to 9,007,199,254,740,991, or empty.")
    top_p = (notebook.top_p, "", "Top-p must be a number above 0 and at most 1, or empty.")
    seed = (notebook.seed, SEED)
    cases = [(*temperature, bad) for bad in ("-1", "", "101")]
    cases += [(*length, bad) for bad in ("0", "-5", "1000000000", "2.5", "")]
    cases += [(*top_k, "0"), (*top_p, "0"), (*top_p, "1.5")]
    cases += [(*seed, "The seed is empty: give at least one character to start from.", "")]
    cases += [(*seed, "The model knows none of the characters of the seed: give it another one.", "北京")]
    length[0].fill("5")
    for field, good, sentence, bad in cases:
        is_rare = field in (notebook.top_k, notebook.top_p)
        if is_rare:
            notebook.more.click()
        field.fill(bad)
        if is_rare:
            notebook.more.click()  # it is opened again
        notebook.generate.click()
        expect(notebook.root.get_by_text(sentence)).to_be_visible()
        if field is not notebook.seed:  # the reader is taken to what is wrong
            expect(field).to_be_focused()
            expect(field).to_have_accessible_description(sentence)
        # Mended, it writes, and the sentence is gone.
        field.fill(good)
        notebook.generate.click()
        expect(notebook.root.get_by_text(sentence)).to_have_count(0)
        expect(notebook.status).to_have_text("Finished: 5 characters")
    # A browser lets nobody type letters into a number.
    temperature[0].fill("0.5")
    temperature[0].press_sequentially("hot")
    expect(temperature[0]).to_have_value("0.5")


def test_unknown_characters_are_named_beside_the_seed(opened, expected):
    notebook = opened(speed=None)
    notebook.seed.fill("The ‐ road")
    expect(notebook.seed).to_have_accessible_description('Read by the model: "‐" as "-"')
    notebook.seed.fill("The 北road")
    expect(notebook.seed).to_have_accessible_description(re.compile("Unknown to the model and skipped: .*北"))
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written("The 北road") == expected()


def test_unknown_characters_are_marked_where_they_stand(opened):
    notebook = opened()
    seed = "The ‐ road to 北 and 京 on"
    notebook.seed.fill(seed)
    marks = notebook.root.locator("mark")
    expect(marks).to_have_count(3)
    for box, character, told in zip(notebook.root.evaluate(BOXES), "‐北京", ["-", "×", "×"], strict=True):
        place = notebook.seed.evaluate(WHERE, seed.index(character))
        assert box["left"] == pytest.approx(place["left"], abs=1.5)
        assert box["right"] == pytest.approx(place["right"], abs=1.5)
        assert place["top"] - 2 <= box["top"] <= place["top"] + 20
        assert box["text"] == told
    # They move with what is typed before them, at once, and go when the character goes.
    before = [box["left"] for box in notebook.root.evaluate(BOXES)]
    notebook.seed.press("Home")
    notebook.seed.press_sequentially("In ")
    expect(marks).to_have_count(3)
    after = [box["left"] for box in notebook.root.evaluate(BOXES)]
    assert all(new > old for new, old in zip(after, before, strict=True))
    notebook.seed.press("End")
    for _ in range(4):
        notebook.seed.press("Backspace")
    expect(marks).to_have_count(2)


def test_the_model_is_chosen_and_its_card_is_shown(opened, shared_models, expected):
    darwin = str(shared_models / "darwin")
    notebook = opened(f"w.model = {darwin!r}", speed=None, length=100)
    choices = notebook.model.get_by_role("option")
    bundled = [load_model(name).card["title"] for name in available_models()]
    expect(choices).to_have_text([*bundled, re.compile("bolano"), re.compile("darwin")])
    expect(notebook.model).to_have_value(darwin)  # the cell chose it
    notebook.about.click()
    expect(notebook.card.get_by_text("2 layers of 128 cells")).to_be_visible()
    notebook.about.click()
    expect(notebook.card).to_be_hidden()
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 100 characters")
    text = LSTMGenerator(darwin).generate(seed=SEED, length=100, temperature=0.6, rng=1)
    assert notebook.written(SEED) == text

    notebook.model.select_option(label="bolano")
    notebook.about.click()
    expect(notebook.card.get_by_text("2 layers of 256 cells")).to_be_visible()
    expect(notebook.go_on).to_be_disabled()  # the text is darwin's
    notebook.about.click()
    notebook.generate.click()
    expect(notebook.text).to_have_text(re.compile(re.escape(expected(100)[:20])))
    expect(notebook.status).to_have_text("Finished: 100 characters")
    assert notebook.written(SEED) == expected(100)

    notebook.model.select_option(label="Fairy tales")
    tales = LSTMGenerator("fairytales")
    card = tales.model.card
    notebook.about.click()
    for told in (tales.model.card["title"], card["licence"]):
        expect(notebook.card.get_by_text(told, exact=True)).to_be_visible()
    for told in (
        card["text"],
        f"{card['characters']:,} characters",
        f"{card['validation_loss_bits']:.2f} bits",
    ):
        expect(notebook.card.get_by_text(told)).to_be_visible()
    notebook.about.click()
    notebook.generate.click()
    expect(notebook.line).to_have_text(re.compile("^Finished · 100 characters"))
    text = tales.generate(seed=SEED, length=100, temperature=0.6, rng=1)
    expect(notebook.text).to_have_text(re.compile(re.escape(text[-20:])))
    assert notebook.written(SEED) == text


def test_the_seed_is_the_models_own_until_somebody_types_one(open_notebook, shared_models):
    darwin = str(shared_models / "darwin")
    source = f"from lstm_widget import LSTMWidget\nw = LSTMWidget({darwin!r}, length=50, speed=None)\nw"
    notebook = open_notebook([source])
    notebook.run_all()
    own = LSTMGenerator(darwin).default_seed
    expect(notebook.seed).to_have_value(own)
    expect(notebook.seed).to_have_accessible_description("")
    notebook.model.select_option(label="Shakespeare")
    expect(notebook.seed).to_have_value("ROMEO:\nWhat li")
    notebook.model.select_option(value=darwin)
    expect(notebook.seed).to_have_value(own)
    # A line end of the keyboard is one of two characters to a model that was trained on these.
    notebook.seed.fill("of species.\n")
    expect(notebook.root.locator("mark")).to_have_attribute("data-read", "↵")
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 50 characters")
    notebook.model.select_option(label="Shakespeare")
    expect(notebook.root.locator("mark")).to_have_count(0)
    expect(notebook.seed).to_have_value("of species.\n")


def test_the_line_ends_of_the_seed_stay_where_nobody_types(open_notebook, shared_models):
    darwin, seed = str(shared_models / "darwin"), "of species.\r\nBut the"
    source = f"from lstm_widget import LSTMWidget\nw = LSTMWidget({darwin!r}, seed={seed!r}, speed=None)\nw"
    notebook = open_notebook([source, "ascii(w.seed)"])
    notebook.run_cell(0)
    expect(notebook.seed).to_have_value(seed.replace("\r\n", "\n"))
    notebook.seed.press("ControlOrMeta+Home")
    notebook.seed.press_sequentially("On ")
    notebook.seed.press("ControlOrMeta+End")
    notebook.seed.press_sequentially("re")
    expect(notebook.seed).to_have_accessible_description("")
    notebook.seed.press("Enter")
    expect(notebook.root.locator("mark")).to_have_attribute("data-read", "↵")  # only the one that was typed
    notebook.run_cell(1)
    edited = "On of species.\r\nBut there\n"
    expect(notebook.page.get_by_text(repr(ascii(edited)), exact=True)).to_be_visible()


def test_the_speed_goes_from_a_typewriter_to_as_fast_as_it_goes_while_it_writes(opened, expected):
    notebook = opened(length=2000)
    notebook.speed.press("Home")
    expect(notebook.root.get_by_text("1 per second")).to_be_visible()
    notebook.speed.press("ArrowRight")
    notebook.speed.press("ArrowRight")
    expect(notebook.root.get_by_text("5 per second")).to_be_visible()
    # On the whole page: JupyterLab may still be drawing its outputs anew, with another view of the widget.
    notebook.page.evaluate(
        """(start) => {
          window.growth = [[performance.now(), start]];
          new MutationObserver((changes) => {
            const text = changes.map(({target}) => target.parentElement?.closest(".lstm-text")).find(Boolean);
            if (text) window.growth.push([performance.now(), text.textContent.length]);
          }).observe(document.body, {subtree: true, characterData: true});
        }""",
        len(SEED),
    )
    notebook.generate.click()
    notebook.wait_for(len(SEED) + 8)
    (start, _), *growth = notebook.page.evaluate("window.growth")
    assert growth[-1][1] >= len(SEED) + 8
    # A character every 0.2 s, so that each can be seen; a busy machine may show some late, but none early.
    assert all(length - len(SEED) <= 1 + (time - start) / 150 for time, length in growth)
    notebook.speed.press("End")
    expect(notebook.root.get_by_text("as fast as it goes")).to_be_visible()
    # At the speed of before it would take over six minutes.
    expect(notebook.status).to_have_text("Finished: 2,000 characters")
    assert notebook.written(SEED) == expected(2000)


def test_top_k_top_p_and_dice(opened, expected):
    notebook = opened(speed=None, rng=None, length=100)
    notebook.more.click()
    notebook.rng.fill("5")
    notebook.top_k.fill("3")
    notebook.top_p.fill("0.8")
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 100 characters")
    assert notebook.written(SEED) == expected(100, rng=5, top_k=3, top_p=0.8)
    assert notebook.written(SEED) != expected(100, rng=5)

    notebook.more.click()
    notebook.top_k.fill("")
    notebook.top_p.fill("")
    notebook.roll.click()
    expect(notebook.rng).not_to_have_value("5")
    rng = int(notebook.rng.input_value())
    notebook.generate.click()
    text = expected(100, rng=rng)
    expect(notebook.text).to_have_text(re.compile(re.escape(text[-15:])))
    assert notebook.written(SEED) == text

    # Without a number each text has its own; the page tells which, so that it can be had again.
    notebook.more.click()
    notebook.rng.fill("")
    notebook.generate.click()
    expect(notebook.text).not_to_have_text(re.compile(re.escape(text[-15:])))
    expect(notebook.line).to_have_text(re.compile("^Finished · 100 characters"))
    notebook.more.click()
    told = notebook.root.get_by_text(re.compile(r"The last text used (?!" + str(rng) + r"\.)\d+\."))
    expect(told).to_be_visible()
    thrown = re.search(r"The last text used (\d+)", told.text_content())[1]
    assert notebook.written(SEED) == expected(100, rng=int(thrown))
