"""A kernel for each test file, and a widget in it for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyter_client.manager import KernelManager
from kernels import TIMEOUT, Notebook, Page


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
    return notebook.open("from lstm_widget import LSTMWidget; w = LSTMWidget(); w")
