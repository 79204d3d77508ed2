"""Pages of the static site, opened from the disk with the network off."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bare import Placed
from playwright.sync_api import expect
from test_page_looks import AXE

from lstm_widget import LSTMGenerator, LSTMWidget, TemperatureLanes

ROOT = Path(__file__).parents[2]
LENGTH = 60


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    home = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(ROOT / "docs" / "website" / "build.py"), str(home), "--without-reference"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": path})
    return home


@pytest.fixture
def complaints(page):
    """Return what the browser reports, a breach of the policy above all; the network is off."""
    page.context.set_offline(True)
    told = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    return told


def violations(page):
    """Return what axe-core finds."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate("axe.run().then(({violations}) => violations.map(({id}) => id))")


def writes(shown, name):
    """Have a widget write, and compare with Python."""
    generator = LSTMGenerator(name)
    seed = generator.model.card["seed"]
    shown.length_field.fill(str(LENGTH))
    shown.temperature.press("Home")
    shown.generate.click()
    expect(shown.status).to_have_text(f"Finished: {LENGTH} characters")
    assert shown.written(seed) == generator.generate(seed=seed, length=LENGTH, temperature=0)


def test_pages_of_the_site_write_what_python_writes(page, site, complaints):
    page.goto((site / "index.html").as_uri())
    shown = Placed(page.main_frame)
    writes(shown, "fairytales")
    assert violations(page) == []

    page.emulate_media(color_scheme="dark")
    page.get_by_role("link", name="Fairy tales, tiny").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fairy tales, tiny")
    page.set_viewport_size({"width": 360, "height": 900})
    writes(shown, "tiny")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360

    page.get_by_role("link", name="Lesson").click()
    generate = page.get_by_role("button", name="Generate", exact=True)
    expect(generate).to_have_count(4)
    for one in page.locator(".lstm-widget").all():  # the button pressed becomes Stop
        one.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_text(re.compile("^Finished: 120 characters"))).to_be_visible()
    expect(page.get_by_text(re.compile("^Finished: 4 lanes of 300 characters"))).to_be_visible()
    # The widgets of a notebook have their names in common.
    assert set(violations(page)) <= {"landmark-unique"}
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert complaints == []


def test_what_is_missing_beside_a_page_is_named_in_one_sentence(page, tmp_path, complaints, problems):
    weights = tmp_path / "some weights"
    files = [
        LSTMWidget("tiny").export_html(tmp_path / "text.html", weights=weights),
        TemperatureLanes("tiny").export_html(tmp_path / "lanes.html", weights=weights),
    ]
    (neighbour,) = weights.iterdir()
    sentence = (
        f"The model of this page is in the file “./some weights/{neighbour.name}”, "
        "which is missing or not whole: copy it there again."
    )
    page.goto(files[0].as_uri())
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_visible()
    assert complaints == []
    whole = neighbour.read_bytes()
    for content in (whole[: len(whole) // 2], whole.replace(b"A", b"", 1)):
        neighbour.write_bytes(content)
        page.goto(files[1].as_uri())
        expect(page.get_by_role("alert")).to_have_text(sentence)
    problems.clear()  # what ends too early is no script
    neighbour.unlink()
    page.goto(files[0].as_uri())
    expect(page.get_by_role("alert")).to_have_text(sentence)
