"""The state of one run, built from messages one by one; and the model, which holds the run of now.

        frame -> Model.apply_frame -> Session.apply(message) -> processes, cores, output, ... -> read by whoever shows

Nothing here fails on what arrives: a message that makes no sense, such as one for a process that was never announced,
is counted in `bad_messages` and skipped.
"""

from __future__ import annotations

import bisect
import statistics
import sys
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from rocketgui import messages
from rocketgui.messages import Frame, Message
from rocketgui.model.crowd import Crowds, Shares
from rocketgui.model.history import RUNS, Past, comparable, past
from rocketgui.model.process import Process, Watched
from rocketgui.model.series import Series
from rocketgui.model.text import noun

Known = TypeVar("Known")

OUTPUT_LINES = 10_000
NOTICES = 100

#: A process of which the system alone told is a worker after this time: Python's helpers are known by then.
UNSURE_NS = 300_000_000

#: Seconds without a sample after which a rate is not known any more.
STALE_S = 1.0

#: Core loads come some ten times a second: 10 minutes of them.
CORE_CAPACITY = 6_000


class Session:
    """One run. Before the first launch there is a session without a program, which holds the idle cores' loads.

    Attributes:
        t_ns: the time of the newest frame.
        before: the runs before this one, oldest first.
        output: the newest lines in order of time; `output_total` counts all of them, those before the newest were
            dropped; `output_late` those that did not come last, but found their place among the others.
        core_samples, core_sums: how many core loads came since launch, and their sum per core in percent.
    """

    def __init__(self, before: tuple[Past, ...] = ()) -> None:
        self.before = before
        self.t_ns = 0
        self.program: messages.RunStarted | None = None
        self.interpreter: messages.Interpreter | None = None
        self.processes: dict[int, Process] = {}
        self.cores: list[Series] = []
        self.core_samples = 0
        self.core_sums: list[float] = []
        self.output: deque[messages.Output] = deque(maxlen=OUTPUT_LINES)
        self.output_total = 0
        self.output_late = 0
        self.controls: messages.Controls | None = None
        self.losses = messages.Losses(0, 0, 0, 0)
        self.cost = messages.Cost(0.0, 0.0, 0.0)
        self._cost_ns = 0
        #: When it was paused and resumed, in ns; the end of a pause that lasts is far away.
        self._pauses: list[tuple[int, int]] = []
        #: The workers that are in their functions now, by id.
        self._flying: dict[int, Process] = {}
        #: Processes that may be workers or Python's own helpers, by id: since when, in ns.
        self._placeless: dict[int, int] = {}
        self._crowds = Crowds(self.paused_ns)
        self.notices: list[str] = []
        self.start_failures: list[messages.StartFailed] = []
        self.refused: messages.Refused | None = None
        self.ended: messages.RunEnded | None = None
        self.bad_messages = 0
        self._chosen: str | None = None
        #: What `names` gives; None: a name has come since, or has changed its value for the first time.
        self._names: list[str] | None = None
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

    # ------------------------------------------------------------ questions

    @property
    def watch(self) -> str:
        """The name of the value that is shown: the chosen one, or the first that was asked for, or of those that were
        found the one that changes in most processes."""
        if self._chosen is not None:
            return self._chosen
        if self.program is not None and self.program.watch:
            return self.program.watch[0]
        names = self.names
        return names[0] if names else "rocket"

    @property
    def names(self) -> list[str]:
        """The names of all values that are known: those that were asked for in their order, then those that were found,
        first the ones that change in most processes."""
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
        """Show the value of this name; None: decide by what is known."""
        self._chosen = name

    @property
    def is_script(self) -> bool:
        """Whether it runs a program of the user's, of which nothing is known beforehand."""
        return self.program is not None and not self.program.work

    @property
    def is_shared(self) -> bool:
        """Whether all workers count one variable, beside what each counts for itself."""
        return self.program is not None and self.program.variable not in ("private", "")

    def noun(self, count: int) -> str:
        """What the program's workers are: `process`, `threads`, ..."""
        return noun(self.program.run_as if self.program is not None else "", count)

    @property
    def limit(self) -> int | None:
        """The limit as it now stands; None when the program has none."""
        if self.controls is not None:
            limit = self.controls.limit
        else:
            limit = self.program.limit if self.program is not None else 0
        return limit if limit > 0 else None

    @property
    def is_live(self) -> bool:
        """Whether a program was launched and has not ended."""
        return self.program is not None and self.ended is None

    @property
    def has_begun(self) -> bool:
        """Whether any process of the program is known to do its work; of a program of the user's nothing else is known
        than that it began."""
        if self.is_script and self.root is not None:
            return self.root.began_ns is not None or not self.root.agent
        return any(p.target_entered_ns is not None or p.values for p in self.processes.values() if p.kind != "helper")

    @property
    def root(self) -> Process | None:
        """The program itself, the parent of all."""
        return next((p for p in self.processes.values() if p.is_root), None)

    @property
    def workers(self) -> list[Process]:
        """The processes that the program started, without Python's own helpers; or the threads, where those are what it
        runs its work as. In the order in which they became known."""
        return [p for p in self.processes.values() if p.place is not None]

    def threads_of(self, process: Process) -> list[Process]:
        """The threads of a process that are not workers themselves, in the order in which they became known."""
        return [p for p in self.processes.values() if p.parent == process.id and p.kind == "thread" and p.place is None]

    def doing(self, process: Process) -> messages.Doing | None:
        """What a process is doing now; None when it is over or suspended, or that is not known."""
        return None if process.is_over or self.is_paused or not self.is_live else process.doing

    @property
    def is_paused(self) -> bool:
        """Whether the run is suspended."""
        return self.is_live and self.controls is not None and self.controls.paused

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
        seconds = self.working_s(process)
        return (watched.last - watched.first) / seconds if seconds else None

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

    def work_s(self) -> float | None:
        """Seconds from the first worker's first line to the last one's end, or to now; pauses left out. None before."""
        spans = [span for worker in self.workers if (span := worker.work_span_ns(self.end_ns)) is not None]
        if not spans:
            return None
        began, ended = min(entered for entered, _ in spans), max(left for _, left in spans)
        return (ended - began - self.paused_ns(began, ended)) / 1e9

    def throughput(self) -> float | None:
        """Counts/s of all workers together, over all the time that any of them worked; None while not known."""
        seconds = self.work_s()
        counted = [worker.values[self.watch] for worker in self.workers if self.watch in worker.values]
        if not seconds or not counted:
            return None
        return sum(value.last - value.first for value in counted) / seconds

    def start_delay_s(self) -> float | None:
        """The median time from start() to the first line, in seconds; None if no worker has both."""
        delays = [delay for worker in self.workers if (delay := worker.start_delay_s()) is not None]
        return statistics.median(delays) if delays else None

    def most_at_once(self) -> int:
        """The largest number of workers that were in their functions at one time."""
        spans = [span for worker in self.workers if (span := worker.work_span_ns(self.end_ns)) is not None]
        changes = sorted([(left, -1) for _, left in spans] + [(entered, 1) for entered, _ in spans])
        most = now = 0
        for _, change in changes:
            now += change
            most = max(most, now)
        return most

    def shares(self) -> Shares | None:
        """What the workers got that are in their functions now; None while that is not known, or when none is."""
        return self._crowds.shares(self.end_ns)

    def most_shares(self) -> Shares | None:
        """What the most workers got that were in their functions at once before; None if that is not known."""
        return self._crowds.most

    def paused_ns(self, began: int, ended: int) -> int:
        """For how much of a time the run was paused, in ns."""
        return sum(max(0, min(ended, resumed) - max(began, paused)) for paused, resumed in self._pauses)

    def first_arrival_s(self) -> float | None:
        """Seconds until the first worker reaches the limit at its present rate; None while none counts."""
        limit = self.limit
        if limit is None:
            return None
        counting = [(worker.values[self.watch].last, rate) for worker in self.workers if (rate := self.rate(worker))]
        return min((max(limit - value, 0) / rate for value, rate in counting if rate > 0), default=None)

    @property
    def program_cost_percent(self) -> float | None:
        """CPU of the agents in percent of the program's; None while that is not known."""
        cost = self.cost
        return 100 * cost.agents_cpu_s / cost.program_cpu_s if cost.program_cpu_s > 0 else None

    @property
    def collector_percent(self) -> float | None:
        """CPU of the collector since launch in percent of one core; None while that is not known."""
        return 100 * self.cost.collector_cpu_s * 1e9 / self._cost_ns if self._cost_ns > 0 else None

    @property
    def end_ns(self) -> int:
        """The time up to which the run is known: its end, or now."""
        return self.ended.t_ns if self.ended is not None else self.t_ns

    @property
    def output_dropped(self) -> int:
        """Lines that are no longer kept here."""
        return self.output_total - len(self.output)

    def core_means(self) -> list[float]:
        """The mean load of each core since launch, in percent."""
        return [total / self.core_samples for total in self.core_sums] if self.core_samples else []

    # ------------------------------------------------------------ messages

    def apply(self, message: Message) -> None:
        """Take in one message."""
        self._appliers[type(message)](message)

    def _known(self, number: int) -> Process | None:
        process = self.processes.get(number)
        if process is None:
            self.bad_messages += 1
        return process

    def _run_started(self, message: messages.RunStarted) -> None:
        self.program = message
        self._names = None

    def _interpreter(self, message: messages.Interpreter) -> None:
        self.interpreter = message

    def _process_seen(self, message: messages.ProcessSeen) -> None:
        process = self.processes.get(message.process)
        if process is None:
            process = self.processes[message.process] = Process(message.process)
        process.parent, process.pid, process.kind = message.parent, message.pid, message.kind
        process.name, process.agent = message.name, message.agent
        if not self._is_worker(process):
            process.place = None
            self._placeless.pop(process.id, None)
        elif process.place is None and (process.agent or process.kind != "process"):
            self._give_place(process)
        elif process.place is None:
            self._placeless.setdefault(process.id, self.t_ns)

    def _give_place(self, process: Process) -> None:
        """The first free one: what was taken for a worker can turn out to be a helper."""
        self._placeless.pop(process.id, None)
        taken = {known.place for known in self.processes.values()}
        process.place = next(place for place in range(len(taken) + 1) if place not in taken)

    def pass_to(self, t_ns: int) -> None:
        """So much time has passed. What did not turn out to be a helper in the meantime is a worker."""
        self.t_ns = max(self.t_ns, t_ns)
        for number, since_ns in list(self._placeless.items()):
            process = self.processes[number]
            if process.is_over or self.t_ns - since_ns > UNSURE_NS:
                self._give_place(process)

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
            self._land(process, self.t_ns if process.exited_ns is None else process.exited_ns)

    def _terminated(self, message: messages.Terminated) -> None:
        if (process := self._known(message.process)) is not None:
            process.terminated_by.add(message.signal)

    def _failed(self, message: messages.Failed) -> None:
        if (process := self._known(message.process)) is not None:
            process.error = message.error

    def _start_failed(self, message: messages.StartFailed) -> None:
        self.start_failures.append(message)

    def _refused(self, message: messages.Refused) -> None:
        self.refused = message

    def _samples(self, message: messages.Samples) -> None:
        rows = zip(message.process, message.name, message.t_ns, message.value, strict=True)
        for number, name, t_ns, value in rows:
            process = self._known(number)
            if process is None:
                continue
            watched = process.values.get(name)
            if watched is None:
                watched = process.values[name] = Watched(value, value)
                self._names = None
            elif watched.last == watched.first != value:
                self._names = None
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
            process.take_doing(message)

    def _output(self, message: messages.Output) -> None:
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
            self._pauses.append((self.t_ns, sys.maxsize))
        elif self.is_paused and not message.paused:
            self._pauses[-1] = self._pauses[-1][0], self.t_ns
        self.controls = message

    def _losses(self, message: messages.Losses) -> None:
        self.losses = message

    def _cost(self, message: messages.Cost) -> None:
        self.cost = message
        self._cost_ns = self.t_ns

    def _notice(self, message: messages.Notice) -> None:
        if not message.text.strip():
            self.bad_messages += 1
        elif message.text not in self.notices and len(self.notices) < NOTICES:
            self.notices.append(message.text)

    def _run_ended(self, message: messages.RunEnded) -> None:
        self.ended = message
        # When the collector died, or was not heard to the end, nobody said how these ended; but none of them is left.
        for process in self.processes.values():
            process.lost = message.ended == "lost" and not process.is_over
            process.ended = True
            process.cpu = process.core = None
        self.pass_to(message.t_ns)
        self._flying.clear()
        self._crowds.meet([], message.t_ns)


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


def _steadier(now: float | None, before: float | None) -> float | None:
    """A figure that jumps from look to look, as it is over the last ones: at three looks a second, over about one."""
    return now if now is None or before is None else (now + before) / 2


def _newer(new: Known | None, old: Known | None) -> Known | None:
    """What is known now, or else what was known before."""
    return old if new is None else new
