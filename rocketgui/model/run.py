"""A run as messages tell of it, one by one; and what can be asked of it: rates, times, shares, names.

        frame -> Model.apply_frame -> Run.apply(message) -> processes, cores, output, ... -> read by whoever shows it

Nothing here fails on what arrives: a message that makes no sense, such as one for a process that was never announced,
is counted in `bad_messages` and skipped.
"""

from __future__ import annotations

import bisect
import heapq
import statistics
import sys
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from rocketgui.model.concurrency import ConcurrencyTracker, Shares
from rocketgui.model.folding import BATCH, FAILED_KEPT, FOLD_EVERY_NS, KEPT, SETTLED_NS, FoldedAway
from rocketgui.model.formatting import noun
from rocketgui.model.previous_run import PreviousRun
from rocketgui.model.process import Process, Watched
from rocketgui.model.series import Series, per_s
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message, cut

Known = TypeVar("Known")

NOTICES = 100
#: As many refused starts, and pauses, are kept.
START_FAILURES, PAUSES = 1_000, 1_000
#: Rows, and values in each and in all, that are kept at most: what is beyond them is counted.
ROWS, VALUES, VALUES_IN_ALL = 100_000, 500, 20_000
#: Letters that are kept of a name, of an error or a notice, of a path, of a printed line, and of an argument.
NAME_MOST, SENTENCE_MOST, PATH_MOST, LINE_MOST, ARGUMENT_MOST = 200, 2_000, 1_000, 8_000, 10_000
#: Arguments that are kept.
ARGUMENTS = 1_000

#: A process of which the system alone told is a worker after this time: Python's helpers are known by then.
UNSURE_NS = 300_000_000

#: Core loads come some ten times a second: 10 minutes of them.
CORE_CAPACITY = 6_000

OUTPUT_LINES = 10_000

#: Seconds without a sample after which a rate is not known any more.
STALE_S = 1.0


