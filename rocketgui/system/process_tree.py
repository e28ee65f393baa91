"""The descendants of a process: finds them, finds whether one of them sent a signal, and ends all of them.

Standard library only. The supervisor uses this module, and the owner, which may take the supervisor's place.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

TYPE_CHECKING = False  # typing would take longer to import than any of these
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

LINUX: bool = sys.platform.startswith("linux")
#: Whether the system lists the children of a process: Linux does, if its kernel was built so, as nearly all are.
LISTS_CHILDREN: bool = os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
#: How long `end_descendants` tries at most, in s.
PATIENCE = 10.0
#: How long Python's resource trackers may take to clean up once all other processes have ended, in s. Usually they end
#: by themselves some 50 ms later. One that does not has its pipe held open by a process outside the tree.
TRACKERS_PATIENCE = 0.5
#: If more new processes than this appear while a tree is being stopped, it forks without end and gets no SIGTERM.
LATE_AT_MOST = 64
#: Killed processes are killed again after so long, in s, since the pid may belong to a new process by then.
FORGOTTEN_AFTER = 0.25
#: How many scans in a row have to find no process. A single one may miss a process whose parent has just died, before
#: it becomes a child of this process.
EMPTY_LOOKS = 3
#: The nice value of the program's session as a whole; that of the window's session is lower.
SESSION_NICE = 5

#: The command line of a resource tracker: of multiprocessing since Python 3.4, loky, and joblib.
_TRACKER = re.compile(rb"(?:^|[\0 ])-c[\0 ]from (?:\w+\.)+(?:resource|semaphore)_tracker import main; ?main\(")


def become_subreaper() -> bool:
    """Make this process a subreaper: orphans among its descendants become its children. False where the system cannot
    (prctl(2), Linux only)."""
    return _prctl(PR_SET_CHILD_SUBREAPER, 1)


def wake_when_parent_dies() -> bool:
    """Have this process continued (SIGCONT) when its parent dies, in case it was stopped; else SIGCONT has no effect.
    Return False where the system cannot (prctl(2), Linux only)."""
    return _prctl(PR_SET_PDEATHSIG, signal.SIGCONT)


def _prctl(option: int, value: int) -> bool:
    if not LINUX:
        return False
    import ctypes  # late, as other imports: the program's first line waits for the supervisor's start

    return bool(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0)


def lower_session(pid: int) -> None:
    """Lower the priority of the session of `pid` below the window's, where the system schedules by session (Linux,
    autogroup; sched(7)).

    Only the session as a whole is lowered: the program's own nice values stay as they were. The system may refuse,
    since it accepts only some ten such changes a second; then nothing changes.
    """
    with contextlib.suppress(OSError), open(f"/proc/{pid}/autogroup", "wb", buffering=0) as file:
        file.write(str(SESSION_NICE).encode())


# ---------------------------------------------------------------- finding processes


def parents() -> dict[int, int]:
    """The pid of the parent of every process of the system: pid -> parent's pid."""
    if LINUX:
        pairs = ((int(entry), parent_of(int(entry))) for entry in os.listdir("/proc") if entry.isdigit())
        return {pid: parent for pid, parent in pairs if parent is not None}
    listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
    return {int(pid): int(parent) for pid, parent in (line.split() for line in listing.splitlines())}


def parent_of(pid: int) -> int | None:
    """The pid of a process's parent, on Linux; None if the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in brackets may itself contain brackets.
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None


def descendants(of: int, spare: Callable[[], Container[int]] = tuple) -> list[int]:
    """The pids of the descendants of `of`, parents before their children.

    Children of `of` that are in `spare()`, and their descendants, are left out. `spare` is called after the children
    were listed, so that it includes children that were started shortly before.
    """
    children_of = children if LISTS_CHILDREN else _children_by_table()
    found = children_of(of)[:]
    spared = spare()
    found = [pid for pid in found if pid not in spared]
    for pid in found:
        found.extend(children_of(pid))
    return found


def _children_by_table() -> Callable[[int], list[int]]:
    table: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        table.setdefault(parent, []).append(pid)
    return lambda pid: table.get(pid, [])


def children(pid: int) -> list[int]:
    """The pids of the children of a process, as Linux lists them (see `LISTS_CHILDREN`). In a tree whose processes each
    fork and end at once, a scan of all processes of the system would come too late every time."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found.extend(map(int, file.read().split()))
    return found


def is_descendant(pid: int, of: int) -> bool:
    """Whether a process is a descendant of the process `of`. A zombie still is, a process that was reaped is not."""
    table = {} if LINUX else parents()
    seen = set()
    above: int | None = pid
    while above and above not in seen:
        seen.add(above)  # pids that are used again could make a cycle
        above = parent_of(above) if LINUX else table.get(above)
        if above == of:
            return True
    return False


def sent_by_program(sender: int, supervisor: int, known: Callable[[int], bool]) -> bool:
    """Whether the sender of a signal is one of the program's processes: a descendant of the supervisor or, since the
    sender may have ended, `known(sender)`. Sender 0 is the kernel, as for Ctrl-C in a terminal, or unknown."""
    return sender > 0 and (is_descendant(sender, supervisor) or known(sender))


