"""The JSON report: a contract with scripts and teachers' tools, described in docs/report.md. Pure."""

from __future__ import annotations

import math
from typing import Any

from rocketgui.model.findings import findings
from rocketgui.model.process import Process
from rocketgui.model.run import Run
from rocketgui.model.series import Number
from rocketgui.protocol.messages import Activity

VERSION = 1
#: Of those that have no entry of their own, the pids of so many are told.
PIDS = 20_000

#: What stands in the report as the model has it: of a printed line, and of a process. `parent` and `values` are listed
#: for their places alone, and written otherwise.
_LINE = ("t_ns", "process", "stream", "text")
_AS_KNOWN = (
    "id", "parent", "pid", "kind", "name", "start_called_ns", "began_ns", "target_entered_ns", "target_left_ns",
    "exited_ns", "joined_ns", "exit_code", "signal", "error", "values", "cpu_s", "switches_voluntary",
    "switches_involuntary", "peak_rss",
)  # fmt: skip

#: Activities whose names in the report are others: version 1 of it was there first.
_NAMES = {"native": "c"}


def report(run: Run) -> dict[str, Any]:
    """All that was seen of a run as plain JSON values. A run that has not ended counts as lost."""
    shown = [process for process in run.processes.values() if process.kind != "helper"]
    helpers = [process for process in run.processes.values() if process.kind == "helper"]
    ended, lost = run.ended, run.losses_in_all
    return {
        "version": VERSION,
        "program": program_of(run),
        "system": system_of(run),
        "wall_s": run.end_ns / 1e9,
        "exit_code": ended.exit_code if ended is not None else None,
        "ended": ended.ended if ended is not None else "lost",
        "processes": [_process(process, _visible_parent(run, process), run.end_ns) for process in shown],
        "folded": _folded(run),
        "helpers": [_process(process, process.parent, run.end_ns) for process in helpers],
        "core_load": {"samples": run.core_samples, "mean": [round(mean, 1) for mean in run.core_means()]},
        "output": [{key: getattr(line, key) for key in _LINE} for line in run.output],
        "findings": [
            {"id": finding.id, "text": finding.text, "figures": _plain(finding.figures)} for finding in findings(run)
        ],
        "losses": lost._replace(output_lines_dropped=lost.output_lines_dropped + run.output_dropped)._asdict(),
        "cost": run.overhead._asdict(),
    }


def program_of(run: Run) -> dict[str, Any] | None:
    """The program, as the report has it."""
    program, interpreter = run.program, run.python
    if program is None:
        return None
    return {
        "argv": list(program.argv),
        "executable": program.executable,
        "python": interpreter.python if interpreter is not None else None,
        "gil": interpreter.gil if interpreter is not None else None,
        "run_as": program.variant.run_as,
        "start_method": program.variant.start_method or None,
        "work": program.variant.work or None,
        "variable": program.variant.variable or None,
        "pinned": program.variant.pinned,
    }


def system_of(run: Run) -> dict[str, Any] | None:
    """The system, as the report has it."""
    program = run.program
    return {"os": program.os, "cores": program.cores, "launched": program.launched} if program is not None else None


def _visible_parent(run: Run, process: Process) -> int | None:
    """The nearest ancestor that the report shows: the fork server stands between a program and its children."""
    parent, steps = process.parent, 0
    while parent is not None and steps < len(run.processes):
        known = run.processes.get(parent)
        if known is None or known.kind != "helper":
            return parent
        parent, steps = known.parent, steps + 1
    return parent


def _process(process: Process, parent: int | None, end_ns: int) -> dict[str, Any]:
    return {
        **{key: getattr(process, key) for key in _AS_KNOWN},
        "parent": parent,
        "values": {
            name: {"first": _number(value.first), "last": _number(value.last), "samples": value.samples}
            for name, value in process.values.items()
        },
        "cores": sorted(process.cores),
        "moves": process.migrations,
        "doing_s": {_NAMES.get(what, what): round(s, 3) for what, s in process.activity_s(end_ns).items()},
        "last_doing": _activity(process.activity),
        "unobserved": process.unobserved or None,
    }


def _folded(run: Run) -> list[dict[str, Any]]:
    """Ended processes without an entry of their own, those alike in one entry."""
    pids = run.folded.pids(PIDS)
    return [
        {
            "count": group.count,
            "parent": _visible_parent(run, group.row),
            "kind": group.key.kind,
            "name": group.name,
            "outcome": group.row.outcome(),
            "exit_code": group.row.exit_code,
            "signal": group.row.signal,
            "first_began_ns": group.began_ns,
            "last_exited_ns": group.exited_ns,
            "cpu_s": group.cpu_s,
            "pids": pids.get(group.key, []),
        }
        for group in run.folded.groups
    ]


def _activity(activity: Activity | None) -> dict[str, Any] | None:
    if activity is None:
        return None
    fields = ("t_ns", "what", "file", "line", "function", "on")
    return {field: getattr(activity, field) for field in fields} | {"what": _NAMES.get(activity.what, activity.what)}


def _number(value: Number) -> Number | str:
    """Integers beyond 64 bits as strings: most readers of JSON would round or refuse them."""
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


def _plain(figures: Any) -> Any:
    """What JSON can hold, in its strict form: that knows no infinity and no NaN."""
    if isinstance(figures, dict):
        return {key: _plain(value) for key, value in figures.items()}
    if isinstance(figures, list):
        return [_plain(value) for value in figures]
    if isinstance(figures, float) and not math.isfinite(figures):
        return None
    return _number(figures) if isinstance(figures, int) and not isinstance(figures, bool) else figures
