"""Ends this process and its descendants once the owner of the run is gone and no other process has ended them.

The owner (the window's process, or the command) and the supervisor each end the program when the other one dies. Where
both were killed at the same time, only the watchdogs in the agents are left. A watchdog looks at the owner's link in
/proc once a second, and does nothing in doubt: in a container of its own, a process does not see the owner at all.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal would take longer to import than all of the agent
import os
import sys

from .hooks import multiprocessing

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Sequence

#: Time between checks, and how long the owner has to be gone before the program is ended, in ns. The supervisor, if it
#: lives, ends the program within 1 s.
EVERY = 1_000_000_000
PATIENCE = 3_000_000_000
#: Bound at import: the program may replace these functions.
_kill, _open, _readlink, _listdir = os.kill, open, os.readlink, os.listdir


def identity(pid: int) -> str | None:
    """The text "PID:START" by which `ENV_OWNER` names a process, since pids are used again. START is when the process
    began, in clock ticks after the system's boot (proc(5)). None where the system does not tell."""
    found = _stat(pid)
    return None if found is None else "%d:%s" % (pid, found[1])


class OwnerWatchdog:
    """Ends the program where its owner and supervisor are gone. `owner` is the owner's `identity`; the watchdog does
    nothing where `owner` is empty, as on other systems than Linux."""

    def __init__(self, owner: str) -> None:
        pid, _, self._began = owner.partition(":")
        self._pid = int(pid) if pid.isdecimal() else 0
        self._due = self._gone_since = 0
        self._link = "/proc/%d/exe" % self._pid
        self._executable: str | None = None
        #: Whether this process, or the one it was forked from, has seen the owner.
        self.armed = False

    def begin(self, now: int) -> None:
        """Begin at the time `now` in ns, also in a forked child: arm the watchdog if this process, or the one it was
        forked from, sees the owner in its own pid namespace."""
        self._due, self._gone_since = now + EVERY, 0
        self.armed = (
            bool(self._pid) and sys.platform == "linux" and self._sees_itself() and (self.armed or self._sees_owner())
        )

    def _sees_itself(self) -> bool:
        # In a pid namespace whose /proc is another's, /proc/self names another pid.
        try:
            return _readlink("/proc/self") == str(os.getpid())
        except OSError:
            return False

    def _sees_owner(self) -> bool:
        found = _stat(self._pid)
        if found is None or found[1] != self._began:
            return False
        try:
            _kill(self._pid, 0)
            self._executable = _readlink(self._link)
        except OSError:
            return False
        return True

    def look(self, now: int) -> None:
        """Called some times a second with the time in ns: end the program if its owner has been gone for
        `PATIENCE`."""
        if not self.armed or now < self._due:
            return
        self._due = now + EVERY
        if not self._is_gone():
            self._gone_since = 0
        elif not self._gone_since:
            self._gone_since = now
        elif now - self._gone_since >= PATIENCE:
            _end()

    def _is_gone(self) -> bool:
        executable = None
        try:
            executable = _readlink(self._link)
        except FileNotFoundError:
            pass  # a zombie has no link either
        except OSError:
            return not _exists(self._pid)  # this process runs as another user by now
        if executable is not None and executable == self._executable:
            return False
        if not _exists(self._pid):
            return True
        found = _stat(self._pid)
        if found is None:
            return False
        if found[0] in ("Z", "X") or found[1] != self._began:
            return True
        self._executable = executable  # the owner's executable was renamed or replaced
        return False


def _exists(pid: int) -> bool:
    """Whether there is a process with this pid, as this process sees it."""
    try:
        _kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _stat(pid: int) -> tuple[str, str] | None:
    """State of a process (a letter), and when it began, in clock ticks; None where the system does not tell. Source:
    proc(5), /proc/PID/stat."""
    try:
        with _open("/proc/%d/stat" % pid, "rb") as file:
            # The name in brackets may hold anything, even brackets.
            words = file.read().rpartition(b")")[2].split()
        return words[0].decode(), words[19].decode()
    except (OSError, IndexError):
        return None


def _end() -> None:
    """Kill the descendants of this process, then this process. Descendants are stopped first, since a stopped process
    cannot fork. Resource trackers are spared: they end by themselves, after they have removed left-over shared
    memory."""
    me = os.getpid()
    stopped: list[int] = []
    new = _below(me, stopped)
    while new:
        _send(new, _signal.SIGSTOP)
        stopped += new
        new = _below(me, stopped)
    _send(stopped, _signal.SIGKILL)
    _kill(me, _signal.SIGKILL)


def _below(me: int, known: Sequence[int]) -> list[int]:
    """The pids of the descendants of a process that are not known yet."""
    found = [me]
    for pid in found:
        try:
            for task in _listdir("/proc/%d/task" % pid):
                with _open("/proc/%d/task/%s/children" % (pid, task), "rb") as file:
                    found += [child for child in map(int, file.read().split()) if child not in found]
        except OSError:
            pass  # the process has ended
    return [pid for pid in found[1:] if pid not in known and not _is_tracker(pid)]


def _is_tracker(pid: int) -> bool:
    try:
        with _open("/proc/%d/cmdline" % pid, "rb") as file:
            words = [os.fsdecode(word) for word in file.read().split(b"\0")]
    except OSError:
        return False
    return multiprocessing.helper_name(words) == "resource tracker"


def _send(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        try:
            _kill(pid, number)
        except OSError:
            pass  # the process has ended, or belongs to another user
