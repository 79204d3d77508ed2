"""A kernel for each test file, and a widget in it for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from jupyter_client.manager import KernelManager
from kernels import TIMEOUT, Notebook, Page


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    manager = KernelManager()
    if os.name == "posix":  # ports are looked for first and taken later: another program may be faster
        manager.transport, manager.ip = "ipc", str(tmp_path_factory.mktemp("kernel") / "socket")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT)
        yield Notebook(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def page(notebook: Notebook) -> Page:
    notebook.seen.clear()
    return notebook.open("from lstm_widget import LSTMWidget; w = LSTMWidget(); w")
