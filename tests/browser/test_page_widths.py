"""What it looks like between the wide page and a phone: beside a file browser, in half of a window."""

from __future__ import annotations

import re

import pytest
from bare import Bare
from hosts import SETTINGS
from playwright.sync_api import expect
from test_page_looks import CUT_OFF, OVERLAPPING, have_a_mark

from lstm_widget import LSTMGenerator, LSTMWidget

# The words of the scale of the temperature that lie on one another.
ON_ONE_ANOTHER = """root => {
  const ticks = [...root.querySelectorAll(".lstm-tick")].map((one) => one.getBoundingClientRect());
  const sorted = ticks.filter(({width}) => width).sort((one, other) => one.left - other.left);
  return sorted.slice(1).filter(({left}, n) => left < sorted[n].right + 2).length;
}"""
# Pixels between the edge of the widget and the numbers beside the text.
FROM_THE_EDGE = """root => [...root.querySelectorAll(".lstm-ribbon i")].map((one) => {
  const {right, width} = getComputedStyle(one, "::before");
  const edge = one.getBoundingClientRect().right - Number.parseFloat(right) - Number.parseFloat(width);
  return edge - root.getBoundingClientRect().left;
})"""
# Pixels that a notebook would scroll in what the widget takes.
BEYOND = "root => root.scrollHeight - root.clientHeight"


@pytest.fixture
def shown(page):
    """Return what shows a widget this wide."""

    def show(width: int, **traits: object):
        page.set_viewport_size({"width": width + 16, "height": 900})
        widget = LSTMWidget(LSTMGenerator(), **{**SETTINGS, "inside": True, **traits})
        return Bare(page, widget).show()

    return show


@pytest.mark.parametrize("width", [640, 700, 848])
def test_nothing_is_cut_off_or_overlaps(shown, screenshot, width):
    notebook = shown(width, temperature=0.98)
    for state in ("before", "after"):
        if state == "after":
            have_a_mark(notebook)
            expect(notebook.status).to_have_text("Finished: 300 characters")
        for tab in ("Cells", "Branches", "Letter"):
            notebook.root.get_by_role("tab").get_by_text(tab).click()
            found = {what: notebook.root.evaluate(what) for what in (CUT_OFF, OVERLAPPING)}
            assert not any(found.values()), (state, tab, *found.values())
        assert notebook.root.evaluate(BEYOND) == 0
        screenshot(f"width-{width}-{state}")
    edges = notebook.root.evaluate(FROM_THE_EDGE)
    assert edges
    assert min(edges) >= 6


@pytest.mark.parametrize("width", [360, 612, 640, 700, 848, 1100])
def test_the_words_of_the_scale_lie_beside_each_other(shown, width):
    notebook = shown(width)
    assert notebook.root.evaluate(ON_ONE_ANOTHER) == 0
    if width >= 600:  # one row
        assert notebook.root.locator(".lstm-set").bounding_box()["height"] == 32


def test_a_letter_is_clicked_where_it_hangs_under_its_line(shown):
    notebook = shown(848)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    expect(notebook.root.locator(".lstm-legend")).to_have_text("Click a letter to see why it came")
    box = notebook.text.bounding_box()
    place = (box["x"] + 200, box["y"] + 45)
    slip = notebook.root.get_by_text(re.compile("Try another letter"))
    notebook.page.mouse.move(*place)
    expect(slip).to_be_hidden()
    notebook.page.mouse.click(*place)
    expect(slip).to_be_visible()


def test_a_letter_that_is_almost_certain_has_room_for_its_number(shown):
    notebook = shown(1100, temperature=0.1)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    certain = notebook.root.locator(".lstm-bars-number").get_by_text("> 99.9 %")
    for _ in range(30):
        notebook.text.press("ArrowLeft")
        if certain.count():
            break
    assert certain.evaluate("one => one.scrollWidth - one.clientWidth") == 0


def test_a_click_on_a_letter_leads_from_the_branches_to_it(shown):
    notebook = shown(1100)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    notebook.root.get_by_role("tab").get_by_text("Branches").click()
    box = notebook.text.bounding_box()
    place = (box["x"] + 200, box["y"] + 45)
    notebook.page.mouse.move(*place)  # points at it
    notebook.page.mouse.click(*place)
    expect(notebook.root.get_by_role("tab", name="Letter", selected=True)).to_be_visible()
    expect(notebook.root.get_by_text("Try another letter")).to_be_visible()


def test_a_letter_at_the_end_has_its_room_and_stays_while_a_branch_is_written(shown):
    notebook = shown(848, length=1500, speed=None)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 1,500 characters")
    for _ in range(4):
        notebook.speed.press("ArrowLeft")  # slow enough to watch
    notebook.text.press("ArrowUp")  # the last letter
    notebook.text.press("ArrowUp")
    rows = notebook.root.locator(".lstm-bars-row button")
    expect(rows.nth(5)).to_be_visible()
    rows.nth(1).click()
    expect(notebook.status).to_have_text("Writing")
    close = notebook.root.get_by_role("button", name="Close this letter")
    expect(close).to_be_visible()
    expect(rows.nth(5)).to_be_visible()
    place = close.bounding_box()
    for length in (1510, 1530):
        notebook.wait_for(length - 60)
        assert close.bounding_box() == place
