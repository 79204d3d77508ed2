"""The engine of the page, run by Node, and asked from Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

JS = Path(__file__).parents[2] / "js"


def why_not() -> str | None:
    """Return why the engine cannot be run on this machine, or `None` if it can."""
    if shutil.which("node") is None:
        return "The engine of the page needs Node: there is no program `node` on this machine."
    if not all((JS / "node_modules" / name).is_dir() for name in ("esbuild", "assemblyscript")):
        return "The engine of the page is not built: run `npm ci` in js/."
    return None


def bundle(output: Path, *entry: str) -> Path:
    """Bundle the engine, and what answers the questions, into one file for Node."""
    subprocess.run(["node", "harness.mjs", str(output), *entry], cwd=JS, check=True)  # noqa: S607
    return output


class Refused(Exception):  # noqa: N818 - it is no error of the engine
    """The engine refused with a sentence that it means a reader to see."""


class PageEngine:
    """A program of Node that answers one question after the other.

    Parameters
    ----------
    program : Path
        What `bundle` made.
    """

    def __init__(self, program: Path) -> None:
        self._node = subprocess.Popen(
            ["node", program],  # noqa: S607
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def ask(self, question: str, **details: object) -> Any:
        """Return the answer; the questions are those of ``js/tests/local-harness.ts``."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        print(json.dumps({"question": question, **details}), file=self._node.stdin, flush=True)
        line = self._node.stdout.readline()
        if not line:
            msg = "The engine of the page has ended without an answer."
            raise RuntimeError(msg)
        reply = json.loads(line)
        if "refused" in reply:
            raise Refused(reply["refused"])
        if "failed" in reply:
            raise RuntimeError(reply["failed"])
        return reply.get("answer")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._node.stdin is not None
        self._node.stdin.close()
        self._node.wait(timeout=10)