class Run:
    """One run, from its launch on; `apply` takes in what is told of it.

    Before the first launch there is a run without a program, which holds the idle cores' loads.

    Attributes:
        t_ns: the time of the newest frame.
        processes: those that have a row of their own, by id; the others have ended, and are in `folded`.
        changes: grows whenever rows come or go, or what is known of them that is not a figure changes.
        before: the runs before this one, oldest first.
        output: the newest lines in order of time; `output_total` counts all of them, those before the newest were
            dropped; `output_late` those that did not come last, but found their place among the others.
        core_samples, core_sums: how many core loads came since launch, and their sum per core in percent.
    """

    def __init__(self, before: tuple[PreviousRun, ...] = ()) -> None:
        self.before = before
        self.t_ns = 0
        self.program: messages.RunStarted | None = None
        self.python: messages.PythonInfo | None = None
        self.processes: dict[int, Process] = {}
        self.folded = FoldedAway()
        self.changes = 0
        #: What `root` and `workers` give; None: to be found anew.
        self._root: Process | None = None
        self._workers: list[Process] | None = None
        #: The most workers at once when some were folded away.
        self._most_before = 0
        #: Samples and notes for which there was no room.
        self.samples_not_kept = 0
        self.failures_not_kept = 0
        self.cores: list[Series] = []
        self.core_samples = 0
        self.core_sums: list[float] = []
        self.output: deque[messages.Output] = deque(maxlen=OUTPUT_LINES)
        self.output_total = 0
        self.output_late = 0
        self.control_state: messages.ControlState | None = None
        self.losses = messages.Losses(0, 0, 0, 0)
        self.overhead = messages.Overhead(0.0, 0.0, 0.0)
        self._overhead_ns = 0
        #: When it was paused and resumed, in ns; the end of a pause that lasts is far away.
        self._pauses: list[tuple[int, int]] = []
        #: The workers that are in their functions now, by id.
        self._active: dict[int, Process] = {}
        #: Processes that may be workers or Python's own helpers, by id: since when, in ns.
        self._without_index: dict[int, int] = {}
        self._concurrency = ConcurrencyTracker(self.paused_ns)
        self.notices: list[str] = []
        self.start_failures: list[messages.StartFailed] = []
        self.workers_not_started: messages.WorkersNotStarted | None = None
        self.left_over: messages.LeftOver | None = None
        #: The times at which the collector died, and another one took over.
        self.restarts: list[messages.CollectorRestarted] = []
        self.ended: messages.RunEnded | None = None
        self.bad_messages = 0
        self._chosen: str | None = None
        #: What `names` gives; None: a name has come since, or has changed its value for the first time.
        self._names: list[str] | None = None
        #: Places that were given back, and how many were given out.
        self._free_indices: list[int] = []
        self._index_count = 0
        #: Those that ended, oldest first, and when (ns), by whether they were threads.
        self._over: dict[bool, deque[tuple[int, int]]] = {False: deque(), True: deque()}
        self._failed_kept = {False: 0, True: 0}
        self._fold_due_ns = 0
        self._values = 0
        #: There was no room for a process: what is told of an unknown one may be about it.
        self._is_full = False

        def keep(name: str) -> Callable[[Any], None]:
            """Take in a message by keeping it as this attribute."""
            return partial(setattr, self, name)

        self._appliers: dict[type[Any], Callable[[Any], None]] = {
            messages.RunStarted: self._run_started,
            messages.PythonInfo: keep("python"),
            messages.ProcessSeen: self._process_seen,
            messages.LifecycleEvent: self._lifecycle_event,
            messages.Ended: self._process_ended,
            messages.Terminated: self._terminated,
            messages.Failed: self._failed,
            messages.StartFailed: self._start_failed,
            messages.WorkersNotStarted: keep("workers_not_started"),
            messages.LeftOver: keep("left_over"),
            messages.Unobserved: self._unobserved,
            messages.CollectorRestarted: self.restarts.append,
            messages.Samples: self._samples,
            messages.CoreLoad: self._core_load,
            messages.ProcessLoad: self._process_load,
            messages.Activity: self._activity,
            messages.Output: self._output,
            messages.ControlState: self._control_state,
            messages.Losses: keep("losses"),
            messages.Overhead: self._overhead,
            messages.Notice: self._notice,
            messages.RunEnded: self._run_ended,
        }

    # -- what is told

    def apply(self, message: Message) -> None:
        """Take in one message."""
        self._appliers[type(message)](message)

    def _known(self, number: int) -> Process | None:
        """An announced process; a folded one as far as it is still known, see `_learnt`. None if there is nothing to
        change."""
        process = self.processes.get(number)
        if process is None:
            process = self.folded.get(number)
        if process is None and not self._may_be_gone(number):
            self.bad_messages += 1
        return process

    def _may_be_gone(self, number: int) -> bool:
        return number in self.folded or self._is_full

    def _learnt(self, process: Process) -> None:
        """Note that something other than a figure has changed in a process."""
        self.changes += 1
        if process.id not in self.processes:
            self.folded.update(process)
        elif process.is_over and not process.end_noted:
            process.end_noted = True
            if process.is_root or process.kind == "helper":
                return
            self._over[_is_thread(process)].append((process.id, self.t_ns))

    def _rows_changed(self) -> None:
        self.changes += 1
        self._workers = self._root = None

    def _run_started(self, message: messages.RunStarted) -> None:
        arguments = tuple(cut(word, ARGUMENT_MOST) for word in message.argv[:ARGUMENTS])
        watch = tuple(cut(name, NAME_MOST) for name in message.watch[:ARGUMENTS])
        self.program = message._replace(argv=arguments, watch=watch)
        self._names = None
        self._rows_changed()

    def _process_seen(self, message: messages.ProcessSeen) -> None:
        process = self.processes.get(message.process) or self.folded.get(message.process)
        if process is None:
            if message.process in self.folded:
                return  # it is counted, and that is all
            if len(self.processes) >= ROWS:
                self._is_full = True
                self._notice(messages.Notice(f"More than {ROWS:,} processes and threads at once: some are not shown."))
                return
            process = self.processes[message.process] = Process(message.process)
        process.parent, process.pid, process.kind = message.parent, message.pid, message.kind
        process.name, process.agent = cut(message.name, NAME_MOST), message.agent
        if process.id not in self.processes:
            self._learnt(process)
            return
        self._rows_changed()
        if not self._is_worker(process):
            if process.worker_index is not None:
                heapq.heappush(self._free_indices, process.worker_index)
            process.worker_index = None
            self._without_index.pop(process.id, None)
        elif process.worker_index is None and (process.agent or process.kind != "process"):
            self._assign_worker_index(process)
        elif process.worker_index is None:
            self._without_index.setdefault(process.id, self.t_ns)

    def _assign_worker_index(self, process: Process) -> None:
        """Give a worker the lowest free index. One becomes free where a supposed worker turns out to be a helper."""
        self._without_index.pop(process.id, None)
        if self._free_indices:
            process.worker_index = heapq.heappop(self._free_indices)
        else:
            process.worker_index = self._index_count
            self._index_count += 1
        self._rows_changed()

    def advance_time(self, t_ns: int) -> None:
        """Advance the time to `t_ns`. What did not turn out to be a helper in the meantime becomes a worker."""
        self.t_ns = max(self.t_ns, t_ns)
        for number, since_ns in list(self._without_index.items()):
            process = self.processes[number]
            if process.is_over or self.t_ns - since_ns > UNSURE_NS:
                self._assign_worker_index(process)
        self._fold()

    def _is_worker(self, process: Process) -> bool:
        """Whether a process is one that the program started, or one of the threads that it was asked to run as."""
        if process.kind in ("thread", "interpreter"):
            root = self.root
            inside = self.noun(1) != "process"
            return inside and root is not None and process.parent == root.id
        return not process.is_root and process.kind != "helper"

    def _lifecycle_event(self, message: messages.LifecycleEvent) -> None:
        process = self._known(message.process)
        if process is None:
            return
        if message.event not in messages.LIFECYCLE_EVENTS:
            self.bad_messages += 1
            return
        setattr(process, f"{message.event}_ns", message.t_ns)
        self._learnt(process)
        if message.event == "start_called" and process.id in self._without_index:
            self._assign_worker_index(process)
        if message.event == "target_entered" and process.worker_index is not None and not process.is_over:
            self._active[process.id] = process
            self._concurrency.meet(list(self._active.values()), message.t_ns)
        elif message.event in ("target_left", "exited"):
            self._deactivate(process, message.t_ns)

    def _deactivate(self, process: Process, t_ns: int) -> None:
        """Note that a worker has left its function."""
        if self._active.pop(process.id, None) is not None:
            self._concurrency.meet(list(self._active.values()), t_ns)

    def _process_ended(self, message: messages.Ended) -> None:
        if (process := self._known(message.process)) is not None:
            process.ended = True
            process.exit_code, process.signal = message.exit_code, message.signal
            process.stopped = message.stopped
            process.cpu = process.core = None
            self._learnt(process)
            self._deactivate(process, self.t_ns if process.exited_ns is None else process.exited_ns)

    def _terminated(self, message: messages.Terminated) -> None:
        if (process := self._known(message.process)) is not None:
            process.terminated_by.add(message.signal)
            self._learnt(process)

    def _failed(self, message: messages.Failed) -> None:
        if (process := self._known(message.process)) is not None:
            process.error = cut(message.error, SENTENCE_MOST)
            self._learnt(process)

    def _start_failed(self, message: messages.StartFailed) -> None:
        name, error = cut(message.name, NAME_MOST), cut(message.error, SENTENCE_MOST)
        told = message._replace(name=name, error=error)
        if told in self.start_failures:
            return  # a collector that took over tells of it again
        if len(self.start_failures) >= START_FAILURES:
            self.failures_not_kept += 1
            return
        self.start_failures.append(told)

    def _unobserved(self, message: messages.Unobserved) -> None:
        if (process := self._known(message.process)) is not None:
            process.unobserved = cut(message.reason, SENTENCE_MOST)

    def _samples(self, message: messages.Samples) -> None:
        rows = zip(message.process, message.name, message.t_ns, message.value, strict=True)
        for number, name, t_ns, value in rows:
            process = self.processes.get(number)
            if process is None:
                if self._may_be_gone(number):
                    self.samples_not_kept += 1
                else:
                    self.bad_messages += 1
                continue
            watched = process.values.get(name)
            if watched is None:
                if len(process.values) >= VALUES or self._values >= VALUES_IN_ALL or len(name) > messages.NAME_MOST:
                    self.samples_not_kept += 1
                    continue
                self._values += 1
                watched = process.values[name] = Watched(value, value)
                self._names = None
                self.changes += 1
            elif watched.last == watched.first != value:
                self._names = None
                self.changes += 1
            watched.last = value
            watched.samples += 1
            watched.series.append(t_ns / 1e9, value)

    def _core_load(self, message: messages.CoreLoad) -> None:
        if self.ended is not None or not message.percent:
            return
        t_s = message.t_ns / 1e9
        # Another collector took over, or the machine has more cores than before: what was shown is another story.
        if len(self.cores) != len(message.percent) or (self.program is None and t_s < self.cores[0].last_t):
            self.cores = [Series(CORE_CAPACITY) for _ in message.percent]
            self.core_sums = [0.0] * len(message.percent)
            self.core_samples = 0
        for core, percent in enumerate(message.percent):
            self.cores[core].append(t_s, percent)
            self.core_sums[core] += percent
        self.core_samples += 1

    def _process_load(self, message: messages.ProcessLoad) -> None:
        for row, number in enumerate(message.process):
            process = self._known(number)
            if process is None:
                continue
            if process.id not in self.processes:
                process.cpu_s = _newer(message.cpu_s[row], process.cpu_s)
                self._learnt(process)
                continue
            if not process.ended:
                process.cpu, process.core = _steadier(message.cpu[row], process.cpu), message.core[row]
            process.cpu_s = _newer(message.cpu_s[row], process.cpu_s)
            if (cpu_s := message.cpu_s[row]) is not None:
                process.cpu_reading = message.t_ns, cpu_s
            process.switches_voluntary = _newer(message.voluntary[row], process.switches_voluntary)
            process.switches_involuntary = _newer(message.involuntary[row], process.switches_involuntary)
            if (switches := message.involuntary[row]) is not None:
                process.switches_reading = message.t_ns, switches
            process.rss = _newer(message.rss[row], process.rss)
            process.migrations = _newer(message.migrations[row], process.migrations)
            # The process itself, at its end, knows better than a look from outside that arrives later.
            process.peak_rss = max(filter(None, (message.peak_rss[row], process.peak_rss)), default=None)
            if (core := message.core[row]) is not None:
                process.cores.add(core)

    def _activity(self, message: messages.Activity) -> None:
        if message.what not in messages.ACTIVITIES:
            self.bad_messages += 1
        elif (process := self._known(message.process)) is not None:
            if max(len(message.file), len(message.function), len(message.on)) > NAME_MOST:
                message = message._replace(
                    file=cut(message.file, PATH_MOST),
                    function=cut(message.function, NAME_MOST),
                    on=cut(message.on, PATH_MOST),
                )
            process.add_activity(message)

    def _output(self, message: messages.Output) -> None:
        if len(message.text) > LINE_MOST:
            message = message._replace(text=cut(message.text, LINE_MOST))
        self.output_total += 1
        if not self.output or self.output[-1].t_ns <= message.t_ns:
            self.output.append(message)
            return
        self.output_late += 1
        index = bisect.bisect_right(self.output, message.t_ns, key=lambda line: line.t_ns)
        if len(self.output) < OUTPUT_LINES:
            self.output.insert(index, message)
        elif index:
            self.output.popleft()
            self.output.insert(index - 1, message)

    def _control_state(self, message: messages.ControlState) -> None:
        if message.paused and not self.is_paused:
            del self._pauses[: max(0, len(self._pauses) - PAUSES + 1)]
            self._pauses.append((self.t_ns, sys.maxsize))
        elif self.is_paused and not message.paused and self._pauses:
            self._pauses[-1] = self._pauses[-1][0], self.t_ns
        self.control_state = message

    def _overhead(self, message: messages.Overhead) -> None:
        self.overhead = message
        self._overhead_ns = self.t_ns

    def _notice(self, message: messages.Notice) -> None:
        text = cut(message.text, SENTENCE_MOST)
        if not text.strip():
            self.bad_messages += 1
        elif text not in self.notices and len(self.notices) < NOTICES:
            self.notices.append(text)

    def _run_ended(self, message: messages.RunEnded) -> None:
        self.ended = message
        # When the collector died, or was not heard to the end, nobody said how these ended; but none of them is left.
        for process in self.processes.values():
            process.lost = message.ended == "lost" and not process.is_over
            process.ended = True
            process.cpu = process.core = None
            self._learnt(process)
        self.t_ns = max(self.t_ns, message.t_ns)
        for number in list(self._without_index):
            self._assign_worker_index(self.processes[number])
        self._active.clear()
        self._concurrency.meet([], message.t_ns)
        self._fold()

    def _fold(self) -> None:
        """Fold the oldest ended processes where there are too many rows. This looks at all of them, so it is done only
        some times a second."""
        if self.ended is None and self.t_ns < self._fold_due_ns:
            return
        for is_thread, over in self._over.items():
            if len(over) >= KEPT + (1 if self.ended is not None else BATCH):
                self._fold_due_ns = self.t_ns + FOLD_EVERY_NS
                self._fold_oldest(over, is_thread=is_thread)

    def _fold_oldest(self, over: deque[tuple[int, int]], *, is_thread: bool) -> None:
        # What its children are told of has to be found above them.
        above = {process.parent for process in self.processes.values() if not process.is_over}
        most = self.most_at_once()
        folded = 0
        for _ in range(len(over) - KEPT):
            number, ended_ns = over[0]
            if self.ended is None and self.t_ns - ended_ns < SETTLED_NS:
                break
            over.popleft()
            process = self.processes.get(number)
            if process is None or process.is_root or process.kind == "helper":
                continue
            if process.id in above:
                over.append((number, ended_ns))
            elif process.went_wrong and self._failed_kept[is_thread] < FAILED_KEPT:
                self._failed_kept[is_thread] += 1
            else:
                self._fold_away(process)
                folded += 1
        if folded:
            self._most_before = max(self._most_before, most)
            self._rows_changed()

    def _fold_away(self, process: Process) -> None:
        del self.processes[process.id]
        self._without_index.pop(process.id, None)
        self._values -= len(process.values)
        self.folded.add(process)
        if process.worker_index is None:
            return
        work = self.folded.work
        work.workers += 1
        work.cpu_s = None if work.cpu_s is None or process.cpu_s is None else work.cpu_s + process.cpu_s
        for name, watched in process.values.items():
            work.add_value(name, watched.change)
        span = process.work_span_ns(self.end_ns)
        if span is not None:
            work.add_span(*span)
            work.in_function_s += self.working_s(process) or 0.0
            for seconds, what in self.stretches_of_work(process):
                work.activity_s[what] = work.activity_s.get(what, 0.0) + seconds

    # -- what can be asked

    @property
    def watch(self) -> str:
        """The name of the value that is shown: the chosen one; else the first that was asked for; else, of the found
        ones, the one that changes in most processes."""
        if self._chosen is not None:
            return self._chosen
        if self.program is not None and self.program.watch:
            return self.program.watch[0]
        names = self.names
        return names[0] if names else "rocket"

    @property
    def names(self) -> list[str]:
        """The names of all known values: first those that were asked for, in their order; then the found ones,
        beginning with those that change in most processes."""
        if self._names is None:
            self._names = self._sorted_names()
        return self._names

    def _sorted_names(self) -> list[str]:
        asked = list(self.program.watch) if self.program is not None else []
        changing: dict[str, int] = {}
        for process in self.processes.values():
            for name, watched in process.values.items():
                changing[name] = changing.get(name, 0) + (watched.first != watched.last)
        found = sorted((name for name in changing if name not in asked), key=lambda name: -changing[name])
        return asked + found

    def choose(self, name: str | None) -> None:
        """Show the value of this name; None: choose by what is known."""
        self._chosen = name

    @property
    def is_script(self) -> bool:
        """Whether it runs a program of the user's."""
        return self.program is not None and not self.program.variant.is_built_in

    @property
    def is_shared(self) -> bool:
        """Whether all workers count one variable, beside what each counts for itself."""
        return self.program is not None and self.program.variant.is_shared

    def noun(self, count: int) -> str:
        """What the workers are called: `process`, `threads`, ..."""
        return noun(self.program.variant.run_as if self.program is not None else "", count)

    @property
    def limit(self) -> int | None:
        """The limit as it stands now; None if the program has none."""
        if self.control_state is not None:
            limit = self.control_state.limit
        else:
            limit = self.program.limit if self.program is not None else 0
        return limit if limit > 0 else None

    @property
    def is_live(self) -> bool:
        """Whether a program was launched and has not ended."""
        return self.program is not None and self.ended is None

    @property
    def has_begun(self) -> bool:
        """Whether any process is known to work; of a program of the user's, whether it has begun."""
        if self.is_script and self.root is not None:
            return self.root.began_ns is not None or not self.root.agent
        return any(p.target_entered_ns is not None or p.values for p in self.processes.values() if p.kind != "helper")

    @property
    def root(self) -> Process | None:
        """The program's first process."""
        if self._root is None:
            self._root = next((p for p in self.processes.values() if p.is_root), None)
        return self._root

    @property
    def workers(self) -> list[Process]:
        """The processes that the program started, without Python's own helpers; or the threads, where those are what it
        runs its work as. In the order in which they became known; without those that were folded away."""
        if self._workers is None:
            self._workers = [p for p in self.processes.values() if p.worker_index is not None]
        return self._workers

    @property
    def worker_count(self) -> int:
        """How many workers there were, those that were folded away included."""
        return len(self.workers) + self.folded.work.workers

    def name_of(self, number: int) -> str:
        """The name of a process, also of a folded one."""
        process = self.processes.get(number)
        name = process.name if process is not None else self.folded.name_of(number)
        return name or f"process {number}"

    def threads_of(self, process: Process) -> list[Process]:
        """The threads of a process that are not workers themselves, in the order in which they became known."""
        return [
            p
            for p in self.processes.values()
            if p.parent == process.id and p.kind == "thread" and p.worker_index is None
        ]

    def activity(self, process: Process) -> messages.Activity | None:
        """What a process is doing now; None when it is over or suspended, or that is not known."""
        return None if process.is_over or self.is_paused or not self.is_live else process.activity

    @property
    def is_paused(self) -> bool:
        """Whether the run is suspended."""
        return self.is_live and self.control_state is not None and self.control_state.paused

    def rate(self, process: Process) -> float | None:
        """Counts/s of a process by now; None when it does not run, is paused, or has not been heard of for a second."""
        watched = process.values.get(self.watch)
        if watched is None or not self.is_live or self.is_paused or self.t_ns / 1e9 - watched.series.last_t > STALE_S:
            return None
        return process.rate(self.watch)

    def rates(self) -> list[float]:
        """Counts/s of the workers that count by now."""
        return [rate for worker in self.workers if (rate := self.rate(worker))]

    def mean_rate(self, process: Process) -> float | None:
        """Counts/s of a process over the whole time that it worked; None until it has left its function."""
        watched, span = process.values.get(self.watch), process.work_span_ns(0)
        if watched is None or span is None or span[1] <= span[0]:
            return None
        return per_s(watched.change, self.working_s(process))

    def working_s(self, process: Process) -> float | None:
        """Seconds that a process has been in its function, without those of pauses; None if it never entered it."""
        span = process.work_span_ns(self.end_ns)
        if span is None:
            return None
        entered, left = span
        return (left - entered - self.paused_ns(entered, left)) / 1e9

    def life_s(self, process: Process) -> float | None:
        """Seconds that a process has lived, without those of pauses; None if it is not known when it began."""
        if process.began_ns is None:
            return None
        end = self.end_ns if process.exited_ns is None else process.exited_ns
        return (end - process.began_ns - self.paused_ns(process.began_ns, end)) / 1e9

    def stretches_of_work(self, process: Process) -> Iterator[tuple[float, str]]:
        """For how many seconds a process did what, one after the other, while it was in its function; pauses left
        out."""
        span = process.work_span_ns(self.end_ns)
        if span is None:
            return
        for began, until, what in process.stretches_ns(self.end_ns):
            began, until = max(began, span[0]), min(until, span[1])
            if until > began:
                yield (until - began - self.paused_ns(began, until)) / 1e9, what

    def work_s(self) -> float | None:
        """Seconds from the first worker's first line to the last one's end, or to now; pauses left out. None before."""
        spans = [span for worker in self.workers if (span := worker.work_span_ns(self.end_ns)) is not None]
        if (work := self.folded.work).spans:
            spans.append((work.entered_ns[0], work.left_ns[1]))
        if not spans:
            return None
        began, ended = min(entered for entered, _ in spans), max(left for _, left in spans)
        return (ended - began - self.paused_ns(began, ended)) / 1e9

    def throughput(self) -> float | None:
        """Counts/s of all workers together, over all the time that any of them worked; None while not known."""
        seconds = self.work_s()
        counted = [worker.values[self.watch] for worker in self.workers if self.watch in worker.values]
        others, folded = self.folded.work.counted.get(self.watch, (0, 0.0))
        if not seconds or not (counted or others):
            return None
        return per_s(sum(value.change for value in counted) + folded, seconds)

    def start_delay_s(self) -> float | None:
        """The median time from start() to the first line, in seconds, of the workers that have a row; None if none of
        them has both."""
        delays = [delay for worker in self.workers if (delay := worker.start_delay_s()) is not None]
        return statistics.median(delays) if delays else None

    def most_at_once(self) -> int:
        """The largest number of workers that were in their functions at one time."""
        spans = [span for worker in self.workers if (span := worker.work_span_ns(self.end_ns)) is not None]
        changes = sorted([(left, -1) for _, left in spans] + [(entered, 1) for entered, _ in spans])
        most, now = self._most_before, 0
        for _, change in changes:
            now += change
            most = max(most, now)
        return most

    def shares(self) -> Shares | None:
        """What the workers got that are in their functions now; None while that is not known, or when none is."""
        return self._concurrency.shares(self.end_ns)

    def most_shares(self) -> Shares | None:
        """What the most workers got that were in their functions at once before; None if that is not known."""
        return self._concurrency.most

    def paused_ns(self, began: int, ended: int) -> int:
        """For how much of a time the run was paused, in ns."""
        return sum(max(0, min(ended, resumed) - max(began, paused)) for paused, resumed in self._pauses)

    def first_arrival_s(self) -> float | None:
        """Seconds until the first worker reaches the limit at its present rate; None while none counts."""
        limit = self.limit
        if limit is None:
            return None
        counting = [(worker.values[self.watch].last, rate) for worker in self.workers if (rate := self.rate(worker))]
        times = [per_s(max(limit - value, 0), rate) for value, rate in counting if rate > 0]
        return min((seconds for seconds in times if seconds is not None), default=None)

    @property
    def agents_overhead_percent(self) -> float | None:
        """CPU of the agents in percent of the program's; None while that is not known."""
        cost = self.overhead
        return 100 * cost.agents_cpu_s / cost.program_cpu_s if cost.program_cpu_s > 0 else None

    @property
    def collector_percent(self) -> float | None:
        """CPU of the collector since launch in percent of one core; None while that is not known."""
        return 100 * self.overhead.collector_cpu_s * 1e9 / self._overhead_ns if self._overhead_ns > 0 else None

    @property
    def end_ns(self) -> int:
        """The time up to which the run is known: its end, or now."""
        return self.ended.t_ns if self.ended is not None else self.t_ns

    @property
    def losses_in_all(self) -> messages.Losses:
        """What was lost on the way to here, together with messages that made no sense and samples without room here."""
        lost = self.losses
        return lost._replace(
            samples_dropped=lost.samples_dropped + self.samples_not_kept,
            bad_messages=lost.bad_messages + self.bad_messages,
        )

    @property
    def output_dropped(self) -> int:
        """Lines that are no longer kept here."""
        return self.output_total - len(self.output)

    def core_means(self) -> list[float]:
        """The mean load of each core since launch, in percent."""
        return [total / self.core_samples for total in self.core_sums] if self.core_samples else []


def _is_thread(process: Process) -> bool:
    return process.kind in ("thread", "interpreter")


def _steadier(now: float | None, before: float | None) -> float | None:
    """A figure that jumps from look to look, as it is over the last ones: at three looks a second, over about one."""
    return now if now is None or before is None else (now + before) / 2


def _newer(new: Known | None, old: Known | None) -> Known | None:
    """What is known now, or else what was known before."""
    return old if new is None else new
