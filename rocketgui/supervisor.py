"""A tiny process that starts the observed program, reaps everything that comes of it, and ends it all.

    owner ── commands (lifeline) ──▶ supervisor ── starts ──▶ program ──▶ its children
          ◀── reports, JSON lines ──            ◀── every orphan becomes its child ──┘

It is the subreaper of the whole tree: a process whose parent has died becomes its child, so `waitpid` knows when
nothing is left. When the lifeline breaks, because the owner died or closed it, the tree ends. On Windows a Job
object does the same; elsewhere, without subreapers, orphans are found by their session as far as they can be.

Commands, a line each:

- `start`: start the program. Nothing is started before; where the lifeline breaks instead, the supervisor just ends.
- `interrupt`: send the program what Ctrl-C in a terminal would.
- `stop`: end all of it at once. SIGTERM, then `STOP_PATIENCE`, then SIGKILL.
- `keep`: let what outlives the program's first process live on for as long as it likes; a later `stop` ends it.
- `ask`: do not end what outlives the first process, unless that was killed: report it and wait for `keep` or `stop`.

What the first process leaves may end by itself for `GRACE`. Then it is reported (`left_over`), gets SIGTERM and
`LEFT_PATIENCE`, and then SIGKILL. Where the first process was killed, nobody will join what it left, and it is ended
without that grace, within `KILLED_PATIENCE`. A `stop` or the lifeline's end cuts each of these times short: one that
comes after SIGTERM was sent, to nothing. Python's resource trackers come last, see `process_tree`.

Reports, each with its time `t_ns` (monotonic ns):

- `started` (`pid`), or `not_started` (`error`), which is the last one then.
- `exited` (`pid`, `code`; -N: signal N): a child of the supervisor has ended, be it the program's first process or an
  orphan.
- `signalled` (`signal`, `sender`): the supervisor got a signal, which ends nothing; what was sent to the whole process
  group, the program has got as well. `sender` is a pid, or 0: see `signals.SignalReader`.
- `stopping`: `stop` came, and what ends from now on was ended by it.
- `left_over` (`pids`, `then`): what outlives the first process. `then` is what becomes of it: `end`, `ask` or `keep`.
- `ended`: nothing is left.

After the last one the supervisor waits for the lifeline's end, since the reports are the owner's to read, and removes
the run's directory.

Standard library only, and of rocketgui what stands beside it: it is run by an isolated interpreter.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time

from rocketgui.system.process_tree import (
    EMPTY_LOOKS,
    become_subreaper,
    descendants,
    end_descendants,
    lower_session,
    reap,
    send,
    terminate_descendants,
    wake_when_parent_dies,
)
from rocketgui.system.run_directory import identity, remove
from rocketgui.system.signals import TO_GROUPS, SignalReader

TYPE_CHECKING = False  # typing would take longer to import than any of these
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any

#: How long the left-overs of a program that came to its end may take to end by themselves, in s.
GRACE = 1.0
#: How long they may take to end after SIGTERM, in s.
LEFT_PATIENCE = 3.0
#: The same where the program's first process was killed, in s: all has to be over within 2 s then.
KILLED_PATIENCE = 1.0
#: The same after `stop`, and when the lifeline broke, in s: all has to be over within 1 s then.
STOP_PATIENCE = 0.3
#: Who goes on in the place of a supervisor that died hears of no process's end, and looks so often, in s.
LOOK_EVERY = 0.05

#: What an isolated interpreter runs; the path of this file comes as its first argument, where `ps` shows it. Its
#: package is found at the end of the path, behind the standard library, and loaded as compiled before: a file to run
#: would be compiled each time, which takes longer than all that the supervisor does until the program starts.
CODE = (
    "import sys;sys.path.append(sys.argv[1].replace('\\\\','/').rsplit('/',2)[0]);"
    "from rocketgui.supervisor import main;main()"
)


class Reports:
    """Writes what happened, a line of JSON each; an owner that is gone is no reason to stop working."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, event: str, **fields: Any) -> None:
        with contextlib.suppress(OSError):
            os.write(
                self._descriptor, json.dumps({"event": event, "t_ns": time.monotonic_ns(), **fields}).encode() + b"\n"
            )

    def exited(self, pid: int, status: int) -> None:
        self.write("exited", pid=pid, code=os.waitstatus_to_exitcode(status))

    def signalled(self, number: int, sender: int) -> None:
        self.write("signalled", signal=int(number), sender=sender)


