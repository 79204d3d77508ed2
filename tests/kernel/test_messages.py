"""The conversation with the page, spoken with a real kernel as a page speaks it.

Colab shows only what the kernel sends while it handles a request of the page: every message must be
the child of a request and be sent before that request turns idle. These tests run both with the
newest ipykernel and in an environment of the versions that Colab ships (see the Makefile).
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any

import ipykernel
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from lstm_widget import LSTMGenerator

TIMEOUT = 60
SUBSHELLS = ipykernel.version_info[0] >= 7


class Notebook:
    """A kernel with the requests that JupyterLab sends to it."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client
        self.subshell: str | None = None
        self.seen: list[dict[str, Any]] = []  # everything on iopub, in order

    def next_message(self) -> dict[str, Any]:
        try:
            message: dict[str, Any] = self.client.get_iopub_msg(timeout=TIMEOUT)
        except queue.Empty:
            pytest.fail("The kernel was silent for a minute")
        self.seen.append(message)
        return message

    def until_idle(self, request: str) -> list[dict[str, Any]]:
        """Return the children of a request, read up to its idle."""
        children = [m for m in self.seen if m["parent_header"].get("msg_id") == request]
        while not (children and children[-1]["content"].get("execution_state") == "idle"):
            message = self.next_message()
            if message["parent_header"].get("msg_id") == request:
                children.append(message)
        return children

    def run(self, code: str) -> list[dict[str, Any]]:
        """Run a cell to its end; a traceback fails the test."""
        messages = self.until_idle(self.client.execute(code))
        errors = ["\n".join(m["content"]["traceback"]) for m in messages if m["msg_type"] == "error"]
        assert not errors, errors[0]
        return messages

    def printed(self, code: str) -> str:
        return "".join(m["content"]["text"] for m in self.run(code) if m["msg_type"] == "stream").strip()

    def open_subshell(self) -> None:
        message = self.client.session.msg("create_subshell_request")
        self.client.control_channel.send(message)
        self.subshell = self.client.get_control_msg(timeout=TIMEOUT)["content"]["subshell_id"]

    def send(self, comm: str, data: dict[str, Any]) -> str:
        """Send a widget message as the page does; return the id of the request."""
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        if self.subshell is not None:
            message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)
        request: str = message["header"]["msg_id"]
        return request


