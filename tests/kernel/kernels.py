"""A notebook and a page without a browser: a kernel and the requests that JupyterLab sends to it."""

from __future__ import annotations

import json
import queue
from typing import Any

import ipykernel
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

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

    def open(self, code: str) -> Page:
        """Run a cell that makes a widget, and show it in a page."""
        opened = self.run(code)
        # A widget opens its layout first and itself last.
        comm = [m["content"]["comm_id"] for m in opened if m["msg_type"] == "comm_open"][-1]
        return Page(self, comm)

    def begin(self, code: str) -> str:
        """Run a cell and return as soon as it is busy."""
        cell: str = self.client.execute(code)
        while True:
            message = self.next_message()
            if (message["msg_type"], message["parent_header"].get("msg_id")) == ("execute_input", cell):
                return cell

    def open_subshell(self) -> None:
        message = self.client.session.msg("create_subshell_request")
        self.client.control_channel.send(message)
        self.subshell = self.client.get_control_msg(timeout=TIMEOUT)["content"]["subshell_id"]

    def send(self, comm: str, data: dict[str, Any]) -> str:
        """Send a widget message as the page does; return the id of the request."""
        message = self.client.session.msg("comm_msg")
        # In ASCII, as a browser does: half characters, which UTF-8 cannot hold, arrive as they are.
        message["content"] = json.dumps({"comm_id": comm, "data": data}).encode()
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
        return self.ask(a_start(run, **settings))

    def pull(
        self, run: str, position: int, count: int = 40, temperature: float = 0.6
    ) -> list[dict[str, Any]]:
        return self.ask(pull(run, position, count, temperature))

    def resume(self, run: str, length: int) -> list[dict[str, Any]]:
        return self.ask({"type": "resume", "run": run, "length": length})

    def pull_all(self, run: str, have: int = 0, temperature: float = 0.6) -> tuple[str, dict[str, Any]]:
        """Pull to the end; return the text from where the page was, and the last message."""
        text = ""
        while True:
            for message in self.pull(run, have + len(text), temperature=temperature):
                if message["type"] != "chunk":
                    return text, message
                assert message["position"] == have + len(text)
                text += message["text"]

    def write(self, **state: Any) -> list[dict[str, Any]]:
        """Change traits as the page does; return what it is told of the traits."""
        request = self.notebook.send(self.comm, {"method": "update", "state": state})
        self.requests.append(request)
        return updates(self.notebook.until_idle(request))


def pull(run: str, position: int, count: int, temperature: float) -> dict[str, Any]:
    return {
        "type": "pull",
        "run": run,
        "pull": "p1",
        "until": position + count,
        "budget": 30,
        "lanes": [{"name": "text", "temperature": temperature, "position": position}],
    }


def a_start(run: str, **settings: Any) -> dict[str, Any]:
    common: dict[str, Any] = {name: value for name, value in settings.items() if name != "temperature"}
    lane = {"name": "text", "temperature": settings.get("temperature", 0.5)}
    return {"type": "start", "run": run, "settings": common, "lanes": [lane]}


def answers(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was said to the pages, each message with what it says of its only lane."""
    data = [m["content"]["data"] for m in messages if m["msg_type"] == "comm_msg"]
    return [_of_one_lane(d["content"]) for d in data if d["method"] == "custom"]


def _of_one_lane(message: dict[str, Any]) -> dict[str, Any]:
    if message["type"] == "chunk":
        (lane,) = message["lanes"]
        return {**message, **lane}
    if message["type"] == "end":
        return {**message, "receipt": message["receipts"]["text"]}
    return message


def updates(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the pages were told of the traits."""
    data = [m["content"]["data"] for m in messages if m["msg_type"] == "comm_msg"]
    return [d["state"] for d in data if d["method"] == "update"]
