"""How much of the cores the workers of a run used, and for how much of the time they were seen to wait.

Tested by tests/model/findings/test_cores.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rocketgui.model.series import per_s

if TYPE_CHECKING:
    from rocketgui.model.run import Run

#: Seconds for which workers have to have worked before anything is said of their CPU; before, start-up blurs it.
SETTLED_S = 0.5
#: Of what they did, this much has to have been seen.
_SEEN = 0.5


def cores_used(run: Run) -> float | None:
    """CPU seconds per second of all workers while they worked; None while not known, or blurred by start-up."""
    seconds = run.work_s()
    if seconds is None or seconds < SETTLED_S:
        return None
    rows, root = run.workers, run.root
    if any(worker.kind != "process" for worker in rows) and root is not None:
        # The system tells of their process as a whole, from its first moment to its last.
        rows, seconds = [root], run.life_s(root)
        if not seconds:
            return None
    used = [worker.cpu_s for worker in rows]
    if rows is run.workers and run.folded.work.workers:
        used.append(run.folded.work.cpu_s)
    return per_s(sum(cpu_s for cpu_s in used if cpu_s is not None), seconds) if used and None not in used else None


def seen_share(run: Run, activities: frozenset[str]) -> float | None:
    """For how much of the time in their functions (0 to 1) the workers were seen to do one of `activities`, of
    messages.ACTIVITIES; None where too little of it was seen, as with threads, whose stacks nobody looks at."""
    in_function = seen = activity = 0.0
    for worker in run.workers:
        in_function += run.working_s(worker) or 0.0
        for seconds, what in run.stretches_of_work(worker):
            seen += seconds
            activity += seconds * (what in activities)
    work = run.folded.work
    in_function += work.in_function_s
    seen += sum(work.activity_s.values())
    activity += sum(seconds for what, seconds in work.activity_s.items() if what in activities)
    return activity / seen if seen and seen >= _SEEN * in_function else None
