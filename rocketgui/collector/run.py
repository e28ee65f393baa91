"""One run of an observed program, from its launch until nothing of it is left."""

from __future__ import annotations

import datetime
import os
import platform
import signal
import time
from typing import Any

from rocketgui import messages, supervisor
from rocketgui.collector import processes
from rocketgui.collector.census import Census, Row, signal_name
from rocketgui.collector.cores import Cores
from rocketgui.collector.crew import Crew
from rocketgui.collector.doings import Doings
from rocketgui.collector.launching import Started
from rocketgui.collector.records import Translator
from rocketgui.collector.shelf import Shelf
from rocketgui.collector.sights import Sights
from rocketgui.messages import Launch, Message

NS = 1_000_000_000
#: How often the system is asked which processes there are, in ns.
SCAN_EVERY = NS // 2
#: So many of the processes that outlived their parent are named.
LEFT_NAMED = 3


class Run:
    """Follows a program that was started; `tick` puts what is new into `out`."""

    def __init__(self, started: Started, out: list[Message]) -> None:
        launch = started.launch
        self._started = started
        self._out = out
        self.launched_ns = started.launched_ns
        self._board = started.board
        self._supervised = started.supervised
        self._census = Census(out, self.launched_ns)
        doings = Doings(out, self.launched_ns)
        self._translator = Translator(self._census, out, self.launched_ns, doings, found=not launch.watch)
        self._sights = Sights(self._census, doings, started.supervised.pid, started.lineage, out, self.launched_ns)
        self._crew = Crew(launch.workers)
        self._limit = launch.limit
        self._refused = 0
        self._shelf = Shelf(started.directory, launch.watch, self._translator, self._meet_root)
        self._scan_due = 0
        self._slow_due = 0
        #: Ends that were reported of processes not known yet, by pid: the code and when.
        self._early_ends: dict[int, tuple[int, int]] = {}
        self._paused = False
        self._stopping = False
        #: Pids of the processes that were left when the first one had ended; the supervisor ends them.
        self._left: set[int] = set()
        #: Ctrl-C in a terminal, or what else came to the whole group: the program has got it too.
        self.group_interrupted = False
        self._program_gone = False
        self._lost = False
        self.ended = False
        self._announce(launch)

    def _announce(self, launch: Launch) -> None:
        self._out.append(
            messages.RunStarted(
                argv=(os.path.basename(launch.argv[0]), *launch.argv[1:]),
                executable=launch.python,
                run_as=launch.run_as,
                start_method=launch.start_method,
                work=launch.work,
                variable=launch.variable,
                pinned=launch.pinned,
                os=platform.system(),
                cores=Cores.count(),
                launched=datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"),
                workers=launch.workers,
                limit=launch.limit,
                watch=launch.watch,
            )
        )
        self._say_controls()

    # -- commands

    def set_workers(self, workers: int) -> None:
        """Have that many workers fly: start more, or end the newest ones gently."""
        self._dismiss(self._crew.resize(workers, *self._started_and_alive()))
        self._ask_for_workers()
        self._say_controls()

    def _started_and_alive(self) -> tuple[list[int], list[int]]:
        rows = self._census.workers()
        return [row.id for row in rows], [row.id for row in rows if not row.ended]

    def _dismiss(self, processes: list[int]) -> None:
        """Nothing is left to count for them, so their loops end as they would at the limit."""
        for process in processes:
            self._board.set(self._census[process].who, "limit", 0)

    def _ask_for_workers(self) -> None:
        root = self._census.root
        if root is not None and not root.ended:
            self._board.set(root.who, "workers", self._crew.to_launch)

    def set_limit(self, limit: int) -> None:
        """Set the limit in every process of the program."""
        self._limit = limit
        self._board.set("0", "limit", limit)
        self._say_controls()

    def pause(self) -> None:
        """Suspend every process: the system does it, so that C code and foreign programs stand still as well."""
        root = self._census.root
        if root is not None and not self._paused and not self._program_gone:
            self._paused = True
            processes.suspend(self._supervised.pid)
            self._say_controls()

    def resume(self) -> None:
        root = self._census.root
        if root is not None and self._paused:
            self._paused = False
            processes.resume(self._supervised.pid)
            self._say_controls()

    def interrupt(self) -> None:
        """Send the program what Ctrl-C would."""
        self._census.interrupted = True
        self._supervised.send("interrupt")

    def note_interrupt(self) -> None:
        """The user pressed Ctrl-C."""
        self._census.interrupted = True

    def stop(self) -> None:
        """End the program at once."""
        self._stopping = True
        self._supervised.send("stop")

    def _say_controls(self) -> None:
        self._out.append(messages.Controls(self._crew.workers, self._limit, self._paused))

    # -- what happens

    def tick(self, seconds: float) -> None:
        """Read everything that is new. `seconds` have passed since the last tick."""
        if self.ended:
            return
        now = time.monotonic_ns()
        self._read_births()
        self._shelf.find()
        self._shelf.read()
        self._claim_ends()
        self._accept_refusals()
        self._dismiss(self._crew.overtaken(*self._started_and_alive()))
        self._sights.watch_new()
        self._sights.look(seconds, paused=self._paused)
        self._read_reports()
        self._sights.find_ends(self._shelf.read_last, self._end)
        if now >= self._scan_due and not self._program_gone:
            self._scan_due = now + SCAN_EVERY
            self._sights.scan()
        if now >= self._slow_due:
            self._slow_due = now + NS // 4
            self._say_costs()
        if not self._program_gone and self._supervised.death() is not None:
            self._supervisor_died()
        if self._program_gone:
            self._finish()

    def _accept_refusals(self) -> None:
        """Where the system refuses to start more workers, do not go on asking for them."""
        if self._translator.refused > self._refused:
            self._refused = self._translator.refused
            wanted, started = self._crew.to_launch, len(self._census.workers())
            if wanted > started:
                self._out.append(messages.Refused(wanted, wanted - started))
            self._crew.refused(started)
            self._ask_for_workers()
            self._say_controls()

    def _read_births(self) -> None:
        if self._census.root is None:
            self._read_reports()  # the first row must be the program's
        self._translator.bad += self._sights.births()

    def _end(self, row: Row, code: int | None, t_ns: int) -> None:
        stopped = self._stopping or self._lost or row.pid in self._left
        self._census.end(row, code, t_ns, stopped=stopped)
        self._sights.forget(row)
        if row.thread is not None:
            return
        for thread in self._census.threads_of(row):  # what a signal does to a process it does to all of it
            if not thread.ended:
                self._census.end(thread, code if code is not None and code < 0 else None, t_ns, stopped=stopped)
            self._sights.forget(thread)
        if self._census.find(row.pid) is row:  # else the pid is another process's by now
            self._board.forget(row.pid)

    # -- the supervisor

    def _read_reports(self) -> None:
        for report in self._supervised.reports():
            self._report(report)

    def _meet_root(self) -> None:
        """Make the program's first process the first row: wait for the supervisor's report of it."""
        if self._census.root is None:
            for report in self._supervised.reports(wait=True):
                self._report(report)

    def _report(self, report: dict[str, Any]) -> None:
        match report:
            case {"event": "started", "pid": pid}:
                self._census.meet(pid, None, reborn=True).python = True
                if self._crew.to_launch != self._started.launch.workers:
                    self._ask_for_workers()
            case {"event": "not_started", "error": error}:
                self._out.append(messages.Notice(f"{self._started.launch.python} could not be started: {error}"))
                self._program_gone = True
            case {"event": "exited", "pid": pid, "code": code, "t_ns": t_ns}:
                row = self._census.find(pid)
                if row is None:
                    self._early_ends[pid] = code, t_ns
                    return
                self._end(row, code, t_ns)
                if row.id == 1:
                    self._root_ended(code)
            case {"event": "left_over", "pids": pids}:
                self._left.update(pids)
                self._tell_of_left_overs(pids)
            case {"event": "interrupted"}:
                self.group_interrupted = True
            case {"event": "ended"}:
                self._program_gone = True

    def _tell_of_left_overs(self, pids: list[int]) -> None:
        """Python's own helpers end by themselves, and are nobody's loss."""
        rows = [self._census.find(pid) for pid in pids]
        left = [row for row in rows if row is None or row.kind != "helper"]
        if not left:
            return
        root = self._census.root
        what = f"{len(left)} process{'es' * (len(left) > 1)} still ran when the parent "
        what += "was killed" if root is not None and (root.exit_code or 0) < 0 else "had ended"
        names = [f"{row.name}, pid {row.pid}" for row in left if row is not None][:LEFT_NAMED]
        named = f" ({'; '.join(names)}{'; ...' * (len(left) > len(names))})" if names else ""
        self._out.append(messages.Notice(f"{what}; rocketgui ended {'it' if len(left) == 1 else 'them'}{named}."))

    def _claim_ends(self) -> None:
        """A process may have been reaped before its black box was found, or before its parent's told of it."""
        for pid, (code, t_ns) in list(self._early_ends.items()):
            row = self._census.find(pid)
            if row is not None:
                del self._early_ends[pid]
                if row.moments and min(row.moments.values()) <= t_ns:  # else the pid is another process's by now
                    self._end(row, code, t_ns)

    def _root_ended(self, code: int) -> None:
        if code < 0 and not self._stopping and not self._census.interrupted:
            self._out.append(messages.Notice(f"The parent process was killed by {signal_name(-code)}."))

    def _supervisor_died(self) -> None:
        """Its orphans are this process's children now, because this is a subreaper too; end them all."""
        self._read_reports()
        if self._program_gone:
            return
        code = self._supervised.death() or 0
        how = f"was killed by {signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
        self._out.append(
            messages.Notice(f"rocketgui's supervisor {how}; every process of the program was ended with it.")
        )
        self._lost = True
        if hasattr(os, "WNOHANG"):
            now = time.monotonic_ns()
            self._end_orphans(now)
        self._program_gone = True

    def _end_orphans(self, now: int) -> None:
        def reaped(pid: int, status: int) -> None:
            row = self._census.find(pid)
            if row is not None:
                self._end(row, os.waitstatus_to_exitcode(status), now)

        supervisor.end_descendants(reaped)

    # -- the end

    def _finish(self) -> None:
        self._shelf.read_rest()
        self._claim_ends()
        now = time.monotonic_ns()
        for row in self._census.running():
            self._end(row, None, self._sights.gone_ns(row, now))
        self._say_costs()
        root = self._census.root
        code = None if root is None else root.exit_code
        t_ns = (now if root is None else root.moments["exited"]) - self.launched_ns
        self._out.append(messages.RunEnded(t_ns, self._ending(code), code))
        self._release()

    def _ending(self, code: int | None) -> str:
        if self._lost:
            return "lost"
        if self._stopping or (self._census.interrupted and code in (-signal.SIGINT, 130, 1)):
            return "stopped"
        if code is not None and code < 0:
            return "killed"
        return "finished" if code == 0 else "failed"

    def abandon(self) -> None:
        """Nobody is left to tell: leave it all to the supervisor."""
        self.ended = True
        self._supervised.abandon()

    def _release(self) -> None:
        self.ended = True
        self._supervised.close()
        self._sights.close()
        self._started.clear_up()

    def _say_costs(self) -> None:
        rows = list(self._census)
        samples, lines, others = self._shelf.losses()
        silent = [row for row in rows if row.ended and row.python and not row.agent]
        self._out.append(
            messages.Losses(
                samples_dropped=samples,
                bad_messages=others + self._translator.bad,
                agents_lost=len(silent),
                output_lines_dropped=lines,
            )
        )
        self._out.append(
            messages.Cost(
                agents_cpu_s=round(sum(row.agent_cpu_s for row in rows), 6),
                collector_cpu_s=round(time.process_time() - self._started.cpu_before_s, 6),
                program_cpu_s=round(sum(row.cpu_s for row in rows), 6),
            )
        )
