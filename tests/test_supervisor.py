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
from rocketgui.system import process_tree
from tests.helpers import (
    LONGEST,
    MARK,
    PROMISED,
    START_METHODS,
    clean,
    environment,
    find,
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

    def __init__(
        self,
        mark: str,
        folder: Path,
        arguments: list[str],
        *,
        session: str = "own",
        started: bool = True,
        group: bool = False,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self.mark = mark
        self.directory = folder / "run"
        self.directory.mkdir(exist_ok=True)
        self.directory.joinpath("control_block").write_text("control_block")
        commands, self.commands = os.pipe()
        self.reports, reports = os.pipe()
        self.kept = False
        self.read = b""
        self.process = subprocess.Popen(
            [
                sys.executable, "-I", "-S", "-c", supervisor.CODE, supervisor.__file__, str(commands), str(reports),
                str(self.directory), session, *arguments,
            ],
            pass_fds=(commands, reports), stdout=subprocess.PIPE, text=True, env={**clean(), MARK: mark},
            start_new_session=group, preexec_fn=prepare,
        )  # fmt: skip
        os.close(commands)
        os.close(reports)
        if started:
            self.send("start")

    def send(self, word: str) -> None:
        os.write(self.commands, word.encode() + b"\n")

    def break_lifeline(self) -> None:
        os.close(self.commands)
        self.commands = -1

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def wait_for(self, event: str) -> dict[str, Any]:
        """The first report of this kind."""
        while True:
            for line in self.read.splitlines():
                report: dict[str, Any] = json.loads(line)
                if report["event"] == event:
                    return report
            chunk = os.read(self.reports, 65536)
            assert chunk, f"the supervisor ended before it reported {event}"
            self.read += chunk

    def finish(self) -> list[dict[str, Any]]:
        """Wait until all has ended, let go of the supervisor, and wait for its end; return its reports."""
        data = self.read
        last = (b'"ended"', b'"not_started"')
        while not any(word in data for word in last) and (chunk := os.read(self.reports, 65536)):
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


def code_of_root(reports: list[dict[str, Any]]) -> int:
    """The exit code of the program's first process."""
    root = next(report["pid"] for report in reports if report["event"] == "started")
    [code] = [report["code"] for report in reports if report["event"] == "exited" and report["pid"] == root]
    assert isinstance(code, int)
    return code


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
@pytest.mark.parametrize("how", ["stop", "lifeline"])
def test_everything_ends(program: str, how: str, start: Start, mark: str) -> None:
    supervised = start(program)
    assert supervised.line() == "up"
    began = time.monotonic()
    if how == "stop":
        supervised.send("stop")
    else:
        supervised.break_lifeline()
    reports = supervised.finish()
    assert time.monotonic() - began < PROMISED
    assert marked(mark) == []
    assert [report["event"] for report in reports][:: len(reports) - 1] == ["started", "ended"]
    assert code_of_root(reports) == -(signal.SIGKILL if program is DOUBLE_FORK else signal.SIGTERM)
    # On Stop the owner has yet to read the last words; when nobody is left to do so, they go.
    assert supervised.kept or how != "stop"
    assert not supervised.directory.exists()


def test_nothing_is_started_before_it_is_said(start: Start, mark: str) -> None:
    supervised = start("print('up')", started=False)
    until(lambda: state(supervised.process.pid) == "S", "the supervisor to wait")
    assert program_of(supervised) == []
    supervised.break_lifeline()
    assert [report["event"] for report in supervised.finish()] == ["ended"]
    assert supervised.line() == ""
    assert not supervised.directory.exists()


def test_stopped_before_it_is_started(start: Start) -> None:
    supervised = start("print('up')", started=False)
    supervised.send("stop")
    assert [report["event"] for report in supervised.finish()] == ["stopping", "ended"]
    assert supervised.line() == ""
    assert supervised.kept
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
    [left] = [report for report in reports if report["event"] == "left_over"]
    assert (len(left["pids"]), left["then"]) == (2, "end")
    assert [report["code"] for report in reports if report["event"] == "exited"] == [0, -15, -15]
    assert marked(mark) == []


DAEMON = """
    import atexit, os, signal, sys, time
    ready, up = os.pipe()
    if os.fork():
        os.read(ready, 1)
        {parent}
        os._exit(0)
    os.setsid()
    with open("{pid_file}", "w") as file:
        file.write(str(os.getpid()))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    atexit.register(os.unlink, "{pid_file}")
    log = open("{log}", "w")
    log.write("buffered")
    os.write(up, b"x")
    print("up", flush=True)
    while True:
        time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["left over", "killed", "stop", "lifeline"])
def test_daemon_gets_to_tidy_up(how: str, start: Start, mark: str, tmp_path: Path) -> None:
    """What it has buffered and its pid file are as they would be after a SIGTERM alone."""
    pid_file, log = tmp_path / "daemon.pid", tmp_path / "log"
    parent = {"left over": "", "killed": "os.kill(os.getpid(), signal.SIGKILL)"}.get(how, "time.sleep(60)")
    supervised = start(DAEMON.format(parent=parent, pid_file=pid_file, log=log))
    assert supervised.line() == "up"
    if how == "stop":
        supervised.send("stop")
    elif how == "lifeline":
        supervised.break_lifeline()
    reports = supervised.finish()
    assert 0 in [report["code"] for report in reports if report["event"] == "exited"]
    assert log.read_text() == "buffered"
    assert not pid_file.exists()
    assert marked(mark) == []


def test_what_is_stopped_tidies_up_as_well(start: Start, tmp_path: Path) -> None:
    """A paused program would not notice a SIGTERM otherwise."""
    pid_file = tmp_path / "daemon.pid"
    supervised = start(DAEMON.format(parent="time.sleep(60)", pid_file=pid_file, log=tmp_path / "log"))
    assert supervised.line() == "up"
    process_tree.stop_descendants(supervised.process.pid)
    supervised.send("stop")
    supervised.finish()
    assert not pid_file.exists()


STUBBORN = """
    import os, signal, sys, time
    signal.signal(signal.SIGTERM, lambda *_: print("SIGTERM", flush=True))
    print("up", flush=True)
    if os.fork():
        os._exit(0)
    while True:
        time.sleep(60)
"""


@pytest.mark.parametrize("how", ["stop", "lifeline"])
def test_time_after_a_sigterm_is_cut_short(how: str, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    supervised = start(STUBBORN)
    assert [supervised.line(), supervised.line()] == ["up", "SIGTERM"]
    began = time.monotonic()
    if how == "stop":
        supervised.send("stop")
    else:
        supervised.break_lifeline()
    reports = supervised.finish()
    assert time.monotonic() - began < min(PROMISED, supervisor.LEFT_PATIENCE) / 2
    assert [report["code"] for report in reports if report["event"] == "exited"] == [0, -9]


def test_left_overs_that_stay_are_killed(start: Start) -> None:
    supervised = start(STUBBORN)
    began = time.monotonic()
    reports = supervised.finish()
    assert time.monotonic() - began > supervisor.GRACE + supervisor.LEFT_PATIENCE
    assert [report["code"] for report in reports if report["event"] == "exited"] == [0, -9]


LIVES_ON = """
    import os, signal
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGUSR1, lambda *_: os._exit(6))
    print("up", flush=True)
    while True:
        signal.pause()
"""


@pytest.mark.parametrize("then", ["keep", "stop", "by itself"])
def test_left_overs_are_asked_for(then: str, start: Start, mark: str) -> None:
    supervised = start(LIVES_ON, started=False)
    supervised.send("ask")
    supervised.send("start")
    assert supervised.line() == "up"
    left = supervised.wait_for("left_over")
    [pid] = left["pids"]
    assert left["then"] == "ask"
    if then == "keep":
        supervised.send("keep")
    if then == "stop":
        supervised.send("stop")
    else:
        os.kill(pid, signal.SIGUSR1)
    reports = supervised.finish()
    assert [report["code"] for report in reports if report["event"] == "exited"] == [0, -15 if then == "stop" else 6]


def test_left_overs_are_kept(start: Start, mark: str) -> None:
    """It is said before the grace is over; a later stop ends them."""
    supervised = start(LIVES_ON, started=False)
    supervised.send("keep")
    supervised.send("start")
    assert supervised.line() == "up"
    left = supervised.wait_for("left_over")
    assert left["then"] == "keep"
    until(lambda: state(supervised.process.pid) == "S", "the supervisor to wait")
    assert program_of(supervised) == left["pids"]
    supervised.send("stop")
    reports = supervised.finish()
    assert [report["code"] for report in reports if report["event"] == "exited"] == [0, -15]


def test_killed_program_is_not_asked_for(start: Start, mark: str) -> None:
    supervised = start(FORKS, started=False)
    supervised.send("ask")
    supervised.send("start")
    assert supervised.line() == "up"
    root = until(lambda: first_of(supervised), "the program")
    until(lambda: len(program_of(supervised)) == 4, "its children")
    began = time.monotonic()
    os.kill(root, signal.SIGKILL)
    reports = supervised.finish()
    assert time.monotonic() - began < PROMISED
    assert [report["then"] for report in reports if report["event"] == "left_over"] == ["end"]


SHARES = """
    import multiprocessing, signal, sys, time
    from multiprocessing import shared_memory

    {ignore}

    def work(value, lock, queue, name):
        block = shared_memory.SharedMemory(name)
        queue.put(value.value)
        time.sleep(60)

    if __name__ == "__main__":
        context = multiprocessing.get_context("{method}")
        block = shared_memory.SharedMemory(create=True, size=4096)
        value, lock, queue = context.Value("i"), context.Lock(), context.Queue()
        semaphores = [value.get_lock()._semlock, lock._semlock, queue._rlock._semlock, queue._sem._semlock]
        workers = [context.Process(target=work, args=(value, lock, queue, block.name)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            queue.get()
        print(block.name, *(f"sem.{{semaphore.name or '/'}}".replace("/", "") for semaphore in semaphores), flush=True)
        for worker in workers:
            worker.join()
"""


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="shared memory is not a folder here")
@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("how", ["stop", "paused", "lifeline", "killed", "SIGTERM ignored"])
def test_shared_memory_is_cleared_up(how: str, method: str, start: Start, mark: str) -> None:
    """By Python's resource tracker, which has to outlive all others; only what forks gives no names to semaphores."""
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)" if how == "SIGTERM ignored" else ""
    supervised = start(SHARES.format(method=method, ignore=ignore))
    shared = [Path("/dev/shm", name) for name in supervised.line().split()]
    assert [path.exists() for path in shared] == [True] + [method != "fork"] * 4
    if how == "lifeline":
        supervised.break_lifeline()
    elif how == "killed":
        kill_all([until(lambda: first_of(supervised), "the program")])
    else:
        if how == "paused":
            process_tree.stop_descendants(supervised.process.pid)
        supervised.send("stop")
    supervised.finish()
    assert [path for path in shared if path.exists()] == []
    assert marked(mark) == []


def test_tracker_that_stays_is_killed(start: Start, mark: str) -> None:
    """Whatever has a tracker's command line, and be it a trap, does not keep the end waiting."""
    supervised = start(
        """
        import os, signal, sys
        command = "import signal;print('up', flush=True);[signal.pause() for _ in iter(int, 1)]"
        tracker = "from multiprocessing.resource_tracker import main;main(5)"
        os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", command, "-c", tracker])
        signal.pause()
        """
    )
    assert supervised.line() == "up"
    began = time.monotonic()
    supervised.send("stop")
    reports = supervised.finish()
    assert time.monotonic() - began < PROMISED
    assert [report["code"] for report in reports if report["event"] == "exited"] == [-15, -9]


MANY = """
    import os, time
    parent = os.getpid()
    for number in range({count}):
        if not os.fork():
            time.sleep(60)
            os._exit(0)
    print("up", flush=True)
    time.sleep(60)
"""
#: Each process forks as fast as it can, until there are so many; some end soon and make room for new ones.
BOMB = """
    import os, random, signal, time
    {ignore}
    root = os.getpid()
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.write(writer, b"." * {count})
    said = False
    while True:
        try:
            os.read(reader, 1)
            if not os.fork():
                random.seed()
        except BlockingIOError:
            if os.getpid() == root and not said:
                said = True
                print("up", flush=True)
            time.sleep(0.02)
        if os.getpid() != root and random.random() < 0.1:
            os.write(writer, b".")
            os._exit(0)
"""


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(
    "program",
    [
        MANY.format(count=256),
        BOMB.format(count=400, ignore=""),
        BOMB.format(count=400, ignore="signal.signal(signal.SIGTERM, signal.SIG_IGN)"),
    ],
    ids=["256 workers", "fork bomb", "stubborn fork bomb"],
)
def test_stop_of_many_is_soon_over(program: str, start: Start, mark: str) -> None:
    supervised = start(program)
    assert supervised.line() == "up"
    began = time.monotonic()
    supervised.send("stop")
    reports = supervised.finish()
    took = (reports[-1]["t_ns"] / 1e9) - began
    print(f"{took:.2f} s")
    assert took < PROMISED  # some 0.1 s, and 0.7 s of what ignores SIGTERM, where nothing else runs
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
    assert code_of_root(reports) == 5
    assert marked(mark) == []


def is_blocked(pid: int, number: int) -> bool:
    """Whether a process takes a signal only when it asks for it."""
    status = Path("/proc", str(pid), "status").read_text()
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigBlk")]
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_signals_are_told_of_and_end_nothing(start: Start, mark: str) -> None:
    supervised = start(FORKS)
    assert supervised.line() == "up"
    until(lambda: len(program_of(supervised)) >= 4, "all forks")
    until(lambda: is_blocked(supervised.process.pid, signal.SIGINT), "the supervisor to ask who sends signals")
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        supervised.process.send_signal(number)
        told = supervised.wait_for("signalled")
        assert (told["signal"], told["sender"]) == (number, os.getpid())
        supervised.read = b""
    assert len(program_of(supervised)) >= 4
    supervised.send("stop")
    supervised.finish()


def test_program_may_signal_its_own_group(start: Start, mark: str) -> None:
    """In the caller's group, as without a window: the supervisor gets it too, says who it was, and goes on."""
    supervised = start(
        """
        import os, signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
        print(os.getpid(), flush=True)
        """,
        session="same",
        group=True,
    )
    pid = int(supervised.line())
    reports = supervised.finish()
    assert code_of_root(reports) == 0
    [told] = [report for report in reports if report["event"] == "signalled"]
    assert (told["signal"], told["sender"]) == (signal.SIGTERM, pid)


SIGNALS = """
    import re
    print(re.findall(r"Sig(?:Blk|Ign|Cgt):.*", open("/proc/self/status").read()), flush=True)
"""


def _as_it_is() -> None:
    pass


def _hup_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _in_the_background() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, signal.SIG_IGN)


def _ends_ignored() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def _some_blocked() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1])


