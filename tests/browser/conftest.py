"""A real JupyterLab with a real Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as TooLate

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
TIMEOUT = 60_000  # milliseconds; generous, as nothing is waited for longer than it takes
# While JupyterLab starts, it drops commands without a word: then they are given again.
TRIES, PATIENCE = 10, 5_000

# Chromium in a container: no sandbox, no calls home.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Whether the notebook has a kernel that is idle and to which the page is connected.
KERNEL_READY = """async ([address, name]) => {
  const sessions = await (await fetch(`${address}/api/sessions?token=test`)).json();
  return sessions.some(({path, kernel}) =>
    path.endsWith(name) && kernel.connections > 0 && kernel.execution_state === "idle");
}"""

# Ends all kernels, so that those of the tests before take no memory.
END_KERNELS = """async (address) => {
  const token = {headers: {Authorization: "token test"}};
  const kernels = await (await fetch(`${address}/api/kernels`, token)).json();
  await Promise.all(kernels.map(({id}) =>
    fetch(`${address}/api/kernels/${id}`, {...token, method: "DELETE"})));
}"""


class Lab:
    """A JupyterLab server over an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "notebooks"
        self.folder.mkdir()
        settings = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
        settings["JUPYTERLAB_SETTINGS_DIR"] = str(folder / "settings")
        settings["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port=0"]
        command += [f"--ServerApp.root_dir={self.folder}", "--IdentityProvider.token=test"]
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.output = self.process.stdout
        self.log: list[str] = []
        self.address = self._address()
        # Somebody must go on reading, or the server would stand still once the pipe is full.
        self.reader = threading.Thread(target=lambda: self.log.extend(self.output), daemon=True)
        self.reader.start()

    def _address(self) -> str:
        for line in self.output:
            self.log.append(line)
            if match := re.search(r"(http://127\.0\.0\.1:\d+)/lab", line):
                return match[1]
        pytest.fail("JupyterLab did not start:\n" + "".join(self.log))

    def stop(self) -> None:
        self.process.kill()  # its kernels have been ended before
        self.process.wait()
        self.reader.join()


class Notebook:
    """A notebook open in JupyterLab; what is done to it is what a person does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.widget: Locator = page.get_by_role("group", name="LSTM text generator")
        self.text = self.widget.get_by_role("region", name="Generated text")
        self.seed = self.widget.get_by_role("textbox", name="Seed")
        self.temperature = self.widget.get_by_role("slider", name="Temperature")
        self.temperature_field = self.widget.get_by_role("spinbutton", name="Temperature")
        self.length_field = self.widget.get_by_role("spinbutton", name="Length")
        self.generate = self.widget.get_by_role("button", name="Generate")
        self.stop = self.widget.get_by_role("button", name="Stop")
        self.status = self.widget.get_by_role("status")
        self.alert = self.widget.get_by_role("alert")

    def menu(self, *names: str) -> None:
        """Choose an entry of the menu bar."""
        first, *inner, last = names
        entries = self.page.locator(".lm-Menu-itemLabel")  # those with a menu behind them have no name
        for _ in range(TRIES):
            try:
                self.page.get_by_role("menuitem", name=first, exact=True).click(timeout=PATIENCE)
                for name in inner:
                    entries.get_by_text(name, exact=True).hover(timeout=PATIENCE)
                entries.get_by_text(last, exact=True).click(timeout=PATIENCE)
            except TooLate:  # not enabled yet, or the menu was closed again
                self.page.keyboard.press("Escape")
            else:
                return
        pytest.fail(f"JupyterLab does not offer {' > '.join(names)}")

    def run_all(self) -> None:
        not_run = self.page.locator(".jp-InputPrompt", has_text="[ ]:")
        for _ in range(TRIES):  # JupyterLab drops the command without a word while it is still connecting
            self.menu("Run", "Run All Cells")
            try:
                expect(not_run).to_have_count(0, timeout=PATIENCE)
            except AssertionError:
                continue
            return
        pytest.fail("JupyterLab does not run the cells")

    def written(self, seed: str) -> str:
        """Return the text behind the seed, which must stand before it."""
        shown = self.text.evaluate("element => element.textContent")
        assert shown.startswith(seed)
        return str(shown[len(seed) :])

    def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            pytest.fail(f"There is no Chromium: install it, or run 'playwright install chromium'. {error}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT)
    expect.set_options(timeout=TIMEOUT)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert not problems, problems


@pytest.fixture
def open_notebook(lab: Lab, page: Page, request: pytest.FixtureRequest):
    """Return a function that opens a notebook, given as a file or as the sources of its code cells."""

    def open_it(source: Path | list[str], **parameters: str) -> Notebook:
        name = re.sub(r"\W+", "-", request.node.name) + ".ipynb"
        if isinstance(source, Path):
            shutil.copy(source, lab.folder / name)
        else:
            notebook = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(cell) for cell in source],
                metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            )
            nbformat.write(notebook, lab.folder / name)
        query = "&".join(f"{key}={value}" for key, value in {"token": "test", **parameters}.items())
        page.goto(f"{lab.address}/doc/tree/{name}?{query}")
        # A cell that is run before the page has found its kernel makes JupyterLab ask for one.
        page.wait_for_function(KERNEL_READY, arg=[lab.address, name])
        page.get_by_text("Kernel status: Idle").wait_for(state="attached")
        return Notebook(page)

    yield open_it
    page.evaluate(END_KERNELS, lab.address)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep a picture of the page of a test that failed."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.when == "call" and report.failed and page is not None:
        SCREENSHOTS.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", item.name)
        page.screenshot(path=SCREENSHOTS / f"failed-{name}.png")
    return report
