"""What it looks like: light, dark, narrow, in high contrast; and what axe-core finds. Pictures are kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from contrasts import weak
from playwright.sync_api import expect

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
PAPER = "getComputedStyle(document.body).getPropertyValue('--jp-layout-color1')"

# What reaches beyond the widget, or does not fit into itself.
# The cards of cells are in a row that is meant to be swiped; a mark without a width only points at a place.
CUT_OFF = """root => {
  const {left, right} = root.getBoundingClientRect();
  const without = ".lstm-unseen, [aria-hidden=true], .lstm-cells-options";
  const all = [...root.querySelectorAll("*")].filter((one) => {
    const {width, height} = one.getBoundingClientRect();
    return width && height && one.checkVisibility() && !one.closest(without);
  });
  const beyond = all.filter((one) => {
    const box = one.getBoundingClientRect();
    return box.left < left - 1 || box.right > right + 1;
  });
  const tooWide = all.filter((one) =>
    one.clientWidth && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline" &&
    !["INPUT", "OPTION"].includes(one.tagName));
  return [...beyond, ...tooWide].map((one) => `${one.tagName} ${one.className} ${one.textContent}`);
}"""


# Controls and sentences that lie on one another; what opens lies over the rest.
OVERLAPPING = """root => {
  const all = [...root.querySelectorAll("button, input, select, label, p, legend, dt, dd")].filter((one) => {
    const {width, height} = one.getBoundingClientRect();
    const isSeen = one.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
    return isSeen && width > 2 && height > 2 && !one.closest("[role=dialog], .lstm-unseen");
  });
  const overlap = (one, other) => {
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
      Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  };
  const named = (one) => `${one.tagName} ${one.ariaLabel ?? one.textContent}`;
  return all.flatMap((one, n) => all.slice(n + 1)
    .filter((other) => !one.contains(other) && !other.contains(one) && overlap(one, other))
    .map((other) => `${named(one)} / ${named(other)}`));
}"""


def narrow(notebook) -> None:
    notebook.root.evaluate("element => { element.style.width = '320px'; }")


def dark(notebook) -> None:
    light = notebook.page.evaluate(PAPER)
    notebook.command("apputils:change-theme", theme="JupyterLab Dark")
    notebook.page.wait_for_function(f"light => {PAPER} !== light", arg=light)
    notebook.page.locator("#jupyterlab-splash").wait_for(state="detached")


def have_a_mark(notebook) -> None:
    """Have a text written whose temperature is changed on the way; the run goes on."""
    notebook.generate.click()
    notebook.wait_for(40)
    notebook.temperature_field.fill("1.2")
    expect(notebook.text.get_by_role("img", name="Temperature 1.2 from here")).to_be_visible()


def test_light_and_dark_and_narrow(opened, screenshot):
    notebook = opened(length=400)
    notebook.seed.fill("The 北 road ‐ to")
    expect(notebook.root.locator("mark")).to_have_count(2)
    have_a_mark(notebook)
    screenshot("running")
    expect(notebook.status).to_have_text("Finished: 400 characters")
    screenshot("light")
    found = {"light": weak(notebook.root)}
    dark(notebook)
    screenshot("dark")
    found["dark"] = weak(notebook.root)
    notebook.temperature_field.fill("")
    notebook.about.click()
    wrong = notebook.root.get_by_text("Temperature must be a number from 0 to 100.")
    expect(wrong).to_be_visible()
    narrow(notebook)
    assert notebook.root.evaluate(CUT_OFF) == []
    found["narrow"] = weak(notebook.root)
    screenshot("narrow")
    notebook.more.click()
    assert notebook.root.evaluate(CUT_OFF) == []
    found["narrow, More"] = weak(notebook.root)
    assert found == {state: {} for state in found}


def test_at_twice_the_size_nothing_is_cut_off_or_overlaps(opened, screenshot):
    notebook = opened(length=400)
    have_a_mark(notebook)
    expect(notebook.status).to_have_text("Finished: 400 characters")
    notebook.page.set_viewport_size({"width": 640, "height": 450})  # what 1280 x 900 are at 200 %
    tabs = notebook.root.get_by_role("tab")
    for name in ("Letter", "Cells", "Branches"):
        tabs.get_by_text(name).click()
        expect(notebook.root.get_by_role("tab", name=name, selected=True)).to_be_visible()
        found = {what: notebook.root.evaluate(what) for what in (CUT_OFF, OVERLAPPING)}
        assert not any(found.values()), (name, *found.values())
    screenshot("twice the size")


def test_a_long_name_and_a_long_card_are_not_cut_off(opened):
    long = "a_name_that_never_ends_" * 8
    choose = f"""
