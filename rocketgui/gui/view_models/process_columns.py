"""The columns of the process table: what each reads of a process, how that is written, and what a dash means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rocketgui.model.formatting import (
    ACTIVITY_NAMES,
    format_bytes,
    format_count,
    format_location,
    format_rate,
    format_short,
)
from rocketgui.model.process import Process, ProcessState
from rocketgui.model.run import Run

NOT_KNOWN = "–"
_WIDEST_VALUE = "99,999,999"
#: What went wrong with the built-in program's workers is written over these columns, from the first to the last: what
#: else they say is of those that live.
OUTCOME_OVER = ("rate", "state")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what it reads of a process (None: not known; rows are sorted by it), how that is written,
    the widest text that it must hold, and an explanation."""

    heading: str
    read: Callable[[Process, Run], Any]
    form: Callable[[Any], str]
    widest: str
    tip: str
    right: bool = True

    def show(self, process: Process, run: Run) -> str:
        """What the cell says."""
        value = self.read(process, run)
        if value is not None:
            return self.form(value)
        return "" if is_blank(process, run) and self.heading not in _OF_THREADS else NOT_KNOWN


def is_blank(process: Process, run: Run) -> bool:
    """Whether what is not known of it is nothing that one would look for: a thread's memory is its process's."""
    return run.is_script and process.kind in ("thread", "helper")


#: What a thread has for itself.
_OF_THREADS = ("CPU", "state")


def _value(process: Process, run: Run) -> Any:
    watched = process.values.get(run.watch)
    return None if watched is None else watched.last


def _form_value(value: Any) -> str:
    text = format_count(value)
    return text if len(text) <= len(_WIDEST_VALUE) else format_short(value)


def _state(process: Process, run: Run) -> str:
    state = process.state
    if process.unobserved and not process.is_over:
        return "not observed"
    if run.is_paused and state is ProcessState.RUNNING:
        return "paused"
    if not run.is_script:
        return str(state)
    if state is ProcessState.KILLED and process.kind == "process":
        return process.outcome()
    if process.kind == "helper":
        return "ended" if process.is_over else "helper"
    if process.kind == "thread":
        return "ended" if process.is_over else "alive"
    activity = run.activity(process)
    if activity is not None:
        return ACTIVITY_NAMES[activity.what]
    # What was not started by multiprocessing enters no function of its.
    alone = state is ProcessState.STARTING and process.start_called_ns is None
    return str(ProcessState.RUNNING if alone else state)


def _where(process: Process, run: Run) -> str | None:
    activity = run.activity(process)
    return format_location(activity.file, activity.line, activity.function) or None if activity is not None else None


def _count(value: int) -> str:
    return f"{value:,}"


COLUMNS: tuple[Column, ...] = (
    Column(
        "process", lambda p, _: p.shown or f"process {p.id}", str, "MainProcess", "Its name in the program", right=False
    ),
    Column("value", _value, _form_value, _WIDEST_VALUE, "Its own value of the watched name"),
    Column("rate", lambda p, s: s.rate(p), format_rate, "99.9 M/s", "Counts per second over the last half second"),
    Column("CPU", lambda p, _: p.cpu, "{:.0f} %".format, "100 %", "Share of one core; 100 % is a whole core"),
    Column("core", lambda p, _: p.core, str, "core", "The core that it ran on last"),
    Column("state", _state, str, "starting", "What it is doing", right=False),
    Column(
        "start", lambda p, _: p.start_delay_s(), lambda s: f"{1000 * s:,.0f} ms", "9,999 ms",
        "From start() to the first line of its function",
    ),
    Column("memory", lambda p, _: p.rss, format_bytes, "999.9 MB", "Memory that it holds"),
    Column(
        "invol.", lambda p, _: p.switches_involuntary, _count, "999,999",
        "Involuntary context switches: the system took the core away",
    ),
    Column(
        "vol.", lambda p, _: p.switches_voluntary, _count, "999,999",
        "Voluntary context switches: it waited for something",
    ),
    Column("moves", lambda p, _: p.migrations, _count, "99,999", "How often the system moved it to another core"),
    Column("ended", lambda p, _: p.outcome() or None, str, "killed by SIGKILL", "How it ended", right=False),
    Column("pid", lambda p, _: p.pid or None, str, "9999999", "The system's number of the process"),
)  # fmt: skip


def short_name(name: str) -> str:
    """What Python calls a thread, with what tells it from others first: `work 1` for `Thread-1 (work)`."""
    unnamed = re.fullmatch(r"Thread-(\d+) \((.+)\)", name)
    return f"{unnamed[2]} {unnamed[1]}" if unnamed else name


def _script_columns() -> tuple[Column, ...]:
    """Those of a program of the user's: what it is doing matters more than how fast it counts."""
    by = {column.heading: column for column in COLUMNS}
    name = Column("process", by["process"].read, short_name, "SpawnPoolWorker-1", by["process"].tip, right=False)
    state = Column("state", _state, str, "waits: queue is full", "What it is doing", right=False)
    where = Column("where", _where, str, "program.py:123 in function", "The line of code that it is in", right=False)
    others = ("rate", "core", "ended", "start", "memory", "invol.", "vol.", "moves", "pid")
    return (name, by["value"], by["CPU"], state, where, *(by[heading] for heading in others))


SCRIPT_COLUMNS = _script_columns()


def said(column: Column, process: Process, run: Run) -> str:
    """What a cell says in words, where it shows a dash or but a word."""
    if column.heading == "process":
        more = "; they have no rows of their own any more, but can be found" if process.is_group else ""
        return f"{column.read(process, run)}{more}"
    if column.heading == "state" and run.is_script:
        return _said_state(process, run)
    text = column.show(process, run)
    if text not in (NOT_KNOWN, ""):
        return text
    if process.kind == "thread" and is_blank(process, run) and column.heading not in _OF_THREADS:
        return "not told of a thread; its process has it"
    if column.heading in _BY_AGENT and not process.agent and process.pid:
        if process.kind == "helper":
            return "nothing, it is a helper of Python's own"
        return "not known: it is no Python program, or one that could not be observed from inside"
    if process.is_over:
        return "nothing, it has ended"
    if column.heading in _BY_AGENT and run.is_script:
        return "not known yet, or it has none"
    # Once its CPU seconds are known, the system was asked for all the others too.
    return "not known yet" if process.cpu_s is None else "not available on this system, or not yet"


#: What only a process itself can tell.
_BY_AGENT = ("value", "rate", "where", "start")


def _said_state(process: Process, run: Run) -> str:
    """What it is doing, in a sentence, with the line of its code."""
    if process.kind == "helper":
        return f"{_state(process, run)}: Python's own, started for the program"
    activity = run.activity(process)
    if activity is None:
        return process.outcome() or _state(process, run)
    on = f" ({_named(activity.on, run)})" if activity.on else ""
    location = format_location(activity.file, activity.line, activity.function)
    return f"{ACTIVITY_NAMES[activity.what]}{on}" + (f", at {location}\n{activity.file}" if location else "")


def _named(on: str, run: Run) -> str:
    """What it waits for: the name of a process rather than its number."""
    kind, _, rest = on.partition(" ")
    if kind == "process" and rest.isdecimal():
        pid = int(rest)
        known = next((p for p in run.processes.values() if p.pid == pid and p.kind == "process"), None)
        return f"the end of {known.shown}, pid {pid}" if known is not None else f"the end of pid {pid}"
    return on
