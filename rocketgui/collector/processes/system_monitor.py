"""What the system itself shows of the program's processes: which there are, what they use and do, and when they end.

Tested by tests/collector/processes/test_perf_events.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rocketgui.collector.emitter import Emitter
from rocketgui.collector.processes import sampler
from rocketgui.collector.processes.activity import ActivityTracker
from rocketgui.collector.processes.exit_watcher import ExitWatcher, exit_status
from rocketgui.collector.processes.perf_events import Executed, Exited, Forked, PerfEvents
from rocketgui.collector.processes.program_tree import ProgramTree
from rocketgui.collector.processes.registry import ProcessEntry, ProcessRegistry
from rocketgui.protocol import messages

NS = 1_000_000_000
#: How long the end of a process may be told of only by the kernel, which knows no exit code, in ns.
UNTOLD = NS // 10


class SystemMonitor:
    """Tells the process registry what the system knows of the program's processes, those of `tree`, and emits their
    load."""

    def __init__(
        self,
        registry: ProcessRegistry,
        activity: ActivityTracker,
        supervisor: int,
        perf_events: PerfEvents | None,
        emitter: Emitter,
    ) -> None:
        self._registry = registry
        self._activity = activity
        self._supervisor = supervisor
        self.tree = ProgramTree(supervisor)
        self._perf_events = perf_events
        self._emitter = emitter
        self._sampler = sampler.ProcessSampler()
        self._exit_watcher = ExitWatcher()
        #: When entries ended whose ends nobody else has told of yet.
        self._gone: dict[int, int] = {}
        #: The newest entry that is looked at, or has ended.
        self._newest = 0
        #: Threads that the system has not run yet.
        self._without_tid: list[ProcessEntry] = []

    def read_perf_events(self) -> int:
        """Take in forks, execs and exits from the kernel; return how many were overwritten before they were read."""
        if self._perf_events is None or self._registry.root is None:
            return 0  # what comes before the program's first process is known waits for it
        for event in self._perf_events.read():
            entry = self._registry.find(event.pid)
            match event:
                case Forked(t_ns, pid, parent_pid):
                    if pid != self._supervisor and (entry is None or (entry.ended and entry.events["exited"] < t_ns)):
                        entry = self._registry.get_or_add(pid, parent_pid, is_new=True)
                        parent = self._registry.find(parent_pid)
                        if parent is not None and parent.python is not None and not parent.agent:
                            self._registry.copied(entry)  # nothing in it will tell of itself, unless it becomes another
                    if entry is not None:
                        self._registry.note_event(entry, "began", t_ns, better=entry.thread is None)
                case Executed(t_ns, _, name) if entry is not None:
                    self._registry.execute(entry, name, t_ns)
                case Exited(t_ns, _) if entry is not None and not entry.ended:
                    self._gone[entry.id] = t_ns
        lost, self._perf_events.lost = self._perf_events.lost, 0
        return lost

    def watch_new(self) -> None:
        """Sample the processes and threads that have become known since the last call, and watch for their ends."""
        without_tid, self._without_tid = self._without_tid, []
        for entry in without_tid + self._registry.newer_than(self._newest):
            self._newest = max(self._newest, entry.id)
            if entry.ended:
                continue
            if entry.kind != "thread":
                entry.created = self._sampler.add(entry.id, entry.pid)
                self._exit_watcher.add(entry.id, entry.pid)
            elif entry.tid is None:
                self._without_tid.append(entry)
            else:
                self._sampler.add_thread(entry.id, entry.pid, entry.tid)

    def was_replaced(self, entry: ProcessEntry) -> bool:
        """Whether a process that was running once has ended: its pid is another process's by now, or nobody's."""
        return entry.thread is None and sampler.created(entry.pid) != entry.created

    def look(self, seconds: float, *, paused: bool) -> None:
        """Emit what some processes use and do; as many as the `seconds` since the last call allow."""
        found = self._sampler.samples(seconds)
        if not found:
            return
        for look in found:
            entry = self._registry.get(look.process)
            if entry is None:
                continue
            if entry.thread is None:  # what threads use is their process's
                entry.cpu_s = look.cpu_s or entry.cpu_s
                self._see(entry, look, paused)
        self._emitter.emit(
            messages.ProcessLoad(
                self._emitter.run_time(time.monotonic_ns()),
                *(tuple(getattr(look, field) for look in found) for field in sampler.FIELDS),
            )
        )

    def _see(self, entry: ProcessEntry, look: sampler.ProcessSample, paused: bool) -> None:
        asleep = self._sampler.asleep(entry.id)
        silent = entry.python is not False and not entry.agent  # it may be about to report
        if asleep is not None and not (paused or entry.ended or silent or entry.kind == "helper"):
            self._activity.seen(entry.id, entry.pid, time.monotonic_ns(), asleep=asleep, cpu=look.cpu)

    def scan(self) -> None:
        """Add processes of the program that the system lists and no other source has told of."""
        if self._registry.root is None:
            return
        for pid, parent_pid in sampler.descendants(self.tree):
            known = self._registry.find(pid)
            if known is not None and not known.ended:
                continue
            words = sampler.command(pid)
            if words is None:
                continue  # gone already, or a zombie
            entry = self._registry.get_or_add(pid, parent_pid, is_new=True)
            self._registry.guess(entry, words)
            if words == sampler.command(parent_pid):
                self._registry.copied(entry)
            if entry.python is False:  # a Python tells itself, and exactly
                self._note_beginning(entry)

    def _note_beginning(self, entry: ProcessEntry) -> None:
        began = sampler.began_ns(entry.pid)
        parent = None if entry.parent is None else self._registry[entry.parent]
        if began is not None and parent is not None:  # of two that began within one tick, the parent was first
            self._registry.note_event(entry, "began", max(began, parent.events.get("began", self._emitter.launched_ns)))

    def find_ends(
        self, read_last: Callable[[ProcessEntry], None], end: Callable[[ProcessEntry, int | None, int], None]
    ) -> None:
        """Note ends that nobody else reports: of children for which their parent does not wait. `read_last(entry)` is
        called before `end(entry, exit code, time)`."""
        for process, code in self._exit_watcher.new():
            entry = self._registry.get(process)
            if entry is None:
                continue
            read_last(entry)  # its last words, written after this tick's reading
            code = exit_status(entry.pid) if code is None else code
            end(entry, code, self._gone.pop(process, time.monotonic_ns()))
        for process, t_ns in list(self._gone.items()):
            entry = self._registry.get(process)
            if entry is None or entry.ended:
                del self._gone[process]
            elif time.monotonic_ns() - t_ns > UNTOLD and not self._exit_watcher.watches(process):
                end(entry, None, t_ns)

    def gone_ns(self, entry: ProcessEntry, otherwise: int) -> int:
        """When a process ended, if only the kernel's events told so; else the given time."""
        return self._gone.get(entry.id, otherwise)

    def forget(self, entry: ProcessEntry) -> None:
        """Sample and watch a process no longer: it has ended."""
        self._sampler.remove(entry.id)
        self._activity.forget(entry.id)

    def close(self) -> None:
        """Close the descriptors of the processes and the kernel's rings."""
        self._exit_watcher.close()
        if self._perf_events is not None:
            self._perf_events.close()
