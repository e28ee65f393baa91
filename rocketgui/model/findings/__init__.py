"""What a run shows, said in sentences with figures: pure functions of the run.

Each finding is derived from what was measured in this run; where a measurement is missing, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from rocketgui.model.findings import concurrency, cores, costs, faults, variables, waiting
from rocketgui.model.findings.finding import Finding as Finding
from rocketgui.model.run import Run

#: The ids of findings about something that went wrong.
URGENT = frozenset({"start_failed", "killed", "failed", "missing_guard", "one_lock", "full_queue", "pool_worker_died"})

_ALL: tuple[Callable[[Run], Iterable[Finding]], ...] = (
    faults.missing_guard,
    faults.start_failed,
    faults.died,
    faults.notices,  # they tell why it ended
    faults.ended_early,
    waiting.pool_worker_died,
    waiting.full_queue,
    waiting.one_lock,
    cores.gil_bound,
    concurrency.overlap,
    concurrency.speed_up,
    cores.cores_busy,
    variables.lost_updates,
    variables.isolation,
    cores.oversubscription,
    cores.io_bound,
    concurrency.interleaved,
    costs.start_up,
    costs.start_order,
    variables.far_limit,
    faults.unobserved,
    faults.collector_restarts,
    faults.losses,
    faults.output_kept,
)


def findings(run: Run, first: Collection[str] = ()) -> list[Finding]:
    """All findings of a run by now, the most urgent first. Findings whose ids are in `first` (a lesson's step promises
    them) come next after those about something that went wrong."""
    found = [finding for find in _ALL for finding in find(run)]
    if first:
        found.sort(key=lambda finding: 0 if finding.id in URGENT else 1 if finding.id in first else 2)
    return found
