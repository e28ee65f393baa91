"""What a process is said to be doing, from what its agent and the system say."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.collector.processes.activity import SILENT, ActivityTracker, shared_lock, waits_for
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Activity, Message
from tests.helpers import START_METHODS, emitter_into, until

MS = 1_000_000

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

Wait = Callable[[str], int]


@pytest.fixture
def waiting() -> Iterator[Wait]:
    """Starts a program that soon waits for ever; gives its pid."""
    started: list[subprocess.Popen[bytes]] = []

    def start(code: str) -> int:
        process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"now\n"
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.communicate()


@linux
@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("time.sleep(60)", "sleep"),
        ("select.select([], [], [], 60)", "sleep"),
        ("sys.stdin.read()", "pipe"),
        ("select.select([0], [], [], 60)", "io"),
        ("(pair := socket.socketpair())[0].recv(1)", "io"),
        ("(lock := threading.Lock()).acquire(), lock.acquire()", "lock"),
        ("signal.pause()", "waiting"),
    ],
)
def test_what_the_system_tells(code: str, what: str, waiting: Wait) -> None:
    pid = waiting(f"import select, signal, socket, sys, threading, time; print('now', flush=True); {code}")
    until(lambda: waits_for(pid) == (what, ""), f"{what}, not {waits_for(pid)}")


@linux
def test_whose_end_is_waited_for(waiting: Wait) -> None:
    pid = waiting(
        "import subprocess, sys; child = subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL);"
        "print('now', flush=True); import signal; signal.signal(signal.SIGTERM, lambda *_: child.kill()); child.wait()"
    )
    [child] = until(lambda: _children(pid), "the child")
    until(lambda: waits_for(pid) == ("join", f"process {child}"), "the wait")
    os.kill(child, 9)


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def _name_of_lock(pid: int) -> str:
    return until(lambda: waits_for(pid)[1], "the lock")


def _take(lock: Any) -> None:
    with lock:
        pass


@linux
@pytest.mark.parametrize("method", START_METHODS)
def test_one_lock_has_one_name_in_all_processes(method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    lock, other = context.Lock(), context.Lock()
    with lock, other:
        takers = [context.Process(target=_take, args=(which,)) for which in (lock, lock, other)]
        for taker in takers:
            taker.start()
        names = [_name_of_lock(taker.pid) for taker in takers]
    for taker in takers:
        taker.join()
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("lock ")


@linux
def test_a_lock_in_own_memory_has_no_name() -> None:
    import ctypes

    assert shared_lock(os.getpid(), ctypes.addressof(ctypes.c_int())) == ""
    assert shared_lock(os.getpid(), 1) == ""


class Told:
    """A process with an agent, as `ActivityTracker` is told of it. Times are in ms."""

    def __init__(self, *, gil: bool = True) -> None:
        self.out: list[Message] = []
        self.activity = ActivityTracker(emitter_into(self.out))
        self.activity.get_or_add(7, 0, gil=gil)

    def tell(self, t_ms: int, share: int, late_us: int, *place: str) -> None:
        self.activity.told(7, t_ms * MS, (str(share), str(late_us), *place))

    def see(self, t_ms: int, *, asleep: bool, cpu: float = 0.0) -> Activity | None:
        """Of this very process, which runs."""
        self.activity.seen(7, os.getpid(), t_ms * MS, asleep=asleep, cpu=cpu)
        assert all(isinstance(message, Activity) for message in self.out)
        last = self.out[-1] if self.out else None
        assert last is None or isinstance(last, Activity)
        return last


PLACE = ("", "", "/two.py", "12", "work")


def test_python_and_c_code() -> None:
    told = Told()
    told.tell(250, 100, 5_000, *PLACE)
    assert told.see(260, asleep=False) == Activity(7, 260 * MS, "python", "/two.py", 12, "work", "")
    told.tell(500, 100, 60)
    assert told.see(510, asleep=False) == Activity(7, 510 * MS, "native", "/two.py", 12, "work", "")
    told.tell(750, 3, 60)  # it runs now, and hardly ran before: it has just begun to
    last = told.see(760, asleep=False)
    assert last is not None
    assert last.what == "python"
    free = Told(gil=False)
    free.tell(250, 100, 60, *PLACE)
    last = free.see(260, asleep=False)
    assert last is not None
    assert last.what == "python", "without a GIL nobody waits for it"


def test_an_agent_that_falls_silent_while_the_process_is_busy() -> None:
    told = Told()
    told.tell(250, 100, 5_000, *PLACE)
    told.see(260, asleep=False, cpu=100)
    later = 250 + SILENT // MS
    assert told.see(later, asleep=False, cpu=100) == told.out[0]
    last = told.see(later + 1, asleep=False, cpu=100)
    assert last == Activity(7, (later + 1) * MS, "native", "", 0, "", "")
    starved = Told()
    starved.tell(250, 100, 5_000, *PLACE)
    starved.see(260, asleep=False, cpu=100)
    assert starved.see(later + 1, asleep=False, cpu=3) == starved.out[0], "it has no core, and neither has its agent"


def test_the_stack_knows_better_what_a_waiting_thread_waits_for() -> None:
    told = Told()
    told.tell(250, 0, 60, "full queue", "", "/two.py", "13", "work")
    assert told.see(260, asleep=True) == Activity(7, 260 * MS, "full queue", "/two.py", 13, "work", "")
    told.see(300, asleep=True)
    assert len(told.out) == 1, "said once"
    told.tell(500, 80, 5_000)
    last = told.see(510, asleep=True)  # it waits for the GIL in this moment
    assert last is not None
    assert last.what == "python"


def test_what_makes_no_sense_is_refused() -> None:
    activity = ActivityTracker(emitter_into([]))
    for texts in (("1",), ("x", "1"), ("1", "1", "dance", "", "f", "1", "g"), ("1", "1", "lock")):
        with pytest.raises((ValueError, IndexError)):
            activity.told(1, 0, texts)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 200) | st.none(), st.integers(0, 10_000))))
def test_all_that_is_said_is_known(samples: list[tuple[bool, float | None, int]]) -> None:
    out: list[Message] = []
    activity = ActivityTracker(emitter_into(out))
    for asleep, cpu, t_ms in samples:
        activity.seen(1, os.getpid(), t_ms * MS, asleep=asleep, cpu=cpu)
    assert {message.what for message in out if isinstance(message, Activity)} <= set(messages.ACTIVITIES)
    activity.forget(1)
