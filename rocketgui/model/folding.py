"""Ended processes and threads that are not kept one by one any more: counted by the like, and found by pid and name.

    processes: the newest ended ones  --fold-->  one `Folded` each, in a `Group` for all that are alike

A row of its own costs kilobytes and time in each frame; programs start thousands of short-lived processes and threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from rocketgui.model.process import Process, ProcessState

#: So many ended processes, and as many ended threads, stay rows of their own: the newest ones.
KEPT = 500
#: As many more of each that failed, or were killed unasked.
FAILED_KEPT = 100
#: What ended less than this ago (ns) stays: more may become known of it.
SETTLED_NS = 1_000_000_000
#: They are folded so many at a time, and no more often than every so many ns: to find out which ones takes a look at
#: all rows.
BATCH, FOLD_EVERY_NS = 100, 250_000_000
#: So many folded ones can be found by pid and name; older ones are counted only.
FINDABLE = 50_000
#: Of those that are different; what comes beyond them is one group for each way to end.
GROUPS = 200
#: What the members of that group are called, and what they failed with, where it was an exception.
OTHERS, ERRORS = "other names", "different errors"
#: Names of values whose last values are summed up.
_SUMS = 500


class Key(NamedTuple):
    """What the members of a group have in common. `name`, and `outcome` if it is an exception, stand for all that
    differ in numbers only: `Thread-* (work)`. `meant`: they were killed by those who started them."""

    parent: int | None
    kind: str
    name: str
    state: ProcessState
    outcome: str
    meant: bool


@dataclass(slots=True)
class Group:
    """Ended ones that are alike. Times are ns since launch, of those of which they are known; `cpu_s` is None once
    it is not known of one of them. `row` is the group as one row: its id is negative, its name tells the count. `name`
    is the one that all have, as far as they have one."""

    key: Key
    name: str
    row: Process
    count: int = 0
    began_ns: int | None = None
    exited_ns: int | None = None
    cpu_s: float | None = 0.0


class Folded:
    """A process or thread that has ended, with as much as is kept of it. Times are ns since launch."""

    __slots__ = ("began_ns", "cpu_s", "exited_ns", "group", "id", "is_worker", "name", "parent", "pid")

    def __init__(self, process: Process, group: Group) -> None:
        self.id, self.parent, self.pid = process.id, process.parent, process.pid
        self.name = group.name if process.name == group.name else process.name
        self.began_ns, self.exited_ns, self.cpu_s = began_ns(process), process.exited_ns, process.cpu_s
        self.is_worker = process.worker_index is not None
        self.group = group

    def process(self) -> Process:
        """A row of its own for it, with what is still known."""
        own = Process(self.id, self.parent, self.pid, self.group.key.kind, self.name)
        own.worker_index = 0 if self.is_worker else None
        own.began_ns, own.exited_ns, own.cpu_s = self.began_ns, self.exited_ns, self.cpu_s
        own.end_noted = True
        own.ends_as(self.group.row)
        return own


@dataclass(slots=True)
class Work:
    """What all folded workers did together. `spans` of them were in their functions; of these, the first and last times
    (ns) of entering and of leaving. `activity_s`: seconds of `in_function_s` by activity."""

    workers: int = 0
    spans: int = 0
    entered_ns: tuple[int, int] = (0, 0)
    left_ns: tuple[int, int] = (0, 0)
    cpu_s: float | None = 0.0
    in_function_s: float = 0.0
    activity_s: dict[str, float] = field(default_factory=dict)
    #: By name of a value: of how many workers, and by how much it changed in all of them.
    counted: dict[str, tuple[int, float]] = field(default_factory=dict)

    def add_span(self, entered_ns: int, left_ns: int) -> None:
        """Add the time that a worker was in its function."""
        if not self.spans:
            self.entered_ns, self.left_ns = (entered_ns, entered_ns), (left_ns, left_ns)
        self.spans += 1
        self.entered_ns = min(self.entered_ns[0], entered_ns), max(self.entered_ns[1], entered_ns)
        self.left_ns = min(self.left_ns[0], left_ns), max(self.left_ns[1], left_ns)

    def add_value(self, name: str, change: float) -> None:
        """Add the change of a worker's value."""
        if name in self.counted or len(self.counted) < _SUMS:
            count, total = self.counted.get(name, (0, 0.0))
            self.counted[name] = count + 1, total + change


