"""The supervisor alone: whatever a program leaves behind, and however it has to end, nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rocketgui import supervisor
from tests.helpers import (
    LONGEST,
    MARK,
    PROMISED,
    clean,
    find,
    is_gone,
    kill_all,
    mark,
    marked,
    nothing_is_left,
    parent_of,
    state,
    until,
)

__all__ = ["mark"]

#: Stands in each program's command line, so that its processes are found.
PROGRAM = "observed_program"


class Supervised:
    """A supervisor with the test in the place of the collector."""

    def __init__(self, mark: str, folder: Path, arguments: list[str], *, session: str = "own") -> None:
        self.mark = mark
        self.directory = folder / "run"
        self.directory.mkdir(exist_ok=True)
        self.directory.joinpath("board").write_text("board")
        commands, self.commands = os.pipe()
        self.reports, reports = os.pipe()
        self.kept = False
        self.process = subprocess.Popen(
            [
                sys.executable, "-I", "-S", supervisor.__file__, str(commands), str(reports), str(self.directory),
                session, *arguments,
            ],
            pass_fds=(commands, reports), stdout=subprocess.PIPE, text=True, env={**clean(), MARK: mark},
        )  # fmt: skip
        os.close(commands)
        os.close(reports)

    def send(self, word: str) -> None:
        os.write(self.commands, word.encode() + b"\n")

    def break_lifeline(self) -> None:
        os.close(self.commands)
        self.commands = -1

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def finish(self) -> list[dict[str, Any]]:
        """Wait until all has ended, let go of the supervisor, and wait for its end; return its reports."""
        data = b""
        while b'"ended"' not in data and (chunk := os.read(self.reports, 65536)):
            data += chunk
        if self.commands >= 0 and self.process.poll() is None:
            self.kept = self.directory.exists()
            self.break_lifeline()
        assert self.process.wait(LONGEST) == 0
        while chunk := os.read(self.reports, 65536):
            data += chunk
        return [json.loads(line) for line in data.splitlines()]

    def close(self) -> None:
        self.process.kill()
        kill_all(marked(self.mark))  # they may hold the pipe
        self.process.communicate()
        for descriptor in (self.commands, self.reports):
            if descriptor >= 0:
                os.close(descriptor)


Start = Callable[..., Supervised]


def program_of(supervised: Supervised) -> list[int]:
    """The processes of the program; the supervisor's own command line names it too."""
    return [pid for pid in find(supervised.mark, PROGRAM) if pid != supervised.process.pid]


@pytest.fixture
def start(mark: str, tmp_path: Path) -> Iterator[Start]:
    """Starts a supervisor with a program, given as text."""
    begun = []

    def begin(text: str, **options: Any) -> Supervised:
        path = tmp_path / f"{PROGRAM}.py"
        path.write_text(textwrap.dedent(text))
        begun.append(Supervised(mark, tmp_path, [sys.executable, str(path)], **options))
        return begun[-1]

    yield begin
    for supervised in begun:
        supervised.close()


def first_of(supervised: Supervised) -> int | None:
    """The program's first process."""
    return next((pid for pid in program_of(supervised) if parent_of(pid) == supervised.process.pid), None)


FORKS = """
    import os, time
    for number in range(3):
        if not os.fork():
            break
    print("up", flush=True)
    while True:
        time.sleep(60)
"""
DOUBLE_FORK = """
    import os, signal, time
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if not os.fork():
        os.setsid()
        if not os.fork():
            print("up", flush=True)
        else:
            os._exit(0)
    while True:
        time.sleep(60)
"""
STORM = """
    import os, time
    deadline = time.monotonic() + 20
    count = 0
    while time.monotonic() < deadline:
        if count < 150 and not os.fork():
            time.sleep(60)
            os._exit(0)
        count += 1
        if count == 40:
            print("up", flush=True)
        if count > 150:
            time.sleep(0.01)
"""
CHAIN = """
    import os, time
    # Each process begins the next one and ends: whoever is looked for has just gone.
    deadline = time.monotonic() + 20
    if os.fork():
        time.sleep(60)
    print("up", flush=True)
    while time.monotonic() < deadline:
        if os.fork():
            os._exit(0)
"""
STOPPED = """
    import os, signal
    if os.fork():
        print("up", flush=True)
        signal.pause()
    os.kill(os.getpid(), signal.SIGSTOP)
"""
PROGRAMS = pytest.mark.parametrize(
    "program", [FORKS, DOUBLE_FORK, STORM, CHAIN, STOPPED], ids=["forks", "double fork", "storm", "chain", "stopped"]
)


