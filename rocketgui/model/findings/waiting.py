"""Who waits for whom, where nobody will come: the usual troubles of programs with several processes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rocketgui.model.findings.faults import named
from rocketgui.model.findings.finding import Finding
from rocketgui.model.formatting import format_location
from rocketgui.model.process import Process, ProcessState
from rocketgui.model.run import Run
from rocketgui.protocol.messages import Activity

#: For so many ns nothing must have moved: less happens in any program.
STUCK_NS = 1_000_000_000
#: What multiprocessing.pool.Pool calls its workers; executors notice the death of theirs.
_POOL_WORKER = re.compile(r"PoolWorker-[0-9:]+$")
_DEAD = (ProcessState.KILLED, ProcessState.FAILED)


def one_lock(run: Run) -> Iterable[Finding]:
    """All live workers wait for the same lock, whose holder does not run."""
    alive = [p for p in _processes(run) if not p.is_root and _was_alive(run, p)]
    waiting = [
        (p, activity) for p in alive if (activity := _stuck(run, p)) is not None and activity.on.startswith("lock ")
    ]
    if len(alive) < 2 or len(waiting) < len(alive) or len({activity.on for _, activity in waiting}) > 1:
        return
    dead = [p for p in _processes(run) if p.state is ProcessState.KILLED and not _was_alive(run, p)]
    who = "Both processes wait" if len(alive) == 2 else f"All {len(alive)} processes wait"
    text = f"{who} for the same lock, at {_locations(waiting)}, and none of them holds it."
    if dead:
        text += f" {named(dead[-1])} was killed: it may have held it, and then nobody releases it any more."
    else:
        text += " Whoever took it last has not released it."
    figures = {"processes": [p.id for p in alive], "killed": [p.id for p in dead], "lock": waiting[0][1].on}
    yield Finding("one_lock", text, figures)


def full_queue(run: Run) -> Iterable[Finding]:
    """A process waits in join() for a child that waits for room in a queue, which the waiting process would have to
    empty."""
    for parent in _processes(run):
        activity = _stuck(run, parent)
        if activity is None or activity.what != "join":
            continue
        for child in _processes(run):
            theirs = _stuck(run, child)
            joined = activity.on in ("", f"process {child.pid}") and child.parent == parent.id
            if joined and theirs is not None and theirs.what == "full queue":
                yield Finding(
                    "full_queue",
                    f"{named(parent)} waits in join() for {child.name}, which waits for room in a queue. What "
                    f"{child.name} has put into it must be taken out before it can end: get() first, then join().",
                    {"parent": parent.id, "child": child.id},
                )
                return


def pool_worker_died(run: Run) -> Iterable[Finding]:
    """A worker of a pool died, and whoever waited then, or came to wait, did not move since. A Pool goes on with
    another worker, but the task is lost."""
    for worker in _processes(run):
        if worker.state not in _DEAD or worker.was_terminated or not _POOL_WORKER.search(worker.name):
            continue
        parent = run.processes.get(worker.parent or 0)
        since = run.t_ns if worker.exited_ns is None else worker.exited_ns
        activity = _stuck(run, parent, since) if parent is not None else None
        if parent is None or activity is None or activity.what != "queue":
            continue
        yield Finding(
            "pool_worker_died",
            f"A worker of a pool died: {named(worker)}, {worker.outcome()}. Its task is lost with it, and "
            f"{parent.name}, which waits for the result at {_location(activity)}, waits for ever.",
            {"process": worker.id, "pid": worker.pid, "parent": parent.id},
        )
        return


def _processes(run: Run) -> list[Process]:
    return [p for p in run.processes.values() if p.kind == "process" and p.agent]


def _was_alive(run: Run, process: Process) -> bool:
    """Whether a process lives, or lived until the run was ended from outside."""
    return not process.is_over or (process.stopped and run.ended is not None)


def _stuck(run: Run, process: Process, since_ns: int = 0) -> Activity | None:
    """What a process has been doing for a while, and after `since_ns`, without moving on, now or when the run was
    ended from outside."""
    activity, before = process.activity, process.activity_before
    if activity is None or run.is_paused or not _was_alive(run, process):
        return None
    until = run.end_ns if process.exited_ns is None else process.exited_ns
    if until - max(activity.t_ns, since_ns) >= STUCK_NS:
        return activity
    # What ended the run may have woken it.
    woken = before is not None and activity.t_ns - max(before.t_ns, since_ns) >= STUCK_NS
    return before if woken and process.stopped else None


def _location(activity: Activity) -> str:
    return format_location(activity.file, activity.line, activity.function) or "a place that is not known"


def _locations(waiting: list[tuple[Process, Activity]]) -> str:
    locations = list(dict.fromkeys(_location(activity) for _, activity in waiting))
    return locations[0] if len(locations) == 1 else f"{locations[0]} and elsewhere"
