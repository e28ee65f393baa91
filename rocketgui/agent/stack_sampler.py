"""Looks at the main thread some times a second: in which line it is, and what it waits for as far as its stack tells.

Whether it runs at all, and what else it may wait for, the system knows better; the collector puts both together. What
the stack does tell are the calls of the standard library that the program made:

    program's own code     the innermost frame of it is where the main thread is
      └─ standard library  the outermost known function here says what it waits for: Queue.get, not the pipe beneath

A forked child has its parent's frames under its own; they end where multiprocessing begins. Where none of a child's
frames is the program's, as in an idle worker of a pool, it is in the function that multiprocessing runs there.

Nothing of the program's is called. Frames and local variables are let go of before the look is over.
"""

from __future__ import annotations

import os
import sys
import time

from . import trace_format

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Any, Callable

#: Time between looks, in ns.
EVERY = 250_000_000
#: How many frames are looked at.
DEPTH = 100
#: Where the frames of a child of multiprocessing begin.
_PROCESS, _BEGINS = "multiprocessing.process", ("_bootstrap", "run")
_AGENT = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_PACKAGES = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)

#: What a function of the standard library waits for, one of messages.ACTIVITIES: module -> function; * stands for all.
WAITS = {
    "multiprocessing.queues": {
        "get": "queue", "put": "full queue", "join": "join",
        "_finalize_join": "full queue", "join_thread": "full queue",
    },
    "queue": {"get": "queue", "put": "full queue", "join": "join"},
    "asyncio.base_events": {"_run_once": "io"},
    "multiprocessing.pool": {"get": "queue", "wait": "queue", "next": "queue", "join": "join"},
    "concurrent.futures._base": {"result": "queue", "exception": "queue", "wait": "queue", "result_iterator": "queue"},
    "concurrent.futures.process": {"_process_worker": "queue", "shutdown": "join"},
    "concurrent.futures.thread": {"shutdown": "join"},
    "multiprocessing.managers": {"serve_forever": "pipe", "_callmethod": "pipe"},
    "multiprocessing.process": {"join": "join"},
    "multiprocessing.connection": {"*": "pipe"},
    "multiprocessing.synchronize": {"*": "lock"},
    "threading": {"join": "join", "_shutdown": "join", "*": "lock"},
    "subprocess": {"wait": "join", "communicate": "pipe", "*": "join"},
    "selectors": {"*": "io"},
    "socket": {"*": "io"},
    "ssl": {"*": "io"},
}  # fmt: skip


class StackSampler:
    """Samples the stack of the thread `main`, and writes by `event(kind, t_ns, *texts)` what it does."""

    def __init__(self, main: int, event: Callable[..., None]) -> None:
        self._main = main
        self._event = event
        self._due = 0
        self._looked = 0
        self._cpu = 0
        self._said: tuple[object, ...] | None = None
        try:
            self._clock: int | None = time.pthread_getcpuclockid(main)
        except (AttributeError, OSError):
            self._clock = None

    def look(self, now: int, late_ns: int) -> None:
        """Sample the stack, if it is due. `late_ns` is the shortest delay with which the calling thread got its turn
        since the last call."""
        if now < self._due:
            return
        first, self._due = not self._due, now + EVERY
        if first:
            return  # many a process is over before anybody would see what it does
        share = self._share(now)
        said = _place(sys._current_frames().get(self._main))
        late = min(late_ns // 1000, 10**9)
        if said == self._said:
            self._event(trace_format.ACTIVITY, now, share, late)
        else:
            self._said = said
            self._event(trace_format.ACTIVITY, now, share, late, *said)

    def say_again(self) -> None:
        """Write everything with the next sample, even if nothing has changed."""
        self._said = None

    def _share(self, now: int) -> int:
        """CPU of the main thread since the last sample, in percent of a core; -1: unknown."""
        if self._clock is None:
            return -1
        cpu = time.clock_gettime_ns(self._clock)
        before, self._cpu = self._cpu, cpu
        looked, self._looked = self._looked, now
        return min(100 * (cpu - before) // (now - looked), 100) if looked and now > looked else -1


def _place(top: Any) -> tuple[str, str, str, int, str]:
    """What the thread with this innermost frame waits for, and of what; its file, line and function."""
    waits, of = "", ""
    where = frame = top
    for _ in range(DEPTH):
        if frame is None:
            break
        if not _is_library(frame.f_code.co_filename):
            where = frame
            break
        name, function = dict.get(frame.f_globals, "__name__"), frame.f_code.co_name
        if name == _PROCESS and function in _BEGINS:
            break
        known = WAITS.get(name) if type(name) is str else None
        found = known.get(function, known.get("*")) if known is not None else None
        if found:
            waits, of = found, _joined(frame) if name == _PROCESS else ""
        if not frame.f_code.co_filename.startswith(_AGENT):
            where = frame
        frame = frame.f_back
    if where is None:
        return "", "", "", 0, ""
    code = where.f_code
    return waits, of, code.co_filename, where.f_lineno or 0, code.co_name


def _is_library(file: str) -> bool:
    """Whether a file is Python's own, of an installed package, or the agent's."""
    return file[:1] == "<" or file.startswith((_LIBRARY, _AGENT)) or any(part in file for part in _PACKAGES)


def _joined(frame: Any) -> str:
    """The process whose join() runs in this frame."""
    names = frame.f_locals
    process = names.get("self")
    if type(names) is dict:  # before Python 3.13, a copy that the frame would keep
        names.clear()
    try:
        popen = object.__getattribute__(process, "__dict__").get("_popen")
        pid = object.__getattribute__(popen, "__dict__").get("pid")
    except AttributeError:
        return ""
    return "process %d" % pid if type(pid) is int else ""
