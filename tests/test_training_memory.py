"""What training frees is used again at once, and given back at the end."""

from __future__ import annotations

import json
import platform
import subprocess
import sys

import pytest

# In a process of its own: what others have left in the memory would be used again, too.
PROGRAM = """
import json, resource
import torch
from lstm_widget.training.memory import keeping_freed_memory

def size():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

def faults_of_using_memory_again():
    for number in range(20):
        if number == 16:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(40_000_000, dtype=torch.uint8)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * resource.getpagesize()

before, sizes = faults_of_using_memory_again(), [size()]
inside, kept = keeping_freed_memory(lambda: (faults_of_using_memory_again(), size()))
sizes.append(kept)
sizes.append(size())
print(json.dumps([before, inside, *sizes]))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")
def test_memory_is_kept_inside_and_given_back_at_the_end():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, inside, size, kept, left = json.loads(done.stdout)
    assert before > 120_000_000  # four times 40 MB, but for what a page more or less makes
    assert inside < 1_000_000
    assert kept > size + 30_000_000
    assert left < size + 10_000_000
