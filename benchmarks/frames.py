"""How smoothly the window draws beside busy workers, what that costs, and how late a sample is seen."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import system
from benchmarks.figures import Figure, add_json_option, alternating, deliver, machine, ratios, say
from benchmarks.window.screen import screen

#: Workers: targets for the median and the 99th percentile of the interval between frames, in ms.
INTERVALS = {2: (17.0, 34.0), 8: (17.0, 34.0), 64: (34.0, 50.0)}
HISTORY_S = 600.0
#: For CPU and latency.
WORKERS = 8
TIMEOUT_S = 240.0

Result = dict[str, float]


def main(arguments: list[str]) -> int:
    """Measure, and show the figures; 0 even if a target is missed, since that is for the reader to judge."""
    options = _parse(arguments)
    found = machine()
    figures: list[Figure] = []
    try:
        with screen() as where:
            for workers in options.workers:
                figures += intervals(workers, options.rounds, options.seconds)
            if "cpu" in options.parts:
                figures += cpu_and_latency(options.rounds, options.seconds)
    except RuntimeError as error:
        say(f"frames: {error}")
        return 1
    deliver("frames", {**found, "screen": where}, figures, _notes(where), options.json)
    return 0


def intervals(workers: int, rounds: int, seconds: float) -> list[Figure]:
    """The interval between painted frames of the counters, beside twice as many busy workers as there are cores."""
    busy = 2 * (os.cpu_count() or 1)
    say(f"Frames of {workers} curves beside {busy} busy workers, {rounds} x {seconds:g} s each:")
    found = whole_rounds(rounds, ("real", "bare"), lambda kind: _beside(busy, kind, workers, seconds, HISTORY_S))
    median_target, p99_target = INTERVALS.get(workers, INTERVALS[64])
    figures = []
    for kind, who in (("real", "frames"), ("bare", "... bare pyqtgraph")):
        targets = (median_target, p99_target, None) if kind == "real" else (None, None, None)
        for field, name, target in zip(("median", "p99", "max"), ("median", "p99", "longest"), targets, strict=True):
            what = f"{who}, {workers} workers: {name} interval"
            values = [result[f"interval_{field}_ms"] for result in found[kind]]
            figures.append(Figure(f"{kind}_interval_{field}_{workers}", what, "ms", values, target))
    return figures


def cpu_and_latency(rounds: int, seconds: float) -> list[Figure]:
    """What the window costs with real workers, and from when to when a sample takes until it is painted."""
    say(f"CPU and latency with {WORKERS} real workers, {rounds} x {seconds:g} s each:")

    def measure(kind: str) -> Result:
        if kind == "real":
            return measured(kind, WORKERS, seconds, 0.0)
        return _beside(WORKERS, kind, WORKERS, seconds, 0.0)

    found = whole_rounds(rounds, ("real", "bare", "thin"), measure)

    def values(kind: str, field: str) -> list[float]:
        return [result[field] for result in found[kind]]

    per_frame = {kind: ratios(values(kind, "cpu_percent"), values(kind, "frames_per_s")) for kind in found}
    share, percent = "% of a core", "cpu_percent"
    peer = ratios(values("real", percent), values("bare", percent))
    bare, thin = "... bare pyqtgraph, antialiased", "... bare pyqtgraph, not antialiased"
    return [
        Figure("window_cpu", f"window process, {WORKERS} workers", share, values("real", percent), 20.0),
        Figure("bare_cpu", bare, share, values("bare", percent)),
        Figure("thin_cpu", thin, share, values("thin", percent)),
        Figure("window_bare", "window / bare, antialiased", "x", peer, 0.7),
        Figure("window_bare_frame", "window / bare, CPU per frame", "x", ratios(per_frame["real"], per_frame["bare"])),
        Figure("window_rate", "window: frames painted", "/s", values("real", "frames_per_s")),
        Figure("bare_rate", bare, "/s", values("bare", "frames_per_s")),
        Figure("thin_rate", thin, "/s", values("thin", "frames_per_s")),
        Figure("collector_cpu", "collector beside the window", share, values("real", "observer_cpu_percent")),
        Figure("latency_median", "sample to painted frame: median", "ms", values("real", "latency_median_ms"), 35.0),
        Figure("latency_p95", "sample to painted frame: p95", "ms", values("real", "latency_p95_ms"), 60.0),
    ]  # fmt: skip


def whole_rounds(rounds: int, kinds: Sequence[str], measure: Callable[[str], Result]) -> dict[str, list[Result]]:
    """Measure each kind once per round, in turns. A round whose workers did not get to work in time is left out for
    all kinds, so that what is compared still came together."""
    found: dict[str, list[Result]] = {kind: [] for kind in kinds}
    order = alternating(rounds, kinds)
    for number in range(rounds):
        turn = list(itertools.islice(order, len(kinds)))
        try:
            results = {kind: measure(kind) for kind in turn}
        except TimeoutError as error:
            say(f"  round {number + 1} of {rounds} is lost: {error}")
            continue
        for kind, result in results.items():
            found[kind].append(result)
    return found


def _beside(busy: int, kind: str, workers: int, seconds: float, history_s: float) -> Result:
    with system.busy_workers(busy) as load:
        system.wait_for_workers(load.pid, busy)
        return measured(kind, workers, seconds, history_s)


def measured(kind: str, workers: int, seconds: float, history_s: float) -> Result:
    """Show a window in a process of its own; return what it measured.

    Raises:
        RuntimeError: it did not come to an end.
    """
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as directory:
        file = Path(directory, "result.json")
        options = ("--workers", workers, "--seconds", seconds, "--history", history_s, "--json", file)
        command = system.module("benchmarks.window.measured", kind, *options)
        # A session of its own, as a window started from a desktop has.
        with system.running(command) as process:
            try:
                process.wait(TIMEOUT_S)
            except subprocess.TimeoutExpired:
                raise RuntimeError(f"the {kind} window with {workers} workers was not done in time") from None
        if not file.exists():
            raise RuntimeError(f"the {kind} window with {workers} workers failed: {' '.join(command)}")
        result: Result = json.loads(file.read_text(encoding="utf-8"))
    say(f"  {kind:5} {_in_short(result)}")
    return result


def _in_short(result: Result) -> str:
    fields = ("interval_median_ms", "interval_p99_ms", "cpu_percent", "frames_per_s", "latency_median_ms")
    return "  ".join(f"{field} {result[field]:.1f}" for field in fields if result[field] is not None)


def _notes(where: str) -> Sequence[str]:
    return (
        f"Screen: {where}. All kinds of windows in turns; values are per round.",
        f"Frames: the model holds {HISTORY_S / 60:g} minutes; the workers drawn are synthetic, the busy ones real.",
        "Latency: to when the window has handed the frame to the screen; 1 sample period + 1 frame would be 33 ms.",
    )


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks frames", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=("intervals", "cpu"), default=("intervals", "cpu"))
    parser.add_argument("--workers", nargs="+", type=int, default=list(INTERVALS), metavar="N", help="curves to draw")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each window is measured")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="S", help="how long each time")
    add_json_option(parser)
    options = parser.parse_args(arguments)
    if "intervals" not in options.parts:
        options.workers = []
    return options
