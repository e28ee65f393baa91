"""What the agent costs each process at its start: time to the first line, with the agent and without, in turns."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks import system
from benchmarks.figures import Figure, alternating, say
from benchmarks.programs import starting
from rocketgui.agent import trace_format
from rocketgui.collector.control_block import ControlBlockWriter
from rocketgui.collector.launcher import AGENT

FIRST_LINE = "import time; print(time.monotonic_ns())"
#: Processes that one run of programs/starting.py starts.
STARTS = 10

Measure = Callable[[dict[str, str]], list[float]]


def measure(start_methods: Sequence[str], pairs: int) -> list[Figure]:
    """Added ms per process: of a fresh interpreter for every Python found, and of start() for each start method."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=_memory()) as name:
        directory = Path(name)
        descriptor = os.open(directory / trace_format.CONTROL_BLOCK_FILE, os.O_RDWR | os.O_CREAT)
        os.ftruncate(descriptor, trace_format.CONTROL_BLOCK_SIZE)
        control_block = ControlBlockWriter(descriptor, 60.0)
        os.close(descriptor)
        for version, path in system.pythons().items():
            say(f"  python {version}, {pairs} pairs")
            added = _added(directory, pairs, partial(_first_line, path))
            figures.append(Figure(f"first_line_{version}", f"agent: first line of Python {version}", "ms", added, 5.0))
            added = _added(directory, pairs, partial(_cpu, path))
            figures.append(Figure(f"pass_cpu_{version}", "... CPU of python -c pass, from exec to exit", "ms", added))
        for method in start_methods:
            say(f"  start() with {method}")
            added = _added(directory, max(pairs // STARTS, 3), partial(_starts, method))
            figures.append(Figure(f"start_{method}", f"agent: first line after start(), {method}", "ms", added, 5.0))
        control_block.close()
    return figures


def _memory() -> str | None:
    """Where a run has its directory too, if there is room."""
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


def _added(directory: Path, pairs: int, measure_ms: Measure) -> list[float]:
    """The differences of what is measured with the agent's environment and with the plain one, pair by pair."""
    # Byte code is kept, whatever the user's settings, but not in this tree: compiling the agent at every start would
    # cost several times what running it does.
    left_out = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    plain = {name: value for name, value in os.environ.items() if name not in left_out}
    plain["PYTHONPYCACHEPREFIX"] = str(directory / "bytecode")
    agent = {**plain, "PYTHONPATH": str(AGENT), trace_format.ENV_RUN: str(directory), trace_format.ENV_WATCH: "rocket"}
    environments = {"plain": plain, "agent": agent}
    found: dict[str, list[float]] = {"plain": [], "agent": []}
    for environment in environments.values():
        measure_ms(environment)  # byte code is written and files are in memory from here on
    for side in alternating(pairs, list(environments)):
        found[side] += measure_ms(environments[side])
        for reader in directory.glob("*" + trace_format.TRACE_SUFFIX):
            reader.unlink()
    return [agent - plain for agent, plain in zip(found["agent"], found["plain"], strict=True)]


def _first_line(python: str, environment: dict[str, str]) -> list[float]:
    """ms from before exec to the first line of a fresh interpreter."""
    before = time.monotonic_ns()
    run = subprocess.run([python, "-c", FIRST_LINE], env=environment, capture_output=True, check=True)
    return [(int(run.stdout) - before) / 1e6]


def _cpu(python: str, environment: dict[str, str]) -> list[float]:
    """CPU ms of the whole life of a fresh interpreter that does nothing; hardly depends on what else runs."""
    process = subprocess.Popen([python, "-c", "pass"], env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return [(usage.ru_utime + usage.ru_stime) * 1e3]


def _starts(method: str, environment: dict[str, str]) -> list[float]:
    """ms from start() to the first line of some processes."""
    command = [sys.executable, starting.__file__, method, str(STARTS)]
    run = subprocess.run(command, env=environment, capture_output=True, check=True)
    return [float(line) for line in run.stdout.split()]
