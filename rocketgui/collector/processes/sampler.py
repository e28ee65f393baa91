"""Samples CPU, core, context switches and memory of each process from the system; suspends and resumes processes."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import psutil

from rocketgui.collector.processes.program_tree import ProgramTree
from rocketgui.system import process_tree

#: Samples per second of each process, then the bounds for all processes together. Few processes are sampled more often,
#: so that short-lived ones are sampled too; many less often, so that observing stays cheap.
LOOKS_PER_S = 3.0
LEAST_PER_S = 20.0
MOST_PER_S = 80.0
#: Whether psutil counts involuntary context switches; on the other systems it gives a constant 0.
COUNTS_INVOLUNTARY: bool = sys.platform not in ("darwin", "win32")


@dataclass(slots=True)
class ProcessSample:
    """One row of `messages.ProcessLoad`, with its units. None: not sampled this time, or unknown."""

    process: int
    cpu: float | None = None
    cpu_s: float | None = None
    core: int | None = None
    voluntary: int | None = None
    involuntary: int | None = None
    rss: int | None = None
    peak_rss: int | None = None
    migrations: int | None = None


#: The columns of `messages.ProcessLoad`, in their order.
FIELDS = tuple(field.name for field in dataclasses.fields(ProcessSample))
#: psutil's states of a process that waits.
ASLEEP = frozenset({psutil.STATUS_SLEEPING, psutil.STATUS_DISK_SLEEP, psutil.STATUS_IDLE, psutil.STATUS_WAITING})


class Thread:
    """A thread, with the methods of psutil.Process that are used here. psutil itself gives only the CPU time of
    threads, of all threads of a process at once. Source: proc(5), /proc/PID/task/TID/stat and status."""

    def __init__(self, pid: int, tid: int) -> None:
        self._folder = f"/proc/{pid}/task/{tid}"
        self._fields: list[bytes] = []

    @contextlib.contextmanager
    def oneshot(self) -> Iterator[None]:
        try:
            self._fields = self._read("stat").rpartition(b")")[2].split()
        except OSError:
            raise psutil.NoSuchProcess(0) from None
        yield

    def _read(self, name: str) -> bytes:
        with open(f"{self._folder}/{name}", "rb") as file:
            return file.read()

    def cpu_times(self) -> Any:
        per_s = os.sysconf("SC_CLK_TCK")
        return Times(int(self._fields[11]) / per_s, int(self._fields[12]) / per_s)

    def cpu_num(self) -> int:
        return int(self._fields[36])

    def num_ctx_switches(self) -> Any:
        status = dict(line.partition(b":")[::2] for line in self._read("status").splitlines())
        return Switches(int(status[b"voluntary_ctxt_switches"]), int(status[b"nonvoluntary_ctxt_switches"]))

    def memory_info(self) -> Any:
        raise NotImplementedError  # a thread has no memory of its own


def _migrations(pid: int, tid: int | None = None) -> int | None:
    """How often the main thread of a process, or its thread `tid`, was moved to another core; None where the system
    does not count this. Source: /proc/PID/sched, as sched_show_task in Linux's kernel/sched/debug.c writes it."""
    path = f"/proc/{pid}/sched" if tid is None else f"/proc/{pid}/task/{tid}/sched"
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        return None
    _, found, rest = text.partition(b"se.nr_migrations")
    return int(rest.partition(b"\n")[0].rpartition(b":")[2]) if found else None


class Times(NamedTuple):
    """CPU seconds."""

    user: float
    system: float


class Switches(NamedTuple):
    """Context switches."""

    voluntary: int
    involuntary: int


@dataclass(slots=True)
class _Known:
    handle: psutil.Process | Thread
    pid: int
    tid: int | None = None
    cpu_s: float | None = None
    at: float = 0.0
    peak_rss: int = 0
    samples: int = 0
    asleep: bool | None = None


