"""The bridge with a real collector in a process, a real QThread and a real program.

Also tests rocketgui.gui.app.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from rocketgui.bridge import Bridge
from rocketgui.gui.main_window import MainWindow
from rocketgui.model.model import Model
from rocketgui.model.process import Process
from rocketgui.model.run import Run
from rocketgui.options import Options, rocket_launch
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame, Launch
from rocketgui.protocol.variant import Variant
from tests.helpers import (
    LONGEST,
    MARK,
    PROMISED,
    START_METHODS,
    StartWindow,
    command,
    environment,
    find,
    is_gone,
    kill_all,
    mark,
    marked,
    nothing_is_left,
    parent_of,
    read_report,
    run_directory,
    state,
    supervisors,
    until,
    window_process,
    workers_of,
)

__all__ = ["mark", "window_process"]

FOR_EVER = sys.maxsize


def launch(workers: int = 2, limit: int = FOR_EVER, method: str = "fork") -> Launch:
    return rocket_launch(workers, limit, Variant(start_method=method), sys.executable, own_session=True)


class Window:
    """What stands behind the bridge in the window, without widgets."""

    def __init__(self, bot: QtBot, mark: str) -> None:
        self.bot = bot
        self.mark = mark
        self.model = Model()
        self.frames = 0
        self.bridge = Bridge()
        self.bridge.received.connect(self._receive)

    def _receive(self, frames: list[Frame]) -> None:
        assert QThread.currentThread() is self.bridge.thread()
        self.frames += len(frames)
        for frame in frames:
            self.model.apply_frame(frame)

    @property
    def run(self) -> Run:
        return self.model.run

    def until(self, condition: Callable[[], object]) -> None:
        self.bot.waitUntil(lambda: bool(condition()), timeout=round(1000 * LONGEST))

    def counting(self) -> list[Process]:
        """The workers that count at this moment."""
        return [p for p in self.run.workers if not p.is_over and "rocket" in p.values and p.values["rocket"].last]

    def fly(self, workers: int = 2, method: str = "fork") -> None:
        """Launch, and wait until all workers count."""
        self.bridge.send(launch(workers, method=method))
        self.until(lambda: self.run.is_live and len(self.counting()) == workers)

    def stop(self) -> None:
        self.bridge.send(messages.Request.STOP)
        self.until(lambda: self.run.ended)


def _mark_children(monkeypatch: pytest.MonkeyPatch, mark: str) -> None:
    resource_tracker.ensure_running()  # it stays as long as this interpreter, and so must not have the mark
    monkeypatch.setenv(MARK, mark)
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@pytest.fixture
def window(qtbot: QtBot, mark: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    _mark_children(monkeypatch, mark)
    window = Window(qtbot, mark)
    window.bridge.start()
    yield window
    window.bridge.wait()
    nothing_is_left(mark)


def test_cores_are_live_before_any_launch(window: Window) -> None:
    window.until(lambda: window.run.core_samples >= 3)
    assert len(window.run.cores) == psutil.cpu_count()
    assert window.run.program is None


@pytest.mark.parametrize("method", START_METHODS)
def test_run_is_followed_to_its_end(window: Window, method: str) -> None:
    window.bridge.send(launch(limit=200_000, method=method))
    window.until(lambda: window.run.ended)
    ended, root = window.run.ended, window.run.root
    assert ended is not None
    assert (ended.ended, ended.exit_code) == ("finished", 0)
    assert root is not None
    assert (root.values["rocket"].first, root.values["rocket"].last) == (0, 0)
    assert [worker.values["rocket"].last for worker in window.run.workers] == [200_000] * 2
    assert {line.text for line in window.run.output} >= {"start func1", "end func2", "rocket in the parent: 0"}
    assert window.run.losses == messages.Losses(0, 0, 0, 0)
    assert window.run.notices == []


def test_program_has_a_session_of_its_own(window: Window) -> None:
    window.fly(1)
    root = window.run.root
    assert root is not None
    assert os.getsid(root.pid) == root.pid
    window.stop()


@pytest.mark.parametrize("method", START_METHODS)
def test_workers_come_and_go_during_a_run(window: Window, method: str) -> None:
    window.fly(2, method)
    window.bridge.send(messages.SetWorkers(5))
    window.until(lambda: len(window.counting()) == 5)
    first = window.counting()[0]
    window.bridge.send(messages.SetWorkers(1))
    window.until(lambda: len([p for p in window.run.workers if p.ended]) == 4)
    assert window.counting() == [first]
    # Gently: each came to the end of its function.
    assert [p.exit_code for p in window.run.workers if p.is_over] == [0] * 4
    assert len([line for line in window.run.output if line.text.startswith("end ")]) == 4
    window.bridge.send(messages.SetWorkers(2))
    window.until(lambda: len(window.counting()) == 2)
    window.stop()
    assert window.run.control_state == messages.ControlState(2, FOR_EVER, False)


@pytest.mark.parametrize("method", START_METHODS)
def test_limit_reaches_running_workers(window: Window, method: str) -> None:
    """A limit below what they have: they come to their end at once. Those started afterwards have it too."""
    window.fly(2, method)
    window.bridge.send(messages.SetLimit(1))
    window.until(lambda: window.run.ended)
    assert window.run.ended is not None
    assert window.run.ended.ended == "finished"
    assert window.run.limit == 1


def test_raised_limit_holds_for_new_workers(window: Window) -> None:
    window.bridge.send(launch(1, limit=FOR_EVER))
    window.until(lambda: len(window.counting()) == 1)
    window.bridge.send(messages.SetLimit(FOR_EVER - 1))
    window.bridge.send(messages.SetWorkers(3))
    window.until(lambda: len(window.counting()) == 3)
    window.bridge.send(messages.SetLimit(7))
    window.until(lambda: window.run.ended)
    assert [worker.exit_code for worker in window.run.workers] == [0] * 3


@pytest.mark.parametrize("method", START_METHODS)
def test_paused_processes_stand_still(window: Window, method: str) -> None:
    window.fly(2, method)
    window.bridge.send(messages.Request.PAUSE)
    pids = [p.pid for p in window.run.processes.values() if not p.is_over]
    window.until(lambda: {state(pid) for pid in pids} == {"T"})
    window.until(lambda: window.run.control_state is not None and window.run.control_state.paused)
    frames = window.frames
    window.until(lambda: window.frames > frames + 30)  # all that was under way has arrived
    before = [worker.values["rocket"].last for worker in window.run.workers]
    frames = window.frames
    window.until(lambda: window.frames > frames + 30)
    assert [worker.values["rocket"].last for worker in window.run.workers] == before
    assert window.run.is_live
    window.bridge.send(messages.Request.RESUME)
    window.until(lambda: all(w.values["rocket"].last > b for w, b in zip(window.run.workers, before, strict=True)))
    window.stop()


def test_stop_while_paused(window: Window) -> None:
    window.fly(2)
    window.bridge.send(messages.Request.PAUSE)
    window.until(lambda: window.run.control_state is not None and window.run.control_state.paused)
    window.stop()
    assert window.run.ended is not None
    assert window.run.ended.ended == "stopped"


@pytest.mark.parametrize("method", START_METHODS)
def test_stop_and_launch_again(window: Window, method: str) -> None:
    for _ in range(2):
        window.fly(3, method)
        directory = run_directory(window.mark)
        window.stop()
        assert window.run.ended is not None
        assert window.run.ended.ended == "stopped"
        assert all(process.outcome() == "stopped" for process in window.run.workers)
        assert directory is not None
        assert not directory.exists()


def test_stop_at_once(window: Window) -> None:
    """The program has hardly been started."""
    window.bridge.send(launch(8, method="spawn"))
    window.bridge.send(messages.Request.STOP)
    window.until(lambda: window.run.ended)
    assert window.run.ended is not None
    assert window.run.ended.ended == "stopped"


@pytest.mark.parametrize("method", START_METHODS)
def test_close_during_a_run(window: Window, method: str) -> None:
    window.fly(4, method)
    directory = run_directory(window.mark)
    window.bridge.wait()
    nothing_is_left(window.mark)
    assert directory is not None
    assert not directory.exists()
    window.bridge.send(launch())  # nothing comes of it
    assert window.bridge.collector_pid is None


def test_close_twice_and_without_a_start(qtbot: QtBot) -> None:
    bridge = Bridge()
    with qtbot.waitSignal(bridge.closed):
        bridge.close()
    bridge.close()
    bridge.wait()


def test_collector_killed_during_a_run(window: Window) -> None:
    window.fly(2)
    directory = run_directory(window.mark)
    pid = window.bridge.collector_pid
    assert pid is not None
    kill_all([pid])
    pids = {worker.pid for worker in window.run.workers}
    window.until(lambda: window.run.restarts)
    assert window.bridge.collector_pid not in (None, pid)
    # The program goes on, and is seen to: the same rows, limits that reach it, its end.
    before = [worker.values["rocket"].last for worker in window.run.workers]
    window.until(lambda: all(w.values["rocket"].last > b for w, b in zip(window.run.workers, before, strict=True)))
    assert {worker.pid for worker in window.run.workers} == pids
    window.bridge.send(messages.SetWorkers(3))
    window.until(lambda: len(window.counting()) == 3)
    window.bridge.send(messages.SetLimit(1))
    window.until(lambda: window.run.ended)
    assert [worker.exit_code for worker in window.run.workers] == [0] * 3
    assert directory is not None
    until(lambda: not directory.exists(), "the run's directory to go", PROMISED)
    window.fly(2)
    window.stop()


def test_supervisor_killed_during_a_run(window: Window) -> None:
    window.fly(2, "spawn")
    kill_all(supervisors(window.mark))
    window.until(lambda: any("supervisor was killed by SIGKILL" in text for text in window.run.notices))
    before = [worker.values["rocket"].last for worker in window.run.workers]
    window.until(lambda: all(w.values["rocket"].last > b for w, b in zip(window.run.workers, before, strict=True)))
    window.bridge.send(messages.SetLimit(1))
    window.until(lambda: window.run.ended)
    assert [worker.exit_code for worker in window.run.workers] == [0] * 2
    window.fly(1)
    window.stop()


def test_python_that_does_not_start(window: Window) -> None:
    good = launch()
    window.bridge.send(good._replace(python="/no/such/python"))
    window.until(lambda: window.run.ended)
    assert any("/no/such/python could not be started: No such file" in text for text in window.run.notices)
    window.fly(1)
    window.stop()


@pytest.mark.slow
def test_twenty_starts_and_closes_leave_nothing(qtbot: QtBot, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _mark_children(monkeypatch, mark)

    def once() -> None:
        window = Window(qtbot, mark)
        window.bridge.start()
        window.bridge.send(launch(1, limit=1))
        window.until(lambda: window.run.program)
        window.bridge.wait()
        nothing_is_left(mark)

    once()  # what is loaded and kept once, such as multiprocessing's resource tracker
    before = _held()  # a thread that is still going may be in it, so less is as good later
    for _ in range(20):
        once()
    try:
        until(lambda: not _held() - before, "nothing to be held that was not held before")
    finally:
        print("more than before:", _held() - before)


def _held() -> Counter[str]:
    """What this process holds: descriptors by what they are, and threads by their names."""
    held = Counter(f"Python thread {thread.name}" for thread in threading.enumerate())
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one with which this folder is read
            held["descriptor " + os.readlink(path).partition(":")[0]] += 1
    for path in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # ended since
            held["thread " + (path / "comm").read_text().strip()] += 1
    return held


def test_closing_the_window_during_a_run_writes_the_report(
    qtbot: QtBot, mark: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _mark_children(monkeypatch, mark)
    path = tmp_path / "report.json"
    window = MainWindow(Bridge(), Options(workers=2, limit=FOR_EVER, report=path, variant=Variant(start_method="fork")))
    qtbot.addWidget(window)
    window.show()
    window.launch()
    controller = window.controller
    qtbot.waitUntil(lambda: len(controller.run.rates()) == 2, timeout=round(1000 * LONGEST))
    window.close()
    assert window.isVisible(), "it goes on while the program is ended"
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=round(1000 * LONGEST))
    nothing_is_left(mark)
    report = read_report(path)
    assert report["ended"] == "stopped"
    assert [worker["values"]["rocket"]["last"] > 0 for worker in workers_of(report)] == [True, True]
    assert all(process.is_over for process in controller.run.processes.values())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_run_writes_the_report(mark: str, tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "report.json"
    words = ("--workers", "2", "--limit", "sys.maxsize", "--start-method", "fork", "--launch", "--report", str(path))
    process = subprocess.Popen(
        [sys.executable, "-m", "rocketgui", *words],
        env=environment(mark), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until(lambda: len(find(mark, "rocket.py", "--workers")) >= 3, "the workers")
        process.send_signal(number)
        _, said = process.communicate(timeout=LONGEST)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, said) == (0, "")
    nothing_is_left(mark)
    assert read_report(path)["ended"] == "stopped"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("method", START_METHODS)
def test_window_killed(window_process: StartWindow, method: str, number: signal.Signals, mark: str) -> None:
    process = window_process(method)
    directory = run_directory(mark)
    process.send_signal(number)
    process.wait(LONGEST)
    nothing_is_left(mark)
    assert directory is not None
    until(lambda: not directory.exists(), "the run's directory to go", PROMISED)


def test_window_and_collector_killed_together(window_process: StartWindow, mark: str) -> None:
    process = window_process("spawn")
    collectors = [
        pid for pid in marked(mark) if "spawn_main" in " ".join(command(pid)) and parent_of(pid) == process.pid
    ]
    kill_all([process.pid, *collectors])
    process.wait(LONGEST)
    nothing_is_left(mark)
    assert is_gone(process.pid)
