"""What is known of one run by now, and what can be asked of it: rates, times, shares, names. session.py changes it."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterator

from rocketgui.model.concurrency import Crowds, Shares
from rocketgui.model.folding import FoldedAway
from rocketgui.model.formatting import noun
from rocketgui.model.previous_run import Past
from rocketgui.model.process import Process
from rocketgui.model.series import Series, per_s
from rocketgui.protocol import messages

OUTPUT_LINES = 10_000

#: Seconds without a sample after which a rate is not known any more.
STALE_S = 1.0


class Knowledge:
    """One run. Before the first launch there is a session without a program, which holds the idle cores' loads.

    Attributes:
        t_ns: the time of the newest frame.
        processes: those that have a row of their own, by id; the others have ended, and are in `folded`.
        changes: grows whenever rows come or go, or what is known of them that is not a figure changes.
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
        self.left_over: messages.LeftOver | None = None
        #: The times at which the collector died, and another one took over.
        self.restarts: list[messages.CollectorRestarted] = []
        self.ended: messages.RunEnded | None = None
        self.bad_messages = 0
        self._chosen: str | None = None
        #: What `names` gives; None: a name has come since, or has changed its value for the first time.
        self._names: list[str] | None = None

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
        if self._root is None:
            self._root = next((p for p in self.processes.values() if p.is_root), None)
        return self._root

    @property
    def workers(self) -> list[Process]:
        """The processes that the program started, without Python's own helpers; or the threads, where those are what it
        runs its work as. In the order in which they became known; without those that were folded away."""
        if self._workers is None:
            self._workers = [p for p in self.processes.values() if p.place is not None]
        return self._workers

    @property
    def worker_count(self) -> int:
        """How many workers there were, those that were folded away included."""
        return len(self.workers) + self.folded.work.workers

    def name_of(self, number: int) -> str:
        """What a process is called, also one that was folded away."""
        process = self.processes.get(number)
        name = process.name if process is not None else self.folded.name_of(number)
        return name or f"process {number}"

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
        times = [per_s(max(limit - value, 0), rate) for value, rate in counting if rate > 0]
        return min((seconds for seconds in times if seconds is not None), default=None)

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
    def bad_messages_in_all(self) -> int:
        """Messages and records that made no sense, to the collector or here."""
        return self.losses.bad_messages + self.bad_messages

    @property
    def samples_dropped_in_all(self) -> int:
        """Samples that did not get here, or found no room."""
        return self.losses.samples_dropped + self.samples_not_kept

    @property
    def output_dropped(self) -> int:
        """Lines that are no longer kept here."""
        return self.output_total - len(self.output)

    def core_means(self) -> list[float]:
        """The mean load of each core since launch, in percent."""
        return [total / self.core_samples for total in self.core_sums] if self.core_samples else []
