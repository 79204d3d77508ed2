"""A text is written: begun, stopped, written on, forgotten."""

from __future__ import annotations

import re

import pytest
from lab import SEED
from playwright.sync_api import expect

# Notes when the text was seen to grow, and how long it was then.
WATCH = """element => {
  window.growth = [];
  new MutationObserver(() => window.growth.push([performance.now(), element.textContent.length]))
    .observe(element, {subtree: true, characterData: true, childList: true});
}"""


def test_the_text_arrives_in_pieces_and_whole(opened, expected):
    notebook = opened(speed=50)
    notebook.text.evaluate(WATCH)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Writing")
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(SEED) == expected()
    assert len(set(notebook.page.evaluate("window.growth.map(([, length]) => length)"))) > 50
    expect(notebook.line).to_have_text(
        re.compile(r"^Finished · 300 characters · \d\d per second · \d\.\d\d bits per character$")
    )


def test_accents_and_curly_quotes_are_intact(opened, expected):
    notebook = opened(speed=None)
    seed = "“¿Dónde está Belano?” dijo él"
    notebook.seed.fill(seed)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(seed) == expected(seed=seed)
    assert re.search("[é“]", notebook.shown)


def test_stop_keeps_what_is_there_and_a_second_run_starts_clean(opened, expected):
    notebook = opened(length=400)
    notebook.generate.click()
    notebook.wait_for(30)
    notebook.stop.click()
    expect(notebook.status).to_have_text(re.compile("^Stopped: [0-9]+ characters$"))
    text = notebook.written(SEED)
    assert 20 <= len(text) < 400
    assert expected(400).startswith(text)
    expect(notebook.status).to_have_text(f"Stopped: {len(text)} characters")
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 400 characters")
    assert notebook.written(SEED) == expected(400)


def test_continue_writes_on_what_was_stopped_and_what_is_finished(opened, expected):
    notebook = opened(length=400)
    expect(notebook.go_on).to_be_disabled()
    notebook.generate.click()
    notebook.wait_for(30)
    notebook.stop.click()
    expect(notebook.status).to_have_text(re.compile("^Stopped: [0-9]+ characters$"))
    notebook.go_on.click()
    expect(notebook.status).to_have_text("Finished: 400 characters")
    assert notebook.written(SEED) == expected(400)
    notebook.length_field.fill("100")
    notebook.go_on.click()
    expect(notebook.status).to_have_text("Finished: 500 characters")
    assert notebook.written(SEED) == expected(500)
    # Of another seed there is nothing to write on.
    notebook.seed.fill("The sea")
    expect(notebook.go_on).to_be_disabled()
    notebook.seed.fill(SEED)
    expect(notebook.go_on).to_be_enabled()


def test_step_writes_one_character(opened, expected):
    notebook = opened(length=40)
    for steps in (1, 2, 3):
        notebook.step.click()
        unit = "character" if steps == 1 else "characters"
        expect(notebook.status).to_have_text(f"Finished: {steps} {unit}")
        assert notebook.written(SEED) == expected(steps)
    notebook.go_on.click()
    expect(notebook.status).to_have_text("Finished: 40 characters")
    notebook.step.click()
    expect(notebook.status).to_have_text("Finished: 41 characters")
    assert notebook.written(SEED) == expected(41)


def test_clear_forgets_the_text_also_while_it_is_written(opened, expected):
    notebook = opened("w.text, w.status")
    expect(notebook.clear).to_be_disabled()
    expect(notebook.copy).to_be_disabled()
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    notebook.clear.click()
    expect(notebook.status).to_have_text("Cleared")
    expect(notebook.text).to_have_text(re.compile(rf"^{SEED}\W*$"))
    expect(notebook.line).to_have_text("Ready · Ctrl + Enter generates")
    expect(notebook.go_on).to_be_disabled()
    notebook.generate.click()
    notebook.wait_for(30)
    notebook.clear.click()
    expect(notebook.stop).to_be_hidden()
    expect(notebook.text).to_have_text(re.compile(rf"^{SEED}\W*$"))
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(SEED) == expected()


