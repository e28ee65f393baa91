"""One run of an observed program, from its launch until nothing of it is left."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any

from rocketgui.collector.checkpoint import Checkpoint
from rocketgui.collector.control_block import ControlBlockWriter
from rocketgui.collector.emitter import Emitter
from rocketgui.collector.launcher import Resumption, RunInfo, announcement
from rocketgui.collector.processes import sampler
from rocketgui.collector.processes.activity import ActivityTracker
from rocketgui.collector.processes.perf_events import PerfEvents
from rocketgui.collector.processes.program_tree import ProgramTree
from rocketgui.collector.processes.registry import ProcessEntry, ProcessRegistry
from rocketgui.collector.processes.system_monitor import SystemMonitor
from rocketgui.collector.run_files import RunFiles
from rocketgui.collector.supervisor_reports import SupervisorReports
from rocketgui.collector.trace.buffers import TraceBuffers
from rocketgui.collector.trace.decoder import Decoder
from rocketgui.collector.trace.positions import Head, Positions
from rocketgui.collector.worker_target import WorkerTarget
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message
from rocketgui.system.signals import how_it_ended, signal_name

NS = 1_000_000_000
#: How often the system is asked which processes there are, in ns.
SCAN_EVERY = NS // 2
#: How many of the processes that outlived the first one are named in a notice.
LEFT_NAMED = 3
#: How long an entry is kept after its process has ended, in ns: the parent may report something of it later.
KEPT = 30 * NS
#: How long the supervisor's first report is waited for, in ns, if a trace buffer is found before it.
FIRST_REPORT = 2 * NS

_log = logging.getLogger(__name__)


class RunObserver:
    """Observes a program that was launched; each `tick` emits what is new. If `info.resumes` is given, it continues
    from the checkpoint and positions of the collector before it. `rings` are descriptors for `PerfEvents`.

    Raises:
        OSError: a file or a ring cannot be mapped or read.
    """

    def __init__(self, info: RunInfo, files: RunFiles, rings: list[int], emitter: Emitter) -> None:
        launch = info.launch
        self._info = info
        self._files = files
        self._rings = rings
        self._emitter = emitter
        self._positions = Positions(files)
        self._before = self._positions.head
        self._checkpoint = Checkpoint(files, self._positions)
        self._control_block = ControlBlockWriter(
            files.control_block, launch.rate_hz, 0 if info.resumes is None else info.resumes.times
        )
        self._registry = ProcessRegistry(emitter)
        activity = ActivityTracker(emitter)
        self._decoder = Decoder(self._registry, emitter, activity, self._keep, found=not launch.watch)
        self._system_monitor = SystemMonitor(
            self._registry, activity, info.supervisor, PerfEvents(rings) if rings else None, emitter
        )
        self._worker_target = WorkerTarget(launch.workers)
        self._limit = launch.limit
        self._refused = 0
        self._kept = 0
        #: How many of the kernel's events were overwritten before they were read.
        self._events_overwritten = 0
        self._trace_buffers = TraceBuffers(
            info.directory, launch.watch, self._decoder, self._add_root, self._positions, self._registry
        )
        self._scan_due = 0
        self._slow_due = 0
        self._forget_due = time.monotonic_ns() + KEPT
        self._reports = SupervisorReports(files.reports)
        #: Reported ends of processes that have no entry yet: pid -> (exit code, time in ns).
        self._early_ends: dict[int, tuple[int, int]] = {}
        #: Sums over the processes whose entries were removed: CPU seconds of their agents, CPU seconds of their own,
        #: and how many were Python processes without an agent.
        self._forgotten = (0.0, 0.0, 0)
        self._paused = False
        self._stopping = False
        #: Pids of the processes that were left when the first one had ended; the supervisor ends them.
        self._left: set[int] = set()
        self._program_gone = False
        self._lost = False
        self.ended = False
        #: Errors of the collector's own; the run goes on without what failed.
        self.errors = 0
        self._errors_told: set[str] = set()
        #: Samples and lines that were read and never sent, since a collector died in between.
        self._samples_lost = self._lines_lost = 0
        if info.resumes is None or not info.resumes.announced:
            self._emitter.emit(announcement(info))
        if info.resumes is None:
            self._say_controls()
        else:
            self._resume(info.resumes)

    # -- taking over

    def _resume(self, resumes: Resumption) -> None:
        head = self._before
        self._reports.read_to = head.reports
        self.errors = head.errors
        self._decoder.bad = head.nonsense
        self._decoder.samples_taken, self._decoder.lines_taken = head.samples, head.lines
        self._samples_lost = max(0, head.samples - resumes.samples)
        self._lines_lost = max(0, head.lines - resumes.lines)
        self._trace_buffers.go_on(head)
        entries: list[ProcessEntry] = []
        for key, value in list(self._checkpoint.items()):
            try:
                kind, _, _ = key.partition(" ")
                if kind == "row":
                    entries.append(self._registry.restore(value))
                    self._decoder.restore(entries[-1])
                elif kind == "run":
                    self._restore_controls(value)
                elif kind == "message":
                    self._kept += 1
                    self._emitter.emit_all(messages.decode(value).messages)
            except (ValueError, TypeError, KeyError) as error:
                self._note_error("what the collector before it knew", error)
        self._trace_buffers.find_again()
        for entry in entries:
            if not entry.ended and entry.created is not None and self._system_monitor.was_replaced(entry):
                self._early_ends.pop(entry.pid, None)
                self._end(entry, None, time.monotonic_ns())
        self._say_controls()
        t_ns = time.monotonic_ns()
        self._emitter.emit(
            messages.CollectorRestarted(
                self._emitter.run_time(t_ns), t_ns - resumes.heard_ns, how_it_ended(resumes.exit_code), resumes.times
            )
        )

    def _controls(self) -> dict[str, Any]:
        return {
            "limit": self._limit,
            "worker_target": self._worker_target.known(),
            "refused": [self._refused, self._decoder.refused],
            "paused": self._paused,
            "stopping": self._stopping,
            "left": sorted(self._left),
            "interrupted": self._registry.interrupted,
            "lost": self._lost,
            "changing": sorted(self._decoder.changing),
            "forgotten": self._forgotten,
        }

    def _restore_controls(self, known: dict[str, Any]) -> None:
        self._limit = known["limit"]
        self._worker_target.restore(known["worker_target"])
        self._refused, self._decoder.refused = known["refused"]
        self._paused, self._stopping, self._lost = known["paused"], known["stopping"], known["lost"]
        self._left = set(known["left"])
        self._registry.interrupted = known["interrupted"]
        self._decoder.changing.update(known["changing"])
        self._forgotten = tuple(known["forgotten"])

    def _keep(self, message: Message) -> None:
        """Emit a message that a later collector has to emit again."""
        self._emitter.emit(message)
        self._kept += 1
        self._checkpoint.note(f"message {self._kept}", messages.encode(0, [message]))

    def _save(self) -> None:
        """Write what a later collector has to know into the checkpoint."""
        touched, self._registry.touched = self._registry.touched, set()
        for number in touched:
            self._checkpoint.note(f"row {number}", self._registry.dump(number))
        self._checkpoint.note("run", self._controls())
        self._checkpoint.write()
        self._trace_buffers.note_positions()
        samples, lines, events, bad = self._trace_buffers.put_away
        self._positions.note_head(
            Head(
                self._positions.head.current, samples, lines, events, bad, self._decoder.bad,
                self._decoder.samples_taken, self._decoder.lines_taken, self._reports.read_to, self.errors,
                self._cpu_s(),
            )
        )  # fmt: skip

    # -- errors of the collector's own

    def _guard(self, what: str, step: Callable[[], object]) -> None:
        """Do a part of a tick. An error in it is counted, and reported once; the other parts go on."""
        try:
            step()
        except Exception as error:
            self._note_error(what, error)

    def _note_error(self, what: str, error: Exception) -> None:
        self.errors += 1
        said = f"{what}: {type(error).__name__}: {error}"
        _log.error("an error while observing (%s)", what, exc_info=error)
        if said not in self._errors_told and len(self._errors_told) < 20:
            self._errors_told.add(said)
            self._emitter.emit(messages.Notice(f"rocketgui itself had an error and went on ({said[:300]})."))

    # -- commands

    def set_workers(self, workers: int) -> None:
        """Have this many workers: more are started, or the newest ones end gently."""
        _log.info("%d workers are wanted", workers)
        self._dismiss(self._worker_target.resize(workers, *self._started_and_alive()))
        self._ask_for_workers()
        self._say_controls()

    def _started_and_alive(self) -> tuple[list[int], list[int]]:
        entries = self._registry.workers()
        return [entry.id for entry in entries], [entry.id for entry in entries if not entry.ended]

    def _dismiss(self, numbers: list[int]) -> None:
        """End workers gently, given by their entries' ids: with a limit of 0 their loops end as at any limit."""
        for number in numbers:
            self._control_block.set(self._registry[number].who, "limit", 0)

    def _ask_for_workers(self) -> None:
        root = self._registry.root
        if root is not None and not root.ended:
            self._control_block.set(root.who, "workers", self._worker_target.to_launch)

    def set_limit(self, limit: int) -> None:
        """Set the limit in every process of the program."""
        _log.info("the limit is %d", limit)
        self._limit = limit
        self._control_block.set("0", "limit", limit)
        self._say_controls()

    def pause(self) -> None:
        """Suspend every process of the program. The system suspends them, so that native code and programs that are not
        Python stop as well."""
        root = self._registry.root
        if root is not None and not self._paused and not self._program_gone:
            _log.info("paused")
            self._paused = True
            sampler.suspend(self._system_monitor.tree)
            self._say_controls()

    def resume(self) -> None:
        root = self._registry.root
        if root is not None and self._paused:
            _log.info("resumed")
            self._paused = False
            sampler.resume(self._system_monitor.tree)
            self._say_controls()

    def note_interrupt(self) -> None:
        """Note that the program gets SIGINT, as from Ctrl-C."""
        self._registry.interrupted = True

    def note_stop(self) -> None:
        """Note that the program is being ended at the user's request."""
        self._stopping = True

    def note_adoption(self, tree: ProgramTree) -> None:
        """Note that the supervisor died, and that the program's processes are now those of `tree`."""
        self._system_monitor.tree = tree

    def _say_controls(self) -> None:
        self._emitter.emit(messages.ControlState(self._worker_target.workers, self._limit, self._paused))

    # -- what happens

    def tick(self, seconds: float) -> None:
        """Read everything that is new, and emit it. `seconds` have passed since the last tick."""
        if self.ended:
            return
        now = time.monotonic_ns()
        self._guard("forks, execs and exits", self._read_perf_events)
        self._guard("the run's directory", self._trace_buffers.find)
        self._guard("trace buffers", self._trace_buffers.read)
        self._guard("ends of processes", self._claim_ends)
        if self._worker_target.is_led:
            self._guard("the number of workers", self._accept_refusals)
            self._guard(
                "the number of workers",
                lambda: self._dismiss(self._worker_target.overtaken(*self._started_and_alive())),
            )
        self._guard("new processes", self._system_monitor.watch_new)
        self._guard("the processes' load", lambda: self._system_monitor.look(seconds, paused=self._paused))
        self._guard("the supervisor's reports", self._read_reports)
        self._guard(
            "ends of processes", lambda: self._system_monitor.find_ends(self._trace_buffers.read_last, self._end)
        )
        if now >= self._scan_due and not self._program_gone:
            self._scan_due = now + SCAN_EVERY
            self._guard("the system's processes", self._system_monitor.scan)
        if now >= self._slow_due:
            self._slow_due = now + NS // 4
            self._guard("costs and losses", self._say_costs)
        if now >= self._forget_due:
            self._forget_due = now + NS
            self._guard("ended processes", lambda: self._forget(now - KEPT))
        if self._program_gone:
            self._finish()
        else:
            self._guard("what is kept of the run", self._save)

    def _forget(self, before_ns: int) -> None:
        old = self._registry.forget(before_ns)
        if not old:
            return
        agents_s, program_s, silent = self._forgotten
        self._forgotten = (
            agents_s + sum(entry.agent_cpu_s for entry in old),
            program_s + sum(entry.cpu_s for entry in old if entry.thread is None),
            silent + len(_silent(old)),
        )
        self._decoder.forget(old)
        for entry in old:
            self._checkpoint.note(f"row {entry.id}", None)

    def _accept_refusals(self) -> None:
        """Ask for no more workers where the system refuses to start them."""
        if self._decoder.refused > self._refused:
            self._refused = self._decoder.refused
            wanted, started = self._worker_target.to_launch, len(self._registry.workers())
            if wanted > started:
                self._keep(messages.WorkersNotStarted(wanted, wanted - started))
            self._worker_target.refused(started)
            self._ask_for_workers()
            self._say_controls()

    def _read_perf_events(self) -> None:
        if self._registry.root is None:
            self._read_reports()  # the first entry must be the program's first process
        self._events_overwritten += self._system_monitor.read_perf_events()

    def _end(self, entry: ProcessEntry, code: int | None, t_ns: int) -> None:
        stopped = self._stopping or self._lost or entry.pid in self._left
        self._registry.end(entry, code, t_ns, stopped=stopped)
        self._system_monitor.forget(entry)
        if entry.thread is not None:
            return
        for thread in self._registry.threads_of(entry):  # a signal that ends a process ends all its threads
            if not thread.ended:
                self._registry.end(thread, code if code is not None and code < 0 else None, t_ns, stopped=stopped)
            self._system_monitor.forget(thread)
        if self._registry.find(entry.pid) is entry:  # else the pid belongs to another process by now
            self._control_block.forget(entry.pid)

    # -- the supervisor

    def _read_reports(self) -> None:
        for report in self._reports.new():
            self._guard("a report of the supervisor's", lambda: self._report(report))  # noqa: B023 called at once

    def _add_root(self) -> None:
        """Wait at most `FIRST_REPORT` for the supervisor's report that makes the program's first process the first
        entry."""
        deadline = time.monotonic_ns() + FIRST_REPORT
        while self._registry.root is None and not self._program_gone and time.monotonic_ns() < deadline:
            self._read_reports()
            if self._registry.root is None:
                time.sleep(0.001)

    def _report(self, report: dict[str, Any]) -> None:
        match report:
            case {"event": "started", "pid": int(pid)}:
                root = self._registry.get_or_add(pid, None, is_new=True)
                root.python = True
                self._registry.touch(root)
                if self._worker_target.to_launch != self._info.launch.workers:
                    self._ask_for_workers()
            case {"event": "not_started", "error": str(error)}:
                self._keep(messages.Notice(f"{self._info.launch.python} could not be started: {error}"))
                self._program_gone = True
            case {"event": "exited", "pid": int(pid), "code": int(code), "t_ns": int(t_ns)}:
                entry = self._registry.find(pid)
                if entry is None:
                    self._early_ends[pid] = code, t_ns
                    return
                self._end(entry, code, t_ns)
                if entry.id == 1:
                    self._root_ended(code)
            case {"event": "signalled", "signal": signal.SIGINT, "sender": int(sender)} if (
                self._registry.find(sender) is None
            ):
                self.note_interrupt()
            case {"event": "stopping"}:
                self.note_stop()
            case {"event": "left_over", "pids": [*pids], "then": str(then), "t_ns": int(t_ns)}:
                left = self._without_helpers(pids)
                if then == "end":
                    self._left.update(pids)
                if left:
                    self._keep(messages.LeftOver(self._emitter.run_time(t_ns), tuple(left), then))
                    self._tell_of_left_overs(left, then)
            case {"event": "ended"}:
                self._lost |= report.get("lost") is True
                self._program_gone = True

    def _without_helpers(self, pids: list[int]) -> list[int]:
        """The pids without those of helpers, which end by themselves."""
        entries = {pid: self._registry.find(pid) for pid in pids}
        return [pid for pid, entry in entries.items() if entry is None or entry.kind != "helper"]

    def _tell_of_left_overs(self, pids: list[int], then: str) -> None:
        root = self._registry.root
        one = len(pids) == 1
        what = f"{len(pids)} process{'es' * (not one)} still ran when the parent "
        what += "was killed" if root is not None and (root.exit_code or 0) < 0 else "had ended"
        names = [f"{entry.name}, pid {entry.pid}" for pid in pids if (entry := self._registry.find(pid))][:LEFT_NAMED]
        named = f" ({'; '.join(names)}{'; ...' * (len(pids) > len(names))})" if names else ""
        ended = f"; rocketgui ended {'it' if one else 'them'}" if then == "end" else ""
        self._keep(messages.Notice(f"{what}{ended}{named}."))

    def _claim_ends(self) -> None:
        """Apply ends that were reported before the process had an entry: a process may be reaped before its trace
        buffer is found."""
        for pid, (code, t_ns) in list(self._early_ends.items()):
            entry = self._registry.find(pid)
            if entry is not None:
                del self._early_ends[pid]
                if entry.events and min(entry.events.values()) <= t_ns:  # else the pid is another process's by now
                    self._end(entry, code, t_ns)

    def _root_ended(self, code: int) -> None:
        if code < 0 and not self._stopping and not self._registry.interrupted:
            self._keep(messages.Notice(f"The parent process was killed by {signal_name(-code)}."))

    # -- the end

    def _finish(self) -> None:
        self._guard("trace buffers", self._trace_buffers.read_rest)
        self._guard("ends of processes", self._claim_ends)
        now = time.monotonic_ns()
        for entry in self._registry.running():
            self._guard("ends of processes", lambda: self._end(entry, None, self._system_monitor.gone_ns(entry, now)))  # noqa: B023
        self._guard("costs and losses", self._say_costs)
        root = self._registry.root
        code = None if root is None else root.exit_code
        t_ns = self._emitter.run_time(now if root is None else root.events.get("exited", now))
        _log.info("the run is over: %s, exit code %s, %d errors here", self._ending(code), code, self.errors)
        self._emitter.emit(messages.RunEnded(t_ns, self._ending(code), code))
        self.release()

    def _ending(self, code: int | None) -> str:
        if self._lost:
            return "lost"
        if self._stopping or (self._registry.interrupted and code in (-signal.SIGINT, 130, 1)):
            return "stopped"
        if code is not None and code < 0:
            return "killed"
        return "finished" if code == 0 else "failed"

    def release(self) -> None:
        """Close files, maps and descriptors. The program itself is left to the owner."""
        if self.ended:
            return
        self.ended = True
        for part in (self._trace_buffers, self._system_monitor, self._control_block, self._positions, self._files):
            self._guard("the end of a run", part.close)
        for descriptor in self._rings:
            os.close(descriptor)

    def _cpu_s(self) -> float:
        """CPU seconds of this collector and of the run's collectors before it."""
        return self._before.cpu_s + time.process_time()

    def _say_costs(self) -> None:
        entries = list(self._registry)
        samples, lines, events, bad = (min(count, messages.LOSSES_MOST // 2) for count in self._trace_buffers.losses())
        agents_s, program_s, silent = self._forgotten
        self._emitter.emit(
            messages.Losses(
                samples_dropped=samples + self._samples_lost,
                bad_messages=bad + self._decoder.bad,
                agents_lost=silent + len(_silent(entries)),
                output_lines_dropped=lines + self._lines_lost,
                events_dropped=events + self._events_overwritten + self._decoder.unexplained,
            )
        )
        self._emitter.emit(
            messages.Overhead(
                agents_cpu_s=round(agents_s + sum(entry.agent_cpu_s for entry in entries), 6),
                collector_cpu_s=round(self._cpu_s(), 6),
                program_cpu_s=round(program_s + sum(entry.cpu_s for entry in entries), 6),
            )
        )


def _silent(entries: Iterable[ProcessEntry]) -> list[ProcessEntry]:
    """The Python processes that have ended and had no agent."""
    return [entry for entry in entries if entry.ended and entry.python and not entry.agent]
