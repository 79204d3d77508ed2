"""Temperature lanes in a real JupyterLab."""

from __future__ import annotations

import re

import pytest
from contrasts import weak
from lab import SEED
from playwright.sync_api import expect
from test_page_looks import AXE, CUT_OFF, dark, narrow, violations

HEATS = (0.3, 0.7, 1.1)

# The mark of a departure, and the characters before and behind the place where it must stand.
AROUND = """([region, position]) => {
  const box = (from) => {
    let left = from;
    const nodes = document.createTreeWalker(region, NodeFilter.SHOW_TEXT);
    while (nodes.nextNode()) {
      const {data} = nodes.currentNode;
      if (left < data.length) {
        const range = document.createRange();
        range.setStart(nodes.currentNode, left);
        range.setEnd(nodes.currentNode, left + 1);
        return range.getBoundingClientRect();
      }
      left -= data.length;
    }
  };
  const mark = region.querySelector("[role=img][aria-label^=Departs]").getBoundingClientRect();
  const [before, behind] = [box(position - 1), box(position)];
  return [before, mark, behind].map(({left, right, top, bottom}) => ({left, right, top, bottom}));
}"""


class Lanes:
    """A widget with lanes in a page, by the names that a reader sees or hears."""

    def __init__(self, notebook, number: int = 0) -> None:
        self.page, self.command = notebook.page, notebook.command
        self.root = self.page.get_by_role("group", name="LSTM temperature lanes").nth(number)
        self.status = self.root.get_by_role("status")
        self.seed = self.root.get_by_role("textbox", name="Seed")
        self.generate, self.stop, self.clear, self.add = (
            self.root.get_by_role("button", name=name, exact=True)
            for name in ("Generate", "Stop", "Clear", "Add a lane")
        )
        self.regions = self.root.get_by_role("region")

    def text(self, lane: int):
        return self.root.get_by_role("region", name=f"Text of lane {lane}")

    def slider(self, lane: int):
        return self.root.get_by_role("slider", name=f"Temperature of lane {lane}")

    def field(self, lane: int):
        return self.root.get_by_role("spinbutton", name=f"Temperature of lane {lane}")

    def remove(self, lane: int):
        return self.root.get_by_role("button", name=f"Remove lane {lane}")

    def departure(self, lane: int):
        return self.text(lane).get_by_role("img", name="Departs from")

    def written(self, lane: int) -> str:
        shown = str(self.text(lane).evaluate("element => element.textContent"))
        assert shown.startswith(SEED)
        return shown[len(SEED) :]

    def wait_for(self, lane: int, characters: int) -> None:
        """Wait until a lane has so many characters, with the seed."""
        expect(self.text(lane)).to_have_text(re.compile(f".{{{characters}}}", re.DOTALL))


@pytest.fixture
def opened(open_notebook, bolano):
    """Return a function that opens a notebook whose first cell shows lanes `w` with `bolano`."""

    def open_it(*cells: str, **settings: object) -> Lanes:
        all_settings = {"seed": SEED, "temperatures": HEATS, "length": 300, "rng": 1, "speed": 200}
        given = ", ".join(f"{name}={value!r}" for name, value in {**all_settings, **settings}.items())
        first = f"from lstm_widget import TemperatureLanes\nw = TemperatureLanes({bolano!r}, {given})\nw"
        notebook = open_notebook([first, *cells])
        notebook.run_all()
        lanes = Lanes(notebook)
        lanes.generate.wait_for()
        return lanes

    return open_it


def test_each_lane_is_a_single_run_and_its_departure_is_marked_where_it_is(opened, expected, screenshot):
    lanes = opened()
    lanes.generate.click()
    expect(lanes.status).to_have_text("Writing 3 lanes")
    expect(lanes.status).to_have_text("Finished: 3 lanes of 300 characters")
    texts = [lanes.written(lane) for lane in (1, 2, 3)]
    assert texts == [expected(temperature=heat) for heat in HEATS]
    screenshot("lanes")
    expect(lanes.departure(1)).to_have_count(0)
    for lane in (2, 3):
        left, own = texts[lane - 2], texts[lane - 1]
        place = next(n for n in range(300) if left[n] != own[n])
        after = f"after {place} letter" if place else "from the first letter on"
        name = f"Departs from lane {lane - 1} here, {after}"
        expect(lanes.text(lane).get_by_role("img", name=name)).to_be_visible()
        before, mark, behind = lanes.page.evaluate(
            AROUND, [lanes.text(lane).element_handle(), len(SEED) + place]
        )
        assert abs(mark["left"] - behind["left"]) <= 2
        assert abs(mark["top"] - behind["top"]) <= 2
        if abs(before["top"] - behind["top"]) < 2:  # in one line
            assert abs(mark["left"] - before["right"]) <= 2


