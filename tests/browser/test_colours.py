"""The widgets on the grounds of Colab and VS Code, with style sheets and variables as they are there.

Both have JupyterLab's light colours in every theme, though the ground is dark.
"""

from __future__ import annotations

import pytest
from bare import Bare
from contrasts import weak
from hosts import SETTINGS
from playwright.sync_api import expect
from test_hosts import low_contrasts
from test_page_inside import expect_some_highlighted, look_at_a_letter, set_what_if, tab

from lstm_widget import LSTMGenerator, LSTMWidget, TemperatureLanes

# ipywidgets' labvariables.css.
LAB = {
    "layout-color0": "white",
    "layout-color1": "white",
    "ui-font-color1": "rgba(0, 0, 0, 0.8)",
    "ui-font-color2": "rgba(0, 0, 0, 0.5)",
    "ui-inverse-font-color1": "rgba(255, 255, 255, 1)",
    "border-color1": "#bdbdbd",
    "brand-color1": "#2196f3",
    "error-color1": "#f44336",
}
LAB_LIGHT = ":root {" + "; ".join(f"--jp-{name}: {value}" for name, value in LAB.items()) + "}"


def colab(theme: str, ground: str, ink: str) -> tuple[dict[str, str], str]:
    own = f":root {{--colab-primary-text-color: {ink}; --jp-ui-font-color1: {ink}}}"
    return {"theme": theme}, f"{LAB_LIGHT} {own} body {{background: {ground}; color: {ink}}}"


def vscode(kind: str, ground: str, ink: str, *, white: bool = True) -> tuple[dict[str, str], str]:
    below = "white" if white else "transparent"
    own = f":root {{--vscode-editor-background: {ground}; --vscode-editor-foreground: {ink}}}"
    page = f"body {{background: {ground}; color: {ink}}} .output {{background: {below} !important}}"
    return {"data-vscode-theme-kind": kind}, f"{LAB_LIGHT} {own} {page} .output {{color: black}}"


PAGES = {
    "Colab light": colab("", "#ffffff", "#212121"),
    "Colab dark": colab("dark", "#383838", "#d5d5d5"),
    "VS Code light": vscode("vscode-light", "#ffffff", "#3b3b3b"),
    "VS Code dark": vscode("vscode-dark", "#1f1f1f", "#cccccc"),
    "VS Code dark, no white": vscode("vscode-dark", "#1f1f1f", "#cccccc", white=False),
    "VS Code high contrast": vscode("vscode-high-contrast", "#000000", "#ffffff"),
    "VS Code high contrast light": vscode("vscode-high-contrast-light", "#ffffff", "#292929"),
}
DRESS = """([attributes, style]) => {
  for (const [name, value] of Object.entries(attributes)) {
    const where = name === "theme" ? document.documentElement : document.body;
    where.setAttribute(name, value);
  }
  document.body.removeAttribute("style");
  const sheet = document.createElement("style");
  sheet.textContent = style;
  document.head.append(sheet);
  for (const one of document.body.children) one.className = "output";
}"""


@pytest.fixture(scope="module")
def generator():
    return LSTMGenerator()


@pytest.fixture
def placed(page, generator):
    """Return a function that shows a widget in the page of a host."""

    def show(name, make=LSTMWidget, **settings):
        widget = make(generator, **settings)
        if make is TemperatureLanes:
            widget.generate()
        notebook = Bare(page, widget).show()
        page.evaluate(DRESS, PAGES[name])
        return notebook

    return show


def shot(name, what):
    return f"colours-{name.replace(' ', '-').replace(',', '')}{what}"


@pytest.mark.parametrize("name", PAGES)
def test_all_of_a_text_and_its_inside_can_be_read(page, placed, screenshot, name):
    notebook = placed(name, **SETTINGS)
    found = {"first": weak(notebook.root)}
    found["a letter"] = low_contrasts(notebook)
    set_what_if(notebook, 1.2)
    notebook.root.get_by_role("radio", name="surprise").check()
    expect(notebook.root.locator(".lstm-legend")).to_contain_text("surprising")
    expect_some_highlighted(notebook, "lstm-surprise-1", "lstm-changed", "lstm-caret")
    found["surprise and what if"] = weak(notebook.root)
    screenshot(shot(name, ""))
    notebook.more.click()
    found["More"] = weak(notebook.root)
    notebook.about.click()
    found["the card"] = weak(notebook.root)
    tab(notebook, "Cells").click()
    notebook.root.get_by_role("spinbutton", name="Layer", exact=True).fill("1")
    notebook.root.get_by_role("spinbutton", name="Cell", exact=True).fill("3")
    page.keyboard.press("Enter")
    expect_some_highlighted(notebook, "lstm-cell-2", "lstm-cell-4")
    found["a cell"] = weak(notebook.root)
    tab(notebook, "Branches").click()
    found["branches"] = weak(notebook.root)
    page.set_viewport_size({"width": 360, "height": 1600})
    look_at_a_letter(notebook)
    found["narrow"] = weak(notebook.root)
    screenshot(shot(name, "-narrow"))
    page.emulate_media(forced_colors="active")
    found["forced colours"] = weak(notebook.root)
    assert found == {state: {} for state in found}


@pytest.mark.parametrize("name", PAGES)
def test_all_of_the_lanes_can_be_read(page, placed, screenshot, name):
    placed(name, TemperatureLanes, length=200, rng=1)
    root = page.get_by_role("group", name="LSTM temperature lanes")
    expect(root.locator(".lstm-text").first).to_contain_text("Once upon")
    screenshot(shot(name, "-lanes"))
    found = {"": weak(root)}
    page.emulate_media(forced_colors="active")
    found["forced colours"] = weak(root)
    assert found == {state: {} for state in found}
