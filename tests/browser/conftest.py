"""What the tests in a real JupyterLab share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import SEED, TIMEOUT, Lab, Notebook, start_chromium
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from lstm_widget import LSTMGenerator

SCREENSHOTS = Path(__file__).parent / "screenshots"

# What a host reports of itself, also where there is no widget: these are of Notebook 7.6 and JupyterLab 4.6.
OF_THE_HOST = {
    "Cannot read properties of undefined (reading 'schema')",
    """Kernel message validation error: Unexpected token 's', "stream.stderr" is not valid JSON""",
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            browser = start_chromium(playwright)
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
def problems() -> list[str]:
    """Return the errors that the page has reported."""
    return []


@pytest.fixture
def page(browser: Browser, problems: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect.set_options(timeout=TIMEOUT)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert set(problems) <= OF_THE_HOST, problems


@pytest.fixture
def file_name(request: pytest.FixtureRequest) -> str:
    """Return the file name of the test's notebook."""
    return re.sub(r"\W+", "-", request.node.name) + ".ipynb"


@pytest.fixture
def open_notebook(lab: Lab, page: Page, file_name: str) -> Iterator[Callable[[Path | list[str]], Notebook]]:
    """Return a function that opens a notebook, given as a file or as the sources of its code cells."""
    yield lambda source: lab.open(page, file_name, source)
    lab.end_kernels(page)


@pytest.fixture(scope="session")
def bolano(shared_models) -> str:
    return str(shared_models / "bolano")


@pytest.fixture(scope="session")
def generator(bolano) -> LSTMGenerator:
    return LSTMGenerator(bolano)


@pytest.fixture
def opened(open_notebook, bolano):
    """Return a function that opens a notebook whose first cell shows a widget `w` with `bolano`.

    More cells may follow, and are run, too. It shows 200 characters per second unless it is told otherwise.
    """

    def open_it(*cells: str, run_all: bool = True, **settings: object) -> Notebook:
        all_settings = {"seed": SEED, "temperature": 0.6, "length": 300, "rng": 1, "speed": 200, **settings}
        given = ", ".join(f"{name}={value!r}" for name, value in all_settings.items())
        first = f"from lstm_widget import LSTMWidget\nw = LSTMWidget({bolano!r}, {given})\nw"
        notebook = open_notebook([first, *cells])
        notebook.run_all() if run_all else notebook.run_cell(0)
        notebook.generate.wait_for()
        return notebook

    return open_it


@pytest.fixture(scope="session")
def expected(generator):
    """Return a function that gives what `bolano` writes with the settings of `opened`."""

    def write(length: int = 300, *, changes: dict[int, float] | None = None, **settings: object) -> str:
        """Write so much, with another temperature from these positions on."""
        run = generator.start(**{"seed": SEED, "temperature": 0.6, "rng": 1, **settings}, length=length)
        text = ""
        for position, temperature in (changes or {}).items():
            text += run.advance(position - len(text)) if position > len(text) else ""
            run.temperature = temperature
        return text + run.advance()

    return write


@pytest.fixture
def screenshot(page: Page) -> Callable[[str], None]:
    """Return a function that keeps a picture for people to look at."""

    def take(name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")

    return take


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
