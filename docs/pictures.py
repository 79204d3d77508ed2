"""Takes the pictures of the README from the real widget in a real JupyterLab: ``make pictures``.

To take only some of them, name them: ``python docs/pictures.py widget inside lanes moving``.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import moving
from playwright.sync_api import expect, sync_playwright
from waiting import COLOURED

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "tests" / "browser"))

from lab import Lab, start_chromium  # noqa: E402 - from there

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Notebook
    from playwright.sync_api import Locator, Page

SEED = "Once upon a ti"
WRITING = f"""from lstm_widget import LSTMWidget
w = LSTMWidget(seed={SEED!r}, temperature=0.5, length=420, rng=4, speed=200)
w"""
# Where the temperature changes, and its new value.
CHANGES = {150: "1.1", 270: "0.3"}
LOOKING = f"""from lstm_widget import LSTMWidget
w = LSTMWidget(seed={SEED!r}, temperature=0.7, length=420, rng=4, speed=None, inside=True, what_if=1.2)
w"""
POINTED = 31  # the character of the text to point at
FOLLOWS = "inside quotes"  # the cell to colour the text by
LANES = f"""from lstm_widget import TemperatureLanes
w = TemperatureLanes(seed={SEED!r}, temperatures=[0.3, 0.7, 1.2], length=300, rng=4, speed=None)
w"""


def writing(notebook: Notebook) -> Iterator[tuple[str, Locator]]:
    """Show a text whose temperature was changed along the way."""
    notebook.generate.click()
    for position, temperature in CHANGES.items():
        notebook.wait_for(position)
        notebook.temperature_field.fill(temperature)
    expect(notebook.status).to_have_text("Finished: 420 characters")
    yield "widget", notebook.root


def looking(notebook: Notebook) -> Iterator[tuple[str, Locator]]:
    """Show the look inside: the die of a letter; then a text coloured by a cell."""
    notebook.generate.click()
    expect(notebook.status).to_have_text("Finished: 420 characters")
    notebook.text.focus()
    notebook.page.keyboard.press("Control+Home")
    for _ in range(len(SEED) + POINTED):
        notebook.page.keyboard.press("ArrowRight")
    yield "inside", notebook.root
    notebook.root.get_by_role("button", name="as it was").click()
    notebook.root.get_by_role("tab", name="Cells").click()
    notebook.root.get_by_role("button", name="Find cells worth looking at").click()
    notebook.root.get_by_role("radio", name=FOLLOWS).first.check(timeout=180_000)
    notebook.page.wait_for_function(
        "() => [...CSS.highlights].some(([name, all]) => name.startsWith('lstm-cell') && all.size)"
    )
    notebook.page.evaluate(COLOURED)
    yield "cells", notebook.root


def lanes(notebook: Notebook) -> Iterator[tuple[str, Locator]]:
    """Show three temperatures side by side."""
    root = notebook.page.locator(".lstm-widget").first
    root.get_by_role("button", name="Generate").click()
    expect(root.get_by_role("status")).to_contain_text("Finished")
    yield "lanes", root


def opened(page: Page, lab: Lab, name: str, cell: str, theme: str) -> Notebook:
    """Open a notebook with one cell, and run it, in a light or dark theme."""
    notebook = lab.open(page, f"{name}-{theme}.ipynb", [cell])
    if theme == "dark":
        notebook.command("apputils:change-theme", theme="JupyterLab Dark")
        page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
        page.locator("#jupyterlab-splash").wait_for(state="detached")  # it covers the change
    notebook.run_all()
    page.locator(".lstm-widget").first.wait_for()
    return notebook


# The film is in moving.py. A scene may give several pictures.
SCENES = {"widget": (WRITING, writing), "inside": (LOOKING, looking), "lanes": (LANES, lanes)}


def main(names: list[str]) -> None:
    """Write the pictures of these scenes, or of all, in light and dark themes."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        browser = start_chromium(playwright)
        for name, theme in product(names or [*SCENES, "moving"], ("light", "dark")):
            if name == "moving":
                page = browser.new_page(viewport=moving.WINDOW)
                film = moving.film(opened(page, lab, name, moving.CELL, theme))
                film.write(DOCS / f"{name}-{theme}.webp")
            else:
                cell, scene = SCENES[name]
                page = browser.new_page(viewport={"width": 1000, "height": 2000}, device_scale_factor=1.5)
                for picture, part in scene(opened(page, lab, name, cell, theme)):
                    part.screenshot(path=DOCS / f"{picture}-{theme}.png")
            lab.end_kernels(page)
            page.close()
        browser.close()
        lab.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
