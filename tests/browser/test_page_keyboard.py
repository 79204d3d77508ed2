"""Without a mouse."""

from __future__ import annotations

import re

from lab import SEED
from playwright.sync_api import expect

SOON = 5_000  # milliseconds


def tab_to(*controls, key="Tab"):
    """Come to these controls, one after another."""
    for control in controls:
        control.page.keyboard.press(key)
        expect(control).to_be_focused()


def tab_until(control, key="Tab"):
    """Come to a control by way of others."""
    for _ in range(60):
        control.page.keyboard.press(key)
        if control.evaluate("element => element === document.activeElement"):
            break
    expect(control).to_be_focused()


def test_the_keyboard_is_enough(opened, expected):
    notebook = opened()
    press, type_ = notebook.page.keyboard.press, notebook.page.keyboard.type
    nothing = notebook.root.get_by_role("radio", name="nothing")
    notebook.seed.focus()
    press("ControlOrMeta+A")
    type_("The sea")
    tab_to(notebook.text, nothing, notebook.temperature_field, notebook.temperature, key="Shift+Tab")
    press("ArrowRight")
    press("ArrowUp")  # in the slider, not to the cell above
    expect(notebook.temperature_field).to_have_value("0.62")
    tab_to(notebook.go_on, notebook.step, notebook.generate, notebook.more, notebook.speed, key="Shift+Tab")
    press("End")
    tab_to(notebook.length_field, key="Shift+Tab")
    press("ControlOrMeta+A")
    type_("40")
    tab_to(notebook.length, notebook.about, notebook.model, key="Shift+Tab")
    tab_to(notebook.about, notebook.length, notebook.length_field, notebook.speed, notebook.more)
    tab_to(notebook.generate)
    press("Enter")
    expect(notebook.status).to_have_text("Finished: 40 characters")
    assert notebook.written("The sea") == expected(40, seed="The sea", temperature=0.62)

    expect(notebook.generate).to_be_focused()  # it was Stop meanwhile
    tab_to(notebook.step)
    press("Enter")
    expect(notebook.status).to_have_text("Finished: 41 characters")
    expect(notebook.step).to_be_focused()
    tab_to(notebook.go_on)
    press("Space")
    expect(notebook.status).to_have_text("Finished: 81 characters")
    assert notebook.written("The sea") == expected(81, seed="The sea", temperature=0.62)
    expect(notebook.go_on).to_be_focused()  # it keeps the focus while it can do nothing, too
    tab_to(notebook.temperature, notebook.temperature_field, nothing, notebook.text, notebook.seed)
    tab_until(notebook.copy)
    press("Enter")
    expect(notebook.status).to_have_text("Copied")


def test_more_settings_and_the_card_open_by_the_keyboard(opened, expected):
    notebook = opened(seed="The sea", length=40, speed=None)
    press, type_ = notebook.page.keyboard.press, notebook.page.keyboard.type
    notebook.generate.focus()
    tab_to(notebook.more, key="Shift+Tab")
    press("Enter")
    tab_to(notebook.top_k)
    type_("1")
    tab_to(notebook.top_p, notebook.rng, notebook.roll)
    press("Escape")
    expect(notebook.top_k).to_be_hidden()
    expect(notebook.more).to_be_focused()
    tab_until(notebook.about, key="Shift+Tab")
    press("Enter")
    expect(notebook.root.get_by_text("Network", exact=True)).to_be_visible()
    press("ControlOrMeta+Enter")
    expect(notebook.text).to_have_text(
        re.compile(re.escape(expected(40, seed="The sea", temperature=0)[-10:]))
    )
    tab_until(notebook.text)  # by way of the card, which scrolls


def test_control_enter_generates_and_escape_stops(opened, expected):
    notebook = opened(length=500)
    prompt = notebook.page.locator(".jp-CodeCell .jp-InputPrompt")
    before = prompt.all_text_contents()
    notebook.seed.fill("The sea")
    notebook.seed.press("ControlOrMeta+Enter")
    expect(notebook.status).to_have_text("Writing")
    expect(notebook.seed).to_be_focused()
    expect(notebook.seed).to_have_value("The sea")
    notebook.wait_for(30)
    notebook.seed.press("Escape")
    expect(notebook.status).to_have_text(re.compile("^Stopped: [0-9]+ characters$"))
    text = notebook.written("The sea")
    assert expected(500, seed="The sea").startswith(text)
    expect(notebook.seed).to_be_focused()
    # The notebook took no notice: the cell was not run again, and none was added.
    expect(prompt).to_have_text(before)
    assert notebook.shown == "The sea" + text


def test_letters_typed_in_the_widget_are_no_commands_of_the_notebook(opened):
    notebook = opened()
    for control in (notebook.text, notebook.generate, notebook.temperature, notebook.more):
        control.focus()
        for key in ("a", "b", "d", "d", "x", "m", "ArrowDown", "ArrowUp"):  # add, delete, cut, markdown ...
            notebook.page.keyboard.press(key)
        expect(control).to_be_focused()
    expect(notebook.page.locator(".jp-Cell")).to_have_count(1)
    expect(notebook.page.locator(".jp-CodeCell")).to_have_count(1)
    notebook.save()  # but Ctrl+S still saves
    expect(notebook.seed).to_have_value(SEED)


def test_what_was_typed_can_be_undone(opened):
    notebook = opened()
    notebook.page.locator(".jp-InputPrompt").first.click()
    notebook.page.keyboard.press("b")  # a new cell, which stays
    expect(notebook.page.locator(".jp-Cell")).to_have_count(2)
    notebook.seed.press("End")
    notebook.seed.press_sequentially(" on")
    notebook.seed.press("ControlOrMeta+Z")
    expect(notebook.seed).not_to_have_value(f"{SEED} on", timeout=SOON)
    expect(notebook.seed).to_have_value(re.compile(f"^{SEED}"))
    undone = notebook.seed.input_value()
    notebook.seed.press("ControlOrMeta+Shift+Z")
    expect(notebook.seed).not_to_have_value(undone)
    expect(notebook.page.locator(".jp-Cell")).to_have_count(2)


def test_control_a_selects_the_text(opened):
    notebook = opened("1 + 1", speed=None)
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 300 characters")
    notebook.text.press("ControlOrMeta+A")
    selected = "whole => getSelection().toString().replaceAll(/\\s+/g, '') === whole"
    whole = re.sub(r"\s+", "", notebook.shown)
    notebook.page.wait_for_function(selected, arg=whole, timeout=SOON)
