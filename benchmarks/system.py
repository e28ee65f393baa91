"""Processes beside the benchmark: started and ended for certain, their CPU time, and which Pythons there are."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from rocketgui.resources import resource
from rocketgui.system import process_tree

REPOSITORY = Path(__file__).resolve().parent.parent
FOREVER = sys.maxsize


def environment() -> dict[str, str]:
    """The environment for a child that imports `benchmarks` and `rocketgui` from this tree.

    What changes how Python runs is left out: a user has none of it, and without bytecode every start would compile.
    """
    paths = [str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
    usual = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    usual["XDG_CONFIG_HOME"] = os.devnull  # no window has settings to follow, or to leave behind
    return {**usual, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", name, *map(str, arguments)]


@contextlib.contextmanager
def running(command: Sequence[str], patience_s: float = 10.0) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a session of its own, silently; end it and all that came of it."""
    process = subprocess.Popen(
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        descendants = _descendants(process.pid)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
        for left in descendants:
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        process.kill()
        process.wait()


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


@contextlib.contextmanager
def busy_workers(workers: int) -> Iterator[subprocess.Popen[bytes]]:
    """The built-in program in a lowered session of its own, as beside a window, but not observed."""
    command = [sys.executable, str(resource("programs/rocket.py")), "--workers", str(workers), "--limit", str(FOREVER)]
    with running(command) as process:
        process_tree.lower_session(process.pid)
        yield process


def cpu_ns(pid: int) -> int:
    """CPU time of all threads of a process so far: from the scheduler where it tells (in ns), else from psutil (in
    steps of the system's clock, often 10 ms). Threads that have ended count only in the latter."""
    total = 0
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            total += int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text(encoding="ascii").split()[0])
    except (OSError, IndexError):
        user, system, *_ = psutil.Process(pid).cpu_times()
        return int((user + system) * 1e9)
    return total


def rests(pid: int) -> int:
    """How often a process has given up its core by itself: once per tick, for one that ticks and sleeps."""
    switches = psutil.Process(pid).num_ctx_switches()
    count: int = switches.voluntary
    return count


def wait_for_workers(pid: int, workers: int, patience_s: float = 30.0) -> None:
    """Wait until a process has that many descendants that burn CPU.

    Raises:
        TimeoutError: it has not.
    """
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        busy = 0
        for process in _descendants(pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                busy += sum(process.cpu_times()[:2]) >= 0.05
        if busy >= workers:
            return
        time.sleep(0.05)
    raise TimeoutError(f"{workers} workers were not at work after {patience_s:g} s")


def pythons() -> dict[str, str]:
    """Version and path of this interpreter, and of every other CPython from 3.8 on that PATH or pyenv has."""
    candidates = [sys.executable]
    places = [*os.environ.get("PATH", "").split(os.pathsep)]
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places += [str(place / "bin") for place in sorted(versions.glob("*"))]
    for minor in range(8, 20):
        candidates += filter(None, (shutil.which(f"python3.{minor}", path=place) for place in places))
    found: dict[str, str] = {}
    for path in candidates:
        version = _version(path)
        if version is not None:
            found.setdefault(version, path)
    return found


def _version(path: str) -> str | None:
    code = "import platform; print(platform.python_implementation(), platform.python_version())"
    try:
        run = subprocess.run([path, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.fullmatch(r"CPython (3\.(\d+)\S*)", run.stdout.strip())
    return match[1] if match and int(match[2]) >= 8 else None


def end_quietly(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and see to it that it does."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