class ProcessSampler:
    """Samples the running processes in turn, a few per tick, so that no tick is long."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._due: list[int] = []
        self._credit = 0.0

    def add(self, process: int, pid: int) -> float | None:
        """Sample a process, given by its entry's id and its pid, from now on; return when it was made, see
        `created`."""
        try:
            handle = psutil.Process(pid)
        except psutil.Error:
            return None
        self._known[process] = _Known(handle, pid)
        self._due.insert(0, process)
        return _created(handle)

    def add_thread(self, process: int, pid: int, tid: int) -> None:
        """Sample a thread, given by its entry's id, from now on. Only Linux has figures of single threads."""
        if sys.platform.startswith("linux"):
            self._known[process] = _Known(Thread(pid, tid), pid, tid)
            self._due.insert(0, process)

    def remove(self, process: int) -> None:
        self._known.pop(process, None)

    def samples(self, seconds: float) -> list[ProcessSample]:
        """Sample as many processes and threads as the `seconds` since the last call allow."""
        per_s = min(max(len(self._known) * LOOKS_PER_S, LEAST_PER_S), MOST_PER_S)
        self._credit = min(self._credit + per_s * seconds, 16.0)
        found = []
        while self._credit >= 1.0 and self._known:
            self._credit -= 1.0
            if not self._due:
                self._due = list(self._known)
            process = self._due.pop(0)
            known = self._known.get(process)
            sample = None if known is None else self._look(process, known)
            if sample is not None:
                found.append(sample)
        return found

    def asleep(self, process: int) -> bool | None:
        """Whether a process slept when it was sampled last; None where the system does not tell, and for threads."""
        known = self._known.get(process)
        return None if known is None else known.asleep

    def _look(self, process: int, known: _Known) -> ProcessSample | None:
        sample = ProcessSample(process)
        handle = known.handle
        try:
            with handle.oneshot():
                times = _or_none(handle.cpu_times)
                if times is not None:
                    sample.cpu_s = round(times.user + times.system, 3)
                    sample.cpu = _rate(known, sample.cpu_s)
                sample.core = _or_none(getattr(handle, "cpu_num", None))
                status = _or_none(getattr(handle, "status", None))
                known.asleep = None if status is None else status in ASLEEP
                # In turn, since each of the three has a file of its own to read and may be less recent.
                known.samples += 1
                if known.samples % 3 == 0:
                    sample.migrations = _migrations(known.pid, known.tid)
                elif known.samples % 3 == 1:
                    switches = _or_none(handle.num_ctx_switches)
                    if switches is not None:
                        sample.voluntary = switches.voluntary
                        sample.involuntary = switches.involuntary if COUNTS_INVOLUNTARY else None
                else:
                    memory = _or_none(handle.memory_info)
                    if memory is not None and memory.rss:  # a zombie has 0
                        sample.rss = memory.rss
                        known.peak_rss = max(known.peak_rss, getattr(memory, "peak_wset", memory.rss))
                        sample.peak_rss = known.peak_rss
        except psutil.NoSuchProcess:
            return None
        return sample


def created(pid: int) -> float | None:
    """When the process that has this pid now was made, in s since the epoch; None if there is no such process, or the
    system does not tell."""
    try:
        return _created(psutil.Process(pid))
    except psutil.Error:
        return None


def _created(handle: psutil.Process) -> float | None:
    found: float | None = _or_none(handle.create_time)
    return found


def _rate(known: _Known, cpu_s: float) -> float | None:
    """CPU in percent of one core since the sample before; None at the first sample."""
    now = time.monotonic()
    before, known.cpu_s = known.cpu_s, cpu_s
    seconds, known.at = now - known.at, now
    return None if before is None or seconds <= 0 else round(100.0 * (cpu_s - before) / seconds, 1)


def _or_none(call: Callable[[], Any] | None) -> Any:
    """The result of a call of psutil, or None where the system or its permissions give none."""
    if call is None:
        return None
    try:
        return call()
    except (psutil.AccessDenied, NotImplementedError, OSError):
        return None


def descendants(tree: ProgramTree) -> list[tuple[int, int]]:
    """The processes of the program as (pid, parent's pid), parents first."""
    found: list[tuple[int, int]] = []
    parents = [tree.top]
    for parent in parents:
        children = [child for child in _children(parent) if child not in tree.others]
        found += [(child, parent) for child in children]
        parents += children
    return found


def _children(pid: int) -> list[int]:
    if process_tree.LISTS_CHILDREN:
        return process_tree.children(pid)
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def command(pid: int) -> list[str] | None:
    """The command line of a process; None if the process has ended, or its command line may not be read."""
    try:
        words: list[str] = psutil.Process(pid).cmdline()
        return words
    except psutil.Error:
        return None


def began_ns(pid: int) -> int | None:
    """When a process began, in ns of `time.monotonic_ns()`, rounded down to the system's ticks (10 ms); None where the
    system does not tell. Source: proc(5), field 22 of /proc/PID/stat, whose clock goes on while the machine sleeps."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
    except OSError:
        return None
    slept = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    return ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK")) - slept


def suspend(tree: ProgramTree) -> None:
    """Suspend all processes of the program, parents first. Repeated until there is no new process."""
    suspended: set[int] = set()
    while True:
        new = [pid for pid, _ in descendants(tree) if pid not in suspended]
        if not new:
            return
        _each(new, psutil.Process.suspend)
        suspended.update(new)


def resume(tree: ProgramTree) -> None:
    """Resume all processes of the program, children first."""
    _each([pid for pid, _ in reversed(descendants(tree))], psutil.Process.resume)


def _each(pids: Iterable[int], action: Callable[[psutil.Process], None]) -> None:
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            action(psutil.Process(pid))
