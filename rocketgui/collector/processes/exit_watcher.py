"""How and when processes end, by process descriptors (pidfd_open(2)) where the system has them."""

from __future__ import annotations

import os
import select
import struct
import sys
import time

import psutil

#: How many descriptors are left for all but process descriptors and trace buffers.
SPARE = 30


class ExitWatcher:
    """Finds which processes have ended, whether or not their parents have waited for them.

    Where the system has process descriptors, one poll of all of them is exact and costs next to nothing. Elsewhere each
    pid is looked up, `ASKS_PER_S` times a second.
    """

    ASKS_PER_S = 4

    def __init__(self) -> None:
        self._poll = select.poll() if hasattr(os, "pidfd_open") else None
        self._room = room_for_descriptors()
        self._process_of: dict[int, int] = {}
        self._exact: set[int] = set()
        self._asked: dict[int, int] = {}
        self._ask_due = 0.0

    def add(self, process: int, pid: int) -> None:
        """Watch a process, given by its entry's id and its pid, from now on."""
        if self._poll is not None and len(self._process_of) < self._room:
            try:
                descriptor = os.pidfd_open(pid)
            except OSError:
                pass  # the process has ended, or no descriptors are left: look up its pid
            else:
                self._process_of[descriptor] = process
                self._exact.add(process)
                self._poll.register(descriptor, select.POLLIN)
                return
        self._asked[process] = pid

    def watches(self, process: int) -> bool:
        """Whether a process is watched by a process descriptor."""
        return process in self._exact

    def new(self) -> list[tuple[int, int | None]]:
        """The processes that have ended since the last call, by their entries' ids, and stop watching them. Each has
        its exit code (-N: killed by signal N), or None where the descriptor does not give it."""
        ended: list[tuple[int, int | None]] = []
        if self._poll is not None:
            for descriptor, _ in self._poll.poll(0):
                process = self._process_of.pop(descriptor)
                self._exact.discard(process)
                ended.append((process, _told_exit(descriptor)))
                self._poll.unregister(descriptor)
                os.close(descriptor)
        now = time.monotonic()
        if self._asked and now >= self._ask_due:
            self._ask_due = now + 1 / self.ASKS_PER_S
            gone = [process for process, pid in self._asked.items() if not runs(pid)]
            for process in gone:
                del self._asked[process]
            ended += [(process, None) for process in gone]
        return ended

    def close(self) -> None:
        for descriptor in self._process_of:
            os.close(descriptor)
        self._process_of.clear()
        self._exact.clear()


#: PIDFD_GET_INFO, `struct pidfd_info` and PIDFD_INFO_EXIT of Linux 6.15 and newer. Source: include/uapi/linux/pidfd.h.
_PIDFD_GET_INFO = 0xC040FF0B
_PIDFD_INFO = struct.Struct("<QQ11Ii")
_PIDFD_INFO_EXIT = 1 << 3


def _told_exit(descriptor: int) -> int | None:
    """The exit code of an ended process, by its process descriptor; None where the system does not tell."""
    asked = _PIDFD_INFO.pack(_PIDFD_INFO_EXIT, *[0] * 13)
    try:
        import fcntl

        answer = _PIDFD_INFO.unpack(fcntl.ioctl(descriptor, _PIDFD_GET_INFO, asked))
    except OSError:
        return None
    return os.waitstatus_to_exitcode(answer[-1]) if answer[0] & _PIDFD_INFO_EXIT else None


def room_for_descriptors() -> int:
    """How many process descriptors, and as many trace buffers, may be held open, so that `SPARE` descriptors are left
    for all else, such as reading /proc."""
    try:
        import resource
    except ImportError:
        return sys.maxsize
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if limit == resource.RLIM_INFINITY else max(4, (limit - SPARE) // 2)


def runs(pid: int) -> bool:
    """Whether there is a process with this pid that has not ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True  # the process exists, and may not be inspected


def exit_status(pid: int) -> int | None:
    """The exit code (-N: killed by signal N) of a process that has ended and was not yet reaped, where the system
    tells; else None. Source: proc(5), field 52 of /proc/PID/stat."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    if fields[0] not in (b"Z", b"X"):
        return None
    return os.waitstatus_to_exitcode(int(fields[49]))
