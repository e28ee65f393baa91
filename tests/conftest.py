"""What holds for every test: no screen is needed, and no test leaves anything running or lying about."""

from __future__ import annotations

import atexit
import compileall
import contextlib
import importlib
import os
import signal
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

import hypothesis
import psutil
import pytest

import rocketgui

if TYPE_CHECKING:
    from PySide6.QtCore import QThread, QTimer

# A shell lets what it starts in the background ignore Ctrl-C, and the programs of tests would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Windows of tests remember nothing, and know nothing of what the user's own ones do.
_settings = tempfile.TemporaryDirectory(prefix="settings-")
atexit.register(_settings.cleanup)
os.environ["XDG_CONFIG_HOME"] = _settings.name

hypothesis.settings.register_profile("busy machine", deadline=None)  # on top of what hypothesis does in CI
hypothesis.settings.load_profile("busy machine")

#: What locks files; Windows has none of it, and there no test waits for its turn.
fcntl: Any = None if os.name == "nt" else importlib.import_module("fcntl")

#: Seconds that child processes and QThreads get to end by themselves after a test: what the product promises.
GRACE_S = 2.0

#: Processes that multiprocessing keeps for as long as the interpreter lives.
KEPT = ("from multiprocessing.resource_tracker import main", "from multiprocessing.forkserver import main")


def pytest_configure(config: pytest.Config) -> None:
    """Compile rocketgui, as `pip install` does: tests start a thousand processes of it, and where the environment says
    that Python shall write no compiled modules, each would compile it again."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(rocketgui.__file__).parent, quiet=1)


@pytest.fixture(autouse=True)
def turn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where tests run beside each other, one that is marked `alone` has the machine to itself."""
    if fcntl is None or "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    shared = tmp_path_factory.getbasetemp().parent  # by all that run tests now
    alone = request.node.get_closest_marker("alone") is not None
    with open(shared / "door", "w") as door, open(shared / "room", "w") as room:
        # Who waits for the room to be empty stands in the door, so that nobody else goes in meanwhile.
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


@pytest.fixture(autouse=True)
def nothing_left(turn: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test that leaves a child process, a running QThread, an active QTimer or a run's directory."""
    children = set(_children())
    directories = _run_directories()
    threads: weakref.WeakSet[QThread] = weakref.WeakSet()
    timers: weakref.WeakSet[QTimer] = weakref.WeakSet()
    if "PySide6.QtCore" in sys.modules:
        from PySide6 import QtCore

        _note_starts(monkeypatch, QtCore.QThread, threads)
        _note_starts(monkeypatch, QtCore.QTimer, timers)
    yield
    left = [f"process {line}" for line in _end_children(children)]
    if threads or timers:
        left += _qt_left(threads, timers)
    left += [f"directory {path}" for path in _directories_left(directories)]
    if left:
        pytest.fail("left behind: " + "; ".join(left), pytrace=False)


def _children() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if not any(kept in " ".join(child.cmdline()) for kept in KEPT):
                found.append(child)
    return found


def _end_children(before: set[psutil.Process]) -> list[str]:
    """Wait for the processes that the test started, kill those that stay, and describe them."""
    started = [child for child in _children() if child not in before]
    if not started:
        return []
    _, alive = psutil.wait_procs(started, timeout=GRACE_S)
    left = []
    for child in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            left.append(f"{child.pid} ({' '.join(child.cmdline())[:120]})")
            child.kill()
    psutil.wait_procs(alive, timeout=GRACE_S)
    return left


def _run_directories() -> set[Path]:
    return {path for place in (tempfile.gettempdir(), "/dev/shm") for path in Path(place).glob("rocketgui-*")}


def _directories_left(before: set[Path]) -> list[Path]:
    """The directories of runs that are new and stay, but not those of another rocketgui that runs beside the tests."""
    deadline = time.monotonic() + GRACE_S
    while left := sorted(path for path in _run_directories() - before if not _is_used_elsewhere(path)):
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


def _is_used_elsewhere(directory: Path) -> bool:
    for pid in os.listdir("/proc") if os.path.isdir("/proc") else []:
        with contextlib.suppress(OSError):
            maps = Path("/proc", pid, "maps").read_text(errors="replace") if pid.isdigit() else ""
            if pid != str(os.getpid()) and f" {directory}/" in maps:
                return True
    return False


def _note_starts(monkeypatch: pytest.MonkeyPatch, kind: type[Any], started: weakref.WeakSet[Any]) -> None:
    original = kind.start

    def start(self: Any, *args: Any) -> None:
        started.add(self)
        original(self, *args)

    monkeypatch.setattr(kind, "start", start)


def _qt_left(threads: weakref.WeakSet[QThread], timers: weakref.WeakSet[QTimer]) -> list[str]:
    import shiboken6
    from PySide6.QtCore import QCoreApplication, QEvent

    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(
            None, QEvent.Type.DeferredDelete
        )  # deleteLater() of the widgets that hold them
    left = []
    deadline = time.monotonic() + GRACE_S
    for thread in list(threads):
        if shiboken6.isValid(thread) and not thread.wait(max(0, round(1000 * (deadline - time.monotonic())))):
            left.append(f"QThread {thread.objectName() or thread!r}")
    for timer in list(timers):
        if shiboken6.isValid(timer) and timer.isActive():
            left.append(f"QTimer {timer.objectName() or timer!r} of {timer.parent()!r}")
            timer.stop()
    return left