@PROGRAMS
@pytest.mark.parametrize("how", ["stop", "lifeline", "SIGTERM"])
def test_everything_ends(program: str, how: str, start: Start, mark: str) -> None:
    supervised = start(program)
    assert supervised.line() == "up"
    began = time.monotonic()
    if how == "stop":
        supervised.send("stop")
    elif how == "lifeline":
        supervised.break_lifeline()
    else:
        supervised.process.send_signal(signal.SIGTERM)
    reports = supervised.finish()
    assert time.monotonic() - began < PROMISED
    assert marked(mark) == []
    assert [report["event"] for report in reports][:: len(reports) - 1] == ["started", "ended"]
    root = reports[0]["pid"]
    [end] = [report for report in reports if report["event"] == "exited" and report["pid"] == root]
    assert end["code"] == -signal.SIGKILL
    # On Stop the collector has yet to read the last words; when nobody is left to do so, they go.
    assert supervised.kept or how != "stop"
    assert not supervised.directory.exists()


def test_ends_are_reported(start: Start) -> None:
    supervised = start(
        """
        import os, sys
        pid = os.fork()
        if not pid:
            os._exit(7)
        os.waitpid(pid, 0)
        sys.exit(3)
        """
    )
    reports = supervised.finish()
    assert [(report["event"], report.get("code")) for report in reports] == [
        ("started", None), ("exited", 3), ("ended", None),
    ]  # fmt: skip
    times = [report["t_ns"] for report in reports]
    assert times == sorted(times)
    assert supervised.kept
    assert not supervised.directory.exists()


def test_orphans_are_adopted_and_may_end_by_themselves(start: Start) -> None:
    supervised = start(
        """
        import os, time
        parent = os.getpid()
        if os.fork():
            os._exit(0)
        while os.getppid() == parent:
            time.sleep(0.005)
        os._exit(9)
        """
    )
    reports = supervised.finish()
    assert [report["code"] for report in reports if report["event"] == "exited"] == [0, 9]
    assert "left_over" not in [report["event"] for report in reports]


def test_left_overs_are_ended_and_counted(start: Start, mark: str) -> None:
    supervised = start(
        """
        import os, time
        for number in range(2):
            if not os.fork():
                time.sleep(60)
        """
    )
    reports = supervised.finish()
    assert [len(report["pids"]) for report in reports if report["event"] == "left_over"] == [2]
    assert [report["code"] for report in reports if report["event"] == "exited"] == [0, -9, -9]
    assert marked(mark) == []


def test_killed_program_takes_everything_with_it(start: Start, mark: str) -> None:
    supervised = start(FORKS)
    assert supervised.line() == "up"
    root = until(lambda: [p for p in program_of(supervised) if parent_of(p) == supervised.process.pid], "the program")[
        0
    ]
    until(lambda: len(program_of(supervised)) == 4, "its children")
    os.kill(root, signal.SIGKILL)
    reports = supervised.finish()
    assert marked(mark) == []
    assert len([report for report in reports if report["event"] == "exited"]) == 4


def test_program_that_cannot_be_started(mark: str, tmp_path: Path) -> None:
    for command, says in (("/no/such/program", "No such file"), (str(tmp_path), "Permission denied")):
        supervised = Supervised(mark, tmp_path, [command])
        [report] = supervised.finish()
        assert report["event"] == "not_started"
        assert says in report["error"]
        supervised.close()


