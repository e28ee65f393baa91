"""The supervisor, a small process that starts the observed program, reaps all its processes, and ends them.

    owner ── commands (lifeline) ──▶ supervisor ── starts ──▶ program ──▶ its children
          ◀── reports, JSON lines ──            ◀── every orphan becomes its child ──┘

"Orphan" is a process whose parent has died, "left-over" one that outlives the program's first process.

The supervisor is the subreaper of the process tree: each orphan becomes its child, so `waitpid` tells when no process
is left. When the lifeline breaks, because the owner died or closed it, the supervisor ends the tree. On Windows a Job
object does the same. On other systems it is no subreaper, and orphans are not found.

Commands, a line each:

- `start`: start the program. Where the lifeline breaks before this command, the supervisor ends without a program.
- `interrupt`: send SIGINT to the program's process group, as Ctrl-C in a terminal does.
- `stop`: end all processes. SIGTERM, then `STOP_PATIENCE`, then SIGKILL.
- `keep`: let left-overs live; a later `stop` ends them.
- `ask`: report left-overs, and wait for `keep` or `stop` before ending them, unless the first process was killed.

Left-overs have the time `GRACE` to end by themselves. The rest is reported (`left_over`), and gets SIGTERM, then the
time `LEFT_PATIENCE`, and then SIGKILL. If the first process was killed, nobody will join its left-overs: they get
SIGTERM without that grace, and have `KILLED_PATIENCE`. A `stop` or the lifeline's end ends the grace and shortens the
time after SIGTERM to `STOP_PATIENCE`; after SIGTERM, it ends the wait at once. Resource trackers end last, see
`process_tree`.

Reports, each with its time `t_ns` (monotonic ns):

- `started` (`pid`), or `not_started` (`error`), which then is the last report.
- `exited` (`pid`, `code`; -N: signal N): a child of the supervisor has ended, the program's first process or an orphan.
- `signalled` (`signal`, `sender`): the supervisor got a signal, which it survives. If the whole process group got the
  signal, so did the program. `sender` is a pid, or 0: see `signals.SignalReader`.
- `stopping`: `stop` came; it ends all processes that end from now on.
- `left_over` (`pids`, `then`): the left-overs, and what happens to them: `end`, `ask` or `keep`.
- `ended`: no process is left.

After the last report the supervisor waits for the lifeline's end, so that the owner can read the reports. Then it
removes the run directory.

Standard library only, and the parts of rocketgui that use nothing else: an isolated interpreter runs this file.
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

#: How long left-overs may take to end by themselves, unless the first process was killed, in s.
GRACE = 1.0
#: How long left-overs may take to end after SIGTERM, in s.
LEFT_PATIENCE = 3.0
#: The same if the first process was killed, in s: all has to be over within 2 s then.
KILLED_PATIENCE = 1.0
#: The same after `stop`, and after the lifeline broke, in s: all has to be over within 1 s then.
STOP_PATIENCE = 0.3
#: How often a substitute in the owner looks for ended children, in s: it gets no SIGCHLD.
LOOK_EVERY = 0.05

#: The code that an isolated interpreter runs. Its first argument is the path of this file, so that `ps` shows it. The
#: package's folder is put behind the standard library on the path, and this module is imported, so that its compiled
#: code is used. A script would be compiled at each start, which takes longer than all else that the supervisor does
#: before it starts the program.
CODE = (
    "import sys;sys.path.append(sys.argv[1].replace('\\\\','/').rsplit('/',2)[0]);"
    "from rocketgui.supervisor import main;main()"
)


class Reports:
    """Writes the reports, a line of JSON each. A report that cannot be written is left out, since the supervisor has to
    go on."""

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
    """The commands that come as lines through a pipe, the lifeline. `lost` is set when the lifeline has broken."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.lost = False
        self._unread = b""

    def read(self) -> list[str]:
        """Wait for commands, and return them; an empty list if the lifeline has broken, or a line is incomplete."""
        data = b"" if self.lost else os.read(self.descriptor, 4096)
        self.lost = not data
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


