"""A real JupyterLab and a real Chromium in front of it, for the tests here and for benchmarks/page.py."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from playwright.sync_api import expect

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser, Locator, Page, Playwright

SEED = "The road"
TIMEOUT = 60_000  # milliseconds; generous, as nothing is waited for longer than it takes
# While JupyterLab starts, it drops commands without a word: then they are given again.
_TRIES, _PATIENCE = 12, 15_000
_TOKEN = "test"  # noqa: S105 - of a server that lasts as long as the test

# Chromium in a container: no sandbox, no calls home.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

# Whether the notebook has a kernel that is idle and to which the page is connected.
_KERNEL_READY = f"""async ([address, name]) => {{
  const sessions = await (await fetch(`${{address}}/api/sessions?token={_TOKEN}`)).json();
  return sessions.some(({{path, kernel}}) =>
    path.endsWith(name) && kernel.connections > 0 && kernel.execution_state === "idle");
}}"""


# What the menus run. They themselves open late on a busy machine, and close when JupyterLab takes the focus.
_COMMAND_READY = "([name, arguments]) => window.jupyterapp?.commands.isEnabled(name, arguments)"
_RUN_COMMAND = "([name, arguments]) => void window.jupyterapp.commands.execute(name, arguments)"

# JupyterLab saves the state of widgets only if it is told so. The command turns that on, or off again.
_KEEP_WIDGETS = """async () => {
  const name = "@jupyter-widgets/jupyterlab-manager:saveWidgetState";
  const { commands } = window.jupyterapp;
  while (!commands.isToggled(name)) {
    await commands.execute(name);
    await new Promise(requestAnimationFrame);
  }
}"""

# Without a kernel, JupyterLab asks for one instead of running a cell.
_CONNECTED = """() =>
  window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.connectionStatus === "connected"
"""


class JupyterLabError(Exception):
    """JupyterLab, another host or Chromium does not do what it is needed for."""


def start_chromium(playwright: Playwright, *arguments: str) -> Browser:
    """Start the Chromium of this machine, or the one that Playwright has installed."""
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    return playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *arguments])


class Server:
    """A program that serves notebooks, once it has told its address: the group of that pattern."""

    def __init__(self, command: list[str], address: str, places: dict[str, Path]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **{name: str(at) for name, at in places.items()}},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        if self._process.stdout is None:
            msg = f"{command[0]} has no output."
            raise JupyterLabError(msg)
        self._output = self._process.stdout
        self._log: list[str] = []
        self._address = self._find_address(command[0], address)
        # Somebody must go on reading, or the server would stand still once the pipe is full.
        self._reader = threading.Thread(target=lambda: self._log.extend(self._output), daemon=True)
        self._reader.start()

    def _find_address(self, name: str, pattern: str) -> str:
        for line in self._output:
            self._log.append(line)
            if match := re.search(pattern, line):
                return match[1]
        msg = f"{name} did not start:\n" + "".join(self._log)
        raise JupyterLabError(msg)

    def stop(self) -> None:
        """End the server, whose kernels have been ended before."""
        self._process.kill()
        self._process.wait()
        self._reader.join()


class Lab(Server):
    """A JupyterLab server over an empty folder, with the settings of somebody who has just installed it."""

    module, app, start, tree = "jupyterlab", "LabApp", "lab", "doc/tree"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "notebooks"
        self.folder.mkdir()
        self._settings = folder / "settings"
        self._runtime = folder / "runtime"
        places = {
            "JUPYTER_CONFIG_DIR": folder / "config",
            "JUPYTER_DATA_DIR": folder / "data",
            "JUPYTER_RUNTIME_DIR": self._runtime,
            "JUPYTERLAB_SETTINGS_DIR": self._settings,
            "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces",
        }
        command = [self.module, "--no-browser", "--allow-root", "--ServerApp.port=0"]
        command += [f"--{self.app}.expose_app_in_browser=True"]
        command += [f"--ServerApp.root_dir={self.folder}", f"--IdentityProvider.token={_TOKEN}"]
        super().__init__(command, rf"(http://127\.0\.0\.1:\d+)/{self.start}", places)

    def open(self, page: Page, name: str, source: Path | list[str]) -> Notebook:
        """Open a notebook, given as a file or as the sources of its code cells, in the folder."""
        if isinstance(source, Path):
            shutil.copy(source, self.folder / name)
        else:
            notebook = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(cell) for cell in source],
                metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            )
            nbformat.write(notebook, self.folder / name)
        self.visit(page, name)
        self.wait_for_kernel(page, name)
        return Notebook(page)

    def visit(self, page: Page, name: str) -> None:
        """Open a notebook that is in the folder, without waiting for a kernel, as it may get none."""
        page.goto(f"{self._address}/{self.tree}/{name}?token={_TOKEN}")

    def wait_for_kernel(self, page: Page, name: str) -> None:
        """Wait until a notebook has its kernel: a cell that is run before makes JupyterLab ask for one."""
        self._wait_for_session(page, name)
        page.get_by_text("Kernel status: Idle").wait_for(state="attached")

    def _wait_for_session(self, page: Page, name: str) -> None:
        page.wait_for_function(_KERNEL_READY, arg=[self._address, name])

    def draw_all_cells(self) -> None:
        """Have notebooks opened from now on with all their cells in the page, also those out of sight."""
        tracker = self._settings / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
        tracker.parent.mkdir(parents=True, exist_ok=True)
        tracker.write_text('{"windowingMode": "none"}', encoding="utf-8")

    def end_kernels(self, page: Page) -> None:
        """End all kernels, so that those of before take no memory; other settings than the first go, too."""
        token = {"Authorization": f"token {_TOKEN}"}
        kernels = f"{self._address}/api/kernels"
        for kernel in page.request.get(kernels, headers=token).json():
            page.request.delete(f"{kernels}/{kernel['id']}", headers=token)
        shutil.rmtree(self._settings, ignore_errors=True)

    @property
    def connection_file(self) -> Path:
        """How to connect to the kernel that was started last."""
        return max(self._runtime.glob("kernel-*.json"), key=lambda file: file.stat().st_mtime)


class Widget:
    """A widget in a page, by the names that a reader sees or hears."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.text = root.get_by_role("region", name="Generated text")
        self.status = root.get_by_role("status")
        self.line = root.locator(".lstm-status")  # the same with figures, for the eye only
        self.alert = root.get_by_role("alert")
        self.notice = root.locator(".lstm-notice")
        self.seed = root.get_by_role("textbox", name="Seed")
        self.temperature = root.get_by_role("slider", name="Temperature", exact=True)
        self.temperature_field = root.get_by_role("spinbutton", name="Temperature")
        self.length = root.get_by_role("slider", name="Length")
        self.length_field = root.get_by_role("spinbutton", name="Length")
        self.speed = root.get_by_role("slider", name="Speed")
        self.model = root.get_by_role("combobox", name="Model")
        self.top_k = root.get_by_role("spinbutton", name="Top-k")
        self.top_p = root.get_by_role("spinbutton", name="Top-p")
        self.rng = root.get_by_role("spinbutton", name="rng")
        self.generate, self.stop, self.step, self.go_on = (
            root.get_by_role("button", name=name, exact=True)
            for name in ("Generate", "Stop", "Step", "Continue")
        )
        self.card = root.get_by_role("dialog", name="About this model")
        self.more, self.about, self.roll, self.clear, self.copy = (
            root.get_by_role("button", name=name, exact=True)
            for name in ("More", "About this model", "Roll new dice", "Clear", "Copy")
        )

    @property
    def shown(self) -> str:
        """The seed and the text, as they stand on the page."""
        return str(self.text.evaluate("element => element.textContent"))

    def written(self, seed: str) -> str:
        """Return the text behind the seed, which must stand before it."""
        shown = self.shown
        if not shown.startswith(seed):
            msg = f"The text does not begin with the seed {seed!r}: {shown[:100]!r}"
            raise AssertionError(msg)
        return shown[len(seed) :]

    def wait_for(self, characters: int) -> None:
        """Wait until seed and text have so many characters together."""
        expect(self.text).to_have_text(re.compile(f".{{{characters}}}", re.DOTALL))