class Commands:
    """The lines that come through a pipe; its end is the lifeline's."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.lost = False
        self._unread = b""

    def read(self) -> list[str]:
        """Wait for commands; none when the lifeline has broken."""
        data = b"" if self.lost else os.read(self.descriptor, 4096)
        self.lost = not data
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


class Supervisor:
    """The loop of a POSIX system: wait for commands and for the ends of processes, whichever comes first.

    It runs in a process of its own (`main`), or in the owner's, see `adopt`.
    """

    def __init__(self, commands: Commands, reports: Reports) -> None:
        self._commands = commands
        self._reports = reports
        self._root = 0
        self._root_code: int | None = None
        self._spare: Callable[[], Container[int]] | None = None
        #: Becomes readable when a signal came; None where others get the signals.
        self._wake: int | None = None
        self._started = False
        self._ask = False
        self._keep = False
        self._told_of_left = False
        #: How often it was said that it has to end, by `stop` or by the lifeline's end.
        self._ends_asked = 0

    @classmethod
    def adopt(
        cls,
        commands: int,
        reports: int,
        root: int,
        root_code: int | None,
        spare: Callable[[], Container[int]],
        *,
        ask: bool = False,
    ) -> Supervisor:
        """Go on in the place of a supervisor that was seen to be dead, in a thread of its owner, which is a subreaper
        as well: the program's processes are this process's children now. Call `supervise` in that thread; it returns
        after the report `ended`.

        `root` is the program's first process, and `root_code` its exit code if the dead one reported it. `ask`: that
        command had been sent. `spare()` gives the pids of this process's other children, the dead supervisor among
        them: they and what is below them are left alone, and their status is not taken. It is called often, and after
        each look at the children; where one can be started meanwhile, a lock has to make it wait for the new pid.
        """
        self = cls(Commands(commands), Reports(reports))
        self._root, self._root_code, self._spare, self._ask = root, root_code, spare, ask
        return self

    def start(self, argv: list[str], own_session: bool) -> bool:
        """Wait for `start` and start the program; False if it came to nothing."""
        become_subreaper()
        wake_when_parent_dies()
        # Handlers, not SIG_IGN: what is ignored stays ignored in the program, a handler does not outlive exec.
        signals = SignalReader(TO_GROUPS, self._reports.signalled)
        while not self._started:
            self._obey()
            if self._ends_asked:
                self._reports.write("ended")
                return False
        try:
            process = subprocess.Popen(argv, start_new_session=own_session)
        except OSError as error:
            self._reports.write("not_started", error=f"{error.strerror or error}")
            return False
        self._reports.write("started", pid=process.pid)
        process.returncode = 0  # it is reaped here, not by subprocess
        self._root = process.pid
        self._wake = _wake_for_children()
        signals.read()
        if own_session:
            lower_session(self._root)
        return True

    def supervise(self) -> None:
        """Follow the program until nothing of it is left, and end what has to end."""
        gone = self._wait(lambda: self._root_code is not None)
        if not gone and not self._ends_asked:
            gone = self._follow_left_overs()
        if not gone:
            self._end()
        self._reports.write("ended")

    def wait_for_lifeline(self) -> None:
        """Until the owner has read the last reports, or is gone."""
        while not self._commands.lost:
            self._commands.read()

    def _was_killed(self) -> bool:
        return self._root_code is not None and self._root_code < 0 and self._root_code != -signal.SIGINT

    def _follow_left_overs(self) -> bool:
        """The first process has ended: what becomes of the others; True if they are gone."""
        if not self._was_killed() and self._wait(lambda: False, GRACE):
            return True
        then = "keep" if self._keep else "ask" if self._ask and not self._was_killed() else "end"
        if self._ends_asked:
            return False
        self._tell_of_left(then)
        if then == "ask" and self._wait(lambda: self._keep):
            return True
        return self._keep and self._wait(lambda: False)

    def _tell_of_left(self, then: str) -> None:
        if self._root_code is not None and not self._told_of_left:
            self._told_of_left = True
            left = self._descendants()
            if left:
                self._reports.write("left_over", pids=left, then=then)

    def _end(self) -> None:
        self._tell_of_left("end")
        after_root = KILLED_PATIENCE if self._was_killed() else LEFT_PATIENCE
        patience = STOP_PATIENCE if self._ends_asked else after_root
        before, self._ends_asked = self._ends_asked, 0  # one more cuts it short
        asked = terminate_descendants(os.getpid(), self._spared())
        if not (asked and self._wait(lambda: False, patience)):
            end_descendants(self._reaped, self._spare)
        self._ends_asked += before

    def _wait(self, reached: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until `reached()`, until so many seconds are over, or until it has to end; True if, before any of that,
        nothing was left to wait for."""
        deadline = None if seconds is None else time.monotonic() + seconds
        empty = 0
        while True:
            if not reap(self._reaped, self._spare):
                empty += 1
                if self._spare is None or empty == EMPTY_LOOKS:
                    return True
            else:
                empty = 0
            left = None if deadline is None else deadline - time.monotonic()
            if reached() or self._ends_asked or (left is not None and left <= 0):
                return False
            if self._wake is None:
                left = LOOK_EVERY if left is None else min(left, LOOK_EVERY)
            self._wait_once(left)

    def _wait_once(self, seconds: float | None) -> None:
        sources = [] if self._commands.lost else [self._commands.descriptor]
        if self._wake is not None:
            sources.append(self._wake)
        ready, _, _ = select.select(sources, [], [], seconds)
        if self._wake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)
        if self._commands.descriptor in ready:
            self._obey()

    def _obey(self) -> None:
        """Carry out commands."""
        for command in self._commands.read():
            if command == "start":
                self._started = True
            elif command == "stop":
                self._ends_asked += 1
                self._reports.write("stopping")
            elif command == "keep":
                self._keep = True
            elif command == "ask":
                self._ask = True
            elif command == "interrupt" and self._root and self._root_code is None:
                send(self._group_of(self._root), signal.SIGINT)
        self._ends_asked += self._commands.lost

    def _descendants(self) -> list[int]:
        return descendants(os.getpid(), self._spared())

    def _spared(self) -> Callable[[], Container[int]]:
        return tuple if self._spare is None else self._spare

    def _group_of(self, root: int) -> list[int]:
        """The program's processes that a Ctrl-C in a terminal would reach; not this one, which may be of the group."""
        group = os.getpgid(root)
        return [pid for pid in self._descendants() if _process_group(pid) == group]

    def _reaped(self, pid: int, status: int) -> None:
        if pid == self._root and self._root_code is None:
            self._root_code = os.waitstatus_to_exitcode(status)
        self._reports.exited(pid, status)