class Supervisor:
    """The supervisor on POSIX systems: waits for commands and for the ends of processes, whichever comes first.

    It runs in a process of its own (`main`), or in a thread of the owner (`adopt`).
    """

    def __init__(self, commands: Commands, reports: Reports) -> None:
        self._commands = commands
        self._reports = reports
        self._root = 0
        self._root_code: int | None = None
        self._spare: Callable[[], Container[int]] | None = None
        #: A descriptor that becomes readable when a child ends; None in the owner, which handles signals itself.
        self._wake: int | None = None
        self._started = False
        self._ask = False
        self._keep = False
        self._told_of_left = False
        #: How many times `stop`, or the lifeline's end, has asked for the end of the program.
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
        """A supervisor that takes the place of a dead one, in a thread of the owner. The owner is a subreaper as well,
        so the program's processes are its children now. Call `supervise` in that thread; it returns after the report
        `ended`.

        `commands` and `reports` are descriptors. `root` is the pid of the program's first process, and `root_code` its
        exit code if the dead supervisor reported it. `ask`: this command had been sent. `spare()` gives the pids of the
        owner's other children, the dead supervisor among them: they and their descendants are left alone, and their
        exit status is not taken. It is called often, each time after the children were listed. Where another child can
        be started at the same time, a lock has to make `spare` wait for the new pid.
        """
        self = cls(Commands(commands), Reports(reports))
        self._root, self._root_code, self._spare, self._ask = root, root_code, spare, ask
        return self

    def start(self, argv: list[str], own_session: bool) -> bool:
        """Wait for `start`, and start the program, in a session of its own if `own_session` is set. Return False if no
        program was started."""
        become_subreaper()
        wake_when_parent_dies()
        # Handlers, not SIG_IGN: an ignored signal stays ignored in the program, a handler does not outlive exec.
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
        process.returncode = 0  # so that subprocess does not reap it: `reap` does
        self._root = process.pid
        self._wake = _wake_for_children()
        signals.read()
        if own_session:
            lower_session(self._root)
        return True

    def supervise(self) -> None:
        """Wait until no process of the program is left, and end those that have to end."""
        gone = self._wait(lambda: self._root_code is not None)
        if not gone and not self._ends_asked:
            gone = self._follow_left_overs()
        if not gone:
            self._end()
        self._reports.write("ended")

    def wait_for_lifeline(self) -> None:
        """Wait until the owner has read the last reports and closed the lifeline, or is gone."""
        while not self._commands.lost:
            self._commands.read()

    def _was_killed(self) -> bool:
        return self._root_code is not None and self._root_code < 0 and self._root_code != -signal.SIGINT

    def _follow_left_overs(self) -> bool:
        """After the end of the first process, wait for left-overs, report them, and keep them if asked to. Return True
        if none is left, False if they have to be ended."""
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
        before, self._ends_asked = self._ends_asked, 0  # one more `stop` ends the wait
        asked = terminate_descendants(os.getpid(), self._spared())
        if not (asked and self._wait(lambda: False, patience)):
            end_descendants(self._reaped, self._spare)
        self._ends_asked += before

    def _wait(self, reached: Callable[[], bool], seconds: float | None = None) -> bool:
        """Reap children until `reached()` is true, `seconds` have passed, or the program has to be ended. Return True
        if no child was left before that."""
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
        """The program's processes that Ctrl-C in a terminal would reach, without this process, which may be in the
        group."""
        group = os.getpgid(root)
        return [pid for pid in self._descendants() if _process_group(pid) == group]

    def _reaped(self, pid: int, status: int) -> None:
        if pid == self._root and self._root_code is None:
            self._root_code = os.waitstatus_to_exitcode(status)
        self._reports.exited(pid, status)


def _wake_for_children() -> int:
    """A descriptor that becomes readable when a child ends. Called after the program was started, so that a program
    inherits SIGCHLD as it was, for instance ignored."""
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
    """The supervisor on Windows. A Job object holds the process tree: when this process ends, in whatever way, Windows
    ends all its processes."""
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
    """A Job with JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE that holds this process and all processes that it starts.

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
    """The file descriptor of a number that the owner has passed: on Windows the number is a handle."""
    if os.name != "nt":
        return passed
    import msvcrt

    return msvcrt.open_osfhandle(passed, flags)  # type: ignore[attr-defined,no-any-return,unused-ignore]


def main() -> None:
    """supervisor.py COMMANDS REPORTS RUN_DIRECTORY own|same PROGRAM [ARGUMENT]...

    COMMANDS and REPORTS are descriptors (on Windows handles); `own` gives the program a session of its own.
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
