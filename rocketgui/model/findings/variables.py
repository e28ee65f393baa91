"""Whose variable it is, what becomes of one that is shared, and how far it has to go."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rocketgui.model.findings.faults import named
from rocketgui.model.findings.finding import Finding
from rocketgui.model.formatting import format_count, format_duration, format_rate
from rocketgui.model.process import ProcessState
from rocketgui.model.run import Run
from rocketgui.model.series import per_s


def isolation(run: Run) -> Iterable[Finding]:
    """Every process or interpreter counts its own variable, the parent's is untouched. Threads have no such walls."""
    name, root = run.watch, run.root
    if run.is_shared:
        return
    mine = root.values.get(name) if root is not None else None
    counted = [p for p in run.workers if p.kind != "thread" and name in p.values and p.values[name].last]
    if root is None or mine is None or mine.first != 0 or mine.last != 0 or not counted:
        return
    inside = any(p.kind == "interpreter" for p in counted)  # of one process: the pid tells nothing
    children = {p.name if inside else str(p.pid): p.values[name].last for p in counted}
    figures = {"parent_pid": root.pid, "parent": 0, "children": children}
    shown = [f"{format_count(p.values[name].last)} in {p.name if inside else named(p)}" for p in counted[:2]]
    others = len(counted) - 2 + run.folded.work.counted.get(name, (0, 0.0))[0]
    more = f" and {others:,} more" if others > 0 else ""
    each = f"Each {run.noun(1)} has its own" if len(counted) > 1 else "The child has its own"
    yield Finding(
        "isolation",
        f"{each} {name}. It is {' and '.join(shown) if not more else ', '.join(shown) + more}; "
        f"in the {'main one' if inside else 'parent'} (pid {root.pid}) it is still 0.",
        figures,
    )


def lost_updates(run: Run) -> Iterable[Finding]:
    """How many counts of a shared variable arrived. Said once all workers have come to their own end."""
    program, root, workers = run.program, run.root, run.workers
    if not run.is_shared or program is None or root is None or run.is_live:
        return
    if len(workers) < 2 or run.folded.work.workers:
        return
    name, mine = program.watch[-1], run.watch
    if name not in root.values or any(
        worker.state is not ProcessState.ENDED or mine not in worker.values for worker in workers
    ):
        return
    attempts = sum(int(worker.values[mine].last) for worker in workers)
    value = int(root.values[name].last)
    lost = attempts - value
    figures = {"attempts": attempts, "value": value, "lost": lost, "locked": program.variant.variable == "locked"}
    who = f"{len(workers)} {run.noun(len(workers))}"
    if lost > 0:
        yield Finding(
            "lost_updates",
            f"{format_count(lost)} of {format_count(attempts)} counts were lost. {who} counted one {name} without a "
            f"lock: where two read it at once, both write the same. It ended at {format_count(value)}.",
            figures,
        )
    elif lost == 0 and program.variant.variable == "locked":
        yield Finding(
            "exact",
            f"No count was lost. {who} counted one {name}, each with its lock: {format_count(attempts)} attempts made "
            f"{format_count(value)}.",
            figures,
        )
    elif lost == 0 and run.most_at_once() < 2:
        yield Finding(
            "none_lost",
            f"No count was lost, as they counted one after another. {who} made {format_count(attempts)} attempts at "
            f"one {name}, and it ended at {format_count(value)}.",
            figures,
        )
    elif lost == 0:
        yield Finding(
            "none_lost",
            f"No count was lost this time, though no lock guards {name}: {format_count(attempts)} attempts made "
            f"{format_count(value)}. Nothing promises that for the next time.",
            figures,
        )


def far_limit(run: Run) -> Iterable[Finding]:
    """How long it would take to count to `sys.maxsize`."""
    limit = run.limit
    if limit != sys.maxsize:
        return
    rates = [
        (rate, worker) for worker in run.workers if (rate := run.rate(worker) if run.is_live else run.mean_rate(worker))
    ]
    if not rates:
        return
    rate, worker = max(rates, key=lambda pair: pair[0])
    seconds = per_s(limit - worker.values[run.watch].last, rate)
    if seconds is None:
        return
    yield Finding(
        "far_limit",
        f"{worker.name} would reach sys.maxsize in {format_duration(seconds)}. It counts {format_rate(rate)}, and "
        f"sys.maxsize is {format_count(limit)}.",
        {"counts_per_s": rate, "seconds": seconds, "limit": limit},
    )
