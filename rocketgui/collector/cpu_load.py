"""Samples the load of every core."""

from __future__ import annotations

import time
from collections import deque

import psutil

#: Number of sampling intervals that a load spans. The system counts in ticks of 10 ms, so a load over one interval of
#: 0.1 s would have steps of 10 %.
SPAN = 4


class CpuLoad:
    """Load of each core in percent over the last `SPAN` sampling intervals; at first, since this object was made.

    Attributes:
        began_ns: when this object was made (monotonic ns).
    """

    def __init__(self) -> None:
        self.began_ns = time.monotonic_ns()
        self._samples: deque[list[tuple[float, float]]] = deque(maxlen=SPAN + 1)
        self._samples.append(_busy_and_idle())

    @staticmethod
    def count() -> int:
        """The number of cores, as the system counts them."""
        return psutil.cpu_count() or 1

    def sample(self) -> tuple[float, ...] | None:
        """The load of each core; None if the system has counted no tick on a core yet, in the time that is spanned."""
        self._samples.append(_busy_and_idle())
        before, now = self._samples[0], self._samples[-1]
        loads = [_load(*pair) for pair in zip(before, now, strict=False)]
        known = [load for load in loads if load is not None]
        return tuple(known) if len(known) == len(loads) else None


def _busy_and_idle() -> list[tuple[float, float]]:
    times = psutil.cpu_times(percpu=True)
    # Linux counts the time of virtual machines within user time too. A core that waits for a disk is idle.
    idle = [time.idle + getattr(time, "iowait", 0.0) for time in times]
    total = [sum(time) - getattr(time, "guest", 0.0) - getattr(time, "guest_nice", 0.0) for time in times]
    return [(whole - part, part) for whole, part in zip(total, idle, strict=True)]


def _load(before: tuple[float, float], now: tuple[float, float]) -> float | None:
    busy, idle = now[0] - before[0], now[1] - before[1]
    total = busy + idle
    return round(min(100.0, max(0.0, 100.0 * busy / total)), 1) if total > 0 else None
