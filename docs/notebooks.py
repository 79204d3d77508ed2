"""Runs the notebooks in a real JupyterLab and saves outputs to read without a kernel: ``make notebooks``.

Text outputs are kept as they are. Each widget becomes a picture, because a widget needs a kernel.

    python docs/notebooks.py [NAME ...]
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from PIL import Image
from playwright.sync_api import expect, sync_playwright
from waiting import COLOURED

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "browser"), str(ROOT / "tests")]

from lab import Lab, start_chromium  # noqa: E402 - from there
from notebook_files import NOTEBOOKS, VIEW, read  # noqa: E402 - from there

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from playwright.sync_api import Browser, Locator

WIDTH, SCALE, COLOURS = 960, 1.5, 128
HEIGHT = 20_000  # tall, because nothing is drawn before it is in view
PATIENCE = 10 * 60_000  # milliseconds
CAPTION = "A picture of the widget. Run this cell to use the real one."

# By cell id: widgets to show as they are, and the letter to point at, counted with the seed.
ONLY_SHOWN = {"widget-bars"}
POINTED = {"widget-die": 21, "widget-what-if": 21}

# Puts a line of text above the widget, inside the area of the picture.
_ADD_CAPTION = """(root, text) => {
  const line = document.createElement("p");
  line.textContent = text;
  line.style.cssText = "margin: 0 0 8px; font: italic 13px system-ui, sans-serif; color: var(--lstm-faint)";
  root.prepend(line);
}"""


def picture(root: Locator) -> tuple[str, dict[str, int]]:
    """Return a picture of a widget as a notebook file stores it, and the size to show it in."""
    root.evaluate(_ADD_CAPTION, CAPTION)
    image = Image.open(io.BytesIO(root.screenshot(animations="disabled")))
    small = io.BytesIO()
    image.convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    size = {"width": round(image.width / SCALE), "height": round(image.height / SCALE)}
    return base64.encodebytes(small.getvalue()).decode(), size


def use(root: Locator, cell: str) -> None:
    """Use a widget as a reader would before the picture is taken."""
    generate = root.get_by_role("button", name="Generate", exact=True)
    status = root.get_by_role("status")
    if cell not in ONLY_SHOWN and generate.count() and not status.text_content():
        generate.click()
        expect(status).to_contain_text("Finished", timeout=PATIENCE)
    if cell in POINTED:
        text = root.get_by_role("region", name="Generated text")
        text.focus()
        text.press("Control+Home")
        for _ in range(POINTED[cell]):
            text.press("ArrowRight")
        expect(root.locator(".lstm-letter .lstm-about b").last).to_contain_text("bits")
    root.page.wait_for_load_state("networkidle")
    root.locator(".lstm-text").evaluate_all("texts => texts.forEach((one) => one.scrollTo(0, 0))")
    expect(root.page.get_by_text("Kernel status: Idle")).to_be_attached()
    root.page.evaluate(COLOURED)


def run(lab: Lab, browser: Browser, file: Path) -> NotebookNode:
    """Run a notebook; return it with pictures in its outputs."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE)
    lab.draw_all_cells()
    notebook = lab.open(page, file.name, file)
    expect.set_options(timeout=PATIENCE)
    notebook.run_all()
    with notebook.saving():
        notebook.command("docmanager:save")
    ran = read(lab.folder / file.name)
    for shown, cell in zip(page.locator(".jp-Notebook-cell").all(), ran.cells, strict=True):
        views = [output for output in cell.get("outputs", []) if VIEW in output.get("data", {})]
        for output, root in zip(views, shown.locator(".lstm-widget").all(), strict=True):
            use(root, cell.id)
            del output.data[VIEW]
            output.data["image/png"], output.metadata["image/png"] = picture(root)
    lab.end_kernels(page)
    page.close()
    return ran


def main(names: list[str]) -> None:
    """Fill the outputs of the notebooks of these names, or of all."""
    if unknown := set(names) - {file.stem for file in NOTEBOOKS}:
        sys.exit(f"There is no notebook {', '.join(sorted(unknown))}.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        browser = start_chromium(playwright)
        for file in NOTEBOOKS:
            if names and file.stem not in names:
                continue
            began = time.monotonic()
            ran = run(lab, browser, file)
            # Keep everything else as it was: JupyterLab adds the version of Python.
            notebook = read(file)
            for cell, of_run in zip(notebook.cells, ran.cells, strict=True):
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = of_run.outputs, of_run.execution_count
            nbformat.write(notebook, file)
            print(f"{file.name}: {time.monotonic() - began:.0f} s, {file.stat().st_size / 1000:.0f} kB")  # noqa: T201 - it is a script
        browser.close()
        lab.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
