"""What training frees is used again at once, and given back at the end."""

from __future__ import annotations

import platform
import resource

import pytest
import torch

from lstm_widget.training.memory import freed_memory_kept

SIZE = 40_000_000  # bytes
PAGES = SIZE // resource.getpagesize()


def faults_of_using_memory_again():
    """Return how many pages the system handed out for the second to fifth of five large arrays."""
    for number in range(5):
        if number == 1:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(SIZE, dtype=torch.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")
def test_memory_is_kept_inside_and_given_back_outside():
    assert faults_of_using_memory_again() > 3 * PAGES
    with freed_memory_kept():
        assert faults_of_using_memory_again() < PAGES / 10
    assert faults_of_using_memory_again() > 3 * PAGES
