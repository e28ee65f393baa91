"""Finds the activity of each process, from its agent's samples of the main thread's stack and from the system.

    agent    where the main thread is, what the standard library waits for there, how much CPU it used,
             how long the sampling thread waited for the GIL; four times a second
    system   whether the process runs or waits, and in which call of the kernel; whenever the process is sampled

Both are needed. A stack does not distinguish a thread that waits for a core from one that sleeps. The kernel does not
distinguish a full queue from any other pipe. Where the agent is silent while the process uses CPU, native code holds
the GIL.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from rocketgui.collector.emitter import Emitter
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Activity

MS = 1_000_000
#: An agent without a record for so many ns does not get the GIL.
SILENT = 900 * MS
#: CPU in percent of one core from which on a thread is busy.
BUSY = 50
#: A sampling thread whose shortest delay is more than this, in us, waited for the GIL: a thread keeps the GIL for 5 ms.
WAITED = 1_000

#: What a process waits for: part of the name of the kernel's function that it is in (proc(5), /proc/PID/wchan) ->
#: activity.
WCHANS = (
    ("futex", "lock"),
    ("nanosleep", "sleep"),
    ("sigtimedwait", "waiting"),
    ("do_sys_pause", "waiting"),
    ("sigsuspend", "waiting"),
    ("do_wait", "join"),
    ("pipe", "pipe"),
    ("poll", "io"),
    ("select", "io"),
    ("sock", "io"),
    ("skb", "io"),
    ("unix", "io"),
    ("inet", "io"),
    ("tcp", "io"),
    ("tty", "io"),
    ("wait_woken", "io"),
    ("read", "io"),
    ("write", "io"),
    ("folio", "io"),
)


@dataclass(frozen=True, slots=True)
class Calls:
    """Numbers of system calls on one kind of processor. Source: Linux's syscall tables."""

    futex: int
    select: tuple[int, ...]
    wait: tuple[int, ...]


CALLS = {
    "x86_64": Calls(futex=202, select=(23, 270), wait=(61,)),
    "aarch64": Calls(futex=98, select=(72,), wait=(260,)),
}


@dataclass(slots=True)
class _Told:
    """The newest activity record of an agent; see `trace_format.ACTIVITY`."""

    t_ns: int = 0
    share: int = -1
    late_us: int = 0
    waits: str = ""
    of: str = ""
    file: str = ""
    line: int = 0
    function: str = ""


class ActivityTracker:
    """Emits an `Activity` whenever the activity of a process has changed. Processes are given by their entries' ids."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter
        self._told: dict[int, _Told] = {}
        self._gil: dict[int, bool] = {}
        self._met: dict[int, int] = {}
        self._said: dict[int, tuple[str, str, int, str, str]] = {}

    def get_or_add(self, process: int, t_ns: int, *, gil: bool) -> None:
        """Begin to follow a process whose agent began at `t_ns`; begin again after exec. `gil`: its Python has a
        GIL."""
        self._gil[process] = gil
        self._met[process] = t_ns
        self._told.pop(process, None)

    def told(self, process: int, t_ns: int, texts: tuple[str, ...]) -> None:
        """Take in an activity record of an agent.

        Raises:
            ValueError, IndexError: the record makes no sense.
        """
        told = self._told.setdefault(process, _Told())
        told.t_ns, told.share, told.late_us = t_ns, int(texts[0]), int(texts[1])
        if len(texts) > 2:
            waits, of, file, line, function = texts[2:]
            if waits and waits not in messages.ACTIVITIES:
                raise ValueError("an agent told of something that nothing does")
            number = int(line)
            if not 0 <= number < 2**31:
                raise ValueError("a line that no file has")
            told.waits, told.of, told.file, told.line, told.function = waits, of, file, number, function

    def seen(self, process: int, pid: int, now: int, *, asleep: bool, cpu: float | None) -> None:
        """Take in what the system says of a process at the time `now` in ns: whether it waits, and its CPU in percent
        of one core."""
        told = self._told.get(process)
        heard = self._met.get(process) if told is None else told.t_ns
        if heard is not None and (told is None or now - heard > SILENT):
            if (cpu or 0) >= BUSY and now - heard > SILENT:
                self._say(process, now, "native", "", 0, "", "")
            return
        if told is None:
            what, on = waits_for(pid) if asleep else ("native", "")
            self._say(process, now, what, "", 0, "", on)
            return
        waits = asleep and told.share < BUSY
        what, on = (
            self._waiting(told, pid, self._gil.get(process, True)) if waits else (self._running(told, process), "")
        )
        self._say(process, now, what, told.file, told.line, told.function, on)

    def _running(self, told: _Told, process: int) -> str:
        """Whether a main thread that runs is in "python" or "native" code. It is in native code if it is busy and the
        sampling thread still gets the GIL at once."""
        return "native" if self._gil.get(process, True) and told.share >= BUSY and told.late_us < WAITED else "python"

    def _waiting(self, told: _Told, pid: int, gil: bool) -> tuple[str, str]:
        what, on = waits_for(pid)
        if what == "lock" and not on and not told.waits and gil and told.late_us > WAITED:
            return "python", ""  # it waits for the GIL, as the sampling thread did
        if not told.waits:
            return what, on
        return told.waits, told.of or on

    def forget(self, process: int) -> None:
        """Stop following a process, which has ended."""
        for known in (self._told, self._gil, self._met, self._said):
            known.pop(process, None)

    def _say(self, process: int, now: int, what: str, file: str, line: int, function: str, on: str) -> None:
        said = what, file, line, function, on
        if self._said.get(process) != said:
            self._said[process] = said
            self._emitter.emit(Activity(process, self._emitter.run_time(now), *said))


def waits_for(pid: int) -> tuple[str, str]:
    """What the main thread of a sleeping process waits for: one of messages.ACTIVITIES, and where the system tells
    which, `lock NAME` or `process PID`, else an empty text."""
    if not sys.platform.startswith("linux"):
        return "waiting", ""
    wchan = _read(f"/proc/{pid}/wchan")
    what = next((what for part, what in WCHANS if part in wchan), "waiting")
    if what not in ("lock", "io", "join"):
        return what, ""
    calls = CALLS.get(platform.machine())
    words = _read(f"/proc/{pid}/syscall").split()
    if calls is None or len(words) < 2 or not words[0].isdecimal():
        return what, ""
    number, first = int(words[0]), int(words[1], 16)
    if number == calls.futex:
        return what, shared_lock(pid, first)
    if number in calls.select and first == 0:
        return "sleep", ""  # time.sleep calls select without descriptors before Python 3.11
    if number in calls.wait and 0 < first < 1 << 31:
        return what, f"process {first}"
    return what, ""


def shared_lock(pid: int, address: int) -> str:
    """`lock DEVICE:INODE:OFFSET` for a lock that processes share, from its address in one of them: the place in the
    file that is mapped there. Empty for a lock in the process's own memory. Source: proc(5), /proc/PID/maps."""
    for line in _read(f"/proc/{pid}/maps").splitlines():
        span, mode, offset, device, inode, *_ = line.split(maxsplit=5)
        first, _, end = span.partition("-")
        if int(first, 16) <= address < int(end, 16):
            if mode[3] != "s":
                return ""
            return f"lock {device}:{inode}:{int(offset, 16) + address - int(first, 16)}"
    return ""


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # the process has ended, or may not be read
