"""The summary of a run without a window: a line for each process, or for each group of similar processes if there are
many; then the findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import NamedTuple

from rocketgui.model.findings import findings
from rocketgui.model.folding import alike
from rocketgui.model.process import Process, ProcessState
from rocketgui.model.run import Run
from rocketgui.protocol.messages import cut

#: Up to so many processes and threads have a line each; if there are more, similar ones share a line.
ROWS = 30
#: How many lines at most are about processes and threads, and about findings.
LINES, FINDINGS = 36, 12
#: How many different ends of the threads of one process are listed at most.
_ENDS = 4
#: Characters of a line at most.
_LETTERS = 400
_BAD = (ProcessState.FAILED, ProcessState.KILLED, ProcessState.LOST)


class _Line(NamedTuple):
    """A line about `rows` processes or threads. `is_bad`: they came to a bad end, and take precedence if there are too
    many lines."""

    is_bad: bool
    rows: int
    text: str


def lines(run: Run, first: Collection[str] = ()) -> list[str]:
    """The summary of a run, some 50 lines at most, without notices, which were printed as they came. `first`: the ids
    of the findings that come first."""
    rows = [process for process in run.processes.values() if process.kind != "helper"]
    if len(rows) + len(run.folded) <= ROWS:
        told = [_line(process) for process in rows]
    else:
        told = _shortened([*_of_processes(run, rows), *_of_threads(run, rows)])
    found = [finding.text for finding in findings(run, first) if finding.id != "notice"]
    more = [f"and {len(found) - FINDINGS} more findings"] if len(found) > FINDINGS else []
    return [cut(line, _LETTERS) for line in (*told, *found[:FINDINGS], *more)]


def _line(process: Process) -> str:
    values = "  ".join(f"{name} = {value.last:,}" for name, value in process.values.items())
    return f"{process.name:<12} pid {process.pid:<8} {process.outcome():<18} {values}"


def _shortened(told: list[_Line]) -> list[str]:
    """At most `LINES` lines: the first line, then those about bad ends, then the others in their order."""
    if len(told) <= LINES:
        return [line.text for line in told]
    chosen = sorted(range(len(told)), key=lambda index: (index > 0, not told[index].is_bad, index))[: LINES - 1]
    others = sum(line.rows for index, line in enumerate(told) if index not in chosen)
    return [*(told[index].text for index in sorted(chosen)), f"and {others:,} more"]


def _of_processes(run: Run, rows: list[Process]) -> Iterator[_Line]:
    """A line for each group of processes with the same end and with names that differ only in numbers."""
    groups: dict[tuple[str, str], list[Process]] = {}
    for process in rows:
        if process.kind == "process" or process.worker_index is not None:
            groups.setdefault((alike(process.name), process.outcome()), []).append(process)
    folded: Counter[tuple[str, str]] = Counter()
    bad = {key for key, alikes in groups.items() if alikes[0].state in _BAD}
    for group in run.folded.groups:
        if group.key.kind == "process":
            key = group.key.name, group.row.outcome()
            folded[key] += group.count
            groups.setdefault(key, [])
            bad |= {key} if group.key.state in _BAD else set()
    for (name, outcome), alikes in groups.items():
        count = len(alikes) + folded[name, outcome]
        if count == 1 and alikes:
            yield _Line(alikes[0].state in _BAD, 1, _line(alikes[0]))
            continue
        one_name = alikes[0].name if alikes and len({process.name for process in alikes}) == 1 else name
        yield _Line((name, outcome) in bad, count, f"{count:,} × {one_name:<12} {outcome or 'still running'}")


def _of_threads(run: Run, rows: list[Process]) -> Iterator[_Line]:
    """A line for all threads of each process."""
    ends: dict[int | None, Counter[str]] = {}
    for process in rows:
        if process.kind != "process" and process.worker_index is None:
            ends.setdefault(process.parent, Counter())[process.outcome() or "still running"] += 1
    for group in run.folded.groups:
        if group.key.kind != "process":
            ends.setdefault(group.key.parent, Counter())[group.row.outcome()] += group.count
    for parent, outcomes in ends.items():
        count = outcomes.total()
        whose = f" of {run.name_of(parent)}" if parent is not None else ""
        told = [f"{many:,} {outcome}" for outcome, many in outcomes.most_common(_ENDS)]
        if len(outcomes) == 1:
            told = [f"all {next(iter(outcomes))}" if count > 1 else next(iter(outcomes))]
        elif len(outcomes) > _ENDS:
            told.append("...")
        is_bad = not set(outcomes) <= {"finished", "ended", "stopped", "still running"}
        yield _Line(is_bad, count, f"{count:,} thread{'s' * (count > 1)}{whose}: {', '.join(told)}")