@pytest.mark.parametrize("session", ["own", "same"])
def test_session(session: str, start: Start, mark: str) -> None:
    supervised = start(FORKS, session=session)
    assert supervised.line() == "up"
    root = until(lambda: [p for p in program_of(supervised) if parent_of(p) == supervised.process.pid], "the program")[
        0
    ]
    assert (os.getsid(root) == root) == (session == "own")
    supervised.send("stop")
    supervised.finish()


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this system does not schedule by session")
def test_window_goes_before_a_session_of_its_own(start: Start, mark: str) -> None:
    supervised = start(FORKS, session="own")
    assert supervised.line() == "up"
    root = until(lambda: first_of(supervised), "the program")
    until(lambda: Path(f"/proc/{root}/autogroup").read_text().endswith("nice 5\n"), "the session to be lowered")
    assert os.getpriority(os.PRIO_PROCESS, root) == os.getpriority(os.PRIO_PROCESS, 0), "the program sees it"
    assert not Path("/proc/self/autogroup").read_text().endswith("nice 5\n")
    supervised.send("stop")
    supervised.finish()


def test_interrupt_reaches_all_of_the_program_and_not_the_supervisor(start: Start, mark: str) -> None:
    supervised = start(
        """
        import os, signal, sys
        pid = os.fork()
        signal.signal(signal.SIGINT, lambda *_: sys.exit(5))
        print("up", flush=True)
        if pid:
            os.waitpid(pid, 0)
        while True:
            signal.pause()
        """
    )
    assert [supervised.line(), supervised.line()] == ["up", "up"]
    supervised.send("interrupt")
    reports = supervised.finish()
    [end] = [report for report in reports if report["event"] == "exited" and report["pid"] == reports[0]["pid"]]
    assert end["code"] == 5
    assert marked(mark) == []


def test_signals_from_the_terminal_do_not_end_the_supervisor(start: Start, mark: str) -> None:
    supervised = start(FORKS)
    assert supervised.line() == "up"
    until(lambda: len(program_of(supervised)) >= 4, "all forks")
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        supervised.process.send_signal(number)
    until(lambda: state(supervised.process.pid) == "S", "the supervisor to wait again")
    assert len(program_of(supervised)) >= 4
    supervised.send("stop")
    supervised.finish()


def test_signals_are_as_they_were_for_the_program(start: Start) -> None:
    supervised = start(
        """
        import signal
        print([signal.getsignal(number) is default for number, default in (
            (signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL),
            (signal.SIGQUIT, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_DFL), (signal.SIGCHLD, signal.SIG_DFL))])
        import os
        print(sorted(os.listdir("/proc/self/fd")))
        """
    )
    assert supervised.line() == str([True] * 5)
    assert supervised.line() == str(["0", "1", "2", "3"])  # the last is the one with which it reads the folder
    supervised.finish()


def test_supervisor_killed_leaves_its_orphans_to_the_subreaper_above(start: Start, mark: str) -> None:
    """The collector is one too; here it is this test that finds and ends them."""
    supervised = start(FORKS)
    assert supervised.line() == "up"
    until(lambda: len(program_of(supervised)) == 4, "its children")
    supervised.process.kill()
    supervised.process.wait()
    assert len(program_of(supervised)) == 4
    for pid in program_of(supervised):
        os.kill(pid, signal.SIGKILL)
    nothing_is_left(mark)


def test_descendants() -> None:
    """Parents stand before their children."""
    child = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])
    try:
        [grandchild] = until(lambda: supervisor.descendants(child.pid), "the grandchild")
        found = supervisor.descendants(os.getpid())
        assert found.index(child.pid) < found.index(grandchild)
        assert supervisor.stop_descendants(child.pid) == [grandchild]
        until(lambda: state(grandchild) == "T", "the grandchild to stand still")
    finally:
        kill_all([*supervisor.descendants(child.pid), child.pid])
        child.wait()
    until(lambda: is_gone(grandchild), "its end")


def test_descendants_without_the_system_knowing_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Linux was built without lists of children, every process is asked for its parent."""
    child = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])
    try:
        expected = until(lambda: supervisor.descendants(child.pid), "the grandchild")
        monkeypatch.setattr(os.path, "exists", lambda path: False)
        assert supervisor.descendants(child.pid) == expected
    finally:
        kill_all([*expected, child.pid])
        child.wait()
