"""Makes the pictures of the README from the real widget in a real JupyterLab: ``make pictures``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "tests" / "browser"))

from lab import Lab, start_chromium  # noqa: E402 - from there

CELL = """from lstm_widget import LSTMWidget
w = LSTMWidget(seed="She was sitting next to", temperature=0.5, length=420, rng=4, speed=200)
w"""
# Where the temperature is changed, and to what.
CHANGES = {150: "1.1", 270: "0.3"}


def main() -> None:
    """Write one picture in light and one in dark."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        browser = start_chromium(playwright)
        page = browser.new_page(viewport={"width": 1000, "height": 900}, device_scale_factor=2)
        notebook = lab.open(page, "picture.ipynb", [CELL])
        notebook.run_all()
        notebook.generate.click()
        for position, temperature in CHANGES.items():
            notebook.wait_for(position)
            notebook.temperature_field.fill(temperature)
        notebook.wait_for(400)
        notebook.stop.click()
        notebook.root.screenshot(path=DOCS / "widget-light.png")
        notebook.menu("Settings", "Theme", "JupyterLab Dark")
        page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
        page.locator("#jupyterlab-splash").wait_for(state="detached")  # it covers the change
        notebook.root.screenshot(path=DOCS / "widget-dark.png")
        lab.end_kernels(page)
        browser.close()
        lab.stop()


if __name__ == "__main__":
    main()
