"""The animated picture in the README: the real widget in a real JupyterLab, as Chromium draws it."""

from __future__ import annotations

import base64
import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image
from playwright.sync_api import expect

from lstm_widget import LSTMGenerator

if TYPE_CHECKING:
    from pathlib import Path

    from lab import Notebook
    from playwright.sync_api import Page

SEED, TEMPERATURE, LENGTH = "Once upon a ti", "0.5", 300
CELL = f"""from lstm_widget import LSTMWidget
w = LSTMWidget(seed={SEED!r}, temperature={TEMPERATURE}, length={LENGTH}, rng=1, speed=35, inside=True)
w"""
# The window, and how much of what is around the widget is in the picture. One pixel per CSS pixel.
WINDOW = {"width": 1180, "height": 900}
MARGIN = 8
GENERATOR = LSTMGenerator("fairytales")
# Where the temperature is changed while it writes, and to what.
CHANGES = {115: 1.5, 215: 0.2}
POINTED = 1500, 1000, 1000  # milliseconds to point at each of the most surprising letters
FRAME, LAST = 50, 1500  # milliseconds: the shortest frame, and the last one

# Where a value lies on a slider, from 0 to 1.
_SHARE = "(one, value) => (value - one.min) / (one.max - one.min)"
_THUMB = 24  # CSS pixels
# The centre of a character of the text.
_PLACE = """(root, number) => {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let before = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest("[role=img]")) continue;
    if (number < before + node.length) {
      const range = document.createRange();
      range.setStart(node, number - before);
      range.setEnd(node, number - before + 1);
      const {x, y, width, height} = range.getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    }
    before += node.length;
  }
}"""


class Frame(NamedTuple):
    """A picture, and the second from which it was shown."""

    time: float
    png: bytes


class Film(NamedTuple):
    """Pictures, and for how many milliseconds each is shown."""

    pictures: list[Image.Image]
    durations: list[int]

    def write(self, file: Path) -> None:
        """Write an animated picture that loops for ever."""
        first, *others = self.pictures
        first.save(
            file,
            save_all=True,
            append_images=others,
            duration=self.durations,
            loop=0,
            lossless=True,
            method=4,
            kmax=0,  # only the first frame is a complete picture
        )


class Camera:
    """Records what Chromium draws while it is open."""

    def __init__(self, page: Page) -> None:
        self.frames: list[Frame] = []
        self._session = page.context.new_cdp_session(page)
        self._session.on("Page.screencastFrame", self._take)

    def __enter__(self) -> Camera:  # noqa: PYI034 - it has no subclasses
        self._session.send("Page.startScreencast", {"format": "png"})
        return self

    def __exit__(self, *_: object) -> None:
        self._session.send("Page.stopScreencast")

    def _take(self, shot: dict[str, Any]) -> None:
        self._session.send("Page.screencastFrameAck", {"sessionId": shot["sessionId"]})
        self.frames.append(Frame(shot["metadata"]["timestamp"], base64.b64decode(shot["data"])))


def film(notebook: Notebook) -> Film:
    """Write a text, change its temperature along the way, then look inside."""
    page = notebook.page
    notebook.root.evaluate("one => one.scrollIntoView()")
    box = _frame(notebook)
    with Camera(page) as camera:
        page.wait_for_timeout(600)
        write(notebook)
        page.wait_for_timeout(1000)
        for number, milliseconds in zip(unexpected(notebook.shown), POINTED, strict=True):
            page.mouse.move(*notebook.text.evaluate(_PLACE, number))
            page.wait_for_timeout(milliseconds)
    return cut(camera.frames, box)


def write(notebook: Notebook) -> None:
    """Write a text, and change its temperature at the same time."""
    notebook.generate.click()
    for position, temperature in CHANGES.items():
        notebook.wait_for(position)
        click_at(notebook, "Temperature", temperature)
    expect(notebook.status).to_have_text(f"Finished: {LENGTH} characters")


def _frame(notebook: Notebook) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of the picture: the widget with a margin."""
    box = notebook.root.bounding_box()
    assert box is not None  # noqa: S101 - it is in sight
    left, top = round(box["x"]), round(box["y"])
    right, bottom = left + round(box["width"]), top + round(box["height"])
    return left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN


def unexpected(text: str) -> list[int]:
    """Return the positions of the letters that surprise the network most, one for each in `POINTED`."""
    bits = GENERATOR.score(text).bits
    letters = [number for number in range(*CHANGES) if text[number].isalpha()]
    return sorted(sorted(letters, key=lambda number: -bits[number])[: len(POINTED)])


def click_at(notebook: Notebook, slider: str, value: float) -> None:
    """Click a slider at the place of this value."""
    one = notebook.root.get_by_role("slider", name=slider, exact=True)
    box = one.bounding_box()
    assert box is not None  # noqa: S101 - it is in sight
    along = _THUMB / 2 + (box["width"] - _THUMB) * one.evaluate(_SHARE, value)
    one.click(position={"x": along, "y": box["height"] / 2})


def cut(frames: list[Frame], box: tuple[int, int, int, int]) -> Film:
    """Crop the frames, and drop those that are no different or too short."""
    kept: list[tuple[float, Image.Image]] = []
    for frame in sorted(frames):
        picture = Image.open(io.BytesIO(frame.png)).convert("RGB").crop(box)
        if kept and 1000 * (frame.time - kept[-1][0]) < FRAME:
            kept[-1] = kept[-1][0], picture
        elif not kept or picture.tobytes() != kept[-1][1].tobytes():
            kept.append((frame.time, picture))
    times = [time for time, _ in kept]
    durations = [round(1000 * (end - begin)) for begin, end in pairwise(times)]
    return Film([picture for _, picture in kept], [*durations, LAST])