@pytest.mark.parametrize("prepare", [_as_it_is, _hup_ignored, _in_the_background, _ends_ignored, _some_blocked])
def test_signals_are_as_alone_for_the_program(prepare: Callable[[], None], start: Start, tmp_path: Path) -> None:
    supervised = start(SIGNALS, prepare=prepare)
    alone = subprocess.run(
        [sys.executable, str(tmp_path / f"{PROGRAM}.py")],
        preexec_fn=prepare,
        capture_output=True,
        text=True,
        check=True,
    )
    assert supervised.line() == alone.stdout.strip()
    assert code_of_root(supervised.finish()) == 0


def test_descriptors_are_as_alone_for_the_program(start: Start) -> None:
    supervised = start("import os; print(sorted(os.listdir('/proc/self/fd')))")
    assert supervised.line() == str(["0", "1", "2", "3"])  # the last is the one with which it reads the folder
    supervised.finish()


#: An owner whose supervisor is killed: it has a child of its own besides, and goes on in the supervisor's place.
OWNER = """
    import json, os, signal, subprocess, sys, threading
    from rocketgui.system import process_tree
    from rocketgui import supervisor

    program, directory, then = sys.argv[1:]
    process_tree.become_subreaper()
    own = subprocess.Popen(["sh", "-c", "sleep 60 & read line; exit 7"], stdin=subprocess.PIPE)
    (commands, send), (read, reports) = os.pipe(), os.pipe()
    arguments = [str(commands), str(reports), directory, "own", sys.executable, program]
    first = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", supervisor.CODE, supervisor.__file__, *arguments],
        pass_fds=(commands, reports), stdout=subprocess.PIPE)
    os.write(send, b"start\\n")
    assert first.stdout.readline() == b"up\\n"
    told = os.read(read, 65536)
    root = json.loads(told.splitlines()[0])["pid"]
    first.kill()
    os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
    if then == "end at once":
        process_tree.end_descendants(lambda pid, status: print("ended", flush=True), lambda: {own.pid, first.pid})
    else:
        second = supervisor.Supervisor.adopt(commands, reports, root, None, lambda: {own.pid, first.pid})
        thread = threading.Thread(target=second.supervise)
        thread.start()
        if then == "lifeline":
            os.close(send)
        elif then != "nothing":
            os.write(send, then.encode() + b"\\n")
        thread.join()
        sys.stdout.buffer.write(told + os.read(read, 65536))
        sys.stdout.flush()
    assert first.wait() == -signal.SIGKILL
    assert own.poll() is None
    assert len(process_tree.children(own.pid)) == 1
    assert process_tree.descendants(os.getpid(), lambda: {own.pid}) == []
    process_tree.send(process_tree.children(own.pid), signal.SIGKILL)
    own.communicate(b"line\\n")
    assert own.returncode == 7
"""