class FoldedAway:
    """All processes and threads that were folded in a run."""

    def __init__(self) -> None:
        self.work = Work()
        self.count = 0
        #: Of them, the processes and workers that failed or were killed unasked, by their states.
        self.wrong: dict[ProcessState, int] = {}
        self._groups: dict[Key, Group] = {}
        self._known: dict[int, Folded] = {}
        #: Ids up to this one may belong to those that are counted only.
        self._forgotten = -1
        self._last_row = 0

    def __len__(self) -> int:
        return self.count

    def __contains__(self, number: int) -> bool:
        """Whether it is one of them, or was."""
        return number in self._known or (self.count > len(self._known) and number <= self._forgotten)

    @property
    def groups(self) -> Iterable[Group]:
        """The groups, in the order in which they came to be."""
        return self._groups.values()

    @property
    def rows(self) -> list[Process]:
        """Each group as one row."""
        return [group.row for group in self._groups.values()]

    @property
    def processes(self) -> int:
        """The number of folded processes, without threads and interpreters."""
        return sum(group.count for group in self.groups if group.key.kind == "process")

    def get(self, number: int) -> Process | None:
        """A folded one as a row of its own; None if it is none, or only counted."""
        folded = self._known.get(number)
        return None if folded is None else folded.process()

    def name_of(self, number: int) -> str | None:
        """The name of a folded one; None if it is none, or only counted."""
        folded = self._known.get(number)
        return None if folded is None else folded.name

    def pids(self, most: int) -> dict[Key, list[int]]:
        """The pids in each group, the newest `most` of all, in the order of their ends; those of processes only."""
        pids: dict[Key, list[int]] = {}
        for folded in islice(reversed(self._known.values()), most):
            if folded.group.key.kind == "process":
                pids.setdefault(folded.group.key, []).append(folded.pid)
        return {key: found[::-1] for key, found in pids.items()}

    def find(self, text: str, most: int) -> list[Process]:
        """The newest `most` with this pid, or with this text in their names, as rows of their own."""
        words = text.strip().lower()
        if not words:
            return []
        wanted = (
            folded
            for folded in reversed(self._known.values())
            if words == str(folded.pid) or words in folded.name.lower()
        )
        return [folded.process() for folded in islice(wanted, most)]

    def add(self, process: Process) -> None:
        """Fold an ended process: keep no more than a `Folded` of it."""
        self._put(process)
        self.count += 1
        if len(self._known) > FINDABLE + BATCH:
            for number in list(islice(self._known, BATCH)):
                del self._known[number]
                self._forgotten = max(self._forgotten, number)

    def update(self, process: Process) -> None:
        """Take in what became known of a process that `get` returned."""
        self._leave(self._known[process.id])
        self._put(process)

    def _put(self, process: Process) -> None:
        group = self._group(process)
        group.count += 1
        if process.name != group.name:
            group.name = group.key.name
        if process.error != group.row.error:
            group.row.error = group.key.outcome
        group.began_ns = least(group.began_ns, began_ns(process))
        group.exited_ns = most_of(group.exited_ns, process.exited_ns)
        group.cpu_s = None if group.cpu_s is None or process.cpu_s is None else group.cpu_s + process.cpu_s
        if process.went_wrong and (process.kind == "process" or process.worker_index is not None):
            self.wrong[process.state] = self.wrong.get(process.state, 0) + 1
        self._known[process.id] = Folded(process, group)
        _describe(group)

    def _leave(self, folded: Folded) -> None:
        group = folded.group
        group.count -= 1
        if group.row.went_wrong and (group.key.kind == "process" or folded.is_worker):
            self.wrong[group.key.state] -= 1
        if group.cpu_s is not None and folded.cpu_s is not None:
            group.cpu_s = max(group.cpu_s - folded.cpu_s, 0.0)
        if group.count:
            _describe(group)
        else:
            del self._groups[group.key]

    def _group(self, process: Process) -> Group:
        outcome = process.outcome()
        is_error = outcome == process.error
        key = Key(
            process.parent,
            process.kind,
            alike(process.name),
            process.state,
            alike(outcome) if is_error else outcome,
            process.was_terminated,
        )
        if key not in self._groups and len(self._groups) >= GROUPS:
            key = key._replace(parent=None, name=OTHERS, outcome=ERRORS if is_error else outcome)
        group = self._groups.get(key)
        if group is None:
            self._last_row -= 1
            row = Process(self._last_row, key.parent, kind=key.kind)
            row.ends_as(process)
            group = self._groups[key] = Group(key, process.name if key.name != OTHERS else OTHERS, row)
        return group


def _describe(group: Group) -> None:
    """The group as a row says what it is."""
    row = group.row
    row.name = f"{group.count:,} × {group.name}"
    row.began_ns, row.exited_ns, row.cpu_s = group.began_ns, group.exited_ns, group.cpu_s


def alike(text: str) -> str:
    """A text without the digits that tell it from others of its kind: `Thread-* (work)` for `Thread-17 (work)`."""
    return re.sub(r"[0-9]+", "*", text)


def began_ns(process: Process) -> int | None:
    """When it was first wanted, or there, in ns; None if that is not known."""
    return process.began_ns if process.start_called_ns is None else process.start_called_ns


def least(one: int | None, other: int | None) -> int | None:
    """The earlier of two times of which one or both may be unknown."""
    return other if one is None else one if other is None else min(one, other)


def most_of(one: int | None, other: int | None) -> int | None:
    """The later of two times of which one or both may be unknown."""
    return other if one is None else one if other is None else max(one, other)
