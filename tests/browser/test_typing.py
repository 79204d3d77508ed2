"""Typing and dragging at a person's pace, in JupyterLab: nothing is lost, nothing jumps, nothing goes back.

`make test` has two paces; `make typing` all of them, beside two programs that keep the machine busy.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from lab import SEED
from playwright.sync_api import expect
from test_lanes_page import Lanes
from test_page_inside import look_at_a_letter

LETTERS = " and she walked along the wall of the old garden in the rain"
PACES = [
    pytest.param(pause, writing, busy, marks=[] if (pause in {60, 120} and not busy) else pytest.mark.long)
    for pause in (0, 15, 60, 100, 120, 200)
    for writing in (False, True)
    for busy in (False, True)
]
paces = pytest.mark.parametrize(("pause", "writing", "busy"), PACES, indirect=["busy"])

# Where a person clicks into the seed: behind it on its line the text goes on.
WORDS = {"x": 10, "y": 12}

# Notes each value that a control shows, in each frame.
WATCH = """control => {
  const seen = (control.lstmSeen = [control.value]);
  const note = () => {
    if (seen.at(-1) !== control.value) seen.push(control.value);
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}"""


@pytest.fixture
def busy(request):
    """Keep the machine busy with two loops, if asked for."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * request.param)]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


def caret(control):
    return control.evaluate("control => control.selectionStart")


def clear(control):
    control.click(position=WORDS)
    control.press("ControlOrMeta+A")
    control.press("Delete")


def drag(page, slider, pause):
    """Drag a slider from its left end to the right in twenty steps; return what it showed meanwhile."""
    slider.evaluate(WATCH)
    slider.hover(position={"x": 8, "y": 8})  # in sight, and where it stays
    box = slider.bounding_box()
    middle = box["y"] + 8
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(box["x"] + 8 + step * (box["width"] - 16) / 20, middle)
        page.wait_for_timeout(pause)  # a hand is no faster
    page.mouse.up()
    return [float(value) for value in slider.evaluate("control => control.lstmSeen")]


def printed(notebook, cell):
    """Run a cell that prints, and return what it has printed."""
    notebook.run_cell(cell)
    output = notebook.page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea-output")
    expect(output).to_have_text(re.compile("done"))
    return output.inner_text().replace("done", "").strip()


def begin(notebook, *, writing):
    if writing:
        notebook.generate.click()
        notebook.wait_for(len(notebook.seed.input_value()) + 5)


@paces
def test_letters_stay_where_they_are_typed(opened, pause, writing, busy):  # noqa: ARG001
    notebook = opened("print(repr(w.seed), 'done')", run_all=False, length=100_000, speed=100)
    seed, page = notebook.seed, notebook.page
    begin(notebook, writing=writing)
    seed.click(position=WORDS)
    seed.press("ControlOrMeta+End")
    page.keyboard.type(LETTERS, delay=pause)
    expect(seed).to_have_value(SEED + LETTERS)
    # In the middle, too, where a caret that jumps shows.
    seed.press("ControlOrMeta+Home")
    for _ in range(3):
        seed.press("ArrowRight")
    page.keyboard.type(" long, long", delay=pause)
    assert caret(seed) == 3 + len(" long, long")
    text = f"The long, long{SEED[3:]}{LETTERS}"
    expect(seed).to_have_value(text)
    assert printed(notebook, 1) == repr(text)
    expect(seed).to_have_value(text)


@paces
def test_numbers_stay_as_they_are_typed(opened, pause, writing, busy):  # noqa: ARG001
    values = "print(w.temperature, w.length, w.top_k, w.top_p, w.rng, 'done')"
    notebook = opened(values, run_all=False, length=100_000, speed=100)
    begin(notebook, writing=writing)
    typed = {
        notebook.temperature_field: "0.725",
        notebook.length_field: "98765",
        notebook.top_k: "1234",
        notebook.top_p: "0.875",
        notebook.rng: "13579",
    }
    for field, number in typed.items():
        if field is notebook.top_k:
            notebook.more.click()
        clear(field)
        notebook.page.keyboard.type(number, delay=pause)
        expect(field).to_have_value(number)
    assert printed(notebook, 1).split() == list(typed.values())
    for field, number in typed.items():
        if field is notebook.top_k:
            notebook.more.click()
        expect(field).to_have_value(number)


@paces
def test_a_slider_that_is_dragged_never_goes_back(opened, pause, writing, busy):  # noqa: ARG001
    values = "print(w.temperature, w.length, w.speed, w.what_if, 'done')"
    notebook = opened(values, run_all=False, length=100_000, speed=400, inside=True)
    notebook.page.set_viewport_size({"width": 1280, "height": 1800})  # all of it is in sight
    begin(notebook, writing=writing)
    if not writing:
        notebook.step.click()
        expect(notebook.status).to_have_text("Finished: 1 character")
    look_at_a_letter(notebook)
    what_if = notebook.root.get_by_role("slider", name="What if the temperature were")
    temperature = notebook.temperature
    if writing:  # until the text has all its room, what is below it moves
        text = notebook.text.element_handle()
        notebook.page.wait_for_function("text => text.scrollHeight > text.clientHeight", arg=text)
    for slider in (temperature, what_if, notebook.length, notebook.speed):
        seen = drag(notebook.page, slider, pause)
        assert seen[1:] == sorted(seen[1:])  # it jumps to the pointer first
        assert len(seen) > 3
    shown = [float(one.input_value()) for one in (temperature, notebook.length)]
    found = printed(notebook, 1).split()
    assert [float(number) for number in found[:2]] == shown
    assert float(found[3]) == float(what_if.input_value())


@paces
def test_lanes_keep_what_is_typed_and_dragged(open_notebook, bolano, pause, writing, busy):  # noqa: ARG001
    settings = {"temperatures": [0.3, 0.7, 1.1], "seed": SEED, "length": 100_000, "speed": 100}
    given = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    first = f"from lstm_widget import TemperatureLanes\nw = TemperatureLanes({bolano!r}, {given})\nw"
    notebook = open_notebook([first, "print(repr(w.seed), w.temperatures, 'done')"])
    notebook.run_cell(0)
    lanes = Lanes(notebook)
    lanes.generate.wait_for()
    if writing:
        lanes.generate.click()
        expect(lanes.text(1)).to_have_text(re.compile(f"{SEED}.....", re.DOTALL))
    lanes.seed.click()
    lanes.seed.press("ControlOrMeta+End")
    notebook.page.keyboard.type(LETTERS, delay=pause)
    expect(lanes.seed).to_have_value(SEED + LETTERS)
    clear(lanes.field(1))
    notebook.page.keyboard.type("0.375", delay=pause)
    expect(lanes.field(1)).to_have_value("0.375")
    seen = drag(notebook.page, lanes.slider(2), pause)
    assert seen[1:] == sorted(seen[1:])
    shown = [float(lanes.field(lane).input_value()) for lane in (1, 2, 3)]
    assert printed(notebook, 1) == f"{SEED + LETTERS!r} {shown}"


def test_composed_and_pasted_letters_stay(opened):
    notebook = opened("print(repr(w.seed), 'done')", run_all=False, length=100_000, speed=100)
    seed, page = notebook.seed, notebook.page
    begin(notebook, writing=True)
    seed.click(position=WORDS)
    seed.press("ControlOrMeta+End")
    devtools = page.context.new_cdp_session(page)
    for composed in ("´", "´e", "é"):
        place = {"selectionStart": len(composed), "selectionEnd": len(composed)}
        devtools.send("Input.imeSetComposition", {"text": composed, **place})
        page.wait_for_timeout(120)  # a person looks at what is offered
    devtools.send("Input.insertText", {"text": "é"})
    page.keyboard.type(" la", delay=60)
    page.evaluate("navigator.clipboard.writeText(' pasted\\nlines')")
    seed.press("ControlOrMeta+V")
    page.keyboard.type(" on", delay=60)
    text = f"{SEED}é la pasted\nlines on"
    expect(seed).to_have_value(text)
    assert printed(notebook, 1) == repr(text)


def test_what_a_cell_sets_is_shown_once_the_field_is_left(opened):
    notebook = opened("w.seed, w.temperature = 'Another', 1.5\nprint('done')", run_all=False)
    clear(notebook.seed)
    notebook.page.keyboard.type("Mine", delay=60)
    printed(notebook, 1)
    expect(notebook.seed).to_have_value("Another")
    expect(notebook.temperature_field).to_have_value("1.5")


def test_a_decimal_comma_is_a_decimal_point(opened):
    notebook = opened("print(w.temperature, 'done')", run_all=False)
    clear(notebook.temperature_field)
    notebook.page.keyboard.type("0,7", delay=60)
    expect(notebook.temperature_field).to_have_value("0.7")
    assert printed(notebook, 1) == "0.7"
