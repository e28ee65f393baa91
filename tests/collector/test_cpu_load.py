"""The load of every core."""

from __future__ import annotations

import time

import psutil

from rocketgui.collector.cpu_load import CpuLoad
from tests.helpers import until


def test_cores() -> None:
    cores = CpuLoad()
    end = time.monotonic() + 0.15
    while time.monotonic() < end:
        pass
    loads = until(cores.sample, "the system's clock to tick")
    assert len(loads) == CpuLoad.count() == psutil.cpu_count()
    assert all(0 <= load <= 100 for load in loads)
    assert max(loads) > 0
