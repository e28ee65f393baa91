"""A tiny process that starts the observed program, reaps everything that comes of it, and ends it all.

    collector ── commands (lifeline) ──▶ supervisor ── starts ──▶ program ──▶ its children
              ◀── reports, JSON lines ──            ◀── every orphan becomes its child ──┘

It is the subreaper of the whole tree: a process whose parent has died becomes its child, so `waitpid` knows when
nothing is left. When the lifeline breaks, because the collector died or closed it, the tree ends. On Windows a Job
object does the same; elsewhere, without subreapers, orphans are found by their session as far as they can be.

Standard library only, and nothing else of rocketgui: it is run as a plain file by an isolated interpreter.
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

TYPE_CHECKING = False  # typing would take longer to import than any of these
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

LINUX: bool = sys.platform.startswith("linux")
#: Whether the system lists the children of a process; Linux does, if it was built so, as nearly all are.
LISTS_CHILDREN: bool = os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
PR_SET_CHILD_SUBREAPER = 36
#: How long the left-overs of a program that came to its end may take to end by themselves, in s.
GRACE = 1.0
#: How long to try to end what will not end, in s.
PATIENCE = 10.0
#: The nice value of the program's session as a whole, beside that of a window.
SESSION_NICE = 5


def become_subreaper() -> bool:
    """Make orphaned descendants children of this process; False where the system cannot."""
    if not LINUX:
        return False
    import ctypes  # here, and the others likewise: the program's first line waits for this process to be up

    return bool(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def lower_session(pid: int) -> None:
    """Let a window go before the session of `pid`, where the system schedules by session (Linux, autogroup).

    It is the group as a whole that is lowered: the niceness that the program sees of itself stays what it was. The
    system may refuse, since it takes only some ten such wishes a second; then it stays as it is.
    """
    with contextlib.suppress(OSError), open(f"/proc/{pid}/autogroup", "wb", buffering=0) as file:
        file.write(str(SESSION_NICE).encode())


# ---------------------------------------------------------------- the tree


def parents() -> dict[int, int]:
    """The parent's pid of every process of the system."""
    if LINUX:
        pairs = (_stat(entry) for entry in os.listdir("/proc") if entry.isdigit())
        return dict(pair for pair in pairs if pair)
    listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
    return {int(pid): int(parent) for pid, parent in (line.split() for line in listing.splitlines())}


def _stat(entry: str) -> tuple[int, int] | None:
    try:
        with open(f"/proc/{entry}/stat", "rb") as file:
            # The name in brackets may hold anything, even brackets.
            return int(entry), int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None  # it has just gone


def descendants(of: int) -> list[int]:
    """The pids of all children, their children, and so on; parents stand before their children."""
    children_of = children if LISTS_CHILDREN else _children_by_table()
    found = children_of(of)[:]
    for pid in found:
        found.extend(children_of(pid))
    return found


def _children_by_table() -> Callable[[int], list[int]]:
    table: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        table.setdefault(parent, []).append(pid)
    return lambda pid: table.get(pid, [])


def children(pid: int) -> list[int]:
    """The children of a process, as Linux keeps them (see `LISTS_CHILDREN`): where each process forks and ends at once,
    a look at all of the system's processes would come too late every time."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found.extend(map(int, file.read().split()))
    return found


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _process_group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def stop_descendants(of: int) -> list[int]:
    """SIGSTOP every descendant, again and again until no new one turns up: what is stopped cannot fork."""
    stopped: set[int] = set()
    while True:
        found = descendants(of)
        new = [pid for pid in found if pid not in stopped]
        if not new:
            return found
        _signal(new, signal.SIGSTOP)
        stopped.update(new)


def end_descendants(reaped: Callable[[int, int], None]) -> None:
    """End everything below this process until `waitpid` says that nothing is left; `reaped(pid, status)` is
    called for each. A scan that finds nothing is no proof: a fork may be on its way. After `PATIENCE` seconds it gives
    up: what is left then belongs to another user and may not be ended."""
    me = os.getpid()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        victims = stop_descendants(me)
        _signal(victims, signal.SIGKILL)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                break
            reaped(pid, status)
        time.sleep(0.002)


# ---------------------------------------------------------------- the process


class Reports:
    """Writes what happened, a line of JSON each; a collector that is gone is no reason to stop working."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, event: str, **fields: Any) -> None:
        with contextlib.suppress(OSError):
            os.write(
                self._descriptor, json.dumps({"event": event, "t_ns": time.monotonic_ns(), **fields}).encode() + b"\n"
            )

    def exited(self, pid: int, status: int) -> None:
        self.write("exited", pid=pid, code=os.waitstatus_to_exitcode(status))