@pytest.fixture
def owner(mark: str, tmp_path: Path) -> Iterator[Callable[[str, str], list[str]]]:
    """Runs such an owner with a program, and what it does then; returns what it printed."""

    def run(program: str, then: str) -> list[str]:
        for name, text in ((f"{PROGRAM}.py", program), ("owner.py", OWNER)):
            tmp_path.joinpath(name).write_text(textwrap.dedent(text))
        done = subprocess.run(
            [sys.executable, str(tmp_path / "owner.py"), str(tmp_path / f"{PROGRAM}.py"), str(tmp_path), then],
            env=environment(mark), stdout=subprocess.PIPE, text=True, timeout=LONGEST, check=True,
        )  # fmt: skip
        assert marked(mark) == []
        return done.stdout.splitlines()

    yield run
    kill_all(marked(mark))


@pytest.mark.parametrize("then", ["stop", "lifeline"])
def test_owner_goes_on_where_the_supervisor_was_killed(
    then: str, owner: Callable[[str, str], list[str]], mark: str
) -> None:
    reports = [json.loads(line) for line in owner(FORKS, then)]
    events = [report["event"] for report in reports]
    assert (events[0], set(events[1:-1]) - {"stopping"}, events[-1]) == ("started", {"exited"}, "ended")
    assert code_of_root(reports) == -signal.SIGTERM


