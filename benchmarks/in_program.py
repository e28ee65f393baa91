"""What observing costs the observed program: CPU seconds per count of each worker, compared with the program alone.

The loop is the built-in program's own, taken from its file. Around it stands only what pins each worker to a core and
reads the process's CPU time before and after, in the worker itself, so that start-up and the end do not count.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import system
from benchmarks.figures import Figure, alternating, median, ratios, say
from benchmarks.programs import measuring
from rocketgui.resources import resource

LOOP = "        rocket += 1\n"
#: What a student would write to see the counter, at the place where the loop counts.
PUT = LOOP + "        if rocket % put_every == 0:\n            queue.put(rocket)\n"
MAIN = 'if __name__ == "__main__":\n'
TAIL = "from measuring import run\n\n" + MAIN + "    run(count)\n"

#: viztracer slows the loop down so much that it gets this share of the limit.
TRACED_SHARE = 100
TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run the measured program: the command before it, which variant of it, and its part of the limit."""

    before: tuple[str, ...]
    program: str = "alone.py"
    share: int = 1
    put_every: int = 0


@dataclass(frozen=True, slots=True)
class Observer:
    """A way to have rocketgui observe the program: what stands before it on the command line, by start method."""

    key: str
    what: str
    before: Callable[[str], tuple[str, ...]]


#: As the built-in program is: the names to watch are known.
BUILT_IN = Observer(
    "observed",
    "observed at 60 Hz",
    lambda method: (sys.executable, "-m", "benchmarks.programs.observe", method),
)
#: As a user's program is: nothing is known of it.
SCRIPT = Observer(
    "script", "run by `rocketgui run`", lambda _: (sys.executable, "-m", "rocketgui", "run", "--headless")
)


def write_programs(directory: Path) -> None:
    """Write the measured variants of the built-in program.

    Raises:
        ValueError: the built-in program no longer looks as expected here.
    """
    source = resource("programs/rocket.py").read_text(encoding="utf-8")
    if source.count(LOOP) != 1 or source.count(MAIN) != 1:
        raise ValueError("the built-in program's loop or its last lines are not as this benchmark knows them")
    source = source[: source.index(MAIN)]
    (directory / "alone.py").write_text(source + TAIL, encoding="utf-8")
    (directory / "putting.py").write_text(source.replace(LOOP, PUT) + TAIL, encoding="utf-8")
    shutil.copy(measuring.__file__, directory)


def run(directory: Path, way: Way, start_method: str, limit: int) -> list[float]:
    """Run the program once; return the CPU time of each worker in ns per count.

    Raises:
        RuntimeError: a worker did not count up to the limit.
    """
    limit //= way.share
    with tempfile.TemporaryDirectory(dir=directory) as results:
        command = [*way.before, str(directory / way.program), "--limit", str(limit), "--start-method", start_method]
        command += ["--results", results, "--put-every", str(way.put_every)]
        subprocess.run(
            command,
            env=system.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=True,
        )
        found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(results).iterdir())]
    if not found or any(result["counted"] != limit for result in found):
        raise RuntimeError(f"the workers of {way} did not count up to the limit")
    return [result["cpu_s"] * 1e9 / limit for result in found]


def measure(
    start_methods: Sequence[str], pairs: int, limit: int, observed: Sequence[Observer]
) -> tuple[list[Figure], list[str]]:
    """Figures for each start method and way to observe, and notes on what could not be measured."""
    figures: list[Figure] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        directory = Path(name)
        write_programs(directory)
        for start_method in start_methods:
            for observer in observed:
                figures += _observed(directory, start_method, pairs, limit, observer)
            figures += _others(directory, start_method, max(pairs // 4, 3), limit, notes)
    return figures, notes


def _observed(directory: Path, start_method: str, pairs: int, limit: int, observer: Observer) -> list[Figure]:
    alone = Way((sys.executable,))
    observed = Way(observer.before(start_method))
    found = _pairs(directory, start_method, pairs, limit, {"alone": alone, observer.key: observed})
    return [
        Figure(f"alone_{observer.key}_{start_method}", f"program alone, {start_method}", "ns/count", found["alone"]),
        Figure(
            f"{observer.key}_{start_method}",
            f"program {observer.what} / alone, {start_method}",
            "x",
            ratios(found[observer.key], found["alone"]),
            at_most=1.01,
        ),
    ]


def _others(directory: Path, start_method: str, pairs: int, limit: int, notes: list[str]) -> list[Figure]:
    """The same for what a student would do without rocketgui."""
    alone = Way((sys.executable,))
    rate = 1e9 / median(run(directory, alone, start_method, limit))
    every = max(round(rate / 60), 1)
    ways = {f"queue.put every {every:,} counts": ("put", Way((sys.executable,), "putting.py", put_every=every))}
    if importlib.util.find_spec("viztracer") is None:
        notes.append("viztracer is not installed, so it was not measured (pip install viztracer).")
    elif start_method != "fork":
        notes.append(f"viztracer was not measured with {start_method}: it traces no children but forked ones.")
    else:
        trace = ("-m", "viztracer", "--quiet", "--log_number", "rocket", "-o", str(directory / "trace.json"))
        ways["viztracer --log_number rocket"] = ("viztracer", Way((sys.executable, *trace), share=TRACED_SHARE))
    figures = []
    for what, (key, way) in ways.items():
        with suppress_failure(what, notes):
            found = _pairs(directory, start_method, pairs, limit, {"alone": alone, "other": way})
            values = ratios(found["other"], found["alone"])
            figures.append(Figure(f"{key}_{start_method}", f"{what} / alone, {start_method}", "x", values))
    return figures


class suppress_failure(suppress):  # noqa: N801
    """What is only there to compare with must not end the benchmark: note it and go on."""

    def __init__(self, what: str, notes: list[str]) -> None:
        super().__init__(subprocess.SubprocessError, RuntimeError)
        self._what = what
        self._notes = notes

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        if error is not None:
            self._notes.append(f"{self._what} could not be measured: {error}")
        return bool(super().__exit__(kind, error, trace))  # type: ignore[arg-type]


def _pairs(directory: Path, start_method: str, pairs: int, limit: int, ways: dict[str, Way]) -> dict[str, list[float]]:
    """Run the ways in turn, `pairs` times; the values of all workers in order, so that a pair is one core's."""
    say(f"  {start_method}: {' and '.join(ways)}, {pairs} pairs")
    run(directory, next(iter(ways.values())), start_method, limit)  # files and caches are warm from here on
    found: dict[str, list[float]] = {side: [] for side in ways}
    for side in alternating(pairs, list(ways)):
        found[side] += run(directory, ways[side], start_method, limit)
    return found
