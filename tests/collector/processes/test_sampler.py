"""What the system says of a process, and how it is suspended."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from rocketgui.collector.processes import sampler
from rocketgui.collector.processes.program_tree import ProgramTree
from tests.helpers import state, until


def test_samples(busy: subprocess.Popen[bytes]) -> None:
    samples = sampler.ProcessSampler()
    samples.add(7, busy.pid)
    samples.add(8, 2**22 + 1)  # no such process
    first = until(lambda: samples.samples(1.0), "a sample")[0]
    assert (first.process, first.cpu) == (7, None)
    seen = {}
    # Kernels can be built without it.
    wanted = set(sampler.FIELDS) - (set() if os.path.exists("/proc/self/sched") else {"migrations"})

    def all_seen() -> bool:
        """Switches and memory come in turn, and the CPU's share from the second sample on."""
        for sample in samples.samples(0.05):  # one, so that some time has passed since the one before
            seen.update({name: value for name in sample.__slots__ if (value := getattr(sample, name)) is not None})
        return set(seen) >= wanted and seen["cpu"] > 0 and seen["rss"] > 1e6  # it has become a Python

    until(all_seen, "all figures")
    assert seen["rss"] > 1e6
    assert seen["peak_rss"] >= seen["rss"]
    assert seen.get("migrations", 0) >= 0
    assert seen["core"] in range(psutil.cpu_count() or 1)
    samples.remove(7)
    assert samples.samples(1.0) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system does not tell")
def test_when_a_process_began() -> None:
    before = time.monotonic_ns()
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        began = sampler.began_ns(sleeper.pid)
        sleeper.kill()
    assert began is not None
    assert before - 20_000_000 < began < time.monotonic_ns()
    assert sampler.began_ns(sleeper.pid) is None


def test_suspend_and_resume(busy: subprocess.Popen[bytes]) -> None:
    sampler.suspend(ProgramTree(os.getpid()))
    until(lambda: state(busy.pid) == "T", "it to stand still")
    sampler.resume(ProgramTree(os.getpid()))
    until(lambda: state(busy.pid) in ("R", "S"), "it to go on")
    assert (busy.pid, os.getpid()) in sampler.descendants(ProgramTree(os.getpid()))
