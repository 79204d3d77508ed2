"""Other hosts than JupyterLab, each started as its user would: Notebook 7, Voila and marimo."""

from __future__ import annotations

import json
import socket
import textwrap
from typing import TYPE_CHECKING, ClassVar, Protocol

import nbformat
from lab import SEED, Lab, Notebook, Server

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

# The same in each of them, with the bundled model.
SETTINGS = {"seed": SEED, "temperature": 0.6, "length": 300, "rng": 1, "speed": 200}
CODE = f"from lstm_widget import LSTMWidget\nw = LSTMWidget(**{SETTINGS!r})"
_NAME = "widget"
_MARIMO = """import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
{code}
    view = mo.ui.anywidget(w)
    view
    return


if __name__ == "__main__":
    app.run()
"""


class Host(Protocol):
    """A server of one notebook, whose only cell makes a widget."""

    def show(self, page: Page, *, dark: bool = False) -> Notebook:
        """Open the notebook, run, in a new kernel."""

    def leave(self, page: Page) -> None:
        """Close the page, and end the kernel."""

    def stop(self) -> None:
        """End the server."""


class Notebook7(Lab):
    """Notebook 7: JupyterLab's parts in a page of its own for each notebook."""

    module, app, start, tree = "notebook", "JupyterNotebookApp", "tree", "notebooks"

    def show(self, page: Page, *, dark: bool = False) -> Notebook:
        """Open it, and run it."""
        theme = self._settings / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
        theme.parent.mkdir(parents=True, exist_ok=True)
        theme.write_text(json.dumps({"theme": "JupyterLab Dark" if dark else "JupyterLab Light"}))
        notebook = self.open(page, f"{_NAME}.ipynb", [f"{CODE}\nw"])
        notebook.run_all()
        return notebook

    def wait_for_kernel(self, page: Page, name: str) -> None:
        """Wait until a notebook has its kernel; no status bar tells so here."""
        self._wait_for_session(page, name)

    def leave(self, page: Page) -> None:
        """Close the page, and end the kernel."""
        page.goto("about:blank")
        self.end_kernels(page)


class Voila(Server):
    """Voila: the outputs of a notebook, as a page for readers."""

    def __init__(self, folder: Path) -> None:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(f"{CODE}\nw")],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, folder / f"{_NAME}.ipynb")
        port = _free_port()
        places = {f"JUPYTER_{name}_DIR": folder / name.lower() for name in ("CONFIG", "DATA", "RUNTIME")}
        command = ["voila", str(folder), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
        super().__init__(command, rf"(http://[\w.]+:{port})", places)

    def show(self, page: Page, *, dark: bool = False) -> Notebook:
        """Open it; Voila runs it by itself."""
        theme = "dark" if dark else "light"
        page.goto(f"{self._address}/voila/render/{_NAME}.ipynb?theme={theme}")
        return Notebook(page)

    def leave(self, page: Page) -> None:
        """Close the page; Voila ends the kernel by itself."""
        page.goto("about:blank")


class Marimo(Server):
    """marimo: a program whose cells run one another, with the widget in a shadow root."""

    _CONFIG: ClassVar = '[tool.marimo.display]\ntheme = "system"\n'

    def __init__(self, folder: Path) -> None:
        program = folder / f"{_NAME}.py"
        program.write_text(_MARIMO.format(code=textwrap.indent(CODE, "    ")))
        (folder / "pyproject.toml").write_text(self._CONFIG)
        port = _free_port()
        places = {f"XDG_{name}_HOME": folder / name.lower() for name in ("CACHE", "CONFIG", "STATE")}
        command = ["marimo", "run", str(program), "--headless", "--no-token"]
        command += ["--host=127.0.0.1", f"--port={port}"]
        super().__init__(command, rf"(http://[\w.]+:{port})", places)

    def show(self, page: Page, *, dark: bool = False) -> Notebook:
        """Open it; marimo runs it by itself, and is as dark as the browser wishes."""
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto(self._address)
        return Notebook(page)

    def leave(self, page: Page) -> None:
        """Close the page; marimo ends the session by itself."""
        page.goto("about:blank")


def _free_port() -> int:
    """Return a port that nobody listens at; Voila and marimo find none by themselves."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


HOSTS = {"Notebook 7": Notebook7, "Voila": Voila, "marimo": Marimo}