def test_lanes_are_added_removed_and_dragged_while_they_run(opened, expected):
    lanes = opened(length=1500)
    lanes.generate.click()
    lanes.wait_for(1, 100)
    lanes.add.click()
    expect(lanes.regions).to_have_count(4)
    lanes.remove(2).click()
    expect(lanes.regions).to_have_count(3)
    expect(lanes.remove(2)).to_be_focused()
    lanes.wait_for(1, len(lanes.written(1)) + 150)  # what the kernel says of the lanes that are left has come
    before = len(lanes.written(1))
    lanes.slider(1).press("Home")
    after = len(lanes.written(1))
    mark = lanes.text(1).get_by_role("img", name="Temperature 0 from here")
    expect(mark).to_be_visible()
    expect(lanes.status).to_have_text("Finished: 3 lanes of 1,500 characters")
    assert lanes.written(2) == expected(1500, temperature=1.1)
    assert lanes.written(3) == expected(1500, temperature=1.4)
    place = mark.evaluate(
        """mark => {
          const range = document.createRange();
          range.setStart(mark.closest("[role=region]"), 0);
          range.setEndBefore(mark);
          return Array.from(range.toString()).length;
        }"""
    ) - len(SEED)
    assert before <= place <= after + 100
    assert lanes.written(1) == expected(1500, temperature=0.3, changes={place: 0})


def test_the_mark_stays_with_its_character_at_another_width(opened, expected):
    lanes = opened()
    lanes.generate.click()
    expect(lanes.status).to_have_text("Finished: 3 lanes of 300 characters")
    left, own = (expected(temperature=heat) for heat in HEATS[1:])
    place = next(n for n in range(300) if left[n] != own[n])
    for width in ("700px", "320px", "1000px"):
        lanes.root.evaluate("(element, width) => { element.style.width = width; }", width)
        lanes.page.wait_for_function(
            f"(asked) => {{ const [, mark, behind] = ({AROUND})(asked); "
            "return Math.abs(mark.left - behind.left) <= 2 && Math.abs(mark.top - behind.top) <= 2; }",
            arg=[lanes.text(3).element_handle(), len(SEED) + place],
        )


def test_what_python_does_is_shown(opened, expected):
    lanes = opened("w.add(0.9); w.remove(0)\nlength = [len(text) for text in w.generate(length=200)]; length")
    expect(lanes.status).to_have_text("Finished: 3 lanes of 200 characters")
    texts = [lanes.written(lane) for lane in (1, 2, 3)]
    assert texts == [expected(200, temperature=heat) for heat in (0.7, 1.1, 0.9)]
    expect(lanes.page.get_by_text("[200, 200, 200]", exact=True)).to_be_visible()


def test_the_keyboard_is_enough(opened, expected):
    lanes = opened(speed=None, length=60)
    press = lanes.page.keyboard.press

    def tab_to(*controls):
        for control in controls:
            press("Tab")
            expect(control).to_be_focused()

    lanes.add.focus()
    press("Enter")
    lanes.remove(1).focus()
    press("Enter")
    expect(lanes.remove(1)).to_be_focused()
    tab_to(lanes.text(1), lanes.field(2), lanes.slider(2))
    press("ArrowRight")
    press("ArrowUp")  # in the slider, not to the cell above
    expect(lanes.field(2)).to_have_value("1.12")
    tab_to(lanes.remove(2), lanes.text(2), lanes.field(3), lanes.slider(3))
    press("ControlOrMeta+Enter")
    expect(lanes.status).to_have_text("Finished: 3 lanes of 60 characters")
    assert [lanes.written(lane) for lane in (1, 2, 3)] == [
        expected(60, temperature=heat) for heat in (0.7, 1.12, 1.4)
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_looks_right_and_axe_finds_nothing(opened, screenshot, theme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: cd js && npm ci")
    lanes = opened(length=2000)
    if theme == "dark":
        dark(lanes)
    lanes.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = {"idle": violations(lanes)}
    for _ in range(3):
        lanes.add.click()
    lanes.generate.click()
    lanes.wait_for(6, 200)
    found["running"] = violations(lanes)
    screenshot(f"lanes-{theme}")
    lanes.stop.click()
    expect(lanes.status).to_have_text(re.compile("^Stopped"))
    assert weak(lanes.root) == {}
    lanes.field(2).fill("101")
    found["wrong"] = violations(lanes)
    narrow(lanes)
    assert lanes.root.evaluate(CUT_OFF) == []
    found["narrow"] = violations(lanes)
    screenshot(f"lanes-narrow-{theme}")
    assert found == {state: [] for state in found}


def test_high_contrast(opened, screenshot):
    lanes = opened()
    lanes.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    lanes.generate.click()
    expect(lanes.status).to_have_text("Finished: 3 lanes of 300 characters")
    shape = (
        "element => { const s = getComputedStyle(element); return [s.borderLeftWidth, s.borderLeftStyle]; }"
    )
    assert lanes.departure(2).evaluate(shape) == ["2px", "dashed"]  # a border is seen there, too
    screenshot("lanes-high-contrast")