class Notebook(Widget):
    """A notebook open in JupyterLab, with its first widget; what is done to it is what a person does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.widgets = page.get_by_role("group", name="LSTM text generator")
        super().__init__(self.widgets.first)

    def widget(self, number: int) -> Widget:
        """Return a widget of several, counted from 0."""
        return Widget(self.widgets.nth(number))

    def command(self, name: str, **arguments: object) -> None:
        """Run one of JupyterLab's commands, as its menus do, as soon as it can be run."""
        self.page.wait_for_function(_COMMAND_READY, arg=[name, arguments])
        self.page.evaluate(_RUN_COMMAND, [name, arguments])

    def run_all(self) -> None:
        """Run all cells, perhaps again, and wait until they have been run."""
        self._run("notebook:run-all-cells", self.page.locator("body"))
        running = self.page.locator(".jp-InputPrompt", has_text="[*]:")
        while count := running.count():  # long notebooks take their time, but each cell ends
            expect(running).not_to_have_count(count)

    def run_cell(self, number: int) -> None:
        """Have one cell run, counted from 0, without waiting for its end."""
        cell = self.page.locator(".jp-CodeCell").nth(number)
        cell.locator(".jp-InputPrompt").first.click()
        self._run("notebook:run-cell", cell)

    def _run(self, command: str, where: Locator) -> None:
        """Run a command until there are neither unrun cells nor outputs of before."""
        self.page.wait_for_function(_CONNECTED)
        outputs = ".jp-OutputArea-child"
        where.locator(outputs).evaluate_all("all => all.forEach((one) => one.dataset.old = 1)")
        old = where.locator(f"{outputs}[data-old]").or_(where.locator(".jp-InputPrompt", has_text="[ ]:"))
        for _ in range(_TRIES):  # JupyterLab drops the command without a word while it is still connecting
            self.command(command)
            try:
                expect(old).to_have_count(0, timeout=_PATIENCE)
            except AssertionError:
                continue
            return
        msg = "JupyterLab does not run the cells"
        raise JupyterLabError(msg)

    def keep_widgets(self) -> None:
        """Have JupyterLab save the state of the widgets, too."""
        self.page.evaluate(_KEEP_WIDGETS)

    def save(self) -> None:
        """Save the notebook as a person does who has just used the widget."""
        with self.saving():
            self.seed.press("ControlOrMeta+S")

    def saving(self) -> AbstractContextManager[object]:
        """Return what waits, at its end, until JupyterLab has saved the notebook."""
        return self.page.expect_response(
            lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url
        )
