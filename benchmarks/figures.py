"""What all benchmarks share: figures with their spread, ratios of pairs, and how they are shown.

A figure is the median of several measurements. Beside it stand the quartiles and the range in which the median of
infinitely many would lie with 95 % probability, without which a figure from a noisy machine says nothing.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Two-sided, so 2.5 % on each side.
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Summary:
    """Median, quartiles, and the confidence interval of the median."""

    n: int
    median: float
    q1: float
    q3: float
    low: float
    high: float


def summary(values: Sequence[float]) -> Summary:
    """Sum up at least one value."""
    ordered = sorted(values)
    n = len(ordered)
    low, high = median_interval(n)
    return Summary(
        n, percentile(ordered, 50), percentile(ordered, 25), percentile(ordered, 75), ordered[low], ordered[high]
    )


def percentile(values: Iterable[float], percent: float) -> float:
    """The value below which `percent` of the values lie, between neighbours by their distance.

    Raises:
        ValueError: there are no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median_interval(n: int) -> tuple[int, int]:
    """Indices into `n` ordered values between which the true median lies with `CONFIDENCE` or, for few values, with
    whatever they allow: the number of values below it follows the binomial distribution."""
    rank = 0
    below = 0.5**n
    while rank < (n - 1) // 2 and below + math.comb(n, rank + 1) * 0.5**n <= (1 - CONFIDENCE) / 2:
        rank += 1
        below += math.comb(n, rank) * 0.5**n
    return rank, n - 1 - rank


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """The ratio of each pair; what came together is compared, so that a slow spell of the machine hits both."""
    return [one / other for one, other in zip(above, below, strict=True)]


def alternating(pairs: int, sides: Sequence[str]) -> Iterator[str]:
    """The order in which to measure: A B, B A, A B, ..., so that a drift favours neither."""
    for pair in range(pairs):
        yield from sides if pair % 2 == 0 else reversed(sides)


def measured_alternating(pairs: int, sides: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Measure each side once per pair, in `alternating` order."""
    values: dict[str, list[float]] = {side: [] for side in sides}
    for side in alternating(pairs, list(sides)):
        values[side].append(sides[side]())
    return values


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        key: what it is called in the JSON; never changes.
        what: the same for people.
        values: what was measured, one value per pair, round or run, in `unit`.
        at_most: the target, None for what is only there to compare with.
    """

    key: str
    what: str
    unit: str
    values: list[float]
    at_most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the median meets the target."""
        return None if self.at_most is None or not self.values else summary(self.values).median <= self.at_most

    def as_json(self) -> dict[str, Any]:
        found = summary(self.values) if self.values else None
        return {
            "key": self.key,
            "what": self.what,
            "unit": self.unit,
            "median": None if found is None else rounded(found.median),
            "quartiles": None if found is None else [rounded(found.q1), rounded(found.q3)],
            "median_95": None if found is None else [rounded(found.low), rounded(found.high)],
            "n": len(self.values),
            "at_most": self.at_most,
            "met": self.met,
            "values": [rounded(value) for value in self.values],
        }


def rounded(value: float) -> float:
    """To four significant digits, and no less than what stands before the point."""
    if not math.isfinite(value) or value == 0:
        return value
    return round(value, max(0, 3 - math.floor(math.log10(abs(value)))))


def table(figures: Sequence[Figure]) -> str:
    """The figures as text, a line each."""
    rows: list[tuple[str, ...]] = [("", "median", "quartiles", "95 % of median", "n", "target", "")]
    for figure in figures:
        target = "" if figure.at_most is None else f"<= {figure.at_most:g}"
        verdict = {None: "", True: "met", False: "missed"}[figure.met]
        if figure.values:
            found = summary(figure.values)
            spread = [f"{rounded(a):g} .. {rounded(b):g}" for a, b in ((found.q1, found.q3), (found.low, found.high))]
            middle = f"{rounded(found.median):g} {figure.unit}"
        else:
            spread, middle = ["", ""], "not measured"
        rows.append((figure.what, middle, *spread, str(len(figure.values) or ""), target, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            text.ljust(width) if not column else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def machine() -> dict[str, Any]:
    """What the figures were measured on; the load average tells how noisy it was."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "autogroup": _first_line("/proc/sys/kernel/sched_autogroup_enabled") == "1",
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def machine_line(found: dict[str, Any]) -> str:
    """The same in one line."""
    load = found["load_before"]
    noise = "" if load is None else f", load {load[0]:g} before"
    return f"{found['processor']}, {found['cores']} cores, {found['system']}, Python {found['python']}{noise}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def say(text: str) -> None:
    """Tell the person who waits; stdout is for the JSON."""
    print(text, file=sys.stderr, flush=True)


def add_json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there instead of to stdout")


def deliver(
    benchmark: str, found: dict[str, Any], figures: Sequence[Figure], notes: Sequence[str], file: Path | None
) -> None:
    """Print the table to stderr, and the JSON to stdout or into `file`."""
    say("\n".join(("", table(figures), "", *notes, machine_line(found))))
    text = json.dumps(
        {
            "benchmark": benchmark,
            "machine": found,
            "figures": [figure.as_json() for figure in figures],
            "notes": list(notes),
        },
        indent=1,
    )
    if file is None:
        print(text)
    else:
        file.write_text(text + "\n", encoding="utf-8")


def median(values: Iterable[float]) -> float:
    return statistics.median(values)
