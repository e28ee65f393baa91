"""Samples the main thread's stack some times a second: which line it is in, and what it waits for as far as the stack
shows.

Whether the thread runs at all, and what else it may wait for, the system knows better; the collector combines both. The
stack shows the calls of the standard library that the program made:

    program's own code     its innermost frame is the place where the main thread is
      └─ standard library  the outermost known function here says what the thread waits for: Queue.get, not its pipe

A forked child has its parent's frames beneath its own; the search ends at the first frame of multiprocessing. Where
none of a child's frames is the program's, as in an idle worker of a pool, its place is the function that
multiprocessing runs there.

No code of the program is called. Frames and local variables are not kept after a sample.
"""

from __future__ import annotations

import os
import sys
import time

from . import trace_format

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Any, Callable

#: Time between samples, in ns.
EVERY = 250_000_000
#: How many frames of a stack are searched.
DEPTH = 100
#: The module and functions of the first frames in a child of multiprocessing.
_PROCESS, _BEGINS = "multiprocessing.process", ("_bootstrap", "run")
_AGENT = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_PACKAGES = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)

#: What a function of the standard library waits for: module -> function -> one of messages.ACTIVITIES. * stands for all
#: other functions of the module.
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
    """Samples the stack of the thread with the ident `main`, and writes its activity by `event(kind, t_ns, *texts)`."""

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
        """Sample the stack, if a sample is due at the time `now` in ns. `late_ns` is the shortest delay with which the
        calling thread got its turn since the last call."""
        if now < self._due:
            return
        first, self._due = not self._due, now + EVERY
        if first:
            return  # many processes are over before anybody could see their activity
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
    """Of the thread whose innermost frame is `top`: what it waits for (one of messages.ACTIVITIES, or empty), the
    process that it joins (or empty), and the file, line and function where it is."""
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
    """Whether a source file belongs to Python, to an installed package, or to the agent."""
    return file[:1] == "<" or file.startswith((_LIBRARY, _AGENT)) or any(part in file for part in _PACKAGES)


def _joined(frame: Any) -> str:
    """The process whose join() runs in this frame, as "process PID"; empty if unknown."""
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
