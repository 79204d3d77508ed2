"""Reading, selecting and copying the text, whatever is in it."""

from __future__ import annotations

from pathlib import Path

from lab import SEED
from playwright.sync_api import expect

CLIPBOARD = "navigator.clipboard.readText()"
SELECTED = "getSelection().toString()"


def test_copy_puts_seed_and_text_into_the_clipboard(opened, expected):
    notebook = opened(speed=None, length=3000)  # of several blocks
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 3,000 characters")
    notebook.copy.click()
    expect(notebook.status).to_have_text("Copied")
    whole = SEED + expected(3000)
    assert "\n" in whole
    assert notebook.page.evaluate(CLIPBOARD) == whole
    # The same with everything selected, as in "Select all" of a context menu.
    notebook.page.evaluate("navigator.clipboard.writeText('')")
    notebook.text.focus()
    notebook.text.evaluate("element => getSelection().selectAllChildren(element)")
    notebook.page.keyboard.press("ControlOrMeta+C")
    notebook.page.wait_for_function(f"async () => await {CLIPBOARD} !== ''")
    assert notebook.page.evaluate(CLIPBOARD) == whole


def test_what_is_selected_stays_selected_while_the_text_grows(opened):
    notebook = opened(length=1500)
    notebook.generate.click()
    notebook.wait_for(80)
    box, mouse = notebook.text.bounding_box(), notebook.page.mouse
    line = box["y"] + 42  # the first, behind the seed
    mouse.move(box["x"] + 220, line)
    mouse.down()
    mouse.move(box["x"] + 340, line, steps=5)
    selected = notebook.page.evaluate(SELECTED)
    assert 5 <= len(selected) <= 80
    shown = len(notebook.shown)
    notebook.wait_for(shown + 50)  # the button is still held down
    assert notebook.page.evaluate(SELECTED) == selected
    mouse.up()
    notebook.page.keyboard.press("ControlOrMeta+C")
    notebook.page.wait_for_function(f"async (text) => await {CLIPBOARD} === text", arg=selected)
    expect(notebook.status).to_have_text("Finished: 1,500 characters")
    assert notebook.page.evaluate(SELECTED) == selected
    assert selected in notebook.shown


def test_the_end_is_followed_unless_the_reader_scrolls_up(opened):
    notebook = opened(length=20_000, speed=500)
    notebook.root.evaluate("element => { element.style.width = '400px'; }")
    top = "element => element.scrollTop"
    rest = "element => element.scrollHeight - element.scrollTop - element.clientHeight"
    notebook.generate.click()
    notebook.page.wait_for_function(f"element => ({top})(element) > 50", arg=notebook.text.element_handle())
    assert notebook.text.evaluate(rest) < 30
    notebook.text.hover()
    notebook.page.mouse.wheel(0, -40)
    notebook.page.wait_for_function(f"element => ({rest})(element) > 35", arg=notebook.text.element_handle())
    where, shown = notebook.text.evaluate(top), len(notebook.shown)
    notebook.wait_for(shown + 200)
    assert notebook.text.evaluate(top) == where
    notebook.page.mouse.wheel(0, 10_000)  # at the end again, it is followed again
    shown = len(notebook.shown)
    notebook.wait_for(shown + 300)
    assert notebook.text.evaluate(rest) < 30
    assert notebook.text.evaluate(top) > where
    notebook.stop.click()


ODD = (
    "Look: <img src=x onerror=alert(1)><script>alert(2)</script> &amp; &lt; </div></section> "
    "\u202eoverride\u202c \u200f\u05d0\u05d1\u05d2\u061c \u2066isolate \u200b\u00ad\ufeff\u2028\u2029 "
    "\U0001f600 \U0001f469\u200d\U0001f467 e\u0301\u0302\u0303\u0304 \x00\x07\x1b[31m \r\n\t "
    "\ud83d \ude00 \ud83d\ude00 \U000e0041 \uffff end."
)
# No text on the wire can hold half a character.
SHOWN = "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in ODD)


def test_whatever_a_model_writes_is_text(open_notebook):
    make = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from lstm_widget import LSTMWidget
from reciting import model_that_writes
markup = "<img src=x onerror=alert(3)>"
model = model_that_writes({ODD!a}, dict(title=markup, text=markup, licence="<b>&amp;</b>"))
w = LSTMWidget(model, seed="Look: ", length={len(ODD) - 6}, temperature=0, speed=200)
w
"""
    notebook = open_notebook([make])
    dialogs = []
    notebook.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    notebook.run_all()
    notebook.generate.click()
    expect(notebook.status).to_have_text(f"Finished: {len(ODD) - 6} characters")
    assert notebook.shown == SHOWN
    notebook.copy.click()
    expect(notebook.status).to_have_text("Copied")
    notebook.seed.fill(ODD.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    notebook.about.click()
    for entry in ("<img src=x onerror=alert(3)>", "<b>&amp;</b>"):
        expect(notebook.root.get_by_role("definition").get_by_text(entry, exact=True)).to_be_visible()
    expect(notebook.model.get_by_role("option", name="<img src=x onerror=alert(3)>")).to_have_count(1)
    expect(notebook.root.locator("img, script")).to_have_count(0)
    for part in (notebook.card, notebook.text, notebook.model):
        expect(part.locator("b")).to_have_count(0)
    assert dialogs == []
