"""What observing costs a program that prints a lot, and one that makes many short-lived processes and threads."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, measured_alternating, ratios, say

PROGRAM = Path(__file__).parent / "programs" / "printing.py"
#: What is done, in words, how often for each unit of `--prints`, and the target of the ratio.
KINDS = (
    ("lines", "print() of a line to a file", 1.0, 1.5),
    ("blocks", "blocks of 64 kB", 0.02, 1.05),
    ("bars", "states of a progress bar, ended by \\r", 0.4, 1.05),
    ("dots", "dots without a line end", 1.0, None),
)
#: The same, with how many of them, in ms each.
SHORT = (("forks", "os.fork() of a process that ends at once", 200), ("threads", "thread that does nothing", 1000))


def measure(pairs: int, prints: int) -> list[Figure]:
    """CPU of the program observed, divided by that of the program alone; and the ms that a fork and a thread take
    more."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        folder = Path(name)
        for kind, words, share, target in KINDS:
            count = max(1, round(prints * share))
            say(f"  {count:,} x {words}")
            found = _pairs(folder, kind, count, pairs)
            costs = ratios(found["observed"], found["alone"])
            figures.append(Figure(f"print_{kind}", f"{words}: observed / alone", "x", costs, target))
        for kind, words, count in SHORT:
            say(f"  {count:,} x {words}")
            found = _pairs(folder, kind, count, pairs)
            for side in ("alone", "observed"):
                each = [1000 * seconds / count for seconds in found[side]]
                figures.append(Figure(f"{kind}_{side}", f"{words}, {side}", "ms", each))
    return figures


def _pairs(folder: Path, kind: str, count: int, pairs: int) -> dict[str, list[float]]:
    observed = [sys.executable, "-m", "rocketgui", "run", "--headless"]
    return measured_alternating(
        pairs,
        {
            "alone": partial(_cpu_s, folder, [sys.executable], kind, count),
            "observed": partial(_cpu_s, folder, observed, kind, count),
        },
    )


def _cpu_s(folder: Path, command: Sequence[str], kind: str, count: int) -> float:
    """CPU seconds of the printing, by the program's own word."""
    result = folder / "seconds"
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        words = [*command, str(PROGRAM), kind, str(count), str(result)]
        subprocess.run(words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, check=True)
    return max(float(result.read_text()), 1e-6)
