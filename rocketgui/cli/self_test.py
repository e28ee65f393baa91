"""`rocketgui --self-test`: prints what works on this machine, in a few lines for a bug report. Never loads Qt.

Each start method is tried by a run of the rocket program, which is observed as any other run.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import io
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from rocketgui import __version__, log_file, python_installations
from rocketgui.cli import display
from rocketgui.cli.follow import Follower
from rocketgui.collector import capabilities
from rocketgui.model.formatting import harmless
from rocketgui.options import rocket_launch
from rocketgui.protocol.variant import START_METHODS, Variant

if TYPE_CHECKING:
    from rocketgui.model.process import Process
    from rocketgui.model.run import Run
    from rocketgui.protocol.messages import Number

#: All start methods; a system may lack some of them.
METHODS = ("fork", "spawn", "forkserver")
WORKERS = 2
LIMIT = 100_000
#: How long a run may take, in s; usually it takes less than one.
PATIENCE_S = 10.0
MISSING = "not available on this system"
INTERRUPTED = 130
#: Characters of the first column.
WIDTH = 17


def run() -> int:
    """Check everything and print what was found; 0 if every start method that the system has works, else 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a path may have characters that a terminal cannot show
    try:
        failed = _check_all()
    except KeyboardInterrupt:
        return INTERRUPTED
    things = "1 thing does not work" if failed == 1 else f"{failed} things do not work"
    print(f"{things}; see above." if failed else "Everything that this system offers works.")
    return 1 if failed else 0


def _check_all() -> int:
    """Print every line but the last; return how many start methods fail."""
    packaged = python_installations.packaged()
    _say("rocketgui", __version__, "not packaged" if packaged is None else f"packaged in {packaged}")
    _say("system", platform.platform(), platform.machine())
    _say("Python", platform.python_version(), platform.python_implementation())
    _say("cores", _cores())
    failed = 0
    for method in METHODS:
        if method not in START_METHODS:
            _say(method, MISSING)
            continue
        fault, seconds = try_start_method(method)
        _say(method, f"does not work: {fault}" if fault else f"works ({seconds:.2f} s)")
        failed += bool(fault)
    core = capabilities.core()
    _say("core of a process", MISSING if core is None else f"available: this one is on core {core}")
    _say("pinning", "works" if capabilities.can_pin() else MISSING)
    _say("short lives", "all are seen" if capabilities.tells_of_every_process() else "seen if Python, else by chance")
    for title, line in zip_longest(["interpreters"], _interpreters(), fillvalue=""):
        _say(title, line)
    _say("video encoder", _video_encoder() or "none found; needed only to record video")
    _say("log file", str(log_file.path()), "written with --log-level")
    _say("screen", display.missing() or "found")
    _say("Qt", _qt())
    return failed


def _say(about: str, *facts: str) -> None:
    """Print a line at once, so that the user sees how far the test is."""
    print(f"{about:<{WIDTH}}  {harmless(', '.join(facts))}", flush=True)


def _cores() -> str:
    cores, usable = os.cpu_count(), capabilities.usable_cores()
    count = str(cores or "not known")
    return count if usable is None or len(usable) == cores else f"{count}, of which {len(usable)} may be used"


def _interpreters() -> Iterator[str]:
    try:
        python_installations.check(python_installations.own())
    except python_installations.NoPython as error:
        yield f"rocketgui's own does not work: {error}"
    for interpreter in python_installations.find():
        yield f"{interpreter!s:<15} {interpreter.path}"


def _video_encoder() -> str | None:
    """The path of an ffmpeg: one on PATH, or that of the package imageio_ffmpeg."""
    path = shutil.which("ffmpeg")
    if path is None and importlib.util.find_spec("imageio_ffmpeg"):
        try:
            path = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
        except (ImportError, OSError, RuntimeError):  # the package has none for this system
            return None
    return path


def _qt() -> str:
    """Whether Qt is installed. It is not loaded: that may end the whole process if a part of it is missing."""
    if importlib.util.find_spec("PySide6") is None:
        return "not found; only what needs no window works"
    for package in ("PySide6-Essentials", "PySide6"):
        try:
            return f"found: PySide6 {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:  # a packaged app has no such metadata
            continue
    return "found: PySide6"


# ---------------------------------------------------------------- start methods


def try_start_method(method: str) -> tuple[str, float]:
    """Run and observe the rocket program with a start method; return what went wrong (empty: nothing), and the seconds
    that it took."""
    deadline = time.monotonic() + PATIENCE_S
    try:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "output")
            launch = rocket_launch(
                WORKERS, LIMIT, Variant(start_method=method), python_installations.own(), own_session=False
            )
            with Follower() as follower:
                follower.launch(launch._replace(output=str(output)))
                for _ in follower.frames():
                    if time.monotonic() > deadline:
                        follower.owner.stop()
            printed = output.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        return str(error), 0.0
    run = follower.model.run
    return "; ".join(_faults(run, [line for line in printed if line.strip()])), run.end_ns / 1e9


def _faults(run: Run, printed: list[str]) -> Iterator[str]:
    """What went wrong in a run; `printed`: the lines of the program, and of the supervisor."""
    yield from (notice.rstrip(".") for notice in run.notices)
    ended = run.ended
    if ended is None:
        return
    if ended.ended == "stopped":
        yield f"not at its end after {PATIENCE_S:.0f} s"
        return
    if (ended.ended, ended.exit_code) != ("finished", 0):
        yield ended.ended if ended.exit_code is None else f"{ended.ended} with exit code {ended.exit_code}"
        yield from printed[-1:]
        return  # wrong values would only be a consequence
    values = [_last(worker) for worker in run.workers]
    if values != [LIMIT] * WORKERS:
        yield f"the workers counted to {values}, not to {LIMIT} each"
    parent = None if run.root is None else _last(run.root)
    if parent != 0:
        yield f"the parent's rocket was {parent}, not 0"
    losses = {**run.losses._asdict(), "unreadable messages": run.bad_messages}
    yield from (f"{name}: {count}" for name, count in losses.items() if count)


def _last(process: Process) -> Number | None:
    watched = process.values.get("rocket")
    return None if watched is None else watched.last
