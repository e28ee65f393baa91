"""One process of the observed program: what is known of it, what state it is in, how it ended."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from rocketgui.model.formatting import harmless
from rocketgui.model.series import Number, Series, as_float
from rocketgui.protocol.messages import Activity
from rocketgui.system.signals import signal_name

#: Seconds over which a rate is taken: long enough to be steady, short enough to follow.
RATE_WINDOW_S = 0.5

#: Changes in what a process was doing that are kept: those of some minutes of a restless one.
ACTIVITIES_KEPT = 2_000

#: What a process does that makes no progress of its own.
WAITS = frozenset({"lock", "queue", "full queue", "pipe", "join", "sleep", "io", "waiting"})

#: When something that grows was read, in ns, and how much it was.
Reading = tuple[int, float]


class ProcessState(StrEnum):
    """What a process is doing, in words fit to be shown."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    LEAVING = "leaving"
    ENDED = "ended"
    FAILED = "failed"
    KILLED = "killed"
    STOPPED = "stopped"
    LOST = "lost"


@dataclass(slots=True)
class Watched:
    """One watched value of one process: its first and last value exactly, and its history."""

    first: Number
    last: Number
    samples: int = 0
    series: Series = field(default_factory=Series)

    @property
    def change(self) -> float:
        """The change of the value since the beginning, as a float."""
        try:
            return as_float(self.last - self.first)
        except OverflowError:  # an integer of hundreds of digits, and a float
            return as_float(self.last) - as_float(self.first)


