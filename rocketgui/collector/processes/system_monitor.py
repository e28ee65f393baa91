"""What the system itself shows of the program's processes: which there are, what they use and do, and when they end."""

from __future__ import annotations

import time
from collections.abc import Callable

from rocketgui.collector.processes import sampler
from rocketgui.collector.processes.activity import Doings
from rocketgui.collector.processes.exit_watcher import Ends, exit_status
from rocketgui.collector.processes.perf_events import Executed, Exited, Forked, Lineage
from rocketgui.collector.processes.program_tree import ProgramTree
from rocketgui.collector.processes.registry import Census, Row
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message

NS = 1_000_000_000
#: How long the end of a process may be told of only by the kernel, which knows no exit code, in ns.
UNTOLD = NS // 10


class Sights:
    """Tells the census of the program's processes, those of `tree`, and puts figures into `out`."""

    def __init__(
        self,
        census: Census,
        doings: Doings,
        supervisor: int,
        lineage: Lineage | None,
        out: list[Message],
        launched_ns: int,
    ) -> None:
        self._census = census
        self._doings = doings
        self._supervisor = supervisor
        self.tree = ProgramTree(supervisor)
        self._lineage = lineage
        self._out = out
        self._launched_ns = launched_ns
        self._looks = sampler.Processes()
        self._ends = Ends()
        #: When rows ended whose ends nobody else has told of yet.
        self._gone: dict[int, int] = {}
        #: The newest row that is looked at, or has ended.
        self._newest = 0
        #: Threads that the system has not run yet.
        self._unborn: list[Row] = []

    def births(self) -> int:
        """Processes that came, became others, or went, where the kernel tells; return how much of it was lost."""
        if self._lineage is None or self._census.root is None:
            return 0  # what comes before the program's first process is known waits for it
        for event in self._lineage.read():
            row = self._census.find(event.pid)
            match event:
                case Forked(t_ns, pid, parent_pid):
                    if pid != self._supervisor and (row is None or (row.ended and row.moments["exited"] < t_ns)):
                        row = self._census.meet(pid, parent_pid, reborn=True)
                        parent = self._census.find(parent_pid)
                        if parent is not None and parent.python is not None and not parent.agent:
                            self._census.copied(row)  # nothing in it will tell of itself, unless it becomes another
                    if row is not None:
                        self._census.moment(row, "began", t_ns, better=row.thread is None)
                case Executed(t_ns, _, name) if row is not None:
                    self._census.execute(row, name, t_ns)
                case Exited(t_ns, _) if row is not None and not row.ended:
                    self._gone[row.id] = t_ns
        lost, self._lineage.lost = self._lineage.lost, 0
        return lost

    def watch_new(self) -> None:
        """Look from now on at what has become known, and see its end."""
        unborn, self._unborn = self._unborn, []
        for row in unborn + self._census.newer_than(self._newest):
            self._newest = max(self._newest, row.id)
            if row.ended:
                continue
            if row.kind != "thread":
                row.created = self._looks.add(row.id, row.pid)
                self._ends.add(row.id, row.pid)
            elif row.tid is None:
                self._unborn.append(row)
            else:
                self._looks.add_thread(row.id, row.pid, row.tid)

    def was_replaced(self, row: Row) -> bool:
        """Whether a process that was running once has ended, and its pid is another's now or nobody's."""
        return row.thread is None and sampler.created(row.pid) != row.created

    def look(self, seconds: float, *, paused: bool) -> None:
        """Tell what some processes use and do; as many as `seconds` since the last time allow."""
        found = self._looks.looks(seconds)
        if not found:
            return
        for look in found:
            row = self._census.get(look.process)
            if row is None:
                continue
            if row.thread is None:  # what threads use is their process's
                row.cpu_s = look.cpu_s or row.cpu_s
                self._see(row, look, paused)
        self._out.append(
            messages.ProcessLoad(
                time.monotonic_ns() - self._launched_ns,
                *(tuple(getattr(look, field) for look in found) for field in sampler.FIELDS),
            )
        )

    def _see(self, row: Row, look: sampler.Look, paused: bool) -> None:
        asleep = self._looks.asleep(row.id)
        silent = row.python is not False and not row.agent  # it may be about to report
        if asleep is not None and not (paused or row.ended or silent or row.kind == "helper"):
            self._doings.seen(row.id, row.pid, time.monotonic_ns(), asleep=asleep, cpu=look.cpu)

    def scan(self) -> None:
        """Processes that the system has and nobody has told of."""
        if self._census.root is None:
            return
        for pid, parent_pid in sampler.descendants(self.tree):
            known = self._census.find(pid)
            if known is not None and not known.ended:
                continue
            words = sampler.command(pid)
            if words is None:
                continue  # gone already, or a zombie
            row = self._census.meet(pid, parent_pid, reborn=True)
            self._census.guess(row, words)
            if words == sampler.command(parent_pid):
                self._census.copied(row)
            if row.python is False:  # a Python tells itself, and exactly
                self._note_beginning(row)

    def _note_beginning(self, row: Row) -> None:
        began = sampler.began_ns(row.pid)
        parent = None if row.parent is None else self._census[row.parent]
        if began is not None and parent is not None:  # of two that began within one tick, the parent was first
            self._census.moment(row, "began", max(began, parent.moments.get("began", self._launched_ns)))

    def find_ends(self, read_last: Callable[[Row], None], end: Callable[[Row, int | None, int], None]) -> None:
        """Ends that nobody reports: of children that their parent does not wait for yet. `read_last(row)` is called
        before `end(row, exit code, time)`."""
        for process, code in self._ends.new():
            row = self._census.get(process)
            if row is None:
                continue
            read_last(row)  # its last words, written after this tick's reading
            code = exit_status(row.pid) if code is None else code
            end(row, code, self._gone.pop(process, time.monotonic_ns()))
        for process, t_ns in list(self._gone.items()):
            row = self._census.get(process)
            if row is None or row.ended:
                del self._gone[process]
            elif time.monotonic_ns() - t_ns > UNTOLD and not self._ends.watches(process):
                end(row, None, t_ns)

    def gone_ns(self, row: Row, otherwise: int) -> int:
        """When a row ended, if the kernel told of that alone."""
        return self._gone.get(row.id, otherwise)

    def forget(self, row: Row) -> None:
        """It has ended."""
        self._looks.remove(row.id)
        self._doings.forget(row.id)

    def close(self) -> None:
        """Nothing is left to be seen."""
        self._ends.close()
        if self._lineage is not None:
            self._lineage.close()
