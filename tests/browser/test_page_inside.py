"""The look inside, in a real browser: what it says is compared with what the sampler of Python does."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from lab import SEED, TIMEOUT
from playwright.sync_api import expect
from test_page_looks import AXE, CUT_OFF, dark, narrow, violations

from lstm_widget.generator import LSTMGenerator
from lstm_widget.inspection.units import activations
from lstm_widget.network.sampling import choose

# The characters under a highlight, as indices of the text with its seed, in order. Only what is in sight is
# painted, so somebody goes through the text.
HIGHLIGHTED = """async (root, name) => {
  const found = new Set();
  const top = root.scrollTop;
  for (let at = 0; at < root.scrollHeight; at += root.clientHeight) {
    root.scrollTop = at;
    for (let n = 0; n < 3; n += 1) await new Promise(requestAnimationFrame);
    for (const range of CSS.highlights.get(name) ?? []) {
      if (!root.contains(range.startContainer)) continue;
      const before = document.createRange();
      before.setStart(root, 0);
      before.setEnd(range.startContainer, range.startOffset);
      const start = [...before.toString()].length;
      [...range.toString()].forEach((_, n) => found.add(start + n));
    }
  }
  root.scrollTop = top;
  return [...found].sort((a, b) => a - b);
}"""


def expect_highlighted(notebook, name: str, least: set[int], most: set[int]) -> list[int]:
    """Wait until at least and at most these characters are painted: what colours them comes in pieces."""
    deadline = time.monotonic() + TIMEOUT / 1000
    while not least <= set(marked := notebook.text.evaluate(HIGHLIGHTED, name)) <= most:
        assert time.monotonic() < deadline, (name, marked, least, most)
        notebook.page.evaluate("() => new Promise(requestAnimationFrame)")
    return marked


def expect_some_highlighted(notebook, *names: str) -> None:
    """Wait until something of the text is painted in each of these ways."""
    painted = "names => names.every((name) => CSS.highlights.get(name)?.size > 0)"
    notebook.page.wait_for_function(painted, arg=list(names))


def tab(notebook, name: str):
    return notebook.root.get_by_role("tab", name=re.compile(f"^{name}"))


def look_at_a_letter(notebook) -> None:
    """Have a letter explained: in the margin or, where it is narrow, under its line."""
    notebook.text.focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(what_if(notebook)).to_be_visible()


def find_cells(notebook):
    """Return the cards of the cells that are found."""
    tab(notebook, "Cells").click()
    notebook.root.get_by_role("button", name="Find cells worth looking at").click()
    cells = notebook.root.get_by_role("radiogroup", name="Cells that follow something").get_by_role("radio")
    expect(cells.first).to_be_visible(timeout=3 * TIMEOUT)  # it takes seconds of a processor's time
    return cells


def what_if(notebook):
    return notebook.root.get_by_role("slider", name="What if the temperature were")


def set_what_if(notebook, temperature: float) -> None:
    what_if(notebook).fill(str(temperature))


def count_told(notebook):
    return notebook.root.get_by_text(re.compile("letters would differ"))


# The kernel may have computed with NumPy or with Numba, whose logits differ in the last bits: where a die
# lies so near to an edge, either character is right.
NEAR = 1e-5


def slowly_changed(trace, temperature: float) -> tuple[set[int], set[int]]:
    """Return where the sampler of Python chooses another character with the same prefix and die.

    First where it does so for sure; then also where the die lies at an edge.
    """
    sure, perhaps = set(), set()
    for n, (logits, die, number) in enumerate(zip(trace.logits, trace.dice, trace.ids, strict=True)):
        others = [choose(logits, temperature, min(max(die + by, 0), 1 - NEAR)) for by in (-NEAR, 0, NEAR)]
        if any(other != number for other in others):
            perhaps.add(n)
        if all(other != number for other in others):
            sure.add(n)
    assert len(perhaps) - len(sure) <= 2
    return sure, perhaps


def what_if_marks(notebook, trace, temperature: float) -> list[int]:
    """Set the what-if temperature, check what is told and marked against the sampler, return the places."""
    set_what_if(notebook, temperature)
    sure, perhaps = slowly_changed(trace, temperature)
    counts = "|".join(f"{count:,}" for count in range(len(sure), len(perhaps) + 1))
    of = f"{len(trace.ids):,}"
    expect(count_told(notebook)).to_contain_text(re.compile(rf"\b({counts}) of {of} letters"))
    seed_length = len(notebook.text.text_content()) - len(trace.text)
    least, most = ({seed_length + place for place in places} for places in (sure, perhaps))
    return [index - seed_length for index in expect_highlighted(notebook, "lstm-changed", least, most)]


@pytest.mark.parametrize(
    ("name", "seed"), [("bolano", SEED), ("darwin", "The "), ("itp", "the "), ("shakespeare", "ROMEO:")]
)
def test_the_what_if_marks_what_the_sampler_would_change(open_notebook, shared_models, name, seed):
    model = str(shared_models / name)
    own = 0.7
    settings = f"seed={seed!r}, temperature={own}, rng=2, length=2000, speed=None, inside=True"
    cell = f"from lstm_widget import LSTMWidget\nw = LSTMWidget({model!r}, {settings})\nw"
    notebook = open_notebook([cell])
    notebook.run_all()
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 2,000 characters")
    trace = LSTMGenerator(model).trace(seed=seed, length=2000, temperature=own, rng=2, logits=True)
    assert notebook.written(seed) == trace.text
    for temperature in (own, 1.2, 0.3, 0):
        marked = what_if_marks(notebook, trace, temperature)
        assert (marked == []) == (temperature == own)


def test_what_comes_next_is_shown_while_the_seed_is_typed(opened, generator):
    notebook = opened(inside=True)
    for seed in ("The ro", "The roa", "The road"):
        notebook.seed.fill(seed)
        generator.reset()
        generator.feed(seed)
        shares = generator.predict(temperature=0.6).probabilities
        best, second = sorted(shares, key=lambda one: -shares[one])[:2]
        rows = notebook.root.locator(".lstm-bars-list button")
        for row, character in [(rows.nth(0), best), (rows.nth(1), second)]:
            expect(row).to_contain_text("space" if character == " " else character)
            expect(row).to_contain_text(f"{100 * shares[character]:.0f}")


def test_a_character_is_pointed_at_by_mouse_and_by_keys(opened, generator):
    notebook = opened(inside=True, speed=None)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    trace = generator.trace(seed=SEED, length=300, temperature=0.6, rng=1)
    notebook.text.focus()
    notebook.page.keyboard.press("Control+Home")
    for _ in range(len(SEED) + 5):
        notebook.page.keyboard.press("ArrowRight")
    expect_highlighted(notebook, "lstm-caret", {len(SEED) + 5}, {len(SEED) + 5})
    letter = notebook.root.locator(".lstm-letter")
    expect(letter).to_contain_text(f"{trace.dice[5]:.5f}"[:5])
    expect(letter).to_contain_text(f"{trace.surprise[5]:.2f} bits")
    # What a screen reader hears.
    expect(notebook.status).to_contain_text("die")
    expect(notebook.root.get_by_role("img", name=re.compile("die"))).to_be_visible()
    notebook.page.keyboard.press("Control+Home")  # of the seed
    expect(letter.locator(".lstm-letter-title")).to_have_text("Read, not chosen")
    notebook.page.keyboard.press("Escape")
    first = "text => { const {right, bottom} = text.getBoundingClientRect(); return [right, bottom]; }"
    x, y = notebook.text.locator(".lstm-text-seed").evaluate(first)
    notebook.page.mouse.move(x + 10, y - 8)  # in the first word behind the seed
    expect_highlighted(notebook, "lstm-caret", {len(SEED) + 1}, {len(SEED) + 1})
    expect(letter).to_contain_text(f"{trace.surprise[1]:.2f} bits")


def test_colours_tell_the_surprise(opened, generator):
    notebook = opened(inside=True, speed=None)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    notebook.root.get_by_role("radio", name="surprise").check()
    bits = generator.score(SEED + notebook.written(SEED)).bits
    edges = [1, 2, 4, 6, 8]
    near_an_edge = np.min(np.abs(bits[:, None] - edges), axis=1) < 1e-3
    buckets = np.searchsorted(edges, bits, "right")
    for bucket in range(1, 6):  # what is usual has no colour
        least = set(np.flatnonzero((buckets == bucket) & ~near_an_edge).tolist())
        most = set(np.flatnonzero((buckets == bucket) | near_an_edge).tolist())
        expect_highlighted(notebook, f"lstm-surprise-{bucket}", least, most)


def test_colours_tell_what_a_cell_does(opened, generator):
    notebook = opened(inside=True, speed=None)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    cell = find_cells(notebook).first
    cell.check()
    told = cell.evaluate("one => one.closest('label').textContent")
    layer, unit = (int(number) for number in re.search(r"layer (\d+), cell (\d+)", told).groups())
    ids = np.array(generator.model.encode(SEED + notebook.written(SEED)))
    units = generator.engine.units
    found = activations(generator.engine, ids)[:, sum(units[:layer]) + unit]
    edges = np.array([0.15, 0.4, 0.7])
    buckets = 3 + np.sign(found) * np.searchsorted(edges, np.abs(found), "right")
    near_an_edge = np.min(np.abs(np.abs(found)[:, None] - edges), axis=1) < 1e-3
    for bucket in (0, 1, 2, 4, 5, 6):
        least = set(np.flatnonzero((buckets == bucket) & ~near_an_edge).tolist())
        most = set(np.flatnonzero((buckets == bucket) | near_an_edge).tolist())
        expect_highlighted(notebook, f"lstm-cell-{bucket}", least, most)


def test_branches_by_keyboard_alone(opened, generator):
    notebook = opened(inside=True, speed=None)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    run = generator.start(seed=SEED, length=300, temperature=0.6, rng=1)
    first = run.advance()
    notebook.text.focus()
    notebook.page.keyboard.press("Control+Home")
    for _ in range(len(SEED) + 30):
        notebook.page.keyboard.press("ArrowRight")
    surprise = generator.trace(seed=SEED, length=300, temperature=0.6, rng=1).surprise[30]
    expect(notebook.root.locator(".lstm-letter")).to_contain_text(f"{surprise:.2f} bits")
    field = notebook.root.get_by_role("textbox", name="Or type another character")
    field.focus()
    notebook.page.keyboard.type("q")
    other = run.branch(30, "q")
    other.advance()
    branched = "".join(other.characters)
    expect(notebook.text).to_have_text(re.compile(re.escape(branched[:40])), use_inner_text=False)
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.written(SEED) == branched
    tab(notebook, "Branches").click()
    entry = notebook.root.get_by_role("button", name=re.compile("^The first text"))
    entry.focus()
    notebook.page.keyboard.press("Enter")
    expect(entry).to_have_attribute("aria-current", "true")
    assert notebook.written(SEED) == first
    remove = notebook.root.get_by_role("button", name=re.compile("^Remove the branch"))
    remove.focus()
    notebook.page.keyboard.press("Enter")
    expect(remove).to_have_count(0)
    assert notebook.written(SEED) == first


def test_the_receipt_is_copied_and_replayed(opened, generator):
    notebook = opened("import json", inside=True, speed=None)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    notebook.root.get_by_role("button", name="Copy receipt").click()
    expect(notebook.status).to_have_text("Copied")
    receipt = notebook.page.evaluate("navigator.clipboard.readText().then(JSON.parse)")
    assert generator.replay(receipt) == notebook.written(SEED)
    notebook.root.get_by_role("button", name="Copy as Python").click()
    expect(notebook.status).to_have_text("Copied")
    lines = notebook.page.evaluate("navigator.clipboard.readText()")
    heard: list[str] = []
    exec(lines, {"print": heard.append})  # noqa: S102 - it is what the page offers to run
    assert heard == [notebook.written(SEED)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_looks_right_and_axe_finds_nothing(opened, screenshot, theme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: cd js && npm ci")
    notebook = opened(inside=True, speed=None, colour="surprise", what_if=1.2)
    if theme == "dark":
        dark(notebook)
    notebook.page.evaluate(AXE.read_text(encoding="utf-8"))
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    expect(count_told(notebook)).to_be_visible()
    notebook.text.focus()
    notebook.page.keyboard.press("Control+Home")
    for _ in range(len(SEED) + 5):
        notebook.page.keyboard.press("ArrowRight")
    found = {"pointing": violations(notebook)}
    screenshot(f"inside-{theme}")
    find_cells(notebook).first.check()
    found["cells"] = violations(notebook)
    notebook.root.locator(".lstm-inside").scroll_into_view_if_needed()
    screenshot(f"cells-{theme}")
    narrow(notebook)
    assert notebook.root.evaluate(CUT_OFF) == []
    found["narrow"] = violations(notebook)
    assert found == {state: [] for state in found}


def test_folded_it_shows_nothing(opened):
    notebook = opened(speed=None, inside=False)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    expect_highlighted(notebook, "lstm-caret", set(), set())
    height = notebook.root.bounding_box()["height"]
    notebook.root.get_by_role("button", name="Look inside").click()
    expect(notebook.root.locator(".lstm-bars-list button").first).to_be_visible()
    expect(what_if(notebook)).to_be_visible()
    assert notebook.root.bounding_box()["height"] == height
    notebook.root.get_by_role("button", name="Fold the look inside away").click()
    expect(what_if(notebook)).to_be_hidden()


def test_a_letter_hangs_under_its_line_where_it_is_narrow(opened):
    notebook = opened(speed=None)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    narrow(notebook)
    height = notebook.root.bounding_box()["height"]
    expect(what_if(notebook)).to_be_hidden()
    notebook.text.focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(what_if(notebook)).to_be_visible()
    expect(notebook.root.locator(".lstm-nose")).to_be_visible()
    assert notebook.root.bounding_box()["height"] == height
    notebook.root.get_by_role("button", name="Close this letter").click()
    expect(what_if(notebook)).to_be_hidden()
    expect(notebook.text).to_be_focused()
