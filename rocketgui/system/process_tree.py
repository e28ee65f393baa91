"""The processes below one: which they are, which of them sent a signal, and how all of them are ended.

Standard library only. The supervisor uses it, and whoever started the supervisor and outlives it.
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
#: Whether the system lists the children of a process; Linux does, if it was built so, as nearly all are.
LISTS_CHILDREN: bool = os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
#: How long to try to end what will not end, in s.
PATIENCE = 10.0
#: How long Python's resource trackers may take to remove what is left once all others are gone, in s. They end then by
#: themselves, some 50 ms later; one that does not is held open by a process outside the tree.
TRACKERS_PATIENCE = 0.5
#: A tree in which so many processes are born while it is being stopped forks without end, and does not tidy up.
LATE_AT_MOST = 64
#: What was killed is killed again after so long, in s, should its pid be another process's.
FORGOTTEN_AFTER = 0.25
#: One look may find nothing of the tree while a process is handed from its dead parent to this one; so many do not.
EMPTY_LOOKS = 3
#: The nice value of the program's session as a whole, beside that of a window.
SESSION_NICE = 5

#: The command line of a resource tracker, in all that has had one: multiprocessing since Python 3.4, loky, joblib.
_TRACKER = re.compile(rb"(?:^|[\0 ])-c[\0 ]from (?:\w+\.)+(?:resource|semaphore)_tracker import main; ?main\(")


def become_subreaper() -> bool:
    """Make orphaned descendants children of this process; False where the system cannot."""
    return _prctl(PR_SET_CHILD_SUBREAPER, 1)


def wake_when_parent_dies() -> bool:
    """Have this process continued (SIGCONT) when its parent dies, in case it was stopped; False where the system
    cannot. A process that is not stopped does not notice."""
    return _prctl(PR_SET_PDEATHSIG, signal.SIGCONT)


def _prctl(option: int, value: int) -> bool:
    if not LINUX:
        return False
    import ctypes  # here, and the others likewise: the program's first line waits for the supervisor to be up

    return bool(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0)


def lower_session(pid: int) -> None:
    """Let a window go before the session of `pid`, where the system schedules by session (Linux, autogroup).

    It is the group as a whole that is lowered: the niceness that the program sees of itself stays what it was. The
    system may refuse, since it takes only some ten such wishes a second; then it stays as it is.
    """
    with contextlib.suppress(OSError), open(f"/proc/{pid}/autogroup", "wb", buffering=0) as file:
        file.write(str(SESSION_NICE).encode())


# ---------------------------------------------------------------- which they are


def parents() -> dict[int, int]:
    """The parent's pid of every process of the system."""
    if LINUX:
        pairs = ((int(entry), parent_of(int(entry))) for entry in os.listdir("/proc") if entry.isdigit())
        return {pid: parent for pid, parent in pairs if parent is not None}
    listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
    return {int(pid): int(parent) for pid, parent in (line.split() for line in listing.splitlines())}


def parent_of(pid: int) -> int | None:
    """The pid of a process's parent, as Linux tells it; None if the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in brackets may hold anything, even brackets.
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None


def descendants(of: int, spare: Callable[[], Container[int]] = tuple) -> list[int]:
    """The pids of all children, their children, and so on; parents stand before their children.

    Children of `of` that are in `spare()` are left out, and what is below them. It is called after the look at the
    children, so that it knows those that were started meanwhile.
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
    """The children of a process, as Linux keeps them (see `LISTS_CHILDREN`): where each process forks and ends at once,
    a look at all of the system's processes would come too late every time."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found.extend(map(int, file.read().split()))
    return found


def is_descendant(pid: int, of: int) -> bool:
    """Whether a process is below another: a zombie still is, one that was reaped is not."""
    table = {} if LINUX else parents()
    seen = set()
    above: int | None = pid
    while above and above not in seen:
        seen.add(above)  # pids that are used again could make a ring
        above = parent_of(above) if LINUX else table.get(above)
        if above == of:
            return True
    return False


def sent_by_program(sender: int, supervisor: int, known: Callable[[int], bool]) -> bool:
    """Whether the sender of a signal is one of the program's processes: below the supervisor, or, since it may have
    ended, `known` as one. 0 stands for the kernel, as for Ctrl-C in a terminal, or for who is out of sight."""
    return sender > 0 and (is_descendant(sender, supervisor) or known(sender))


def is_tracker(pid: int) -> bool:
    """Whether a process is one of Python's resource trackers.

    It removes the shared memory and semaphores that a program leaves, when the last process that holds its pipe has
    ended.
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


# ---------------------------------------------------------------- how they end


def send(pids: Iterable[int], number: int) -> None:
    """Send a signal to each; those that are gone, or belong to another user, are passed over."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def reap(reaped: Callable[[int, int], None], spare: Callable[[], Container[int]] | None = None) -> bool:
    """Reap every child that has ended, and call `reaped(pid, status)` for each; False if there is no child left.

    With `spare`, children in `spare()` are none, and nobody else's status is taken.
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
    """SIGSTOP every descendant, again and again until no new one turns up: what is stopped cannot fork."""
    return _stop(of, spare, set())[0]


def _stop(of: int, spare: Callable[[], Container[int]], stopped: set[int]) -> tuple[list[int], int]:
    """Stop the descendants that are not in `stopped` yet, and add them; return all, and how many of them did not turn
    up at the first look."""
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
    """SIGTERM to every descendant but the resource trackers; False, and nothing is sent, where they fork without end.

    They are stopped before and continued after it, so that it reaches all of them before any of them acts on it: no
    pool replaces the workers that it sees end. Nor would it reach what was stopped already, as in a paused run.
    """
    found, late = _stop(of, spare, set())
    if late > LATE_AT_MOST:
        return False
    send([pid for pid in found if not is_tracker(pid)], signal.SIGTERM)
    send(found, signal.SIGCONT)
    return True


def end_descendants(reaped: Callable[[int, int], None], spare: Callable[[], Container[int]] | None = None) -> None:
    """End everything below this process until `waitpid` says that nothing is left; `reaped(pid, status)` is
    called for each. A scan that finds nothing is no proof: a fork may be on its way. After `PATIENCE` seconds it gives
    up: what is left then belongs to another user and may not be ended.

    The resource trackers come last: once all others are gone, they have `TRACKERS_PATIENCE` to remove what is left in
    shared memory, and end.

    Where this process has other children than the program's, `spare()` gives their pids, see `descendants`; they and
    what is below them are not touched, and their status is not taken. Then several scans have to find nothing.
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
        if now >= forget_at:  # who ignores the ends of its children lets pids be used again unseen
            killed.clear()
            stopped.clear()
        if not killed:
            forget_at = now + FORGOTTEN_AFTER
        found, _ = _stop(me, tuple if spare is None else spare, stopped)
        if now < trackers_deadline:
            trackers |= {pid for pid in found if pid not in killed and pid not in trackers and is_tracker(pid)}
            send(trackers, signal.SIGCONT)  # they have to notice that the others are gone
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
        # Those that are dying need the cores more than one who looks for them.
        time.sleep(max(0.002, time.monotonic() - now))