def test_owner_adopts_orphans_and_interrupts(owner: Callable[[str, str], list[str]]) -> None:
    program = """
        import os, signal, sys, time
        signal.signal(signal.SIGINT, lambda *_: sys.exit(5))
        if not os.fork():
            os.setsid()  # where no Ctrl-C comes
            print("up", flush=True)
            time.sleep(60)
        while True:
            time.sleep(60)
    """
    reports = [json.loads(line) for line in owner(program, "interrupt")]
    assert code_of_root(reports) == 5
    assert [report["event"] for report in reports] == ["started", "exited", "left_over", "exited", "ended"]
    assert [report["code"] for report in reports if report["event"] == "exited"] == [5, -15]


@pytest.mark.parametrize("program", [FORKS, DOUBLE_FORK, CHAIN], ids=["forks", "double fork", "chain"])
def test_owner_ends_what_a_killed_supervisor_leaves(program: str, owner: Callable[[str, str], list[str]]) -> None:
    assert set(owner(program, "end at once")) == {"ended"}


def test_stopped_supervisor_wakes_when_its_owner_dies(mark: str, tmp_path: Path) -> None:
    tmp_path.joinpath(f"{PROGRAM}.py").write_text(textwrap.dedent(FORKS))
    text = """
        import os, signal, subprocess, sys
        from rocketgui import supervisor
        (commands, send), (read, reports) = os.pipe(), os.pipe()
        first = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", supervisor.CODE, supervisor.__file__, str(commands), str(reports),
            sys.argv[2], "own", sys.executable, sys.argv[1]], pass_fds=(commands, reports), stdout=subprocess.PIPE)
        os.write(send, b"start\\n")
        first.stdout.readline()
        first.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, first.pid, os.WSTOPPED)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    script = tmp_path / "owner.py"
    script.write_text(textwrap.dedent(text))
    directory = tmp_path / "run"
    directory.mkdir()
    subprocess.run(
        [sys.executable, str(script), str(tmp_path / f"{PROGRAM}.py"), str(directory)],
        env=environment(mark), check=False, timeout=LONGEST,
    )  # fmt: skip
    nothing_is_left(mark)
    assert not directory.exists()


def test_supervisor_killed_leaves_its_orphans_to_the_subreaper_above(start: Start, mark: str) -> None:
    """The owner is one too; here it is this test that finds and ends them."""
    supervised = start(FORKS)
    assert supervised.line() == "up"
    until(lambda: len(program_of(supervised)) == 4, "its children")
    supervised.process.kill()
    supervised.process.wait()
    assert len(program_of(supervised)) == 4
    for pid in program_of(supervised):
        os.kill(pid, signal.SIGKILL)
    nothing_is_left(mark)
