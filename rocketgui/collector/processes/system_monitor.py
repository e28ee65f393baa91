"""What the system reports of the program's processes: which there are, their load and activity, and when they end.

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
#: After the kernel's event of an exit, which has no exit code, how long another source is waited for, in ns.
UNTOLD = NS // 10


class SystemMonitor:
    """Passes what the system reports of the program's processes, those of `tree`, to the process registry, and emits
    their load. `supervisor` is the supervisor's pid; `perf_events` is None where the system has none."""

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
        #: Ends that only the kernel's events have reported so far: id of the entry -> time in ns.
        self._gone: dict[int, int] = {}
        #: The id of the newest entry that `watch_new` has seen.
        self._newest = 0
        #: Threads that the system has not run yet.
        self._without_tid: list[ProcessEntry] = []

    def read_perf_events(self) -> int:
        """Take in forks, execs and exits from the kernel; return how many were overwritten before they were read."""
        if self._perf_events is None or self._registry.root is None:
            return 0  # until the program's first process is known, events wait in their rings
        for event in self._perf_events.read():
            entry = self._registry.find(event.pid)
            match event:
                case Forked(t_ns, pid, parent_pid):
                    if pid != self._supervisor and (entry is None or (entry.ended and entry.events["exited"] < t_ns)):
                        entry = self._registry.get_or_add(pid, parent_pid, is_new=True)
                        parent = self._registry.find(parent_pid)
                        if parent is not None and parent.python is not None and not parent.agent:
                            self._registry.copied(entry)  # no agent reports from it, unless it executes another program
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
        """Whether the process of an entry has ended: its pid belongs to another process by now, or to none."""
        return entry.thread is None and sampler.created(entry.pid) != entry.created

    def look(self, seconds: float, *, paused: bool) -> None:
        """Sample some processes, as many as the `seconds` since the last call allow; emit their load and activity."""
        found = self._sampler.samples(seconds)
        if not found:
            return
        for look in found:
            entry = self._registry.get(look.process)
            if entry is None:
                continue
            if entry.thread is None:  # the CPU time of threads is part of their process's
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
        silent = entry.python is not False and not entry.agent  # its agent may be about to report
        if asleep is not None and not (paused or entry.ended or silent or entry.kind == "helper"):
            self._activity.seen(entry.id, entry.pid, time.monotonic_ns(), asleep=asleep, cpu=look.cpu)

    def scan(self) -> None:
        """Add processes of the program that the system lists and no other source has reported."""
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
            if entry.python is False:  # the agent of a Python process reports its beginning, and exactly
                self._note_beginning(entry)

    def _note_beginning(self, entry: ProcessEntry) -> None:
        began = sampler.began_ns(entry.pid)
        parent = None if entry.parent is None else self._registry[entry.parent]
        if began is not None and parent is not None:  # within one tick of the system's clock, the parent was first
            self._registry.note_event(entry, "began", max(began, parent.events.get("began", self._emitter.launched_ns)))

    def find_ends(
        self, read_last: Callable[[ProcessEntry], None], end: Callable[[ProcessEntry, int | None, int], None]
    ) -> None:
        """Find ends that the system shows, also those of children for which their parent does not wait. For each,
        `read_last(entry)` is called where the exit watcher found it, then `end(entry, exit code, time in ns)`."""
        for process, code in self._exit_watcher.new():
            entry = self._registry.get(process)
            if entry is None:
                continue
            read_last(entry)  # the records that were written after this tick read the buffers
            code = exit_status(entry.pid) if code is None else code
            end(entry, code, self._gone.pop(process, time.monotonic_ns()))
        for process, t_ns in list(self._gone.items()):
            entry = self._registry.get(process)
            if entry is None or entry.ended:
                del self._gone[process]
            elif time.monotonic_ns() - t_ns > UNTOLD and not self._exit_watcher.watches(process):
                end(entry, None, t_ns)

    def gone_ns(self, entry: ProcessEntry, otherwise: int) -> int:
        """When a process ended (ns), if only the kernel's events reported this; else the given time."""
        return self._gone.get(entry.id, otherwise)

    def forget(self, entry: ProcessEntry) -> None:
        """Stop sampling a process or thread, which has ended."""
        self._sampler.remove(entry.id)
        self._activity.forget(entry.id)

    def close(self) -> None:
        """Close the descriptors of the processes and the kernel's rings."""
        self._exit_watcher.close()
        if self._perf_events is not None:
            self._perf_events.close()
