"""What the system lets rocketgui see of a process and do to it, tried on this very process."""

from __future__ import annotations

import os
from typing import Any

import psutil

from rocketgui.collector.processes import perf_events


def core() -> int | None:
    """The core that this process ran on last; None where the system does not tell."""
    found: int | None = _of_this_process("cpu_num")
    return found


def usable_cores() -> list[int] | None:
    """The cores that this process may use; None where the system does not tell."""
    found: list[int] | None = _of_this_process("cpu_affinity")
    return found


def can_pin() -> bool:
    """Whether a process can be bound to one core. Binds this process, then restores its cores."""
    before = usable_cores()
    if not before:
        return False
    process = psutil.Process()
    try:
        process.cpu_affinity(before[-1:])
        pinned: bool = process.cpu_affinity() == before[-1:]
        process.cpu_affinity(before)
    except (psutil.Error, OSError):
        return False
    return pinned


def tells_of_every_process() -> bool:
    """Whether the kernel reports every process of a program, however short it lives; see perf_events.py."""
    try:
        perf_events.PerfRings(os.getpid()).close()
    except OSError:
        return False
    return True


def _of_this_process(what: str) -> Any:
    ask = getattr(psutil.Process(), what, None)
    try:
        return None if ask is None else ask()
    except (psutil.Error, NotImplementedError, OSError):
        return None