@pytest.mark.parametrize("way", ["slider", "field"])
def test_the_temperature_counts_from_the_next_character_and_a_mark_shows_where(opened, expected, way):
    notebook = opened(speed=50, length=200)
    notebook.generate.click()
    notebook.wait_for(30)
    before = len(notebook.written(SEED))
    if way == "slider":
        notebook.temperature.press("Home")
    else:
        notebook.temperature_field.fill("0")
        notebook.temperature_field.press("Enter")
    after = len(notebook.written(SEED))
    mark = notebook.text.get_by_role("img", name="Temperature 0 from here")
    expect(mark).to_be_visible()
    expect(notebook.status).to_have_text("Finished: 200 characters")
    place = mark.evaluate(
        """mark => {
          const range = document.createRange();
          range.setStart(mark.closest("[role=region]"), 0);
          range.setEndBefore(mark);
          return Array.from(range.toString()).length;
        }"""
    ) - len(SEED)
    # Not before the slider was moved, and within half a second behind.
    assert before <= place <= after + 25
    text = notebook.written(SEED)
    assert text == expected(200, changes={place: 0})
    assert text != expected(200)
    expect(notebook.text.get_by_role("img")).to_have_count(1)
    # It stands between the letter before and the letter behind it.
    left, right = mark.evaluate(
        """mark => [mark.previousSibling, mark.nextSibling].map((text, which) => {
          const range = document.createRange();
          range.setStart(text, which ? 0 : text.length - 1);
          range.setEnd(text, which ? 1 : text.length);
          const {left, top} = range.getBoundingClientRect();
          return [left, top];
        })"""
    )
    box = mark.bounding_box()
    if abs(left[1] - right[1]) < 2:  # in one line
        assert left[0] < box["x"] <= right[0]
        assert box["y"] < left[1] + 20


def test_generate_from_a_cell_streams_into_the_page(opened, expected):
    notebook = opened(f"text = w.generate(seed={SEED!r}); print(len(text), text == w.text)")
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(SEED) == expected()
    expect(notebook.page.get_by_text("300 True", exact=True)).to_be_visible()
    notebook.go_on.click()  # in the page, what was begun in a cell
    expect(notebook.status).to_have_text("Finished: 600 characters")
    assert notebook.written(SEED) == expected(600)


def test_two_widgets_write_at_once(opened, expected):
    other = f"LSTMWidget(w.generator, seed={SEED!r}, temperature=0.6, rng=2, length=500, speed=200)"
    notebook = opened(other, length=500)
    first, second = notebook.widget(0), notebook.widget(1)
    first.generate.click()
    second.generate.click()
    for widget in (first, second):
        expect(widget.status).to_have_text("Writing")
    for widget, rng in ((first, 1), (second, 2)):
        expect(widget.status).to_have_text("Finished: 500 characters")
        assert widget.written(SEED) == expected(500, rng=rng)
    assert first.shown != second.shown


NOTE_PULLS = """pulls = []
w.on_msg(lambda _, message, __: message["type"] == "pull" and pulls.append(message["pull"]))
w"""
COUNT_PAGES = "print('pulled by', len({pull.split(':')[0] for pull in pulls}))"


def test_two_views_of_a_widget_show_the_same(opened, expected):
    notebook = opened(NOTE_PULLS, COUNT_PAGES, length=400)
    first, second = notebook.widget(0), notebook.widget(1)
    first.generate.click()
    second.wait_for(30)
    second.stop.click()
    for view in (first, second):
        expect(view.status).to_have_text(re.compile("^Stopped: [0-9]+ characters$"))
    assert first.shown == second.shown
    second.go_on.click()
    for view in (first, second):
        expect(view.status).to_have_text("Finished: 400 characters")
        assert view.written(SEED) == expected(400)
    notebook.run_cell(2)
    expect(notebook.page.get_by_text("pulled by 1", exact=True)).to_be_visible()  # they share a client
    first.clear.click()
    for view in (first, second):
        expect(view.text).to_have_text(re.compile(rf"^{SEED}\W*$"))
