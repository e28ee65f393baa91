"""What observing costs the observer: the CPU of `rocketgui --headless`, beside psutil alone at the same rate."""

from __future__ import annotations

import time
from collections.abc import Sequence

from benchmarks import system
from benchmarks.figures import Figure, alternating, ratios, say

#: Until everything is imported, every process is known, and the kernel has settled who runs where.
SETTLE_S = 2.0


def measure(workers: int, rounds: int, seconds: float) -> list[Figure]:
    """Percent of one core over `seconds` of steady state, in turns."""
    launch = ("--workers", workers, "--limit", system.FOREVER)
    sides = {
        "headless": system.module("rocketgui", "--headless", *launch),
        "psutil": system.module("benchmarks.programs.sample", workers),
    }
    percent: dict[str, list[float]] = {side: [] for side in sides}
    ticks: dict[str, list[float]] = {side: [] for side in sides}
    say(f"  rocketgui --headless and psutil alone with {workers} workers, {rounds} x {seconds:g} s each")
    for side in alternating(rounds, list(sides)):
        load, rate = _one(sides[side], workers, seconds)
        percent[side].append(load)
        ticks[side].append(rate)
    return [
        Figure("headless_cpu", f"observer: headless, {workers} workers", "% of a core", percent["headless"], 4.0),
        Figure("headless_ticks", "... at ticks per second", "/s", ticks["headless"]),
        Figure("psutil_cpu", f"psutil alone at 60 Hz, {workers} workers", "% of a core", percent["psutil"]),
        Figure("psutil_ticks", "... at ticks per second", "/s", ticks["psutil"]),
        Figure("headless_psutil", "headless / psutil alone", "x", ratios(percent["headless"], percent["psutil"])),
    ]


def _one(command: Sequence[str], workers: int, seconds: float) -> tuple[float, float]:
    """CPU in percent of one core and rests per second of the process that a command starts."""
    with system.running(command) as process:
        system.wait_for_workers(process.pid, workers)
        time.sleep(SETTLE_S)
        began, cpu, rests = time.monotonic_ns(), system.cpu_ns(process.pid), system.rests(process.pid)
        time.sleep(seconds)
        cpu, rests = system.cpu_ns(process.pid) - cpu, system.rests(process.pid) - rests
        span = time.monotonic_ns() - began
    return 100.0 * cpu / span, rests * 1e9 / span