def _wake_for_children() -> int:
    """A descriptor that becomes readable when a child ends. The handler is set only now, so that a program whose
    starter ignores SIGCHLD finds it as it was."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    os.set_blocking(wake_read, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake_read


def _process_group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def run_on_windows(commands: Commands, reports: Reports, argv: list[str]) -> None:  # pragma: no cover
    """A Job object holds the tree: when this process ends, however it does, Windows ends all of it."""
    job = _job_of_this_process()
    while "start" not in commands.read():
        if commands.lost:
            return
    try:
        root = subprocess.Popen(argv)
    except OSError as error:
        reports.write("not_started", error=f"{error.strerror or error}")
        return
    reports.write("started", pid=root.pid)

    def obey() -> None:
        while not commands.lost:
            for command in commands.read():
                if command == "stop":
                    root.terminate()
                    return
                if command == "interrupt":
                    root.send_signal(signal.CTRL_C_EVENT)  # type: ignore[attr-defined,unused-ignore]
        os._exit(1)

    threading.Thread(target=obey, daemon=True).start()
    code = root.wait()
    # Windows has unsigned exit codes; terminate() gives 1.
    reports.write("exited", pid=root.pid, code=code)
    reports.write("ended")
    del job


def _job_of_this_process() -> Any:  # pragma: no cover
    """A Job with JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE that holds this process and so all that it starts.

    Source: Microsoft's documentation of CreateJobObjectW and JOBOBJECT_EXTENDED_LIMIT_INFORMATION.
    """
    import ctypes

    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    kernel32.CreateJobObjectW.restype = ctypes.c_void_p
    kernel32.GetCurrentProcess.restype = ctypes.c_void_p
    kernel32.SetInformationJobObject.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32]
    kernel32.AssignProcessToJobObject.argtypes = [ctypes.c_void_p, ctypes.c_void_p]

    class Basic(ctypes.Structure):
        _fields_ = [
            ("PerProcessUserTimeLimit", ctypes.c_int64),
            ("PerJobUserTimeLimit", ctypes.c_int64),
            ("LimitFlags", ctypes.c_uint32),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", ctypes.c_uint32),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", ctypes.c_uint32),
            ("SchedulingClass", ctypes.c_uint32),
        ]

    class Extended(ctypes.Structure):
        _fields_ = [
            ("BasicLimitInformation", Basic),
            ("IoInfo", ctypes.c_uint64 * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        ]

    limits = Extended()
    limits.BasicLimitInformation.LimitFlags = 0x2000
    job = kernel32.CreateJobObjectW(None, None)
    kernel32.SetInformationJobObject(job, 9, ctypes.byref(limits), ctypes.sizeof(limits))
    kernel32.AssignProcessToJobObject(job, kernel32.GetCurrentProcess())
    return job


def _descriptor(passed: int, flags: int) -> int:
    """The file descriptor that was handed over: on Windows it comes as a handle."""
    if os.name != "nt":
        return passed
    import msvcrt

    return msvcrt.open_osfhandle(passed, flags)  # type: ignore[attr-defined,no-any-return,unused-ignore]


def main() -> None:
    """supervisor.py COMMANDS REPORTS RUN_DIRECTORY own|same PROGRAM [ARGUMENT]...

    The first two are descriptors (on Windows handles); `own` gives the program a session of its own.
    """
    _, _, commands, reports, directory, session, *argv = sys.argv
    ends = _descriptor(int(commands), os.O_RDONLY), _descriptor(int(reports), os.O_WRONLY)
    for end in ends:
        os.set_inheritable(end, False)
    if os.name == "nt":
        run_on_windows(Commands(ends[0]), Reports(ends[1]), argv)
        return
    created = identity(directory)
    supervisor = Supervisor(Commands(ends[0]), Reports(ends[1]))
    if supervisor.start(argv, session == "own"):
        supervisor.supervise()
    supervisor.wait_for_lifeline()
    remove(directory, created)
