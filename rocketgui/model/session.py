"""A run as messages tell of it, one by one; and the model, which holds the run of now.

        frame -> Model.apply_frame -> Session.apply(message) -> processes, cores, output, ... -> read by whoever shows

Nothing here fails on what arrives: a message that makes no sense, such as one for a process that was never announced,
is counted in `bad_messages` and skipped.
"""

from __future__ import annotations

import bisect
import dataclasses
import heapq
import sys
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from rocketgui.model.folding import BATCH, FAILED_KEPT, FOLD_EVERY_NS, KEPT, SETTLED_NS
from rocketgui.model.knowledge import OUTPUT_LINES as OUTPUT_LINES
from rocketgui.model.knowledge import Knowledge
from rocketgui.model.previous_run import RUNS, Past, comparable, past
from rocketgui.model.process import Process, Watched
from rocketgui.model.series import Series
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame, Message, cut

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


class Session(Knowledge):
    """One run, from its launch on; `apply` takes in what is told of it."""

    def __init__(self, before: tuple[Past, ...] = ()) -> None:
        super().__init__(before)
        #: Places that were given back, and how many were given out.
        self._free_places: list[int] = []
        self._places = 0
        #: Those that ended, oldest first, and when (ns), by whether they were threads.
        self._over: dict[bool, deque[tuple[int, int]]] = {False: deque(), True: deque()}
        self._failed_kept = {False: 0, True: 0}
        self._fold_due_ns = 0
        self._values = 0
        #: There was no room for a process: what is told of an unknown one may be about it.
        self._is_full = False
        self._appliers: dict[type[Any], Callable[[Any], None]] = {
            messages.RunStarted: self._run_started,
            messages.Interpreter: self._interpreter,
            messages.ProcessSeen: self._process_seen,
            messages.Moment: self._moment,
            messages.Ended: self._process_ended,
            messages.Terminated: self._terminated,
            messages.Failed: self._failed,
            messages.StartFailed: self._start_failed,
            messages.Refused: self._refused,
            messages.LeftOver: self._left_over,
            messages.Unobserved: self._unobserved,
            messages.CollectorRestarted: self._collector_restarted,
            messages.Samples: self._samples,
            messages.CoreLoad: self._core_load,
            messages.ProcessLoad: self._process_load,
            messages.Doing: self._doing,
            messages.Output: self._output,
            messages.Controls: self._controls,
            messages.Losses: self._losses,
            messages.Cost: self._cost,
            messages.Notice: self._notice,
            messages.RunEnded: self._run_ended,
        }

    def apply(self, message: Message) -> None:
        """Take in one message."""
        self._appliers[type(message)](message)

    def _known(self, number: int) -> Process | None:
        """A process that was announced: it, or if it was folded away what is known of it still, see `_learnt`; None
        if there is nothing that could be changed."""
        process = self.processes.get(number)
        if process is None:
            process = self.folded.get(number)
        if process is None and not self._may_be_gone(number):
            self.bad_messages += 1
        return process

    def _may_be_gone(self, number: int) -> bool:
        return number in self.folded or self._is_full

    def _learnt(self, process: Process) -> None:
        """What is known of a process has changed, other than figures."""
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
        self.program = dataclasses.replace(message, argv=arguments, watch=watch)
        self._names = None
        self._rows_changed()

    def _interpreter(self, message: messages.Interpreter) -> None:
        self.interpreter = message

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
            if process.place is not None:
                heapq.heappush(self._free_places, process.place)
            process.place = None
            self._placeless.pop(process.id, None)
        elif process.place is None and (process.agent or process.kind != "process"):
            self._give_place(process)
        elif process.place is None:
            self._placeless.setdefault(process.id, self.t_ns)

    def _give_place(self, process: Process) -> None:
        """The first free one: what was taken for a worker can turn out to be a helper."""
        self._placeless.pop(process.id, None)
        if self._free_places:
            process.place = heapq.heappop(self._free_places)
        else:
            process.place = self._places
            self._places += 1
        self._rows_changed()

    def pass_to(self, t_ns: int) -> None:
        """So much time has passed. What did not turn out to be a helper in the meantime is a worker."""
        self.t_ns = max(self.t_ns, t_ns)
        for number, since_ns in list(self._placeless.items()):
            process = self.processes[number]
            if process.is_over or self.t_ns - since_ns > UNSURE_NS:
                self._give_place(process)
        self._fold()

    def _is_worker(self, process: Process) -> bool:
        """Whether it is a process that the program started, or one of the threads that it was asked to run as."""
        if process.kind in ("thread", "interpreter"):
            root = self.root
            inside = self.noun(1) != "process"
            return inside and root is not None and process.parent == root.id
        return not process.is_root and process.kind != "helper"

    def _moment(self, message: messages.Moment) -> None:
        process = self._known(message.process)
        if process is None:
            return
        if message.moment not in messages.MOMENTS:
            self.bad_messages += 1
            return
        setattr(process, f"{message.moment}_ns", message.t_ns)
        self._learnt(process)
        if message.moment == "start_called" and process.id in self._placeless:
            self._give_place(process)
        if message.moment == "target_entered" and process.place is not None and not process.is_over:
            self._flying[process.id] = process
            self._crowds.meet(list(self._flying.values()), message.t_ns)
        elif message.moment in ("target_left", "exited"):
            self._land(process, message.t_ns)

    def _land(self, process: Process, t_ns: int) -> None:
        """A worker is not in its function any more."""
        if self._flying.pop(process.id, None) is not None:
            self._crowds.meet(list(self._flying.values()), t_ns)

    def _process_ended(self, message: messages.Ended) -> None:
        if (process := self._known(message.process)) is not None:
            process.ended = True
            process.exit_code, process.signal = message.exit_code, message.signal
            process.stopped = message.stopped
            process.cpu = process.core = None
            self._learnt(process)
            self._land(process, self.t_ns if process.exited_ns is None else process.exited_ns)

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
        told = dataclasses.replace(message, name=name, error=error)
        if told in self.start_failures:
            return  # a collector that took over tells of it again
        if len(self.start_failures) >= START_FAILURES:
            self.failures_not_kept += 1
            return
        self.start_failures.append(told)

    def _left_over(self, message: messages.LeftOver) -> None:
        self.left_over = message

    def _unobserved(self, message: messages.Unobserved) -> None:
        if (process := self._known(message.process)) is not None:
            process.unobserved = cut(message.reason, SENTENCE_MOST)

    def _collector_restarted(self, message: messages.CollectorRestarted) -> None:
        self.restarts.append(message)

    def _refused(self, message: messages.Refused) -> None:
        self.refused = message

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
            process.moves = _newer(message.moves[row], process.moves)
            # The process itself, at its end, knows better than a look from outside that arrives later.
            process.peak_rss = max(filter(None, (message.peak_rss[row], process.peak_rss)), default=None)
            if (core := message.core[row]) is not None:
                process.cores.add(core)

    def _doing(self, message: messages.Doing) -> None:
        if message.what not in messages.DOINGS:
            self.bad_messages += 1
        elif (process := self._known(message.process)) is not None:
            if max(len(message.file), len(message.function), len(message.on)) > NAME_MOST:
                message = dataclasses.replace(
                    message,
                    file=cut(message.file, PATH_MOST),
                    function=cut(message.function, NAME_MOST),
                    on=cut(message.on, PATH_MOST),
                )
            process.take_doing(message)

    def _output(self, message: messages.Output) -> None:
        if len(message.text) > LINE_MOST:
            message = dataclasses.replace(message, text=cut(message.text, LINE_MOST))
        self.output_total += 1
        if not self.output or self.output[-1].t_ns <= message.t_ns:
            self.output.append(message)
            return
        self.output_late += 1
        place = bisect.bisect_right(self.output, message.t_ns, key=lambda line: line.t_ns)
        if len(self.output) < OUTPUT_LINES:
            self.output.insert(place, message)
        elif place:
            self.output.popleft()
            self.output.insert(place - 1, message)

    def _controls(self, message: messages.Controls) -> None:
        if message.paused and not self.is_paused:
            del self._pauses[: max(0, len(self._pauses) - PAUSES + 1)]
            self._pauses.append((self.t_ns, sys.maxsize))
        elif self.is_paused and not message.paused and self._pauses:
            self._pauses[-1] = self._pauses[-1][0], self.t_ns
        self.controls = message

    def _losses(self, message: messages.Losses) -> None:
        self.losses = message

    def _cost(self, message: messages.Cost) -> None:
        self.cost = message
        self._cost_ns = self.t_ns

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
        for number in list(self._placeless):
            self._give_place(self.processes[number])
        self._flying.clear()
        self._crowds.meet([], message.t_ns)
        self._fold()

    def _fold(self) -> None:
        """Keep no more rows of what has ended than are wanted: some times a second, since it takes a look at all."""
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
        self._placeless.pop(process.id, None)
        self._values -= len(process.values)
        self.folded.add(process)
        if process.place is None:
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
                work.doing_s[what] = work.doing_s.get(what, 0.0) + seconds


class Model:
    """What the window and the terminal show: the run of now, or before the first launch the idle machine."""

    def __init__(self) -> None:
        self.session = Session()

    def apply_frame(self, frame: Frame) -> None:
        """Take in a frame; a launch in it begins a new session, from that message on."""
        for message in frame.messages:
            if isinstance(message, messages.RunStarted):
                kept = past(self.session)
                before = (*self.session.before, kept)[-RUNS:] if kept else self.session.before
                self.session = Session(comparable(before, () if message.work else message.argv))
            self.session.apply(message)
        # A frame that begins a run may carry the time of the clock before it; after the end, time stands still.
        begins = any(isinstance(message, messages.RunStarted) for message in frame.messages)
        if not begins and self.session.ended is None:
            self.session.pass_to(frame.t_ns)


def _is_thread(process: Process) -> bool:
    return process.kind in ("thread", "interpreter")


def _steadier(now: float | None, before: float | None) -> float | None:
    """A figure that jumps from look to look, as it is over the last ones: at three looks a second, over about one."""
    return now if now is None or before is None else (now + before) / 2


def _newer(new: Known | None, old: Known | None) -> Known | None:
    """What is known now, or else what was known before."""
    return old if new is None else new