@dataclass(slots=True)
class Process:
    """A row of the process table and of the report. Times are ns since launch; None: not known, or not available.

    `worker_index` numbers the processes that are neither the program itself nor helpers, from 0 on: it picks their
    colours.
    """

    id: int
    parent: int | None = None
    pid: int = 0
    kind: str = "process"
    name: str = ""
    agent: bool = False
    worker_index: int | None = None
    start_called_ns: int | None = None
    began_ns: int | None = None
    target_entered_ns: int | None = None
    target_left_ns: int | None = None
    exited_ns: int | None = None
    joined_ns: int | None = None
    ended: bool = False
    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    stopped: bool = False
    #: The signals by which its parent meant to end it.
    terminated_by: set[int] = field(default_factory=set)
    #: Nobody is left to say how it ended.
    lost: bool = False
    #: Why nothing more is learnt from inside it; empty: it is.
    unobserved: str = ""
    #: Its end has been taken note of.
    end_noted: bool = False
    values: dict[str, Watched] = field(default_factory=dict)
    cpu: float | None = None
    cpu_s: float | None = None
    core: int | None = None
    cores: set[int] = field(default_factory=set)
    switches_voluntary: int | None = None
    switches_involuntary: int | None = None
    migrations: int | None = None
    rss: int | None = None
    peak_rss: int | None = None
    #: The newest that is known of `cpu_s` and `switches_involuntary`.
    cpu_reading: Reading | None = None
    switches_reading: Reading | None = None
    activity: Activity | None = None
    activity_before: Activity | None = None
    #: What it was doing, oldest first: since when (ns), and one of messages.ACTIVITIES.
    activities: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=ACTIVITIES_KEPT))

    @property
    def shown(self) -> str:
        """Its name with characters escaped that could act on a terminal or a label."""
        return harmless(self.name)

    @property
    def is_root(self) -> bool:
        """Whether this is the program's first process."""
        return self.parent is None and self.kind != "helper" and self.id >= 0

    @property
    def is_group(self) -> bool:
        """Whether this row stands for many ended processes; see folding.py."""
        return self.id < 0

    @property
    def state(self) -> ProcessState:
        """Its state, by the latest news."""
        if self.ended or self.exited_ns is not None:
            return self._end_state()
        if self.error is not None:
            return ProcessState.FAILED
        if self.target_left_ns is not None:
            return ProcessState.LEAVING
        if self.target_entered_ns is not None or (self.began_ns is not None and self.is_root):
            return ProcessState.RUNNING
        if self.began_ns is not None:
            return ProcessState.STARTING
        # A process without an agent is known from the system only, and that it runs is all that is known.
        return ProcessState.WAITING if self.agent or self.pid == 0 else ProcessState.RUNNING

    def _end_state(self) -> ProcessState:
        if self.stopped:
            return ProcessState.STOPPED
        if self.signal is not None:
            return ProcessState.KILLED
        if self.error is not None or self.exit_code:
            return ProcessState.FAILED
        if self.lost:
            return ProcessState.LOST
        return ProcessState.ENDED

    @property
    def is_over(self) -> bool:
        """Whether the process has ended, in whatever way."""
        return self.ended or self.exited_ns is not None or self.error is not None

    @property
    def went_wrong(self) -> bool:
        """Whether it failed or was killed, and its parent did not mean it to."""
        return self.state in (ProcessState.FAILED, ProcessState.KILLED) and not self.was_terminated

    @property
    def was_terminated(self) -> bool:
        """Whether its parent killed it, as a pool does with its workers: the program meant it to end so."""
        return self.signal in self.terminated_by

    def ends_as(self, other: Process) -> None:
        """Take over how another process ended."""
        self.ended = True
        for name in ("exit_code", "signal", "error", "stopped", "lost"):
            setattr(self, name, getattr(other, name))
        self.terminated_by = set(other.terminated_by)

    def outcome(self) -> str:
        """How it ended, in a few words; empty while it lives. An exception comes before its exit code."""
        if not self.is_over:
            return ""
        if self.stopped:
            return "stopped"
        if self.signal is not None:
            return f"killed by {signal_name(self.signal)}"
        if self.error is not None:
            return harmless(self.error)
        if self.exit_code is None:
            return "end not seen" if self.lost else "ended"
        return "finished" if self.exit_code == 0 else f"exit code {self.exit_code}"

    def add_activity(self, activity: Activity) -> None:
        """Take in what it does from now on."""
        self.activity, self.activity_before = activity, self.activity
        if not self.activities or self.activities[-1][1] != activity.what:
            self.activities.append((activity.t_ns, activity.what))

    def stretches_ns(self, now_ns: int) -> list[tuple[int, int, str]]:
        """Yield (began, ended, activity) in ns, one of messages.ACTIVITIES each; `now_ns` ends the last one of a live
        process."""
        end = now_ns if self.exited_ns is None else self.exited_ns
        known = list(self.activities)
        return [
            (began, max(until, began), what)
            for (began, what), (until, _) in zip(known, [*known[1:], (end, "")], strict=False)
        ]

    def waits_ns(self, now_ns: int) -> list[tuple[int, int, str]]:
        """The stretches in which it waited for one of `WAITS`."""
        return [stretch for stretch in self.stretches_ns(now_ns) if stretch[2] in WAITS and stretch[1] > stretch[0]]

    def activity_s(self, now_ns: int) -> dict[str, float]:
        """Seconds by activity."""
        seconds: dict[str, float] = {}
        for began, until, what in self.stretches_ns(now_ns):
            seconds[what] = seconds.get(what, 0.0) + (until - began) / 1e9
        return seconds

    def start_delay_s(self) -> float | None:
        """Seconds from start() to the first line of the process's function."""
        if self.start_called_ns is None or self.target_entered_ns is None:
            return None
        return (self.target_entered_ns - self.start_called_ns) / 1e9

    def rate(self, name: str) -> float | None:
        """Counts/s of a watched value over the last half second; None when it does not run or is not known."""
        watched = self.values.get(name)
        return watched.series.slope(RATE_WINDOW_S) if watched is not None and not self.is_over else None

    def work_span_ns(self, now_ns: int) -> tuple[int, int] | None:
        """When its function was entered and left, in ns; `now_ns` if it was not left. None if it was not entered."""
        if self.target_entered_ns is None:
            return None
        left = self.target_left_ns if self.target_left_ns is not None else self.exited_ns
        return self.target_entered_ns, now_ns if left is None else left