class Page:
    """What a page has: a widget, and what came back for it."""

    def __init__(self, notebook: Notebook, comm: str) -> None:
        self.notebook = notebook
        self.comm = comm
        self.requests: list[str] = []

    def post(self, content: dict[str, Any]) -> str:
        request = self.notebook.send(self.comm, {"method": "custom", "content": content})
        self.requests.append(request)
        return request

    def ask(self, content: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a message; return what the kernel answers to it before it turns idle."""
        return answers(self.notebook.until_idle(self.post(content)))

    def start(self, run: str, **settings: Any) -> list[dict[str, Any]]:
        return self.ask({"type": "start", "run": run, "settings": settings})

    def pull(
        self, run: str, position: int, count: int = 40, temperature: float = 0.6
    ) -> list[dict[str, Any]]:
        return self.ask(pull(run, position, count, temperature))

    def pull_all(self, run: str, temperature: float = 0.6) -> tuple[str, dict[str, Any]]:
        """Pull to the end; return the text and the last message."""
        text = ""
        while True:
            for message in self.pull(run, len(text), temperature=temperature):
                if message["type"] != "chunk":
                    return text, message
                assert message["position"] == len(text)
                text += message["text"]

    def messages(self) -> list[dict[str, Any]]:
        """All that the kernel has sent for this widget."""
        comm = [m for m in self.notebook.seen if m["msg_type"] == "comm_msg"]
        return [m for m in comm if m["content"]["comm_id"] == self.comm]


def pull(run: str, position: int, count: int, temperature: float) -> dict[str, Any]:
    return {
        "type": "pull",
        "run": run,
        "pull": "p1",
        "position": position,
        "count": count,
        "budget": 30,
        "temperature": temperature,
    }


def answers(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    data = [m["content"]["data"] for m in messages if m["msg_type"] == "comm_msg"]
    return [d["content"] for d in data if d["method"] == "custom"]


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=TIMEOUT)
    yield Notebook(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def page(notebook: Notebook) -> Page:
    notebook.seen.clear()
    opened = notebook.run("from lstm_widget import LSTMWidget; w = LSTMWidget(); w")
    # A widget opens its layout first and itself last.
    comm = [m["content"]["comm_id"] for m in opened if m["msg_type"] == "comm_open"][-1]
    return Page(notebook, comm)


SETTINGS = {"seed": "She was", "length": 200, "temperature": 0.6, "rng": 7}


def test_every_message_answers_a_request_before_it_is_idle(page):
    page.start("a", **SETTINGS)
    text, end = page.pull_all("a")
    assert len(text) == 200
    assert end["reason"] == "finished"
    page.start("b", **SETTINGS)
    page.pull("b", 0)
    page.ask({"type": "stop", "run": "b"})
    # One more request, so that anything the kernel had sent on its own would have come by now.
    page.notebook.run("pass")

    idle: set[str] = set()
    kinds = set()
    for message in page.notebook.seen:
        parent = message["parent_header"].get("msg_id")
        if message["msg_type"] == "comm_msg":
            assert parent in page.requests
            assert parent not in idle
            kinds.add(message["content"]["data"]["method"])
        elif message["content"].get("execution_state") == "idle":
            idle.add(parent)
    assert kinds == {"custom", "update"}  # both the messages and the traits


def test_the_text_is_that_of_the_generator(page):
    page.start("a", **SETTINGS)
    text, end = page.pull_all("a")
    assert text == LSTMGenerator().generate(**SETTINGS)
    assert end["receipt"]["rng"] == 7
    assert page.notebook.printed("print(w.status, w.text == " + repr(text) + ")") == "finished True"


def test_a_pull_can_be_repeated(page):
    page.start("a", **SETTINGS)
    first = page.pull("a", 0)
    assert page.pull("a", 0) == first
    again = page.pull("a", 10)
    assert again[0]["text"] == first[0]["text"][10:] + again[0]["text"][len(first[0]["text"]) - 10 :]
    text, _ = page.pull_all("a")
    assert text == LSTMGenerator().generate(**SETTINGS)


def test_a_pull_ahead_of_the_text_goes_on_where_the_text_ends(page):
    page.start("a", **SETTINGS)
    (chunk,) = page.pull("a", 30, count=20)
    assert chunk["position"] == 0


def test_a_new_temperature_counts_from_the_next_character(page):
    page.start("a", **SETTINGS)
    (chunk,) = page.pull("a", 0, count=50)
    text, end = page.pull_all("a", temperature=0)
    assert end["receipt"]["temperatures"] == [[chunk["count"], 0]]
    run = LSTMGenerator().start(SETTINGS)
    before = run.advance(chunk["count"])
    assert before == chunk["text"]
    run.temperature = 0
    assert text == before + run.advance()


def test_stop_keeps_the_text_and_the_next_run_starts_clean(page):
    page.start("a", **SETTINGS)
    (chunk,) = page.pull("a", 0)
    (end,) = page.ask({"type": "stop", "run": "a"})
    assert end["reason"] == "stopped"
    assert page.notebook.printed("print(w.status, w.text)") == f"stopped {chunk['text']}".strip()
    page.start("b", **SETTINGS)
    assert page.pull_all("b")[0] == LSTMGenerator().generate(**SETTINGS)


def test_a_lost_end_is_told_again(page):
    page.start("a", **SETTINGS)
    _, end = page.pull_all("a")
    chunk, again = page.pull("a", 200)
    assert chunk["count"] == 0
    assert again == end


def test_unknown_characters_are_skipped(page):
    (begin,) = page.start("a", **{**SETTINGS, "seed": "She 北was"})
    assert begin["seed"] == "She was"
    assert page.pull_all("a")[0] == LSTMGenerator().generate(**SETTINGS)


def test_a_lookalike_is_read_as_what_it_looks_like_and_shown_as_it_was_typed(page):
    (begin,) = page.start("a", **{**SETTINGS, "seed": "She\u00a0was"})
    assert begin["seed"] == "She\u00a0was"
    assert page.pull_all("a")[0] == LSTMGenerator().generate(**SETTINGS)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "must be an object"),
        ({}, "name its run"),
        ({"run": "x" * 1000, "type": "pull"}, "name its run"),
        ({"run": "a", "type": "sing"}, "does not know the message 'sing'"),
        ({"run": "gone", "type": "stop"}, "no longer being written"),
        ({**pull("a", 0, 5, 0.6), "pull": 5}, "name its pull"),
        (pull("a", -1, 5, 0.6), "position that is a whole number"),
        (pull("a", 0, 0, 0.6), "count that is a whole number"),
        (pull("a", 0, 5, -1), "temperature must be a number"),
        ({**pull("a", 0, 5, 0.6), "budget": "long"}, "budget of milliseconds"),
        ({"run": "b", "type": "start"}, "must bring its settings"),
        ({"run": "b", "type": "start", "settings": {"sed": "a"}}, "did you mean 'seed'"),
        ({"run": "b", "type": "start", "settings": {**SETTINGS, "seed": ""}}, "seed is empty"),
        ({"run": "b", "type": "start", "settings": {**SETTINGS, "seed": "北京"}}, "knows none"),
        ({"run": "b", "type": "start", "settings": {**SETTINGS, "length": 10**9}}, "whole number from 1"),
        ({"run": "b", "type": "start", "settings": {**SETTINGS, "length": "100"}}, "whole number from 1"),
        ({"run": "b", "type": "start", "settings": {**SETTINGS, "temperature": None}}, "temperature must be"),
        ({"run": "b", "type": "start", "settings": {**SETTINGS, "rng": -1}}, "rng must be"),
    ],
)
def test_a_wrong_message_is_answered_with_a_sentence(page, content, sentence):
    page.start("a", **SETTINGS)
    *others, error = page.ask(content)
    assert error["type"] == "error"
    assert sentence in error["message"]
    assert "\n" not in error["message"]
    if content and content.get("type") == "start":  # the run before was no longer wanted
        assert [message["reason"] for message in others] == ["stopped"]
    else:  # the run before is not disturbed
        assert page.pull_all("a")[0] == LSTMGenerator().generate(**SETTINGS)
    page.start("c", **SETTINGS)
    assert page.pull_all("c")[0] == LSTMGenerator().generate(**SETTINGS)


def test_a_wrong_trait_from_the_page_is_refused(page):
    request = page.notebook.send(page.comm, {"method": "update", "state": {"temperature": -3}})
    updates = [
        m["content"]["data"]["state"]
        for m in page.notebook.until_idle(request)
        if m["msg_type"] == "comm_msg"
    ]
    assert any("temperature must be a number" in state.get("error", "") for state in updates)
    assert updates[-1] == {"temperature": 0.6}  # the page is told what holds
    request = page.notebook.send(page.comm, {"method": "update", "state": {"text": "mine", "length": 5}})
    page.notebook.until_idle(request)
    assert page.notebook.printed("print(w.temperature, w.length, repr(w.text))") == "0.6 5 ''"


def test_generate_from_a_cell_streams_as_part_of_the_cell(page):
    cell = page.notebook.client.execute("text = w.generate(seed='She was', length=3_000, rng=7)")
    pieces = answers(page.notebook.until_idle(cell))
    chunks = [m for m in pieces if m["type"] == "chunk"]
    assert [pieces[0]["type"], pieces[-1]["type"]] == ["begin", "end"]
    assert len(chunks) > 1
    settings = {**SETTINGS, "length": 3_000}
    assert "".join(m["text"] for m in chunks) == LSTMGenerator().generate(settings)
    assert page.notebook.printed("print(text == w.text, w.status)") == "True finished"


def test_an_interrupt_ends_generate_and_keeps_the_text(page):
    cell = page.notebook.client.execute("text = w.generate(length=1_000_000)")
    while not any(m["type"] == "chunk" for m in answers(page.notebook.seen)):
        page.notebook.next_message()
    page.notebook.manager.interrupt_kernel()
    messages = page.notebook.until_idle(cell)
    assert not [m for m in messages if m["msg_type"] == "error"]
    written, rest = page.notebook.printed("print(len(text), w.text == text, w.status)").split(maxsplit=1)
    assert 0 < int(written) < 1_000_000
    assert rest == "True stopped"


def test_while_a_cell_is_busy(page):
    """With subshells the run goes on beside the cell; without, it is answered after the cell."""
    notebook = page.notebook
    if SUBSHELLS:
        notebook.open_subshell()
        wait = "finished.wait(60)"  # the cell is over only once the run is
    else:
        wait = "finished.wait(1)"
    notebook.run(
        "import threading; finished = threading.Event()\n"
        "w.observe(lambda change: change['new'] == 'finished' and finished.set(), 'status')"
    )
    cell = notebook.client.execute(f"print({wait})")
    while notebook.next_message()["msg_type"] != "execute_input":
        pass
    page.start("a", **SETTINGS)
    text, _ = page.pull_all("a")
    notebook.subshell = None
    printed = [m["content"]["text"] for m in notebook.until_idle(cell) if m["msg_type"] == "stream"]
    assert text == LSTMGenerator().generate(**SETTINGS)
    assert "".join(printed).strip() == str(SUBSHELLS)


def test_stop_reaches_a_cell_that_writes(page):
    if not SUBSHELLS:
        pytest.skip("ipykernel 6 answers the page only between cells")
    notebook = page.notebook
    notebook.open_subshell()
    cell = notebook.client.execute("text = w.generate(length=1_000_000)")
    while not (begun := [m["run"] for m in answers(notebook.seen) if m["type"] == "begin"]):
        notebook.next_message()
    page.post({"type": "stop", "run": begun[-1]})
    notebook.subshell = None
    notebook.until_idle(cell)
    assert (
        notebook.printed("print(0 < len(text) < 1_000_000, w.text == text, w.status)") == "True True stopped"
    )