def is_tracker(pid: int) -> bool:
    """Whether a process is one of Python's resource trackers.

    A resource tracker removes the shared memory and semaphores that a program has left, once the last process that
    holds the tracker's pipe has ended.
    """
    if LINUX:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                command = file.read()
        except OSError:
            return False
    else:
        command = subprocess.run(["ps", "-wwo", "command=", "-p", str(pid)], capture_output=True, check=False).stdout
    return _TRACKER.search(command) is not None


# ---------------------------------------------------------------- ending processes


def send(pids: Iterable[int], number: int) -> None:
    """Send a signal to each process; those that are gone, or belong to another user, are skipped."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def reap(reaped: Callable[[int, int], None], spare: Callable[[], Container[int]] | None = None) -> bool:
    """Reap every child that has ended, and call `reaped(pid, status)` for each, with the status of waitpid(2). Return
    False if no child is left.

    Children in `spare()` are ignored, and their status is not taken.
    """
    if spare is None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            reaped(pid, status)
    found = children(os.getpid()) if LISTS_CHILDREN else _children_by_table()(os.getpid())
    spared = spare()
    left = False
    for child in found:
        if child not in spared:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(child, os.WNOHANG)
                left = left or pid == 0
                if pid:
                    reaped(pid, status)
    return left


def stop_descendants(of: int, spare: Callable[[], Container[int]] = tuple) -> list[int]:
    """Send SIGSTOP to every descendant, since stopped processes cannot fork; repeat until no new one is found. Return
    their pids."""
    return _stop(of, spare, set())[0]


def _stop(of: int, spare: Callable[[], Container[int]], stopped: set[int]) -> tuple[list[int], int]:
    """Stop the descendants that are not in `stopped` yet, and add them to it. Return all descendants, and how many of
    them the first scan did not find."""
    looks = late = 0
    while True:
        found = descendants(of, spare)
        new = set(found) - stopped
        if not new:
            return found, late
        send(new, signal.SIGSTOP)
        stopped |= new
        late += len(new) if looks else 0
        looks += 1


def terminate_descendants(of: int, spare: Callable[[], Container[int]] = tuple) -> bool:
    """Send SIGTERM to every descendant but the resource trackers. Return False, without SIGTERM and with the
    descendants stopped, if they fork without end (see `LATE_AT_MOST`).

    Descendants are stopped before SIGTERM and continued after it, so that all have SIGTERM before one reacts to it: no
    pool replaces workers that end. Processes that were stopped already, as in a paused run, could not react otherwise.
    """
    found, late = _stop(of, spare, set())
    if late > LATE_AT_MOST:
        return False
    send([pid for pid in found if not is_tracker(pid)], signal.SIGTERM)
    send(found, signal.SIGCONT)
    return True


def end_descendants(reaped: Callable[[int, int], None], spare: Callable[[], Container[int]] | None = None) -> None:
    """Kill the descendants of this process until `waitpid` says that no child is left; `reaped(pid, status)` is called
    for each child. A scan without a result would not be enough, since a process may be forking. Gives up after
    `PATIENCE` seconds: processes that are left then belong to another user, and may not be killed.

    Resource trackers end last: once all other processes have ended, they have `TRACKERS_PATIENCE` to remove left-over
    shared memory and end.

    Where this process has children that are not the program's, `spare()` gives their pids, see `descendants`. They and
    their descendants are left alone, and their status is not taken; `EMPTY_LOOKS` scans then have to find no child.
    """
    me = os.getpid()
    deadline = time.monotonic() + PATIENCE
    trackers_deadline = forget_at = deadline
    killed: set[int] = set()
    stopped: set[int] = set()
    trackers: set[int] = set()
    empty = 0

    def gone(pid: int, status: int) -> None:
        for known in (killed, stopped, trackers):
            known.discard(pid)
        reaped(pid, status)

    while (now := time.monotonic()) < deadline:
        if now >= forget_at:  # where a parent ignores SIGCHLD, pids are used again unseen
            killed.clear()
            stopped.clear()
        if not killed:
            forget_at = now + FORGOTTEN_AFTER
        found, _ = _stop(me, tuple if spare is None else spare, stopped)
        if now < trackers_deadline:
            trackers |= {pid for pid in found if pid not in killed and pid not in trackers and is_tracker(pid)}
            send(trackers, signal.SIGCONT)  # trackers have to notice that the other processes are gone
        else:
            trackers.clear()
        victims = [pid for pid in found if pid not in trackers]
        send([pid for pid in victims if pid not in killed], signal.SIGKILL)
        killed.update(victims)
        if reap(gone, spare):
            empty = 0
        elif spare is None or (empty := empty + 1) == EMPTY_LOOKS:
            return
        if not victims and trackers_deadline == deadline:
            trackers_deadline = time.monotonic() + TRACKERS_PATIENCE
        # Wait at least as long as this scan took: the dying processes need the cores.
        time.sleep(max(0.002, time.monotonic() - now))