import dataclasses
card = {dict.fromkeys(("title", "text", long), long)!r}
w.model = dataclasses.replace(w.generator.model, card=card)"""
    notebook = opened(choose)
    narrow(notebook)
    notebook.about.click()
    expect(notebook.root.get_by_role("definition").first).to_be_visible()
    assert notebook.root.evaluate(CUT_OFF) == []
    notebook.about.click()
    expect(notebook.card).to_be_hidden()
    notebook.seed.fill(long + "\U00010348" * 30)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    assert notebook.root.evaluate(CUT_OFF) == []


def test_high_contrast_and_little_motion(opened, screenshot):
    notebook = opened(length=2000)
    caret = "element => getComputedStyle(element, '::after').animationName"
    notebook.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    notebook.seed.fill("The 北 road ‐ to")
    have_a_mark(notebook)
    block = notebook.text.locator(".lstm-text-block").last
    assert block.evaluate(caret) == "none"
    notebook.page.emulate_media(forced_colors="active", reduced_motion="no-preference")
    assert block.evaluate(caret) != "none"
    # What tells things apart is more than a background, which such a page may leave out.
    shape = "(one, side) => ['Width', 'Style'].map((what) => getComputedStyle(one)[`border${side}${what}`])"
    for part in (notebook.stop, notebook.model, notebook.root.locator(".lstm-case")):
        assert part.evaluate(shape, "Top") == ["1px", "solid"]
    assert notebook.length_field.evaluate(shape, "Bottom") == ["1px", "solid"]
    notebook.stop.click()
    expect(notebook.generate).to_be_focused()
    assert notebook.generate.evaluate(shape, "Top") == ["1px", "solid"]
    notebook.generate.press("Tab")
    notebook.step.press("Shift+Tab")
    assert notebook.generate.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    screenshot("high-contrast")
    assert weak(notebook.root) == {}
    narrow(notebook)
    assert notebook.root.evaluate(CUT_OFF) == []


def violations(notebook) -> list[str]:
    """Return what axe-core finds within the widget, with all of its rules."""
    found = notebook.root.evaluate("element => axe.run(element)")
    assert {"color-contrast", "label"} <= {rule["id"] for rule in found["passes"]}
    return [f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(opened, screenshot, theme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: cd js && npm ci")
    notebook = opened(length=2000, speed=50)
    if theme == "dark":
        dark(notebook)
    notebook.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = {"idle": violations(notebook)}
    notebook.seed.fill("The 北 road ‐ to")
    have_a_mark(notebook)
    found["running"] = violations(notebook)
    expect(notebook.status).to_have_text("Writing")
    notebook.stop.click()
    expect(notebook.status).to_have_text(re.compile("^Stopped"))
    notebook.more.click()
    notebook.about.click()
    found["More and the card"] = violations(notebook)
    notebook.about.click()
    expect(notebook.card).to_be_hidden()
    notebook.temperature_field.fill("101")
    notebook.seed.fill("北京")
    notebook.temperature_field.fill("1")
    notebook.generate.click()
    expect(notebook.alert).not_to_have_text("")
    notebook.length_field.fill("0")
    found["errors"] = violations(notebook)
    if theme == "light":
        screenshot("error")
    narrow(notebook)
    found["narrow"] = violations(notebook)
    assert found == {state: [] for state in found}