class Supervisor:
    """The loop of a POSIX system: wait for commands and for the ends of processes, whichever comes first."""

    def __init__(self, commands: int, reports: Reports, run_directory: str) -> None:
        self._commands = commands
        self._reports = reports
        self._run_directory = run_directory
        self._root: subprocess.Popen[bytes] | None = None
        self._root_code: int | None = None
        self._lost = False
        self._asked_to_end = False

    def run(self, argv: list[str], own_session: bool) -> None:
        become_subreaper()
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        # Handlers, not SIG_IGN: what is ignored stays ignored in the program, a handler does not outlive exec.
        for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, lambda *_: None)
        # Where it comes to the whole group, the program has got it as well.
        signal.signal(signal.SIGINT, lambda *_: self._reports.write("interrupted"))
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "_asked_to_end", True))
        try:
            self._root = subprocess.Popen(argv, start_new_session=own_session)
        except OSError as error:
            self._reports.write("not_started", error=f"{error.strerror or error}")
            return
        self._reports.write("started", pid=self._root.pid)
        if own_session:
            lower_session(self._root.pid)
        self._wait(wake_read)
        self._end()

    def _wait(self, wake: int) -> None:
        """Until the tree is gone, or has to go."""
        deadline: float | None = None
        while not self._asked_to_end:
            if not self._reap():
                return
            if self._root_code is not None:
                if self._root_code < 0 and self._root_code != -signal.SIGINT:
                    return  # killed: what it left will never be joined
                deadline = deadline or time.monotonic() + GRACE
                if time.monotonic() >= deadline:
                    return
            timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self._commands, wake], [], [], timeout)
            if wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 4096)
            if self._commands in ready and not self._obey():
                return

    def _obey(self) -> bool:
        """Carry out commands; False if the tree has to end."""
        data = os.read(self._commands, 4096)
        if not data:
            self._lost = True
            return False
        for command in data.decode().split():
            if command == "stop":
                return False
            if command == "interrupt" and self._root is not None and self._root_code is None:
                _signal(self._group_of(self._root.pid), signal.SIGINT)
        return True

    @staticmethod
    def _group_of(root: int) -> list[int]:
        """The program's processes that a Ctrl-C in a terminal would reach; not this one, which may be of the group."""
        group = os.getpgid(root)
        return [pid for pid in descendants(os.getpid()) if _process_group(pid) == group]

    def _reap(self) -> bool:
        """Reap what has ended; False when there is nothing left to wait for."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            self._reaped(pid, status)

    def _reaped(self, pid: int, status: int) -> None:
        if self._root is not None and pid == self._root.pid:
            self._root_code = self._root.returncode = os.waitstatus_to_exitcode(status)
        self._reports.exited(pid, status)

    def _end(self) -> None:
        if self._root_code is not None:
            left = descendants(os.getpid())
            if left:
                self._reports.write("left_over", pids=left)
        end_descendants(self._reaped)
        self._reports.write("ended")
        # The last words are the collector's to read; but if it dies before it has removed them, somebody must.
        while not self._lost and os.read(self._commands, 4096):
            pass
        _remove(self._run_directory)


def _remove(directory: str) -> None:
    """Remove a run's directory, which holds nothing but files. `shutil` would take longer to import than all this."""
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))
        os.rmdir(directory)


def run_on_windows(commands: int, reports: Reports, argv: list[str]) -> None:  # pragma: no cover
    """A Job object holds the tree: when this process ends, however it does, Windows ends all of it."""
    job = _job_of_this_process()
    try:
        root = subprocess.Popen(argv)
    except OSError as error:
        reports.write("not_started", error=f"{error.strerror or error}")
        return
    reports.write("started", pid=root.pid)

    def obey() -> None:
        while data := os.read(commands, 4096):
            for command in data.decode().split():
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
    _, commands, reports, run_directory, session, *argv = sys.argv
    ends = _descriptor(int(commands), os.O_RDONLY), _descriptor(int(reports), os.O_WRONLY)
    for end in ends:
        os.set_inheritable(end, False)
    if os.name == "nt":
        run_on_windows(ends[0], Reports(ends[1]), argv)
    else:
        Supervisor(ends[0], Reports(ends[1]), run_directory).run(argv, session == "own")


if __name__ == "__main__":
    main()
